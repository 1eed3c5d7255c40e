//! `serve`: HTTP and the schedule, until a signal; then running work is finished or handed back.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use domain::clock::Clock;
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    cli::{shown, signals::Signals},
    config::{Settings, TlsFiles},
    export::Exporter,
    graphql::{self, Api, GraphqlLimits},
    hooks::Hooks,
    http::{self, HttpOptions, Tls, WebhookOptions},
    hub,
    inventory::Inventory,
    observing::Observer,
    scheduler::Scheduler,
};

/// How often a server looks for what others ordered, or left.
const LOOK_FOR_WORK: Duration = Duration::from_secs(2);

pub(crate) async fn run(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let listener = listen(settings.listen).await?;
    let inventory = hub::open(settings, clock).await?;
    println!("Inventory Hub answers on {}", shown(listener.local_addr()?, settings.edge.tls.is_some()));
    serve_until_stopped(inventory, Door { listener, signals }, settings).await
}

/// Where the world reaches the process: by HTTP and by signals.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) signals: Signals,
}

/// Takes the address, or says who may have it.
pub(crate) async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} can't be listened on; is it in use?"))
}

/// Serves and schedules until SIGINT or SIGTERM. Then nothing new is taken, and what runs may finish within the time that
/// the settings give; what does not is handed back. A second signal ends the process at once.
pub(crate) async fn serve_until_stopped(inventory: Inventory, door: Door, settings: &Settings) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let Door { listener, mut signals } = door;
    let mut working = pin!(work(&inventory, listener, settings, &stop));
    tokio::select! {
        ended = &mut working => return ended,
        () = stop.cancelled() => {}
        () = signals.next() => {
            tracing::info!("stopping: nothing new begins, and what runs is finished; a second signal ends it at once");
            stop.cancel();
        }
    }
    let limit = Duration::from_secs(settings.stop_seconds);
    let finishing = async {
        match timeout(limit, working).await {
            Ok(ended) => ended,
            Err(_elapsed) => {
                hand_back(&inventory).await;
                Ok(())
            }
        }
    };
    tokio::select! {
        ended = finishing => ended,
        () = signals.next() => {
            tracing::warn!("a second signal: what runs is left to its lease");
            std::process::exit(1)
        }
    }
}

/// Serves and schedules until told to stop, and returns when everything is done.
async fn work(
    inventory: &Inventory,
    listener: TcpListener,
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let scheduler = Scheduler::new(inventory.clone());
    let mut ticking = inventory.tasks().spawn(scheduler.run(stop.clone()));
    let (worker, stopped) = (inventory.clone(), stop.clone());
    inventory.tasks().spawn(async move { worker.work(stopped, LOOK_FOR_WORK).await });
    inventory.tasks().spawn(inventory.clone().deliver_until(stop.clone()));
    inventory.tasks().spawn(inventory.clone().serve_syncs(stop.clone()));
    let options = options(inventory, settings, stop);
    let sockets = options.sockets.clone();
    let api = Api::with_limits(inventory.clone(), settings.edge.limits);
    // Files are made by the hub's own documents, whatever clients may ask.
    let is_usual = settings.edge.limits == GraphqlLimits::default();
    let own = if is_usual { api.clone() } else { Api::new(inventory.clone()) };
    let exports = Arc::new(Exporter::new(own, inventory.clone()));
    let router = http::router(api, exports, options);
    let stopped = stop.clone();
    let tls = settings.edge.tls.as_ref().map(load_tls).transpose()?;
    let serving = http::serve(listener, router, tls, async move { stopped.cancelled().await });
    let mut serving = pin!(serving);
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
    sockets.close();
    sockets.wait().await;
    served?;
    ticked.context("the scheduler ended by a panic")?.context("the scheduler failed")?;
    inventory.tasks().close();
    inventory.tasks().wait().await;
    Ok(())
}

/// The certificate that is configured.
fn load_tls(files: &TlsFiles) -> anyhow::Result<Tls> {
    let loaded = Tls::load(files.certificate.clone(), files.key.clone());
    loaded.context("HUB_TLS_CERTIFICATE and HUB_TLS_KEY can't be used")
}

fn options(inventory: &Inventory, settings: &Settings, stop: &CancellationToken) -> HttpOptions {
    let edge = &settings.edge;
    let takes = || Arc::new(Hooks::new(inventory.clone()));
    let webhooks = settings.ninja_webhook_secret.clone();
    HttpOptions {
        webhooks: webhooks.map(|ninja_secret| WebhookOptions { ninja_secret, takes: takes() }),
        stop: stop.clone(),
        allowed_origins: settings.allowed_origins.clone(),
        body_limit: edge.body_limit,
        batch_limit: edge.batch_limit,
        request_timeout: edge.request_timeout,
        playground: edge.playground,
        rate_limit: edge.rate_limit,
        trusted_proxies: edge.trusted_proxies.clone(),
        documents: edge.documents.clone(),
        schema: edge.limits.introspection.then(|| graphql::sdl().into()),
        clock: Arc::clone(&inventory.clock),
        metrics: inventory.metrics().clone(),
        watched: Some(Arc::new(Observer::new(inventory.clone(), settings.metrics))),
        ..HttpOptions::default()
    }
}

/// How long handing back may take once the time to finish is over.
const HANDING_BACK: Duration = Duration::from_secs(5);

async fn hand_back(inventory: &Inventory) {
    let work = inventory.hand_back();
    tracing::warn!(work, "running work did not finish in time; it is handed back");
    inventory.tasks().close();
    if timeout(HANDING_BACK, inventory.tasks().wait()).await.is_err() {
        tracing::error!("running work could not be handed back in time; it is left to its lease");
    }
}
