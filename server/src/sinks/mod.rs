//! Where alerts go: a signed webhook, a Slack-compatible webhook, e-mail.
//!
//! A sink sends one message and says what happened; when to send, how often and what became of it is for `inventory`, which
//! alone knows tables. Sinks refuse to follow redirects, to use proxies, and to connect to addresses that are no public ones
//! unless that is allowed: the check is made on the address that is connected to, so a name that resolves differently the
//! second time gains nothing. What they say of a failure holds no URL, no key and no answer's text, for these hold secrets.

mod address;
mod client;
mod email;
mod error;
mod message;
mod resolver;
mod settings;
mod signature;
mod slack;
mod webhook;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

pub(crate) use self::settings::is_public_host;
pub use self::{
    error::{SendError, SinkSetupError},
    message::{Item, Message, MessageKind},
    settings::{
        AddressError, EmailSettings, SinkLimits, SinkSettings, SlackSettings, SmtpTls, WebhookSettings, sink_url,
    },
    signature::{KeyProblem, SigningKey, sign},
};

/// Which sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SinkName {
    /// The signed webhook.
    Webhook,
    /// The Slack-compatible webhook.
    Slack,
    /// E-mail.
    Email,
}

impl SinkName {
    /// Every sink.
    pub const ALL: [Self; 3] = [Self::Webhook, Self::Slack, Self::Email];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Slack => "slack",
            Self::Email => "email",
        }
    }

    /// The sink of a stored code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.code() == code)
    }
}

/// A message that was taken, by some receiver at least.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The receivers that were refused, and why; empty where all took it.
    pub refused: Vec<(String, SendError)>,
}

impl Taken {
    /// What went wrong all the same, a sentence; `None` where nothing did.
    pub fn blemish(&self) -> Option<String> {
        let refused: Vec<String> = self.refused.iter().map(|(who, error)| format!("{who}: {error}")).collect();
        (!refused.is_empty()).then(|| format!("not for {}", refused.join("; ")))
    }
}

/// Something that sends messages.
#[async_trait]
pub trait Sink: Debug + Send + Sync {
    /// Which one it is.
    fn name(&self) -> SinkName;

    /// Sends a message once; `now` is the instant that it is signed with. Given the same message again, it sends the same.
    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Taken, SendError>;
}

/// The sinks that are set up.
pub fn build(settings: &SinkSettings) -> Result<Vec<Arc<dyn Sink>>, SinkSetupError> {
    let limits = &settings.limits;
    let mut sinks: Vec<Arc<dyn Sink>> = Vec::new();
    if let Some(webhook) = &settings.webhook {
        sinks.push(Arc::new(webhook::Webhook::new(webhook, limits)?));
    }
    if let Some(slack) = &settings.slack {
        sinks.push(Arc::new(slack::Slack::new(slack, limits)?));
    }
    if let Some(email) = &settings.email {
        sinks.push(Arc::new(email::Email::new(email.clone(), limits.clone())));
    }
    Ok(sinks)
}
