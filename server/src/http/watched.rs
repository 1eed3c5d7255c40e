//! What those are told who watch the hub: `/readyz` and `/metrics`. What there is to tell is asked of [`Watched`].

use std::{fmt::Debug, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::future::BoxFuture;
use serde_json::{Map, Value, json};

use super::{
    HttpOptions,
    answer::{Code, Refusal},
    origin,
};

/// Knows how the hub is.
pub trait Watched: Debug + Send + Sync + 'static {
    /// Whether the hub can work, part by part. Answers soon, whatever is broken.
    fn readiness(&self) -> BoxFuture<'_, Vec<Part>>;

    /// The metrics and their media type; `None` where they are switched off.
    fn metrics(&self) -> BoxFuture<'_, Option<(&'static str, String)>>;
}

/// A part of the hub that must be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// Why it is not ready, in words that hold no secret; `None` when it is.
    pub trouble: Option<&'static str>,
}

type Watch = (Arc<dyn Watched>, Arc<HttpOptions>);

/// `GET /readyz`: 200 when every part is ready, else 503; both tell each part.
pub(super) async fn ready(State((watched, options)): State<Watch>) -> Response {
    let mut parts = watched.readiness().await;
    let trouble = options.stop.is_cancelled().then_some("the server is stopping");
    parts.push(Part { name: "server", trouble });
    let is_ready = parts.iter().all(|part| part.trouble.is_none());
    let told = |part: &Part| (part.name.to_owned(), Value::from(part.trouble.unwrap_or("ready")));
    let told: Map<String, Value> = parts.iter().map(told).collect();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, Json(json!({ "ready": is_ready, "parts": told }))).into_response()
}

/// `GET /metrics`. Pages of other origins get nothing.
pub(super) async fn metrics(State((watched, options)): State<Watch>, request: Request) -> Response {
    if !origin::may_read(request.headers(), &options) {
        return Refusal::new(Code::ForeignOrigin, "pages of other origins may not read metrics").into_response();
    }
    match watched.metrics().await {
        Some((content_type, text)) => {
            ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store")], text).into_response()
        }
        None => Refusal::new(Code::NotFound, "metrics are switched off").into_response(),
    }
}
