//! The one HTTP client: time-outs, a cap on bodies, no redirects, no proxy for this machine.
//!
//! It sends and reads; what an answer means is for [`crate::answer`] and each vendor's `client`.

use std::time::{Duration, Instant};

use domain::vendor::Vendor;
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use tracing::{Instrument, field::Empty, info_span};
use url::Url;

use crate::{
    answer::Answer,
    base_url::is_loopback,
    error::{CallSite, CollectError, SetupError},
    retry::{Failure, Repeat},
    watch::Watched,
};

/// How long and how much a collector takes from a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpLimits {
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time for one request with its whole answer.
    pub request_timeout: Duration,
    /// Largest answer, after decompression.
    pub max_body_bytes: usize,
    /// Most attempts of one request.
    pub max_attempts: u32,
    /// First wait between attempts; doubles each time.
    pub backoff_base: Duration,
    /// Longest wait that we choose ourselves; the vendor may ask for more.
    pub backoff_cap: Duration,
    /// No attempt starts later than this after the first one.
    pub retry_deadline: Duration,
    /// Seed of the jitter; `None` takes one from the operating system. Tests set it.
    pub jitter_seed: Option<u64>,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_mins(1),
            max_body_bytes: 64 << 20,
            max_attempts: 6,
            backoff_base: Duration::from_secs(1),
            backoff_cap: Duration::from_mins(1),
            retry_deadline: Duration::from_mins(10),
            jitter_seed: None,
        }
    }
}

/// Requests to one vendor below one base URL.
#[derive(Debug)]
pub(crate) struct Http {
    /// For building requests; every one of them goes through [`Http::send`].
    pub(crate) client: Client,
    pub(crate) watched: Watched,
    vendor: Vendor,
    base: Url,
    max_body_bytes: usize,
}

impl Http {
    pub(crate) fn new(vendor: Vendor, base: &Url, limits: &HttpLimits) -> Result<Self, SetupError> {
        // An error says that the process has a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("inventory-hub/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect_timeout)
            .timeout(limits.request_timeout)
            .redirect(Policy::none());
        if is_loopback(base) {
            builder = builder.no_proxy();
        }
        if base.scheme() == "http" {
            // Plain http needs no certificate authorities: a bare container without any still runs the demo.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| SetupError::HttpClient(with_sources(&error)))?;
        let max_body_bytes = limits.max_body_bytes;
        Ok(Self { client, watched: Watched::default(), vendor, base: base.clone(), max_body_bytes })
    }

    /// The URL of a path below the base; segments are percent-encoded.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        url
    }

    /// Sends one request and reads its whole answer.
    pub(crate) async fn send(&self, path: &str, request: RequestBuilder) -> Result<Answer, Failure> {
        let (vendor, started) = (self.vendor.slug(), Instant::now());
        let span = info_span!("vendor_request", otel.kind = "client", vendor, path, http.response.status_code = Empty);
        let answered = self.exchange(path, request).instrument(span.clone()).await;
        let status = answered.as_ref().ok().map(|answer| answer.status.as_u16());
        span.record("http.response.status_code", status);
        self.watched.request_ended(self.vendor, status, started.elapsed());
        answered
    }

    async fn exchange(&self, path: &str, request: RequestBuilder) -> Result<Answer, Failure> {
        let at = CallSite { vendor: self.vendor, path: path.to_owned(), incident: None };
        let mut response = request.send().await.map_err(|error| broken(&at, error))?;
        let body = self.body(&at, &mut response).await?;
        Ok(Answer::new(at, &response, body))
    }

    /// The body, in chunks, so that an endless one stops at the cap.
    async fn body(&self, at: &CallSite, response: &mut Response) -> Result<Vec<u8>, Failure> {
        let limit = self.max_body_bytes;
        let too_large = || Failure::last(CollectError::TooLarge { at: at.clone(), limit });
        let announced = response.content_length().unwrap_or(0);
        if announced > limit as u64 {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0));
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(at, error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// A request without a whole answer.
fn broken(at: &CallSite, error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let repeat = if error.is_builder() { Repeat::Never } else { Repeat::often() };
    let problem = if error.is_timeout() { "no answer in time".to_owned() } else { with_sources(&error) };
    Failure { error: CollectError::Unreachable { at: at.clone(), problem }, repeat }
}

/// An error and its causes in one line; reqwest's own text names only the outermost.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
