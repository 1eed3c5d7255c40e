//! An answer read whole, and what its status and kind mean for every vendor. Vendors add their own quirks before.

use std::{borrow::Cow, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{error::Category, value::RawValue};

use crate::{
    error::{CallSite, CollectError, Refusal},
    lenient::{Lenient, Word},
    retry::{Failure, Repeat},
};

/// How often an answer that makes no sense is asked for again: it may be a passing gateway page, or a vendor that changed.
const ATTEMPTS_AT_NONSENSE: u32 = 3;

/// What vendors write on the page that they send instead of JSON when they throttle (vendor-apis.md 1.4).
const THROTTLE_PHRASES: [&str; 3] = ["rate limit", "too many requests", "request limit exceeded"];

/// An answer that was read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) at: CallSite,
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

/// What error bodies of either vendor may hold (vendor-apis.md 1.3 and 2.4). Free text is left out: it may repeat what
/// was sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    error: Lenient<String>,
    #[serde(rename = "resultCode")]
    result_code: Lenient<String>,
    #[serde(rename = "errorMessage")]
    error_message: Lenient<ErrorCode>,
    #[serde(rename = "incidentId")]
    incident_id: Lenient<Word>,
    #[serde(rename = "LoggerId", alias = "loggerId")]
    logger_id: Lenient<Word>,
    #[serde(rename = "StatusCode", alias = "statusCode")]
    status_code: Lenient<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorCode {
    code: Lenient<String>,
}

impl Answer {
    pub(crate) fn new(mut at: CallSite, response: &Response, body: Vec<u8>) -> Self {
        let headers = response.headers().clone();
        at.incident = headers.get("x-nj-request-id").and_then(|value| value.to_str().ok()).and_then(code_word);
        Self { at, status: response.status(), headers, body }
    }

    /// The same answer with the status that it really means.
    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = StatusCode::from_u16(status).unwrap_or(self.status);
        self
    }

    /// The body as text, without a byte-order mark; bytes that are no UTF-8 cost a character, not the page.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&self.body))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Whether the body calls itself JSON; one that calls itself nothing gets the benefit of the doubt.
    pub(crate) fn is_json(&self) -> bool {
        let Some(kind) = self.headers.get(CONTENT_TYPE) else { return true };
        let kind = kind.to_str().unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind.ends_with("/json") || kind.ends_with("+json")
    }

    /// The answer, if its status and kind say that it may be read; what is wrong with it otherwise.
    pub(crate) fn checked(self, now: DateTime<Utc>) -> Result<Self, Failure> {
        match self.status.as_u16() {
            429 => Err(self.throttled(now)),
            200 | 403 if !self.is_empty() && !self.is_json() && self.is_throttle_page() => Err(self.throttled(now)),
            401 | 403 => Err(self.credentials_refused()),
            200..300 if self.is_json() || self.is_empty() => Ok(self),
            300..400 => Err(Failure::last(self.unexpected("a redirect, which is not followed"))),
            408 | 500.. => Err(self.vendor_fault(now, u32::MAX)),
            400..500 if self.is_json() && !self.is_empty() => {
                Err(Failure::last(CollectError::Rejected { refusal: self.refusal(), at: self.site() }))
            }
            400..500 => Err(Failure::last(self.unexpected("not JSON"))),
            _ => Err(self.nonsense("not JSON")),
        }
    }

    /// The body read as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if self.is_empty() {
            return Err(self.nonsense("an empty body"));
        }
        serde_json::from_str(&self.text()).map_err(|error| self.nonsense(&json_problem(&error)))
    }

    /// The body read as a list of records, each kept as received, so that one bad record costs only itself.
    pub(crate) fn records(&self) -> Result<Vec<String>, Failure> {
        if self.text().trim_start().starts_with('{') {
            return Err(self.nonsense("an object where a list was expected"));
        }
        Ok(self.json::<Vec<Box<RawValue>>>()?.into_iter().map(raw_text).collect())
    }

    /// The status inside an error object that came in place of a list, whatever the outer status says.
    pub(crate) fn inner_status(&self) -> Option<u16> {
        self.error_body().status_code.0
    }

    pub(crate) fn refusal(&self) -> Refusal {
        let body = self.error_body();
        let code = body.error.0.or(body.result_code.0).or(body.error_message.0.and_then(|message| message.code.0));
        Refusal { status: self.status.as_u16(), code: code.as_deref().and_then(code_word) }
    }

    pub(crate) fn credentials_refused(&self) -> Failure {
        Failure::last(CollectError::CredentialsRefused { refusal: self.refusal(), at: self.site() })
    }

    pub(crate) fn wrong_region(&self) -> Failure {
        Failure::last(CollectError::WrongRegion { refusal: self.refusal(), at: self.site() })
    }

    /// A refusal that the vendor itself did not write: a proxy's or captive portal's page, which says nothing of the
    /// credentials.
    pub(crate) fn gateway_page<T>(&self, now: DateTime<Utc>) -> Result<T, Failure> {
        Err(if self.is_throttle_page() { self.throttled(now) } else { self.nonsense("not JSON") })
    }

    pub(crate) fn throttled(&self, now: DateTime<Utc>) -> Failure {
        let after = self.retry_after(now);
        let error = CollectError::Throttled { at: self.site(), retry_after: after };
        Failure { error, repeat: Repeat::Later { attempts: u32::MAX, after } }
    }

    pub(crate) fn vendor_fault(&self, now: DateTime<Utc>, attempts: u32) -> Failure {
        let error = CollectError::VendorFault { at: self.site(), status: self.status.as_u16() };
        Failure { error, repeat: Repeat::Later { attempts, after: self.retry_after(now) } }
    }

    /// An answer that makes no sense, worth a few more attempts.
    pub(crate) fn nonsense(&self, problem: &str) -> Failure {
        Failure { error: self.unexpected(problem), repeat: Repeat::up_to(ATTEMPTS_AT_NONSENSE) }
    }

    pub(crate) fn unexpected(&self, problem: &str) -> CollectError {
        CollectError::UnexpectedAnswer { at: self.site(), status: self.status.as_u16(), problem: problem.to_owned() }
    }

    /// Where it came from, with the vendor's incident number.
    fn site(&self) -> CallSite {
        let body = self.error_body();
        let incident = body.incident_id.0.or(body.logger_id.0).and_then(|Word(id)| code_word(&id));
        CallSite { incident: incident.or(self.at.incident.clone()), ..self.at.clone() }
    }

    fn error_body(&self) -> ErrorBody {
        let text = self.text();
        // A derived struct also reads lists by position: only objects are error bodies.
        let is_object = text.trim_start().starts_with('{');
        is_object.then(|| serde_json::from_str(&text).ok()).flatten().unwrap_or_default()
    }

    fn is_throttle_page(&self) -> bool {
        let page = self.text().to_lowercase();
        THROTTLE_PHRASES.iter().any(|phrase| page.contains(phrase))
    }

    /// `Retry-After` in seconds or as a date; one in the past means at once.
    fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let value = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = DateTime::<Utc>::from(httpdate::parse_http_date(value).ok()?);
        Some((date - now).to_std().unwrap_or_default())
    }
}

/// A record's text out of its raw value, without a copy.
pub(crate) fn raw_text(raw: Box<RawValue>) -> String {
    Box::<str>::from(raw).into_string()
}

/// What is wrong with JSON, without serde's own text: that repeats values.
pub(crate) fn json_problem(error: &serde_json::Error) -> String {
    let problem = match error.classify() {
        Category::Eof => "JSON that is cut off",
        Category::Syntax | Category::Io => "malformed JSON",
        Category::Data => "JSON of another shape",
    };
    format!("{problem} (line {}, column {})", error.line(), error.column())
}

/// A vendor's code or incident number: short, and nothing but the characters that such words have.
fn code_word(text: &str) -> Option<String> {
    let text = text.trim();
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | ' ' | '.' | ':');
    (!text.is_empty() && text.len() <= 48 && text.chars().all(plain)).then(|| text.to_owned())
}
