//! `serve`: HTTP and the schedule, until a signal; then running work is finished.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use domain::clock::Clock;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    cli::shown,
    config::Settings,
    export::Exporter,
    graphql::Api,
    hooks::Hooks,
    http::{self, HttpOptions, WebhookOptions},
    hub,
    inventory::Inventory,
    scheduler::Scheduler,
};

/// How long running work may take to finish once the process was told to stop.
const GRACE: Duration = Duration::from_secs(30);

pub(crate) async fn run(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let listener = listen(settings.listen).await?;
    let inventory = hub::open(settings, clock).await?;
    println!("Inventory Hub answers on {}", shown(listener.local_addr()?));
    serve_until_stopped(inventory, listener, settings).await
}

/// Takes the address, or says who may have it.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} can't be listened on; is it in use?"))
}

/// Serves and schedules until SIGINT or SIGTERM, then waits for running work.
pub(crate) async fn serve_until_stopped(
    inventory: Inventory,
    listener: TcpListener,
    settings: &Settings,
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let scheduler = Scheduler::new(inventory.clone(), hub::schedules(settings));
    let mut ticking = inventory.tasks().spawn(scheduler.run(stop.clone()));
    let allowed_origins = settings.allowed_origins.clone();
    inventory.tasks().spawn(inventory.clone().serve_syncs(stop.clone()));
    let webhooks = settings
        .ninja_webhook_secret
        .clone()
        .map(|ninja_secret| WebhookOptions { ninja_secret, takes: Arc::new(Hooks::new(inventory.clone())) });
    let options = HttpOptions { stop: stop.clone(), allowed_origins, webhooks, ..HttpOptions::default() };
    let api = Api::new(inventory.clone());
    let exports = Arc::new(Exporter::new(api.clone(), inventory.clone()));
    let router = http::router(api, exports, options);
    let signalled = stop.clone();
    inventory.tasks().spawn(async move {
        stop_signal().await;
        signalled.cancel();
    });
    let stopped = stop.clone();
    let serving = axum::serve(listener, router).with_graceful_shutdown(async move { stopped.cancelled().await });
    let mut serving = pin!(serving.into_future());
    // A hub whose nights no longer run must not look alive.
    let (served, ticked) = tokio::select! {
        served = &mut serving => {
            stop.cancel();
            (served, ticking.await)
        }
        ticked = &mut ticking => {
            stop.cancel();
            (serving.await, ticked)
        }
    };
    served?;
    ticked.context("the scheduler ended by a panic")?.context("the scheduler failed")?;
    inventory.tasks().close();
    if tokio::time::timeout(GRACE, inventory.tasks().wait()).await.is_err() {
        tracing::warn!("running work did not finish in time; it is left to its lease");
    }
    Ok(())
}

/// Returns on SIGINT or, where there is one, SIGTERM. A process that can't listen for signals is stopped by force.
pub(super) async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}
