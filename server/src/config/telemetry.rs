//! Where traces go: the names that every OpenTelemetry program reads.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{error::ConfigError, values::Values};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";

/// Where traces go. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// Base URL of an OTLP collector that speaks HTTP with protobuf; `/v1/traces` is appended.
    pub endpoint: Url,
    /// Headers of every request to it, such as its key.
    pub headers: Vec<(String, SecretString)>,
    /// What this hub is called there (default `inventory-hub`).
    pub service_name: String,
}

impl TraceSettings {
    /// `None` without an endpoint: then nothing is traced.
    pub(super) fn read(values: &Values) -> Result<Option<Self>, ConfigError> {
        let expected = "an http or https URL without a user and password, such as http://127.0.0.1:4318";
        let endpoint = values.parsed(ENDPOINT, expected, |text| Url::parse(text).ok().filter(is_endpoint))?;
        let headers = headers(values)?;
        let service_name = values.text("OTEL_SERVICE_NAME")?.unwrap_or("inventory-hub").to_owned();
        Ok(endpoint.map(|endpoint| Self { endpoint, headers, service_name }))
    }

    /// Where spans are sent.
    pub fn traces_url(&self) -> String {
        format!("{}/v1/traces", self.endpoint.as_str().trim_end_matches('/'))
    }
}

fn is_endpoint(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

/// `name=value,name=value`, as OpenTelemetry writes them.
fn headers(values: &Values) -> Result<Vec<(String, SecretString)>, ConfigError> {
    let Some(text) = values.secret(HEADERS)? else { return Ok(Vec::new()) };
    let pairs = text.expose_secret().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_value = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        (is_name && is_value).then(|| (name.to_owned(), SecretString::from(value.to_owned())))
    };
    let headers: Option<Vec<_>> = pairs.map(read).collect();
    headers.ok_or_else(|| values.bad(HEADERS, "name=value pairs separated by commas"))
}
