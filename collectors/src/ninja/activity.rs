//! What Ninja posts to a webhook: one activity, with the device that it is about (vendor-apis.md 1.8).
//!
//! Only what names the device is read. Texts are localised and prove nothing, and an activity never changes data: it says
//! whom to ask about.

use serde::Deserialize;

use crate::lenient::{Id, Lenient};

/// One activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The key of the device that it is about; `None` for one about no device.
    pub vendor_device_key: Option<String>,
    /// Whether the device came, went or became another one (`NODE_CREATED`, `NODE_DELETED` and their like): such an
    /// activity may be about a device that nobody has seen yet.
    pub is_about_existence: bool,
}

/// A body that is no activity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body is no JSON object of an activity")]
pub struct NotAnActivity;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    device_id: Lenient<Id>,
    #[serde(default)]
    status_code: Lenient<String>,
}

impl Activity {
    /// Reads what was posted.
    pub fn read(body: &[u8]) -> Result<Self, NotAnActivity> {
        let text = std::str::from_utf8(body).map_err(|_| NotAnActivity)?.trim_start_matches('\u{feff}');
        // A derived struct also reads lists by position.
        if !text.trim_start().starts_with('{') {
            return Err(NotAnActivity);
        }
        let body: Body = serde_json::from_str(text).map_err(|_| NotAnActivity)?;
        let is_about_existence = body.status_code.0.is_some_and(|code| code.starts_with("NODE_"));
        let key = body.device_id.0.filter(|Id(id)| *id > 0).map(|Id(id)| id.to_string());
        Ok(Self { vendor_device_key: key, is_about_existence })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<(Option<String>, bool)> {
        Activity::read(body.as_bytes()).ok().map(|it| (it.vendor_device_key, it.is_about_existence))
    }

    #[test]
    fn an_activity_names_its_device() {
        let captured = r#"{"id":177210,"activityTime":1742391675.556,"deviceId":130,"activityType":"CONDITION",
            "statusCode":"TRIGGERED","data":{"message":{"params":{"value":84.8}}},"device":{"id":131}}"#;
        assert_eq!(read(captured), Some((Some("130".into()), false)));
        let gone = r#"{"deviceId":"103","activityType":"SYSTEM","statusCode":"NODE_DELETED"}"#;
        assert_eq!(read(gone), Some((Some("103".into()), true)));
    }

    #[test]
    fn one_about_no_device_is_an_activity_all_the_same() {
        for body in ["{}", r#"{"deviceId":null}"#, r#"{"deviceId":0}"#, r#"{"deviceId":"x"}"#, r#"{"deviceId":-5}"#] {
            assert_eq!(read(body), Some((None, false)), "{body}");
        }
    }

    #[test]
    fn anything_else_is_none() {
        for body in ["", "[]", "7", "null", r#"[{"deviceId":1}]"#, r#"{"deviceId":1"#, "not json"] {
            assert_eq!(read(body), None, "{body}");
        }
        assert_eq!(Activity::read(b"\xff{}"), Err(NotAnActivity));
    }
}
