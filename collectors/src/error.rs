//! What can go wrong, one variant per reaction of the caller.

use std::{fmt, time::Duration};

use domain::vendor::Vendor;

use crate::token_store::TokenStoreError;

/// Where an answer came from: enough for the operator and for the vendor's support, and nothing secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// The vendor that was asked.
    pub vendor: Vendor,
    /// Path of the call below the base URL, without query.
    pub path: String,
    /// The vendor's number of the incident (`incidentId`, `LoggerId`, `x-nj-request-id`), which its support asks for.
    pub incident: Option<String>,
}

impl fmt::Display for CallSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.vendor, self.path)?;
        match &self.incident {
            Some(incident) => write!(f, " (incident {incident})"),
            None => Ok(()),
        }
    }
}

/// A status that says no, with the vendor's code word where it gave one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// The vendor's code (`invalid_token`, `permission_denied`); never free text.
    pub code: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}", self.status)?;
        match &self.code {
            Some(code) => write!(f, " {code}"),
            None => Ok(()),
        }
    }
}

/// Why a vendor could not be read. Retries are over when a caller sees one of these.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// No connection, no answer in time, or a connection that broke in the middle of the answer. Try later.
    #[error("could not reach {at}: {problem}")]
    Unreachable {
        /// What was asked.
        at: CallSite,
        /// The trouble, from the network.
        problem: String,
    },
    /// The vendor refuses the credentials, or they may not read this. Trying again does not help: connect again.
    #[error("credentials refused by {at} ({refusal}): the account must be connected again")]
    CredentialsRefused {
        /// What was asked.
        at: CallSite,
        /// How it said so.
        refusal: Refusal,
    },
    /// The instance does not know these credentials at all. Check the base URL before giving up a key.
    #[error(
        "credentials unknown to {at} ({refusal}): check first that the base URL names the right region or instance"
    )]
    WrongRegion {
        /// What was asked.
        at: CallSite,
        /// How it said so.
        refusal: Refusal,
    },
    /// The vendor asked to slow down for longer than we wait. Try later.
    #[error("slowed down by {at} for longer than we wait")]
    Throttled {
        /// What was asked.
        at: CallSite,
        /// How long it last asked to wait, where it said so.
        retry_after: Option<Duration>,
    },
    /// The vendor failed by itself. Try later.
    #[error("fault of {at} (HTTP {status})")]
    VendorFault {
        /// What was asked.
        at: CallSite,
        /// HTTP status, or the one inside an error object that came with status 200.
        status: u16,
    },
    /// The vendor says that the request is wrong or the thing is not there (4xx with a JSON body).
    #[error("request rejected by {at} ({refusal})")]
    Rejected {
        /// What was asked.
        at: CallSite,
        /// How it said so.
        refusal: Refusal,
    },
    /// Something else than the documented answer: a web page, cut JSON, an object for a list, a redirect. Often a
    /// proxy, or a vendor that changed.
    #[error("unexpected answer of {at} (HTTP {status}): {problem}")]
    UnexpectedAnswer {
        /// What was asked.
        at: CallSite,
        /// HTTP status.
        status: u16,
        /// What is wrong with it, without its contents.
        problem: String,
    },
    /// The answer is larger than the cap. Raise the cap or lower the page size.
    #[error("answer of {at} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked.
        at: CallSite,
        /// The cap, [`crate::HttpLimits::max_body_bytes`].
        limit: usize,
    },
    /// The refresh token could not be read or kept. The operator must mend the store before the account is lost.
    #[error(transparent)]
    TokenStore(#[from] TokenStoreError),
}

impl CollectError {
    /// HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::CredentialsRefused { refusal, .. }
            | Self::WrongRegion { refusal, .. }
            | Self::Rejected { refusal, .. } => Some(refusal.status),
            Self::VendorFault { status, .. } | Self::UnexpectedAnswer { status, .. } => Some(*status),
            Self::Throttled { .. } => Some(429),
            Self::Unreachable { .. } | Self::TooLarge { .. } | Self::TokenStore(_) => None,
        }
    }

    /// Whether a person must act before another try can succeed.
    pub fn needs_operator(&self) -> bool {
        matches!(self, Self::CredentialsRefused { .. } | Self::WrongRegion { .. } | Self::TokenStore(_))
    }
}

/// Why a collector could not be made from its settings.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The HTTP client could not be built, mostly because the system has no certificate authorities.
    #[error("http client could not be built: {0}")]
    HttpClient(String),
    /// A credential holds characters that no HTTP header can carry; its value is not shown.
    #[error("{0} holds characters that an HTTP header cannot carry")]
    Credential(&'static str),
    /// A page size of zero.
    #[error("page size must be at least 1")]
    PageSize,
}
