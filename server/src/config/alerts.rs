//! What people set about alerts: when something is one, and where it goes. Addresses of webhooks are secrets, for they hold
//! tokens.

use std::{str::FromStr, time::Duration};

use domain::alerting::VerificationSettings;
use lettre::message::Mailbox;
use secrecy::ExposeSecret;

use super::{error::ConfigError, values::Values};
use crate::{
    inventory::alerts::AlertRules,
    sinks::{
        EmailSettings, SigningKey, SinkLimits, SinkSettings, SlackSettings, SmtpTls, WebhookSettings, is_public_host,
        sink_url,
    },
};

/// When something is an alert, and where alerts go.
#[derive(Clone, Debug, Default)]
pub struct AlertSettings {
    /// When something is an alert, and how its messages are handed out.
    pub rules: AlertRules,
    /// Where they go (default nowhere: alerts are shown in GraphQL all the same).
    pub sinks: SinkSettings,
}

impl AlertSettings {
    pub(super) fn read(values: &Values) -> Result<Self, ConfigError> {
        let limits = limits(values)?;
        let lease = limits.timeout + Duration::from_mins(1);
        let sinks = SinkSettings {
            webhook: webhook(values, &limits)?,
            slack: slack(values, &limits)?,
            email: email(values, &limits)?,
            limits,
        };
        Ok(Self { rules: rules(values, lease)?, sinks })
    }
}

fn rules(values: &Values, lease: Duration) -> Result<AlertRules, ConfigError> {
    let (defaults, verification) = (AlertRules::default(), VerificationSettings::default());
    Ok(AlertRules {
        verification: VerificationSettings {
            size_percent: values.number("HUB_ALERTS_SIZE_PERCENT", 0..=100)?.unwrap_or(verification.size_percent),
            set_aside_over: values
                .number("HUB_ALERTS_SET_ASIDE_OVER", 0..=1_000_000)?
                .unwrap_or(verification.set_aside_over),
            usual_days: values.number("HUB_ALERTS_USUAL_DAYS", 5..=60)?.unwrap_or(verification.usual_days),
        },
        attempts: values.number("HUB_ALERTS_ATTEMPTS", 1..=50)?.unwrap_or(defaults.attempts),
        digest_over: values.number("HUB_ALERTS_DIGEST_OVER", 1..=500)?.unwrap_or(defaults.digest_over),
        lease,
        trial: defaults.trial,
    })
}

fn limits(values: &Values) -> Result<SinkLimits, ConfigError> {
    let defaults = SinkLimits::default();
    let timeout = values.number("HUB_ALERTS_TIMEOUT_SECONDS", 1..=120)?.map(Duration::from_secs);
    let allow_private = values.parsed("HUB_ALERTS_ALLOW_PRIVATE", "true or false", |text| text.parse().ok())?;
    Ok(SinkLimits {
        timeout: timeout.unwrap_or(defaults.timeout),
        allow_private: allow_private.unwrap_or(defaults.allow_private),
    })
}

fn webhook(values: &Values, limits: &SinkLimits) -> Result<Option<WebhookSettings>, ConfigError> {
    let names = ["HUB_ALERTS_WEBHOOK_URL", "HUB_ALERTS_WEBHOOK_KEY"];
    complete(values, "the webhook of alerts", &names, &[])?;
    let Some((url, signing_key)) = values.secret(names[0])?.zip(values.secret(names[1])?) else { return Ok(None) };
    check_url(values, names[0], url.expose_secret(), limits)?;
    let signing_key = SigningKey::read(&signing_key).map_err(|problem| values.bad(names[1], problem.expected()))?;
    Ok(Some(WebhookSettings { url, signing_key }))
}

fn slack(values: &Values, limits: &SinkLimits) -> Result<Option<SlackSettings>, ConfigError> {
    let name = "HUB_ALERTS_SLACK_URL";
    let Some(url) = values.secret(name)? else { return Ok(None) };
    check_url(values, name, url.expose_secret(), limits)?;
    Ok(Some(SlackSettings { url }))
}

fn check_url(values: &Values, name: &str, url: &str, limits: &SinkLimits) -> Result<(), ConfigError> {
    let checked = sink_url(url, limits.allow_private);
    checked.map(drop).map_err(|reason| values.bad(name, &format!("an https URL: {reason}")))
}

fn email(values: &Values, limits: &SinkLimits) -> Result<Option<EmailSettings>, ConfigError> {
    let required = ["HUB_ALERTS_SMTP_HOST", "HUB_ALERTS_EMAIL_FROM", "HUB_ALERTS_EMAIL_TO"];
    let optional = ["HUB_ALERTS_SMTP_PORT", "HUB_ALERTS_SMTP_TLS", "HUB_ALERTS_SMTP_USER", "HUB_ALERTS_SMTP_PASSWORD"];
    complete(values, "the e-mail of alerts", &required, &optional)?;
    let (Some(host), Some(from)) = (host(values, limits)?, values.parsed(required[1], MAILBOX, mailbox)?) else {
        return Ok(None);
    };
    let tls = tls(values, limits)?;
    let port = values.number("HUB_ALERTS_SMTP_PORT", 1..=u16::MAX)?;
    Ok(Some(EmailSettings {
        host,
        port: port.unwrap_or(if tls == SmtpTls::Implicit { 465 } else { 587 }),
        tls,
        credentials: credentials(values)?,
        from,
        to: receivers(values, required[2])?,
    }))
}

const MAILBOX: &str = "an e-mail address, such as Hub <hub@example.com>";

fn mailbox(text: &str) -> Option<Mailbox> {
    Mailbox::from_str(text).ok()
}

fn receivers(values: &Values, name: &str) -> Result<Vec<Mailbox>, ConfigError> {
    let texts = values.list(name)?;
    let read: Option<Vec<Mailbox>> = texts.iter().map(|text| mailbox(text)).collect();
    read.filter(|all| !all.is_empty())
        .ok_or_else(|| values.bad(name, "e-mail addresses, separated by semicolons, such as night@example.com"))
}

fn host(values: &Values, limits: &SinkLimits) -> Result<Option<String>, ConfigError> {
    let name = "HUB_ALERTS_SMTP_HOST";
    let is_host = |text: &&str| url::Host::parse(text).is_ok() || text.parse::<std::net::IpAddr>().is_ok();
    let host = values.parsed(name, "the name of a mail server, such as smtp.example.com", |text| {
        Some(text).filter(is_host).map(str::to_owned)
    })?;
    match host {
        Some(host) if !limits.allow_private && !is_public_host(&host) => Err(values.bad(
            name,
            "a public mail server; this machine and private addresses are allowed by HUB_ALERTS_ALLOW_PRIVATE only",
        )),
        host => Ok(host),
    }
}

fn tls(values: &Values, limits: &SinkLimits) -> Result<SmtpTls, ConfigError> {
    let name = "HUB_ALERTS_SMTP_TLS";
    let tls = values.parsed(name, "starttls, implicit or off", |text| match text {
        "starttls" => Some(SmtpTls::StartTls),
        "implicit" => Some(SmtpTls::Implicit),
        "off" => Some(SmtpTls::Off),
        _ => None,
    })?;
    match tls {
        Some(SmtpTls::Off) if !limits.allow_private => {
            Err(values.bad(name, "starttls or implicit; off is allowed with HUB_ALERTS_ALLOW_PRIVATE only"))
        }
        tls => Ok(tls.unwrap_or(SmtpTls::StartTls)),
    }
}

fn credentials(values: &Values) -> Result<Option<(String, secrecy::SecretString)>, ConfigError> {
    let names = ["HUB_ALERTS_SMTP_USER", "HUB_ALERTS_SMTP_PASSWORD"];
    complete(values, "signing in to the mail server", &names, &[])?;
    let user = values.text(names[0])?.map(str::to_owned);
    Ok(user.zip(values.secret(names[1])?))
}

/// Refuses something of which some required names are set, or what needs them, and others are not.
fn complete(
    values: &Values,
    what: &'static str,
    required: &[&'static str],
    optional: &[&'static str],
) -> Result<(), ConfigError> {
    let missing: Vec<&'static str> = required.iter().copied().filter(|name| !values.has(name)).collect();
    let is_wanted = required.iter().chain(optional).any(|name| values.has(name));
    if is_wanted && !missing.is_empty() { Err(ConfigError::Incomplete { vendor: what, missing }) } else { Ok(()) }
}
