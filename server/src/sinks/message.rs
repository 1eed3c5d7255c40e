//! What is sent, and its words.

use chrono::{DateTime, SecondsFormat, Utc};
use domain::checks::Severity;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageKind {
    /// A trouble that begins.
    Opened,
    /// A trouble that is over.
    Closed,
    /// Somebody tries the sink.
    Test,
}

/// One trouble in a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// Whether it begins or is over.
    pub event: MessageKind,
    /// The alert's `number` in GraphQL; `None` in a test.
    pub alert_number: Option<i64>,
    /// Which kind of trouble, as GraphQL spells it; `None` in a test.
    pub kind: Option<String>,
    /// With what: a vendor, `checks` or an exception type; `None` in a test.
    pub subject: Option<String>,
    /// How bad it is; `None` in a test.
    #[serde(serialize_with = "severity")]
    pub severity: Option<Severity>,
    /// The trouble, or how it is now that it is over, in a sentence.
    pub sentence: String,
    /// When it was found; `None` in a test.
    #[serde(serialize_with = "instant")]
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was found to be over; `None` until then.
    #[serde(serialize_with = "instant")]
    pub closed_at: Option<DateTime<Utc>>,
    /// The facts behind it.
    pub details: Value,
}

/// A message: one trouble, or a digest of many.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The same on every attempt: receivers that know it have the message already.
    pub id: String,
    /// Its troubles, at least one.
    pub alerts: Vec<Item>,
}

impl Message {
    /// A message by which somebody tries a sink.
    pub fn test(id: String, by: &str) -> Self {
        let item = Item {
            event: MessageKind::Test,
            alert_number: None,
            kind: None,
            subject: None,
            severity: None,
            sentence: format!("this is a test, sent by {by}: alerts of the hub arrive here"),
            opened_at: None,
            closed_at: None,
            details: Value::Object(serde_json::Map::new()),
        };
        Self { id, alerts: vec![item] }
    }

    /// One line that says it all: the trouble, or how many there are.
    pub fn headline(&self) -> String {
        let count = |kind| self.alerts.iter().filter(|item| item.event == kind).count();
        match self.alerts.as_slice() {
            [one] => one.line(),
            all => format!(
                "{} alerts: {} begun, {} over",
                all.len(),
                count(MessageKind::Opened),
                count(MessageKind::Closed)
            ),
        }
    }

    /// The message in lines, the headline first.
    pub fn text(&self) -> String {
        let mut lines = vec![self.headline()];
        if self.alerts.len() > 1 {
            lines.extend(self.alerts.iter().map(|item| format!("- {}", item.line())));
        }
        lines.join("\n")
    }
}

impl Item {
    /// What it tells, on one line whatever a vendor's words hold.
    fn line(&self) -> String {
        let sentence = self.sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        match (self.event, self.severity) {
            (MessageKind::Opened, Some(severity)) => format!("[{}] {sentence}", severity_word(severity)),
            (MessageKind::Opened, None) => sentence,
            (MessageKind::Closed, _) => format!("Back to normal: {sentence}"),
            (MessageKind::Test, _) => format!("Test: {sentence}"),
        }
    }
}

const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "LOW",
        Severity::Medium => "MEDIUM",
        Severity::High => "HIGH",
    }
}

#[expect(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "serde hands the field")]
fn severity<S: Serializer>(severity: &Option<Severity>, serializer: S) -> Result<S::Ok, S::Error> {
    severity.map(severity_word).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde hands the field")]
fn instant<S: Serializer>(instant: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
    instant.map(|instant| instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(event: MessageKind, sentence: &str) -> Item {
        let severity = Some(Severity::High);
        Item { event, severity, ..Message::test(String::new(), "x").alerts.remove(0) }.with(sentence)
    }

    impl Item {
        fn with(self, sentence: &str) -> Self {
            Self { sentence: sentence.to_owned(), ..self }
        }
    }

    #[test]
    fn a_digest_lists_its_troubles_and_counts_them() {
        let alerts = vec![item(MessageKind::Opened, "one\r\nX-Header: two"), item(MessageKind::Closed, "three")];
        let message = Message { id: "m".to_owned(), alerts };
        assert_eq!(message.text(), "2 alerts: 1 begun, 1 over\n- [HIGH] one X-Header: two\n- Back to normal: three");
    }

    #[test]
    fn one_trouble_is_one_line() {
        let message = Message { id: "m".to_owned(), alerts: vec![item(MessageKind::Opened, "one")] };
        assert_eq!(message.text(), "[HIGH] one");
        assert!(Message::test("m".to_owned(), "me").text().starts_with("Test: "));
    }
}
