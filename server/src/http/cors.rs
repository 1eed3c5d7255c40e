//! Which pages of other origins may read answers (CORS): those of the allowed origins, and no others.
//!
//! Without allowed origins nothing is said at all, and a preflight is answered as any method that is not served. Cookies are
//! never part of it: those that the hub sets are for its own pages.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::HttpOptions;

/// How long a browser may remember the permission.
const REMEMBERED: Duration = Duration::from_hours(1);

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// `None` where no other origin may read.
pub(super) fn layer(options: &HttpOptions) -> Option<CorsLayer> {
    let origins = options.allowed_origins.iter().map(|origin| origin.trim_end_matches('/'));
    let origins: Vec<HeaderValue> = origins.filter_map(|origin| origin.parse().ok()).collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([header::CONTENT_TYPE, header::AUTHORIZATION, header::IF_NONE_MATCH, REQUEST_ID])
            .expose_headers([header::CONTENT_DISPOSITION, header::ETAG, header::RETRY_AFTER, REQUEST_ID])
            .max_age(REMEMBERED)
    })
}
