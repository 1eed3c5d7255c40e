use std::collections::{BTreeMap, VecDeque};

use axum::body::{Body, to_bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::paths::{pattern, vendor_of};
use crate::simulator::Simulator;
use crate::switches::Vendor;

/// One request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Counted from 1 over both vendors.
    pub sequence: u64,
    /// Whose API; `None` for a path that belongs to neither.
    pub vendor: Option<Vendor>,
    /// `GET` or `POST`.
    pub method: String,
    /// As the vendor's documentation spells it: `/v2/devices`, `/Computer/ComputerGetByAllParameters`.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Header names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
    /// The answer's status; `None` while it is under way, or when the client went away.
    pub status: Option<u16>,
}

impl Recorded {
    /// The value of a query parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header, its name in any letter case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// How many requests are kept in full. Counts go on without them.
const KEPT: usize = 4096;
/// How many different paths are counted, so that a client that makes up paths cannot fill the memory.
const PATHS: usize = 256;
const LARGEST_BODY: usize = 1 << 20;

/// The latest requests in full, and counts of all.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    recent: VecDeque<Recorded>,
    counts: BTreeMap<String, u64>,
    total: u64,
}

impl RequestLog {
    pub(crate) fn recent(&self) -> Vec<Recorded> {
        self.recent.iter().cloned().collect()
    }

    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.counts.clone()
    }

    pub(crate) fn forget(&mut self) {
        self.recent.clear();
        self.counts.clear();
    }

    fn arrive(&mut self, mut request: Recorded) -> u64 {
        self.total += 1;
        request.sequence = self.total;
        let vendor = match request.vendor {
            Some(Vendor::Ninja) => "/ninja",
            Some(Vendor::ThreatLocker) => "/threatlocker",
            None => "",
        };
        let mut key = format!("{vendor}{}", pattern(&request.path));
        if self.counts.len() >= PATHS && !self.counts.contains_key(&key) {
            "other".clone_into(&mut key);
        }
        *self.counts.entry(key).or_default() += 1;
        if self.recent.len() >= KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(request);
        self.total
    }

    fn answer(&mut self, sequence: u64, status: StatusCode) {
        if let Some(request) = self.recent.iter_mut().rev().find(|request| request.sequence == sequence) {
            request.status = Some(status.as_u16());
        }
    }
}

/// The outermost layer: writes the request down when it arrives and its status when it is answered.
pub(crate) async fn record(State(simulator): State<Simulator>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let owner = vendor_of(parts.uri.path());
    let query = Query::try_from_uri(&parts.uri).map(|Query(query)| query).unwrap_or_default();
    let headers = parts
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let sequence = simulator.log().arrive(Recorded {
        sequence: 0,
        vendor: owner.as_ref().map(|(vendor, _)| *vendor),
        method: parts.method.to_string(),
        path: owner.as_ref().map_or_else(|| parts.uri.path().to_owned(), |(_, path)| path.clone()),
        query,
        headers: headers.collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        status: None,
    });
    let mut response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    simulator.log().answer(sequence, response.status());
    tracing::debug!(sequence, status = response.status().as_u16(), "simulated answer");
    if let (Some((Vendor::Ninja, _)), Ok(id)) = (owner, HeaderValue::from_str(&format!("sim-{sequence:08}"))) {
        response.headers_mut().insert("x-nj-request-id", id);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{KEPT, PATHS, Recorded, RequestLog};

    #[test]
    fn the_log_is_bounded_and_the_counts_are_true() {
        let mut log = RequestLog::default();
        for number in 0..KEPT + 10 {
            log.arrive(Recorded {
                sequence: 0,
                vendor: None,
                method: "GET".to_owned(),
                path: format!("/made-up-{}", number % (PATHS * 2)),
                query: Vec::new(),
                headers: Vec::new(),
                body: String::new(),
                status: None,
            });
        }
        assert_eq!(log.recent().len(), KEPT);
        assert_eq!(log.counts().len(), PATHS + 1);
        assert_eq!(log.counts().values().sum::<u64>(), (KEPT + 10) as u64);
    }
}
