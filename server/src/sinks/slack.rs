//! Slack's incoming webhooks, and those that take the same (Mattermost, Rocket.Chat, Google Chat's text).

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{Message, SendError, Sink, SinkLimits, SinkName, SinkSetupError, SlackSettings, Taken, client::Poster};

#[derive(Debug)]
pub(super) struct Slack {
    poster: Poster,
}

impl Slack {
    pub(super) fn new(settings: &SlackSettings, limits: &SinkLimits) -> Result<Self, SinkSetupError> {
        Ok(Self { poster: Poster::new(&settings.url, limits)? })
    }
}

#[async_trait]
impl Sink for Slack {
    fn name(&self) -> SinkName {
        SinkName::Slack
    }

    async fn send(&self, message: &Message, _now: DateTime<Utc>) -> Result<Taken, SendError> {
        let request = self.poster.post()?.json(&json!({ "text": escaped(&message.text()) }));
        self.poster.send(request).await
    }
}

/// A vendor's words must not become links or mentions (`<!channel>`).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_mention_or_a_link() {
        assert_eq!(escaped("a & b <!channel> <https://x|y>"), "a &amp; b &lt;!channel&gt; &lt;https://x|y&gt;");
    }
}
