//! E-mail by SMTP.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use lettre::{
    Message as Mail,
    address::Envelope,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        extension::ClientId,
    },
};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};

use super::{
    EmailSettings, Message, SendError, Sink, SinkLimits, SinkName, SmtpTls, Taken,
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

    /// Hands the letter over for one receiver, and keeps the connection for the next. A server that refuses one receiver is
    /// left: what it wants to hear then is not worth knowing.
    async fn hand_over(
        &self,
        kept: &mut Option<AsyncSmtpConnection>,
        (receiver, letter): (&Mailbox, &[u8]),
    ) -> Result<(), SendError> {
        let envelope = Envelope::new(Some(self.settings.from.email.clone()), vec![receiver.email.clone()]);
        let envelope = envelope.map_err(|_| SendError::NoEmail)?;
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => self.sign_in().await?,
        };
        let sent = connection.send(&envelope, letter).await;
        sent.map_err(|error| failure(HANDING_OVER, &error))?;
        *kept = Some(connection);
        Ok(())
    }

    async fn sign_in(&self) -> Result<AsyncSmtpConnection, SendError> {
        let mut connection = self.connect().await?;
        if let Some((name, password)) = &self.settings.credentials {
            let credentials = Credentials::new(name.clone(), password.expose_secret().to_owned());
            let signed_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            signed_in.map_err(|error| failure("the name and password", &error))?;
        }
        Ok(connection)
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

    /// Each receiver has a transaction of its own: one that the server refuses keeps no other from the letter. All have one
    /// time limit together, and a server that can't be talked to is not tried for each.
    async fn send(&self, message: &Message, now: DateTime<Utc>) -> Result<Taken, SendError> {
        let letter = self.mail(message, now).ok_or(SendError::NoEmail)?.formatted();
        let until = Instant::now() + self.limits.timeout;
        let (mut kept, mut refused, mut given_up) = (None, Vec::new(), None);
        for receiver in &self.settings.to {
            let outcome = if let Some(error) = given_up {
                Err(error)
            } else {
                let handing_over = self.hand_over(&mut kept, (receiver, &letter));
                timeout_at(until, handing_over).await.unwrap_or(Err(SendError::TimedOut))
            };
            if let Err(error) = outcome {
                given_up = Some(error).filter(|error| !is_of_one_receiver(*error));
                refused.push((receiver.email.to_string(), error));
            }
        }
        if let Some(mut connection) = kept {
            // It is delivered; a server that hangs up without a goodbye changes nothing of that.
            let _ = timeout_at(until, connection.quit()).await;
        }
        match refused.first() {
            Some((_, error)) if refused.len() == self.settings.to.len() => Err(*error),
            _ => Ok(Taken { refused }),
        }
    }
}

/// The step at which receivers are named.
const HANDING_OVER: &str = "the message";

/// Whether another receiver may fare better.
fn is_of_one_receiver(error: SendError) -> bool {
    match error {
        SendError::MailRefused { step, .. } => step == HANDING_OVER,
        SendError::Broken | SendError::NoEmail => true,
        _ => false,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `localhost` stands for a name that was public when it was set.
    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let settings = EmailSettings {
            host: "localhost".to_owned(),
            port: listener.local_addr().unwrap().port(),
            tls: SmtpTls::Off,
            credentials: None,
            from: "hub@example.com".parse().unwrap(),
            to: vec!["night@example.com".parse().unwrap()],
        };
        let email = Email::new(settings, SinkLimits::default());
        assert_eq!(email.connect().await.err(), Some(SendError::NotAllowed));
    }
}
