use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::faults::{Site, faults};
use super::record::record;
use crate::simulator::Simulator;
use crate::{ninja, threatlocker};

/// A listening simulator. Dropping it stops it; [`Running::stop`] also waits until it has stopped.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// Longer than any honest answer takes; a client that keeps a connection open without asking is left behind.
const PATIENCE: Duration = Duration::from_secs(2);

impl Running {
    pub(crate) async fn start(simulator: Simulator, listen: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        let addr = listener.local_addr()?;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let router = router(simulator, stop.clone());
        let stopped = stop.clone().cancelled_owned();
        tasks.spawn(async move {
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
                tracing::error!(%error, "the simulator stopped listening");
            }
        });
        tasks.close();
        Ok(Self { addr, stop, tasks })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The base URL to give as `NINJA_BASE_URL`; it carries a path and no slash at the end.
    pub fn ninja_url(&self) -> String {
        format!("http://{}/ninja", self.addr)
    }

    /// The base URL to give as `THREATLOCKER_API_BASE_URL`: the instance's root, without `/portalapi`.
    pub fn threatlocker_url(&self) -> String {
        format!("http://{}/threatlocker", self.addr)
    }

    /// Stops listening, answers what is under way with 503, and returns once the connections are closed.
    pub async fn stop(self) {
        self.stop.cancel();
        if tokio::time::timeout(PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::debug!("a client keeps its connection to the stopped simulator open");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn router(simulator: Simulator, stop: CancellationToken) -> Router {
    let threatlocker = Router::new().route("/{*call}", any(threatlocker::routes::answer)).with_state(simulator.clone());
    let site = Site { simulator: simulator.clone(), stop };
    Router::new()
        .nest("/ninja", ninja::routes::router(&simulator))
        .nest("/threatlocker", threatlocker)
        .layer(from_fn_with_state(site, faults))
        .layer(from_fn_with_state(simulator, record))
}
