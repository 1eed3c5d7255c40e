//! The error table of the vendor: several families of shapes, word for word.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is not the one asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NinjaError {
    /// The client id is unknown, which is also what the wrong region says.
    UnknownClient,
    /// The client secret is wrong.
    WrongSecret,
    /// The grant is none that the simulator speaks.
    UnsupportedGrant,
    MissingHeader,
    MalformedHeader,
    NotAuthenticated,
    DeadRefreshToken,
    NotFound,
    /// A query parameter cannot be read; names it.
    BadParameter(&'static str),
}

impl NinjaError {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::UnknownClient | Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongSecret | Self::NotAuthenticated => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    pub(crate) fn body(self) -> Value {
        match self {
            Self::UnknownClient => json!({"resultCode": "Client app not exist", "incidentId": "WEB_MGMT_SERVICE-0000"}),
            Self::WrongSecret => json!({"error": "invalid_client"}),
            Self::UnsupportedGrant => json!({"error": "unsupported_grant_type"}),
            Self::MissingHeader => described("missing_header", "Missing required header", 2),
            Self::MalformedHeader => described("invalid_header", "Invalid 'Authorization' header", 1),
            Self::NotAuthenticated => described("not_authenticated", "Invalid credentials", 10),
            Self::DeadRefreshToken => json!({"error": "invalid_token"}),
            Self::NotFound => json!({"resultCode": "NOT_FOUND", "incidentId": "WEB-42"}),
            Self::BadParameter(name) => {
                json!({"errorMessage": {"code": "invalid_parameter", "params": {"parameter": name}}})
            }
        }
    }
}

fn described(error: &str, description: &str, code: i64) -> Value {
    json!({"error": error, "error_description": description, "error_code": code})
}

impl IntoResponse for NinjaError {
    fn into_response(self) -> Response {
        (self.status(), [(CONTENT_TYPE, "application/json")], self.body().to_string()).into_response()
    }
}

/// The body that goes with a bare status code, for faults.
pub(crate) fn body_of(status: u16) -> Value {
    match status {
        401 => NinjaError::NotAuthenticated.body(),
        403 => json!({"resultCode": "permission_denied"}),
        404 => NinjaError::NotFound.body(),
        409 => json!({"resultCode": "FAILURE", "errorMessage": "version mismatch", "errorDetails": {}}),
        429 => json!({"resultCode": "TOO_MANY_REQUESTS"}),
        _ => Value::from("a string error"),
    }
}
