//! The generic webhook: JSON, signed.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use reqwest::header::CONTENT_TYPE;

use super::{
    Message, SendError, SigningKey, Sink, SinkLimits, SinkName, SinkSetupError, Taken, WebhookSettings, client::Poster,
    signature::sign,
};

#[derive(Debug)]
pub(super) struct Webhook {
    poster: Poster,
    signing_key: SigningKey,
}

impl Webhook {
    pub(super) fn new(settings: &WebhookSettings, limits: &SinkLimits) -> Result<Self, SinkSetupError> {
        Ok(Self { poster: Poster::new(&settings.url, limits)?, signing_key: settings.signing_key.clone() })
    }
}

#[async_trait]
impl Sink for Webhook {
    fn name(&self) -> SinkName {
        SinkName::Webhook
    }

    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Taken, SendError> {
        let body = serde_json::to_vec(message).map_err(|_| SendError::Broken)?;
        let timestamp = now.timestamp();
        let signature = sign(&self.signing_key, &message.id, timestamp, &body);
        let request = self
            .poster
            .post()?
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", &message.id)
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(body);
        self.poster.send(request).await
    }
}
