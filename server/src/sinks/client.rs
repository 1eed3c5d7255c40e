//! The HTTP client of the webhooks.

use std::sync::Arc;

use reqwest::{Client, RequestBuilder, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Taken,
    error::{SendError, SinkSetupError},
    resolver::{PublicOnly, is_not_allowed},
    settings::{SinkLimits, sink_url},
};

/// Posts to one URL, which nothing tells.
#[derive(Debug)]
pub(super) struct Poster {
    client: Client,
    url: SecretString,
    limits: SinkLimits,
}

impl Poster {
    pub(super) fn new(url: &SecretString, limits: &SinkLimits) -> Result<Self, SinkSetupError> {
        // An error says that the process has a provider already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("inventory-hub/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.timeout)
            .timeout(limits.timeout)
            .redirect(Policy::none())
            // A proxy would resolve names for us, unchecked.
            .no_proxy();
        if !limits.allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        if url.expose_secret().starts_with("http:") {
            // Plain http needs no certificate authorities.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|_| SinkSetupError)?;
        Ok(Self { client, url: url.clone(), limits: limits.clone() })
    }

    /// A request, for its headers and its body.
    pub(super) fn post(&self) -> Result<RequestBuilder, SendError> {
        let url = sink_url(self.url.expose_secret(), self.limits.allow_private).map_err(|_| SendError::NotAllowed)?;
        Ok(self.client.post(url))
    }

    /// Sends it; anything but 2xx is a failure. The answer's body is not read: nobody vouches for it.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Taken, SendError> {
        let answer = request.send().await.map_err(|error| failure(&error))?;
        let status = answer.status();
        if status.is_success() {
            Ok(Taken::default())
        } else if status.is_redirection() {
            Err(SendError::Redirected(status.as_u16()))
        } else {
            Err(SendError::Refused(status.as_u16()))
        }
    }
}

fn failure(error: &reqwest::Error) -> SendError {
    if is_not_allowed(error) {
        SendError::NotAllowed
    } else if error.is_timeout() {
        SendError::TimedOut
    } else if error.is_connect() {
        SendError::Unreachable
    } else {
        SendError::Broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a name resolves to is checked as it is connected to: `localhost` stands for a name that was public when it
    /// was set.
    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let poster = Poster::new(&"https://hooks.example.com".into(), &SinkLimits::default()).unwrap();
        let refused = poster.send(poster.client.post(&url)).await;
        assert_eq!(refused, Err(SendError::NotAllowed));
    }
}
