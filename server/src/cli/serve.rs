//! `serve`: HTTP and the schedule, until a signal; then running work is finished or handed back.

use std::{net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use anyhow::Context;
use domain::clock::Clock;
use futures::{FutureExt, future::FusedFuture};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    access::Access,
    cli::{shown, signals::Signals},
    config::{Settings, TlsFiles},
    entrance::{Entrance, IssuerEntrance},
    export::Exporter,
    graphql::{self, Api, GraphqlLimits},
    hooks::Hooks,
    http::{self, HttpOptions, IssuerSignIn, SignIn, Terms, Tls, WebhookOptions},
    hub,
    inventory::Inventory,
    observing::Observer,
    oidc::Issuer,
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
/// the settings give; what does not is handed back. The same when serving or scheduling ends by a fault, which is the answer
/// then. A second signal ends the process at once.
pub(crate) async fn serve_until_stopped(inventory: Inventory, door: Door, settings: &Settings) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let Door { listener, mut signals } = door;
    let mut ticking = pin!(begin_work(&inventory, &stop).fuse());
    let mut answering = pin!(answer(&inventory, listener, settings, &stop).fuse());
    // A hub whose nights no longer run must not look alive.
    let ended = tokio::select! {
        ticked = &mut ticking => ticked,
        answered = &mut answering => answered,
        () = signals.next() => {
            tracing::info!("stopping: nothing new begins, and what runs is finished; a second signal ends it at once");
            Ok(())
        }
    };
    stop.cancel();
    let limit = Duration::from_secs(settings.stop_seconds);
    let finishing = async {
        let finished = timeout(limit, finish(&inventory, ticking, answering)).await;
        if finished.is_err() {
            hand_back(&inventory).await;
        }
        finished.unwrap_or(Ok(()))
    };
    tokio::select! {
        finished = finishing => ended.and(finished),
        () = signals.next() => {
            tracing::warn!("a second signal: what runs is left to its lease");
            std::process::exit(1)
        }
    }
}

/// Begins what goes on beside answering until it is told to stop; the future is the end of the schedule.
fn begin_work(inventory: &Inventory, stop: &CancellationToken) -> impl Future<Output = anyhow::Result<()>> + use<> {
    let ticking = inventory.tasks().spawn(Scheduler::new(inventory.clone()).run(stop.clone()));
    let (worker, stopped) = (inventory.clone(), stop.clone());
    inventory.tasks().spawn(async move { worker.work(stopped, LOOK_FOR_WORK).await });
    inventory.tasks().spawn(inventory.clone().deliver_until(stop.clone()));
    inventory.tasks().spawn(inventory.clone().serve_syncs(stop.clone()));
    async move { ticking.await.context("the scheduler ended by a panic")?.context("the scheduler failed") }
}

/// Waits until everybody has an answer and all work is done, however the schedule ended.
async fn finish<F, G>(inventory: &Inventory, ticking: F, answering: G) -> anyhow::Result<()>
where
    F: FusedFuture<Output = anyhow::Result<()>>,
    G: FusedFuture<Output = anyhow::Result<()>>,
{
    let answered = if answering.is_terminated() { Ok(()) } else { answering.await };
    let ticked = if ticking.is_terminated() { Ok(()) } else { ticking.await };
    inventory.tasks().close();
    inventory.tasks().wait().await;
    answered.and(ticked)
}

/// Answers until told to stop, and returns when everybody has an answer.
async fn answer(
    inventory: &Inventory,
    listener: TcpListener,
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let access = hub::open_access(settings, inventory).await?;
    let options = options(inventory, &access, (settings, stop))?;
    let sockets = options.sockets.clone();
    let api_within = |limits| Api::guarded(inventory.clone(), access.clone(), limits);
    let api = api_within(settings.edge.limits);
    // Files are made by the hub's own documents, whatever clients may ask.
    let is_usual = settings.edge.limits == GraphqlLimits::default();
    let own = if is_usual { api.clone() } else { api_within(GraphqlLimits::default()) };
    let exports = Arc::new(Exporter::new(own, inventory.clone()));
    let router = http::router(api, exports, options);
    let stopped = stop.clone();
    let tls = settings.edge.tls.as_ref().map(load_tls).transpose()?;
    let terms = Terms { tls, limits: settings.edge.connections };
    let served = http::serve(listener, router, terms, async move { stopped.cancelled().await }).await;
    stop.cancel();
    sockets.close();
    sockets.wait().await;
    Ok(served?)
}

/// The certificate that is configured.
fn load_tls(files: &TlsFiles) -> anyhow::Result<Tls> {
    let loaded = Tls::load(files.certificate.clone(), files.key.clone());
    loaded.context("HUB_TLS_CERTIFICATE and HUB_TLS_KEY can't be used")
}

fn options(
    inventory: &Inventory,
    access: &Access,
    (settings, stop): (&Settings, &CancellationToken),
) -> anyhow::Result<HttpOptions> {
    let edge = &settings.edge;
    let takes = || Arc::new(Hooks::new(inventory.clone()));
    let webhooks = settings.ninja_webhook_secret.clone();
    Ok(HttpOptions {
        sign_in: settings.sign_in.as_ref().map(|_| Arc::new(Entrance::new(access.clone())) as Arc<dyn SignIn>),
        // Who must show a token can't be talked into a request by a page.
        loopback_only: settings.sign_in.is_none(),
        webhooks: webhooks.map(|ninja_secret| WebhookOptions { ninja_secret, takes: takes() }),
        stop: stop.clone(),
        allowed_origins: origins(settings),
        body_limit: edge.body_limit,
        batch_limit: edge.batch_limit,
        precise_statuses: edge.precise_statuses,
        request_timeout: edge.request_timeout,
        playground: edge.playground,
        rate_limit: edge.rate_limit,
        principal_rate_limit: edge.principal_rate_limit,
        trusted_proxies: edge.trusted_proxies.clone(),
        documents: edge.documents.clone(),
        schema: edge.limits.introspection.then(|| graphql::sdl().into()),
        clock: Arc::clone(&inventory.clock),
        metrics: inventory.metrics().clone(),
        watched: Some(Arc::new(Observer::new(inventory.clone(), settings.metrics))),
        issuer: issuer(inventory, access, settings)?,
        public_url: settings.sign_in.as_ref().and_then(|sign_in| sign_in.public_url.clone()),
        ..HttpOptions::default()
    })
}

/// Origins that browsers may come from: the public one too, which a proxy before the hub may not tell it.
fn origins(settings: &Settings) -> Vec<String> {
    let public_url = settings.sign_in.as_ref().and_then(|sign_in| sign_in.public_url.as_ref());
    let public = public_url.map(|url| url.origin().ascii_serialization());
    settings.allowed_origins.iter().cloned().chain(public).collect()
}

/// Who lets in whom an OpenID Connect issuer vouches for, where one is set.
fn issuer(
    inventory: &Inventory,
    access: &Access,
    settings: &Settings,
) -> anyhow::Result<Option<Arc<dyn IssuerSignIn>>> {
    let Some(oidc) = settings.sign_in.as_ref().and_then(|sign_in| sign_in.oidc.clone()) else { return Ok(None) };
    let issuer = Issuer::new(oidc, Arc::clone(&inventory.clock)).context("HUB_OIDC_ISSUER can't be used")?;
    Ok(Some(Arc::new(IssuerEntrance::new(access.clone(), issuer))))
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
