//! Requests to ThreatLocker's portal: read-only POSTs to an exact list of paths, with retries.

use chrono::{DateTime, Utc};
use reqwest::header::{ACCEPT, HeaderMap};
use serde::Serialize;

use super::wire::Page;
use crate::{
    answer::Answer,
    error::CollectError,
    http::Http,
    retry::{Failure, Patience, Retrier},
};

/// ThreatLocker says 500 to bad input as well (trap 34): two more attempts tell a passing fault from that.
const ATTEMPTS_AT_500: u32 = 3;

/// The only calls that are ever made. They read, though they are POSTs; nothing else may be posted (vendor-apis.md 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadOnlyCall {
    Computers,
    ChildOrganizations,
}

impl ReadOnlyCall {
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Computers => "Computer/ComputerGetByAllParameters",
            Self::ChildOrganizations => "Organization/OrganizationGetChildOrganizationsByParameters",
        }
    }
}

/// Talks to one ThreatLocker instance.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) http: Http,
    pub(super) retrier: Retrier,
    pub(super) headers: HeaderMap,
    pub(super) page_size: u32,
    /// `portalapi/`, unless the base URL ends in it already.
    pub(super) prefix: &'static str,
}

impl Client {
    /// One page of a list, with retries.
    pub(super) async fn page<B: Serialize + Sync>(&self, call: ReadOnlyCall, body: &B) -> Result<Page, CollectError> {
        self.retrier.run(|| self.attempt(call, body)).await
    }

    /// The first page of a search for one device, with retries as long as the caller waits.
    pub(super) async fn page_until<B: Serialize + Sync>(
        &self,
        call: ReadOnlyCall,
        body: &B,
        patience: Patience,
    ) -> Result<Page, Failure> {
        self.retrier.run_until(patience, || self.attempt(call, body)).await
    }

    async fn attempt<B: Serialize + Sync>(&self, call: ReadOnlyCall, body: &B) -> Result<Page, Failure> {
        let url = self.http.url(&format!("{}{}", self.prefix, call.path()));
        let request =
            self.http.client.post(url).headers(self.headers.clone()).header(ACCEPT, "application/json").json(body);
        let answer = self.http.send(call.path(), request).await?;
        Page::read(&judge(answer, self.retrier.now())?)
    }
}

/// What an answer means: the vendor's quirks first (vendor-apis.md 2.1, 2.4), then what is common to all.
fn judge(answer: Answer, now: DateTime<Utc>) -> Result<Answer, Failure> {
    // An error object may come with status 200 where a list belongs.
    let status = answer.inner_status().filter(|_| answer.status.is_success()).unwrap_or(answer.status.as_u16());
    let answer = answer.with_status(status);
    match status {
        401 | 403 if is_revoked(&answer) => Err(answer.wrong_region()),
        500 => Err(answer.vendor_fault(now, ATTEMPTS_AT_500)),
        _ => answer.checked(now),
    }
}

/// The same text for a key that was revoked and for one that belongs to another instance (trap 35).
fn is_revoked(answer: &Answer) -> bool {
    answer.text().to_ascii_uppercase().replace([' ', '_'], "").contains("TOKENREVOKED")
}
