//! E-mail by SMTP.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::{
    Message as Mail,
    message::header::ContentType,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;

use super::{
    EmailSettings, Message, SendError, Sink, SinkLimits, SinkName, SmtpTls,
    resolver::{is_not_allowed, resolve},
};

/// Characters of a subject at most.
const SUBJECT: usize = 200;

#[derive(Debug)]
pub(super) struct Email {
    settings: EmailSettings,
    limits: SinkLimits,
}

impl Email {
    pub(super) fn new(settings: EmailSettings, limits: SinkLimits) -> Self {
        Self { settings, limits }
    }

    /// The sender's domain stands for this machine, whose own name is nobody's business.
    fn domain(&self) -> &str {
        self.settings.from.email.domain()
    }

    /// The same id on every attempt: mail servers and clients know one that came twice.
    fn mail(&self, message: &Message, now: DateTime<Utc>) -> Option<Mail> {
        let subject: String = format!("Inventory Hub: {}", message.headline()).chars().take(SUBJECT).collect();
        let mut mail = Mail::builder()
            .from(self.settings.from.clone())
            .message_id(Some(format!("<{}@{}>", message.id, self.domain())))
            .date(now.into())
            .subject(subject)
            .header(ContentType::TEXT_PLAIN);
        for receiver in &self.settings.to {
            mail = mail.to(receiver.clone());
        }
        mail.body(body(message)).ok()
    }

    async fn converse(&self, mail: &Mail) -> Result<(), SendError> {
        let mut connection = self.connect().await?;
        if let Some((name, password)) = &self.settings.credentials {
            let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            signed_in.map_err(|error| failure("the name and password", &error))?;
        }
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        sent.map_err(|error| failure("the message", &error))?;
        // It is delivered; a server that hangs up without a goodbye changes nothing of that.
        let _ = connection.quit().await;
        Ok(())
    }

    /// Connects to an address that was checked. The certificate is checked by the name.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let EmailSettings { host, port, tls, .. } = &self.settings;
        let addresses = resolve(host, *port, self.limits.allow_private)
            .await
            .map_err(|error| if is_not_allowed(&error) { SendError::NotAllowed } else { SendError::Unreachable })?;
        let name = ClientId::Domain(self.domain().to_owned());
        let parameters = || TlsParameters::new(host.clone()).map_err(|_| SendError::Unreachable);
        let implicit = (*tls == SmtpTls::Implicit).then(parameters).transpose()?;
        let timeout = Some(self.limits.timeout);
        let connected = AsyncSmtpConnection::connect_tokio1(&addresses[..], timeout, &name, implicit, None).await;
        let mut connection = connected.map_err(|error| failure("the connection", &error))?;
        if *tls == SmtpTls::StartTls {
            let encrypted = connection.starttls(parameters()?, &name).await;
            encrypted.map_err(|error| failure("encryption by STARTTLS", &error))?;
        }
        Ok(connection)
    }
}

#[async_trait]
impl Sink for Email {
    fn name(&self) -> SinkName {
        SinkName::Email
    }

    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<(), SendError> {
        let mail = self.mail(message, now).ok_or(SendError::NoEmail)?;
        within(self.limits.timeout, self.converse(&mail)).await
    }
}

/// The whole conversation has one time limit: a server that answers a byte now and then does not hold us up.
async fn within(limit: Duration, sending: impl Future<Output = Result<(), SendError>>) -> Result<(), SendError> {
    tokio::time::timeout(limit, sending).await.unwrap_or(Err(SendError::TimedOut))
}

/// The server's words are left out: they may repeat what it was told.
fn failure(step: &'static str, error: &SmtpError) -> SendError {
    if error.is_timeout() {
        SendError::TimedOut
    } else if error.is_permanent() || error.is_transient() {
        SendError::MailRefused { step, code: error.status().map(u16::from) }
    } else if error.is_client() {
        SendError::MailRefused { step, code: None }
    } else if error.is_tls() || step == "the connection" {
        SendError::Unreachable
    } else {
        SendError::Broken
    }
}

fn body(message: &Message) -> String {
    let mut text = message.text();
    for item in &message.alerts {
        let facts = [
            item.kind.as_deref().map(|kind| format!("kind: {kind}")),
            item.subject.as_deref().map(|subject| format!("subject: {subject}")),
            item.opened_at.map(|at| format!("since: {}", at.to_rfc3339())),
            item.closed_at.map(|at| format!("over: {}", at.to_rfc3339())),
        ];
        let facts: Vec<String> = facts.into_iter().flatten().collect();
        if !facts.is_empty() {
            text.push_str("\n\n");
            text.push_str(&facts.join("\n"));
        }
    }
    text.push('\n');
    text
}
