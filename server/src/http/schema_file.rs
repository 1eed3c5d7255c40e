//! `GET /schema.graphql`: the contract as a file, for code generators and editors.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    HttpOptions,
    accept::Media,
    answer::{Code, Refusal},
    entity_tag, origin,
};

/// Answers with the schema, or 304 to who has it.
pub(super) async fn by_get(State(options): State<Arc<HttpOptions>>, request: Request) -> Response {
    if !origin::may_read(request.headers(), &options) {
        return Refusal::new(Code::ForeignOrigin, "pages of other origins may not read the schema")
            .into_answer(Media::Json);
    }
    let Some(schema) = options.schema.clone() else {
        return Refusal::new(Code::NotFound, "the schema is not told here").into_response();
    };
    let tag = entity_tag::of(schema.as_bytes());
    let is_known = entity_tag::is_among(&entity_tag::told(request.headers()), &tag);
    // Kept, but asked for each time: a new server may have a new one.
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, "application/graphql; charset=utf-8")], schema.to_string()).into_response()
}
