//! GraphQL over HTTP: one operation by POST, a query by GET.

use async_graphql::{BatchRequest, Executor, Request, parser::types::OperationType};
use axum::{
    body::Body,
    extract::{Request as HttpRequest, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use domain::access::Principal;
use futures::{StreamExt, future::join_all};
use serde_json::Value;
use tracing::Instrument;

use super::{
    Edge, HttpOptions,
    accept::{Accept, Media},
    answer::{self, Code, Outcome, Refusal},
    caller::Caller,
    execution,
    guest::Guest,
    operation::Operation,
    origin, parameters, playground, principal, rates, sse, websocket,
};

/// `POST /graphql`: a JSON body with one request, or with several where batches are allowed.
///
/// Only `application/json` is taken: a page of another site can't send that without asking first, and nobody answers.
pub(crate) async fn by_post<E: Executor>(State(edge): State<Edge<E>>, request: HttpRequest) -> HttpResponse {
    let Accept { media, wants_events, .. } = accept(&edge, &request);
    let (parts, body) = request.into_parts();
    let principal = match principal::of(&parts.extensions) {
        Ok(principal) => principal,
        Err(answer) => return *answer,
    };
    let batch = match read_batch(&parts.headers, body, &edge.options).await {
        Ok(batch) => batch,
        Err(refusal) => return refusal.into_answer(media),
    };
    if let Err(refusal) = take_rest(&edge, &batch, (Caller::of(&parts.extensions), &principal)) {
        return refusal.into_answer(media);
    }
    match batch {
        BatchRequest::Single(request) if wants_events => {
            let guest = Guest::new(&edge.options, &parts);
            sse::answer(&edge, request.data(principal), guest)
        }
        BatchRequest::Single(request) => one(&edge, request.data(principal), media).await,
        BatchRequest::Batch(requests) => {
            let requests = requests.into_iter().map(|request| request.data(principal.clone()));
            several(&edge, requests.collect(), media).await
        }
    }
}

/// `GET /graphql`: a WebSocket, the playground, or a query by URL; whichever is asked for.
pub(crate) async fn by_get<E: Executor>(State(edge): State<Edge<E>>, request: HttpRequest) -> HttpResponse {
    if request.headers().contains_key(header::UPGRADE) {
        return websocket::upgrade(edge, request).await;
    }
    let accept = accept(&edge, &request);
    if accept.prefers_html && edge.options.playground {
        return playground::page();
    }
    if !origin::may_read(request.headers(), &edge.options) {
        let refusal = Refusal::new(Code::ForeignOrigin, "pages of other origins may not query by GET");
        return refusal.into_answer(accept.media);
    }
    let principal = match principal::of(request.extensions()) {
        Ok(principal) => principal,
        Err(answer) => return *answer,
    };
    match parameters::from_url(request.uri().query().unwrap_or_default()) {
        Ok(request) => query_only(&edge, request.data(principal), accept.media).await,
        Err(refusal) => refusal.into_answer(accept.media),
    }
}

fn accept<E>(edge: &Edge<E>, request: &HttpRequest) -> Accept {
    Accept::of(request.headers()).precisely(edge.options.precise_statuses)
}

async fn query_only<E: Executor>(edge: &Edge<E>, request: Request, media: Media) -> HttpResponse {
    match run(edge, request, Way::Get).await {
        Ok(outcome) => outcome.into_answer(media),
        Err(refusal) if refusal.code == Code::MethodNotAllowed => {
            ([(header::ALLOW, HeaderValue::from_static("POST"))], refusal.into_answer(media)).into_response()
        }
        Err(refusal) => refusal.into_answer(media),
    }
}

/// Any other method on `/graphql`.
pub(crate) async fn other_method() -> HttpResponse {
    let refusal = Refusal::new(Code::MethodNotAllowed, "GraphQL is answered by POST, queries by GET too");
    ([(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST"))], refusal).into_response()
}

/// How an operation was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Get,
    Post,
}

async fn one<E: Executor>(edge: &Edge<E>, request: Request, media: Media) -> HttpResponse {
    match run(edge, request, Way::Post).await {
        Ok(outcome) => outcome.into_answer(media),
        Err(refusal) => refusal.into_answer(media),
    }
}

/// A batch is answered 200 with one response for each request, in their order.
async fn several<E: Executor>(edge: &Edge<E>, requests: Vec<Request>, media: Media) -> HttpResponse {
    let outcomes = join_all(requests.into_iter().map(|request| run(edge, request, Way::Post))).await;
    let outcomes: Vec<Outcome> = outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(Outcome::from)).collect();
    let bodies: Vec<_> = outcomes.iter().map(Outcome::body).collect();
    answer::json(StatusCode::OK, media, &bodies)
}

async fn run<E: Executor>(edge: &Edge<E>, mut request: Request, way: Way) -> Result<Outcome, Refusal> {
    let operation = Operation::of(&mut request, &edge.options);
    let span = operation.span();
    let ended =
        execute(edge, request, operation.kind().and_then(|kind| allow(kind, way))).instrument(span.clone()).await;
    operation.end(&span, ended.as_ref());
    ended
}

async fn execute<E: Executor>(
    edge: &Edge<E>,
    request: Request,
    allowed: Result<(), Refusal>,
) -> Result<Outcome, Refusal> {
    allowed?;
    let response = execution::execute(edge.executor.clone(), request, edge.options.request_timeout).await?;
    Ok(Outcome::of(response))
}

/// Whether this kind of operation is answered when it is asked for in this way.
fn allow(kind: OperationType, way: Way) -> Result<(), Refusal> {
    match (kind, way) {
        (OperationType::Query, _) | (OperationType::Mutation, Way::Post) => Ok(()),
        (_, Way::Get) => Err(Refusal::new(Code::MethodNotAllowed, "GET answers queries only; mutations go by POST")),
        (OperationType::Subscription, Way::Post) => Err(Refusal::new(
            Code::SubscriptionNotSupported,
            "subscriptions are served at this address over WebSocket (graphql-transport-ws) or as text/event-stream",
        )),
    }
}

/// A batch counts as the operations that it holds; one was counted with the request.
fn take_rest<E>(
    edge: &Edge<E>,
    batch: &BatchRequest,
    (caller, principal): (Caller, &Principal),
) -> Result<(), Refusal> {
    let BatchRequest::Batch(requests) = batch else { return Ok(()) };
    let rates = edge.rates.as_deref();
    (1..requests.len()).try_for_each(|_| rates::take(rates, caller).and_then(|()| rates::take_of(rates, principal)))
}

async fn read_batch(headers: &HeaderMap, body: Body, options: &HttpOptions) -> Result<BatchRequest, Refusal> {
    require_json(headers)?;
    let bytes = read_in_time(body, options).await?;
    let value: Value = serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::new(Code::BadRequest, format!("the body is not JSON: {error}")))?;
    match value {
        Value::Array(values) => {
            check_batch(values.len(), options.batch_limit)?;
            Ok(BatchRequest::Batch(values.into_iter().map(parameters::from_json).collect::<Result<_, _>>()?))
        }
        value => Ok(BatchRequest::Single(parameters::from_json(value)?)),
    }
}

pub(super) fn require_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let refuse = |message| Err(Refusal::new(Code::UnsupportedMediaType, message));
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = content_type.split(';').map(|part| part.trim().to_ascii_lowercase());
    if parts.next().as_deref() != Some("application/json") {
        return refuse("the content type must be application/json");
    }
    if parts
        .any(|part| part.strip_prefix("charset=").is_some_and(|set| !matches!(set.trim_matches('"'), "utf-8" | "utf8")))
    {
        return refuse("the charset must be utf-8");
    }
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return refuse("the body must not be compressed");
    }
    Ok(())
}

fn check_batch(length: usize, limit: usize) -> Result<(), Refusal> {
    match (length, limit) {
        (_, 0) => Err(Refusal::new(Code::BadRequest, "batches are not accepted: send one request object")),
        (0, _) => Err(Refusal::new(Code::BadRequest, "the batch is empty")),
        _ if length > limit => Err(Refusal::new(Code::BadRequest, format!("a batch has at most {limit} requests"))),
        _ => Ok(()),
    }
}

/// The body, if it is small enough and comes soon enough.
pub(super) async fn read_in_time(body: Body, options: &HttpOptions) -> Result<Vec<u8>, Refusal> {
    let reading = read_body(body, options.body_limit);
    let read = tokio::time::timeout(options.body_timeout, reading).await;
    read.map_err(|_elapsed| Refusal::new(Code::RequestTimeout, "the body took too long to arrive"))?
}

/// Collects the body, and stops as soon as it is known to be too large.
async fn read_body(body: Body, limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut collected = Vec::new();
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| Refusal::new(Code::BadRequest, format!("the body broke off: {error}")))?;
        if collected.len() + chunk.len() > limit {
            return Err(Refusal::new(Code::PayloadTooLarge, format!("the body is over {limit} bytes")));
        }
        collected.extend_from_slice(&chunk);
    }
    Ok(collected)
}
