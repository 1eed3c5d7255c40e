//! What is set about sinks, and which addresses are refused at start.

use std::{net::IpAddr, time::Duration};

use lettre::message::Mailbox;
use secrecy::SecretString;
use url::{Host, Url};

use super::{address::is_public, signature::SigningKey};

/// The sinks that are set up, and their limits.
#[derive(Clone, Debug, Default)]
pub struct SinkSettings {
    /// The signed webhook.
    pub webhook: Option<WebhookSettings>,
    /// The Slack-compatible webhook.
    pub slack: Option<SlackSettings>,
    /// E-mail.
    pub email: Option<EmailSettings>,
    /// What holds for all of them.
    pub limits: SinkLimits,
}

/// What holds for every sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkLimits {
    /// How long one attempt may take in all.
    pub timeout: Duration,
    /// Whether private addresses, plain http and unencrypted SMTP are allowed.
    pub allow_private: bool,
}

impl Default for SinkLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), allow_private: false }
    }
}

/// The signed webhook.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Where it posts to; checked by [`sink_url`].
    pub url: SecretString,
    /// What it signs with.
    pub signing_key: SigningKey,
}

/// The Slack-compatible webhook.
#[derive(Clone, Debug)]
pub struct SlackSettings {
    /// Where it posts to; checked by [`sink_url`].
    pub url: SecretString,
}

/// E-mail.
#[derive(Clone, Debug)]
pub struct EmailSettings {
    /// The mail server: a name, by which its certificate is checked too, or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: SmtpTls,
    /// Name and password; `None` sends without signing in.
    pub credentials: Option<(String, SecretString)>,
    /// The sender.
    pub from: Mailbox,
    /// The receivers, at least one.
    pub to: Vec<Mailbox>,
}

/// How a connection to a mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// By STARTTLS, without which nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all.
    Off,
}

/// Why a text is no address of a sink. The text is not repeated: it may hold a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No absolute URL with a host.
    #[error("it is no absolute URL")]
    NotAUrl,
    /// Not https.
    #[error("only https is allowed (plain http with HUB_ALERTS_ALLOW_PRIVATE)")]
    Scheme,
    /// A user name or a password in it.
    #[error("it must hold no user name and no password")]
    UserInfo,
    /// A loopback, private or reserved address.
    #[error("it names this machine or a private or reserved address, which only HUB_ALERTS_ALLOW_PRIVATE allows")]
    Private,
}

/// Checks the address of a webhook.
pub fn sink_url(text: &str, allow_private: bool) -> Result<Url, AddressError> {
    let url = Url::parse(text.trim()).map_err(|_| AddressError::NotAUrl)?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err(AddressError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::UserInfo);
    }
    let allowed = match url.host().ok_or(AddressError::NotAUrl)? {
        Host::Domain(name) => is_public_name(name),
        Host::Ipv4(address) => is_public(IpAddr::V4(address)),
        Host::Ipv6(address) => is_public(IpAddr::V6(address)),
    };
    if allowed || allow_private { Ok(url) } else { Err(AddressError::Private) }
}

/// Whether a host may be connected to, as far as its text tells: names are judged by their addresses later.
pub(crate) fn is_public_host(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => is_public(address),
        Err(_) => is_public_name(host),
    }
}

fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name != "localhost" && !name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_refused_for_what_is_wrong_with_them() {
        for (text, expected) in [
            ("https://hooks.example.com/services/T0/B0/x", None),
            ("https://8.8.8.8:8443/", None),
            ("hooks.example.com", Some(AddressError::NotAUrl)),
            ("", Some(AddressError::NotAUrl)),
            ("http://hooks.example.com", Some(AddressError::Scheme)),
            ("ftp://hooks.example.com", Some(AddressError::Scheme)),
            ("https://me@hooks.example.com", Some(AddressError::UserInfo)),
            ("https://me:pw@hooks.example.com", Some(AddressError::UserInfo)),
            ("https://localhost", Some(AddressError::Private)),
            ("https://LOCALHOST.:1/", Some(AddressError::Private)),
            ("https://a.localhost", Some(AddressError::Private)),
            ("https://127.0.0.1", Some(AddressError::Private)),
            // Every spelling that URL parsers take for 127.0.0.1.
            ("https://127.1", Some(AddressError::Private)),
            ("https://2130706433", Some(AddressError::Private)),
            ("https://0x7f.0.0.1", Some(AddressError::Private)),
            ("https://[::ffff:7f00:1]", Some(AddressError::Private)),
            ("https://169.254.169.254/latest/meta-data", Some(AddressError::Private)),
        ] {
            assert_eq!(sink_url(text, false).err(), expected, "{text}");
        }
        assert!(sink_url("http://127.0.0.1:9/x", true).is_ok());
        assert_eq!(sink_url("ftp://127.0.0.1", true).err(), Some(AddressError::Scheme));
    }
}
