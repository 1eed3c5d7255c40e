//! Files: `GET /export/{what}.{csv|xlsx}`. What is in them is asked of [`Exports`]; here they become HTTP.
//!
//! A file that can't be made is answered by an error as GraphQL's, before the first byte. One that fails later is cut
//! off without the end that HTTP asks for, so that no client takes half a file for a whole one.

use std::{sync::Arc, time::Duration};

use async_graphql::{ServerError, Value};
use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::access::Principal;
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{self, BoxStream},
};
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;

use super::{
    HttpOptions,
    accept::Media,
    answer::{self, Code, Refusal},
    entity_tag, origin, principal,
};

/// Makes files. What it makes of which rows is its own business.
pub trait Exports: Send + Sync + 'static {
    /// Makes a file, or says why there is none. Dropping the answer, or its body, ends the work.
    fn export(&self, asked: ExportRequest) -> BoxFuture<'_, Result<ExportFile, ExportRefusal>>;
}

/// Which file is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportRequest {
    /// The last part of the address, such as `devices.csv`, as it was sent.
    pub file: String,
    /// The parameters of the address in their order, decoded; a name may be there more than once.
    pub parameters: Vec<(String, String)>,
    /// False for HEAD: the file is not made, only found out whether it can be.
    pub wants_body: bool,
    /// Who asks.
    pub principal: Principal,
    /// The tags of files that the client has (`If-None-Match`).
    pub known: Vec<String>,
}

impl ExportRequest {
    /// Whether the client says that it has the file of this version.
    pub fn knows(&self, version: &str) -> bool {
        entity_tag::is_among(&self.known, &entity_tag::of(version.as_bytes()))
    }
}

/// A file.
pub struct ExportFile {
    /// Its name, in letters, digits, dots and dashes.
    pub name: String,
    /// Its media type.
    pub content_type: &'static str,
    /// A text that is another one whenever the file may be another one.
    pub version: String,
    /// What is in it.
    pub content: Content,
}

/// What is in a file.
pub enum Content {
    /// As it is made.
    Made(BoxStream<'static, Result<Bytes, BrokenOff>>),
    /// Nobody asked for it: it could be made.
    NotAsked,
    /// The client has it: nothing was made.
    Known,
}

/// A file that ends before its end; why is in the log.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the export broke off")]
pub struct BrokenOff;

/// Why there is no file.
#[derive(Clone, Debug)]
pub enum ExportRefusal {
    /// Nothing of that name is exported: 404.
    Unknown(String),
    /// The parameters make no sense: 400, `BAD_USER_INPUT`.
    Parameters(String),
    /// Who asks may not export: 403.
    Forbidden(String),
    /// GraphQL refused or failed; its code decides.
    Graphql(ServerError),
    /// As many as may be made at once are being made: 503.
    Busy {
        /// After which time it is worth asking again.
        retry_after: Duration,
    },
    /// It took longer than it may: 503, `TIMEOUT`.
    TimedOut(Duration),
    /// A defect of the hub, which is in its log: 500.
    Failed,
}

/// What the route works with.
#[derive(Clone)]
pub(super) struct Desk {
    pub(super) exports: Arc<dyn Exports>,
    pub(super) options: Arc<HttpOptions>,
}

/// `GET` and `HEAD` of `/export/…`.
pub(super) async fn by_get(State(desk): State<Desk>, request: Request) -> Response {
    if !origin::may_read(request.headers(), &desk.options) {
        return Refusal::new(Code::ForeignOrigin, "pages of other origins may not export").into_answer(Media::Json);
    }
    let stop = desk.options.stop.clone();
    let principal = match principal::of(request.extensions()) {
        Ok(principal) => principal,
        Err(answer) => return *answer,
    };
    let asked = read(&request, principal);
    let made = tokio::select! {
        biased;
        () = stop.cancelled() => Err(ExportRefusal::Busy { retry_after: Duration::from_secs(10) }),
        made = desk.exports.export(asked) => made,
    };
    made.map_or_else(refuse, |file| send(file, stop))
}

/// Any other method.
pub(super) async fn other_method() -> Response {
    let refusal = Refusal::new(Code::MethodNotAllowed, "exports are answered by GET and HEAD");
    ([(header::ALLOW, HeaderValue::from_static("GET, HEAD"))], refusal).into_response()
}

fn read(request: &Request, principal: Principal) -> ExportRequest {
    let uri = request.uri();
    let query = uri.query().unwrap_or_default().as_bytes();
    ExportRequest {
        file: uri.path().rsplit('/').next().unwrap_or_default().to_owned(),
        parameters: form_urlencoded::parse(query).into_owned().collect(),
        wants_body: request.method() != Method::HEAD,
        principal,
        known: entity_tag::told(request.headers()),
    }
}

fn send(file: ExportFile, stop: CancellationToken) -> Response {
    // Weak: the same rows may be packed and compressed in other bytes. Nobody but who asks for it may keep a file.
    let kept =
        [(header::ETAG, entity_tag::of(file.version.as_bytes())), (header::CACHE_CONTROL, "no-store".to_owned())];
    let body = match file.content {
        Content::Known => return (StatusCode::NOT_MODIFIED, kept).into_response(),
        Content::NotAsked => stream::empty().boxed(),
        Content::Made(body) => body,
    };
    let disposition = format!("attachment; filename=\"{}\"", file.name);
    let headers = [(header::CONTENT_TYPE, file.content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    // Fused: who compresses it asks once more after its end.
    (StatusCode::OK, kept, headers, Body::from_stream(until(stop, body).fuse())).into_response()
}

/// The body; one that is not at its end when the server stops is broken off.
fn until(
    stop: CancellationToken,
    body: BoxStream<'static, Result<Bytes, BrokenOff>>,
) -> impl futures::Stream<Item = Result<Bytes, BrokenOff>> {
    stream::unfold(Some(body), move |body| {
        let stop = stop.clone();
        async move {
            let mut body = body?;
            tokio::select! {
                biased;
                () = stop.cancelled() => Some((Err(BrokenOff), None)),
                part = body.next() => match part? {
                    Ok(bytes) => Some((Ok(bytes), Some(body))),
                    Err(broken) => Some((Err(broken), None)),
                },
            }
        }
    })
}

fn refuse(refusal: ExportRefusal) -> Response {
    let plain = |code, message| Refusal::new(code, message).into_error();
    let (status, error) = match refusal {
        ExportRefusal::Unknown(message) => (StatusCode::NOT_FOUND, plain(Code::NotFound, message)),
        ExportRefusal::Parameters(message) => (StatusCode::BAD_REQUEST, plain(Code::BadUserInput, message)),
        ExportRefusal::Forbidden(message) => (StatusCode::FORBIDDEN, plain(Code::Forbidden, message)),
        ExportRefusal::Graphql(error) => (status_of(&error), error),
        ExportRefusal::Busy { retry_after } => return busy(retry_after),
        ExportRefusal::TimedOut(limit) => {
            let message = format!("the export was stopped after {} s; ask for less", limit.as_secs());
            (Code::Timeout.status(), plain(Code::Timeout, message))
        }
        ExportRefusal::Failed => (Code::Internal.status(), plain(Code::Internal, "internal error".to_owned())),
    };
    answer::json(status, Media::Json, &answer::Body::of_errors(&[error]))
}

fn busy(retry_after: Duration) -> Response {
    let message = "as many exports as may be made at once are being made; try again";
    let error = Refusal::new(Code::TooManyExports, message).into_error();
    let answer = answer::json(Code::TooManyExports.status(), Media::Json, &answer::Body::of_errors(&[error]));
    ([(header::RETRY_AFTER, retry_after.as_secs().max(1).to_string())], answer).into_response()
}

/// The status of a GraphQL error, by its code.
fn status_of(error: &ServerError) -> StatusCode {
    let code = error.extensions.as_ref().and_then(|extensions| extensions.get("code"));
    match code {
        Some(Value::String(code)) if code == Code::Internal.as_str() => StatusCode::INTERNAL_SERVER_ERROR,
        Some(Value::String(code)) if code == Code::NotFound.as_str() => StatusCode::NOT_FOUND,
        Some(Value::String(code)) if code == Code::Forbidden.as_str() => StatusCode::FORBIDDEN,
        _ => StatusCode::BAD_REQUEST,
    }
}
