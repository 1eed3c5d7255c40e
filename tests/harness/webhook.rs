//! What vendors do: posting to a hub's webhook.

use std::{net::Ipv4Addr, sync::Arc};

use serde_json::Value;
use server::{
    export::Exporter,
    graphql::Api,
    hooks::Hooks,
    http::{self, HttpOptions, SECRET_HEADER, WebhookOptions},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{World, http_client};

/// A hub's webhook, open for who knows its secret.
#[derive(Debug)]
pub struct Webhook {
    url: String,
    serving: Option<JoinHandle<()>>,
}

impl World {
    /// Opens the hub's webhook on a listener of its own.
    #[expect(clippy::disallowed_methods, reason = "the test's server ends with the test")]
    pub async fn open_webhook(&self, secret: &str) -> Webhook {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no address for a webhook: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address for a webhook: {error}"));
        let inventory = self.inventory.clone();
        let takes = Arc::new(Hooks::new(inventory.clone()));
        let webhooks = Some(WebhookOptions { ninja_secret: secret.into(), takes });
        let api = Api::new(inventory.clone());
        let exports = Arc::new(Exporter::new(api.clone(), inventory));
        let router = http::router(api, exports, HttpOptions { webhooks, ..HttpOptions::default() });
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                panic!("the webhook stopped serving: {error}");
            }
        });
        Webhook { url: format!("http://{address}/hooks/ninja"), serving: Some(serving) }
    }

    /// Works off what webhooks wished, as a serving hub does all the time; answers how many devices were synced.
    pub async fn work_off_syncs(&self) -> usize {
        let ran = self.inventory.work_off_syncs(&CancellationToken::new()).await;
        ran.unwrap_or_else(|error| panic!("waiting syncs could not be worked off: {error:?}"))
    }
}

impl Webhook {
    /// The webhook of a hub that answers GraphQL at this address.
    pub fn of(graphql: &str) -> Self {
        let url = graphql.replace("/graphql", "/hooks/ninja");
        Self { url, serving: None }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Posts a body with these headers; answers the status and the body.
    pub async fn post(&self, headers: &[(&str, &str)], body: impl Into<String>) -> (u16, Value) {
        let mut request = http_client().post(&self.url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap_or_else(|error| panic!("the webhook did not answer: {error}"));
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap_or_else(|error| panic!("the webhook's answer broke off: {error}"));
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Posts what Ninja would, with the secret.
    pub async fn deliver(&self, secret: &str, activity: &Value) -> (u16, Value) {
        self.post(&[(SECRET_HEADER, secret), ("content-type", "application/json")], activity.to_string()).await
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}
