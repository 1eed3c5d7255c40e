//! The requests to an issuer: in time, of limited size, and never redirected.

use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect::Policy};
use serde::de::DeserializeOwned;
use url::Url;

use super::{IssuerError, OidcLimits};

/// Asks one issuer.
#[derive(Clone, Debug)]
pub(super) struct Asking {
    client: Client,
    longest: usize,
}

impl Asking {
    pub(super) fn new(issuer: &Url, limits: OidcLimits) -> Result<Self, IssuerError> {
        // An error says that the process has a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("inventory-hub/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.timeout)
            .timeout(limits.timeout)
            .redirect(Policy::none());
        if issuer.scheme() == "http" {
            // Plain http is of this machine: no proxy, and no certificate authorities.
            builder = builder.no_proxy().tls_certs_only([]);
        }
        let client = builder.build().map_err(|_| IssuerError::Misconfigured("no HTTP client can be made"))?;
        Ok(Self { client, longest: limits.answer })
    }

    /// A document.
    pub(super) async fn read<T: DeserializeOwned>(&self, url: Url, what: &'static str) -> Result<T, IssuerError> {
        let (status, body) = self.send(self.client.get(url)).await?;
        if status != StatusCode::OK {
            return Err(IssuerError::Status(status.as_u16()));
        }
        serde_json::from_slice(&body).map_err(|_| IssuerError::Unreadable(what))
    }

    /// A form that is sent; the status of the answer is for the caller to judge.
    pub(super) fn form(&self, url: Url, fields: &[(&str, &str)]) -> RequestBuilder {
        self.client.post(url).header("accept", "application/json").form(fields)
    }

    /// Sends and reads to the end, as long as there is not too much of it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), IssuerError> {
        let mut response = request.send().await.map_err(|error| unreachable(&error))?;
        let body = self.body(&mut response).await?;
        Ok((response.status(), body))
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, IssuerError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
            if body.len() + chunk.len() > self.longest {
                return Err(IssuerError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// Without the URL, and in words that are ours.
fn unreachable(error: &reqwest::Error) -> IssuerError {
    let why = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the answer broke off"
    };
    IssuerError::Unreachable(why.to_owned())
}
