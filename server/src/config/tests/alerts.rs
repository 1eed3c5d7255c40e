//! What is set about alerts: what it becomes, and with which sentence it is refused.

use std::time::Duration;

use super::{from_environment, from_file, load_from, refusal};
use crate::{
    config::{Flags, Settings},
    sinks::SmtpTls,
};

const WEBHOOK: [(&str, &str); 2] = [
    ("HUB_ALERTS_WEBHOOK_URL", "https://hooks.example.com/x?planted-token"),
    ("HUB_ALERTS_WEBHOOK_KEY", "planted-signing-key"),
];

const EMAIL: [(&str, &str); 3] = [
    ("HUB_ALERTS_SMTP_HOST", "smtp.example.com"),
    ("HUB_ALERTS_EMAIL_FROM", "Hub <hub@example.com>"),
    ("HUB_ALERTS_EMAIL_TO", "night@example.com; Day <day@example.com>"),
];

const NOTHING: [(&str, &str); 0] = [];

fn with(
    base: &[(&'static str, &'static str)],
    more: &[(&'static str, &'static str)],
) -> Result<Settings, super::ConfigError> {
    let kept = base.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    from_environment(&kept.chain(more).copied().collect::<Vec<_>>())
}

#[test]
fn without_settings_alerts_go_nowhere_and_the_documented_defaults_hold() {
    let alerts = from_environment(&[]).unwrap().alerts;
    assert!(alerts.sinks.webhook.is_none() && alerts.sinks.slack.is_none() && alerts.sinks.email.is_none());
    let verification = alerts.rules.verification;
    assert_eq!((verification.size_percent, verification.set_aside_over, verification.usual_days), (20, 20, 14));
    assert_eq!((alerts.rules.attempts, alerts.rules.digest_over), (12, 5));
    assert_eq!((alerts.sinks.limits.timeout, alerts.sinks.limits.allow_private), (Duration::from_secs(10), false));
}

#[test]
fn every_sink_is_read_and_shows_no_secret() {
    let slack = [("HUB_ALERTS_SLACK_URL", "https://hooks.slack.com/services/planted-slack")];
    let user = [("HUB_ALERTS_SMTP_USER", "hub"), ("HUB_ALERTS_SMTP_PASSWORD", "planted-password")];
    let settings = with(&[WEBHOOK.as_slice(), &slack, &EMAIL].concat(), &user).unwrap();
    assert!(!format!("{settings:?}").contains("planted"));
    let email = settings.alerts.sinks.email.unwrap();
    assert_eq!((email.host.as_str(), email.port, email.tls), ("smtp.example.com", 587, SmtpTls::StartTls));
    assert_eq!((email.to.len(), email.to[1].email.to_string().as_str()), (2, "day@example.com"));
    assert!(settings.alerts.sinks.webhook.is_some() && settings.alerts.sinks.slack.is_some());
    let implicit = with(&EMAIL, &[("HUB_ALERTS_SMTP_TLS", "implicit")]).unwrap();
    assert_eq!(implicit.alerts.sinks.email.unwrap().port, 465);
}

#[test]
fn numbers_are_read_from_the_file_too_and_secrets_from_files_named_in_the_environment() {
    let text = "[alerts]\nsize_percent = 0\nattempts = 3\nsmtp_host = \"smtp.example.com\"\n\
                email_from = \"hub@example.com\"\nemail_to = [\"night@example.com\"]";
    let alerts = from_file(text).unwrap().alerts;
    assert_eq!((alerts.rules.verification.size_percent, alerts.rules.attempts), (0, 3));
    assert_eq!(alerts.sinks.email.unwrap().to.len(), 1);
    let environment = [WEBHOOK[0], ("HUB_ALERTS_WEBHOOK_KEY_FILE", "/run/secrets/key")];
    let files = [("/run/secrets/key", "planted-signing-key\n")];
    assert!(load_from(&Flags::default(), &environment, &files).unwrap().alerts.sinks.webhook.is_some());
    let message = refusal(from_file("[alerts]\nwebhook_url = \"https://planted.example\""));
    assert!(message.contains("secrets belong in the environment") && !message.contains("planted"), "{message}");
}

#[test]
fn addresses_that_do_not_parse_or_are_not_allowed_are_refused_by_name_and_not_repeated() {
    for (base, name, value, expected) in [
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_URL", "planted.example.com", "it is no absolute URL"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_URL", "http://planted.example.com", "only https is allowed"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_URL", "https://10.0.0.1/planted", "private or reserved address"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_URL", "https://me:planted@example.com", "no user name and no password"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_KEY", "planted", "at least 16 characters"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_KEY", "whsec_planted key, no base64 at all", "base64 after `whsec_`"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_KEY", "whsec_cGxhbnRlZA==planted", "base64 after `whsec_`"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_KEY", "whsec_cGxhbnRlZC1wbGFudGVk", "of 16 bytes or more"),
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_KEY", "whsec_", "of 16 bytes or more"),
        (&NOTHING[..], "HUB_ALERTS_SLACK_URL", "https://localhost/planted", "names this machine"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_HOST", "not a host", "the name of a mail server"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_HOST", "192.168.0.9", "a public mail server"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_TLS", "ssl", "starttls, implicit or off"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_TLS", "off", "allowed with HUB_ALERTS_ALLOW_PRIVATE only"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_PORT", "0", "from 1 to 65535"),
        (&EMAIL[..], "HUB_ALERTS_EMAIL_FROM", "hub", "an e-mail address"),
        (&EMAIL[..], "HUB_ALERTS_EMAIL_TO", "night@example.com; day", "e-mail addresses"),
        (&NOTHING[..], "HUB_ALERTS_ALLOW_PRIVATE", "yes", "true or false"),
        (&NOTHING[..], "HUB_ALERTS_ATTEMPTS", "0", "from 1 to 50"),
        (&NOTHING[..], "HUB_ALERTS_USUAL_DAYS", "4", "from 5 to 60"),
    ] {
        let message = refusal(with(base, &[(name, value)]));
        assert!(message.starts_with(&format!("{name}: expected ")) && message.contains(expected), "{message}");
        assert!(!message.contains("planted"), "{message}");
    }
    // Sixteen bytes, with and without padding.
    for key in ["whsec_cGxhbnRlZC1wbGFudGVkLQ==", "whsec_cGxhbnRlZC1wbGFudGVkLQ", "sixteen letters!"] {
        assert!(with(&WEBHOOK, &[("HUB_ALERTS_WEBHOOK_KEY", key)]).is_ok(), "{key}");
    }
    let allowed = [("HUB_ALERTS_ALLOW_PRIVATE", "true")];
    for (base, name, value) in [
        (&WEBHOOK[..], "HUB_ALERTS_WEBHOOK_URL", "http://127.0.0.1:9/x"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_HOST", "localhost"),
        (&EMAIL[..], "HUB_ALERTS_SMTP_TLS", "off"),
    ] {
        assert!(with(base, &[allowed[0], (name, value)]).is_ok(), "{name}");
    }
}

#[test]
fn a_sink_set_up_by_half_names_what_is_missing() {
    for (environment, sentence) in [
        (vec![WEBHOOK[0]], "the webhook of alerts is set up by half: HUB_ALERTS_WEBHOOK_KEY is missing"),
        (
            vec![("HUB_ALERTS_SMTP_PORT", "25"), EMAIL[1]],
            "the e-mail of alerts is set up by half: HUB_ALERTS_SMTP_HOST, HUB_ALERTS_EMAIL_TO are missing",
        ),
        (
            [EMAIL.as_slice(), &[("HUB_ALERTS_SMTP_USER", "hub")]].concat(),
            "signing in to the mail server is set up by half: HUB_ALERTS_SMTP_PASSWORD is missing",
        ),
    ] {
        assert_eq!(refusal(from_environment(&environment)), sentence);
    }
}
