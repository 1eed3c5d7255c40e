use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::switches::Revoked;

/// An answer that is not the one asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ThreatLockerError {
    /// No Authorization header.
    NoKey,
    /// A key that this instance does not know, or one that was revoked: the vendor says the same of both.
    TokenRevoked(Revoked),
    /// The body or a parameter cannot be read; says why.
    BadRequest(String),
    NotFound,
}

impl IntoResponse for ThreatLockerError {
    fn into_response(self) -> Response {
        const JSON: [(axum::http::HeaderName, &str); 1] = [(CONTENT_TYPE, "application/json; charset=utf-8")];
        let (status, message) = match self {
            Self::TokenRevoked(Revoked::Text) => return (StatusCode::FORBIDDEN, "TOKEN_REVOKED").into_response(),
            Self::TokenRevoked(Revoked::Json) => {
                let body = json!({"Message": "TOKEN_REVOKED"}).to_string();
                return (StatusCode::FORBIDDEN, JSON, body).into_response();
            }
            Self::NoKey => (StatusCode::UNAUTHORIZED, "Unauthorized".to_owned()),
            Self::BadRequest(message) => (StatusCode::BAD_REQUEST, message),
            Self::NotFound => (StatusCode::NOT_FOUND, "Not Found".to_owned()),
        };
        (status, JSON, error(status.as_u16(), &message).to_string()).into_response()
    }
}

const LOGGER_ID: &str = "7f0c0000-0000-4000-8000-000000000000";

/// The vendor's error object.
pub(crate) fn error(status: u16, message: &str) -> Value {
    json!({"LoggerId": LOGGER_ID, "StatusCode": status, "Message": message})
}

/// The body that goes with a bare status code, for faults.
pub(crate) fn body_of(status: u16) -> Value {
    match status {
        401 => error(401, "Unauthorized"),
        403 => json!({"Message": "TOKEN_REVOKED"}),
        404 => error(404, "Not Found"),
        429 => error(429, "Too Many Requests"),
        _ => error(status, &format!("A problem occurred with the request ({LOGGER_ID})")),
    }
}
