//! How outcomes become HTTP answers: always JSON, each error with a message and `extensions.code`.
//!
//! Status (GraphQL over HTTP, and the graphql-http audit): a request that is not a well-formed GraphQL request has the
//! status of its fault in both kinds of JSON. A well-formed one is answered 200 as `application/json`, whatever became
//! of it; as `application/graphql-response+json` the status is 200 when it was executed, with or without field errors,
//! and otherwise that of [`Code::status`]: 400 for a refused document, 503 for a timeout, 500 for a defect of ours.
//!
//! The specification's first edition (September 2026; graphql-over-http #346, #354) says more, where that is on: 422 where the
//! document does not fit the schema, the variables do not fit it, or there is no such operation; 294 for data with errors.
//! Requests that are no GraphQL requests stay 400.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use async_graphql::{ErrorExtensionValues, Pos, Response, ServerError, Value};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response as HttpResponse},
};
use serde::Serialize;

use super::accept::Media;

/// Error codes that the HTTP side gives; resolvers have their own list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    /// Not a GraphQL request: broken JSON, a missing query, a parameter of the wrong type, a batch.
    BadRequest,
    /// Nothing at this address.
    NotFound,
    /// A mutation by GET, or a method other than GET and POST.
    MethodNotAllowed,
    /// A body that isn't JSON by its headers.
    UnsupportedMediaType,
    /// A body over the limit.
    PayloadTooLarge,
    /// A body that took too long to arrive.
    RequestTimeout,
    /// A webhook's delivery without its secret.
    Unauthorized,
    /// Nobody signed in, or not with what was sent.
    Unauthenticated,
    /// Too many attempts to sign in.
    TooManyAttempts,
    /// Who is asking can't be found out now.
    Unavailable,
    /// Somebody who may not.
    Forbidden,
    /// A webhook's delivery that could not be kept.
    NotTaken,
    /// A document's name that nobody taught us: the client sends the document itself.
    PersistedQueryNotFound,
    /// Documents can't be taught here.
    PersistedQueryNotSupported,
    /// A document that is not in the manifest, where only those are executed.
    DocumentNotTrusted,
    /// A client that asks too often.
    RateLimited,
    /// A request from a page of another origin.
    ForeignOrigin,
    /// A request for a host that the hub doesn't serve.
    MisdirectedRequest,
    /// The document isn't GraphQL.
    ParseFailed,
    /// The document doesn't fit the schema, or the variables don't fit the document.
    ValidationFailed,
    /// No operation of that name, or a name is needed.
    OperationResolutionFailure,
    /// A subscription where only queries and mutations are answered.
    SubscriptionNotSupported,
    /// More operations at once than one WebSocket may run.
    TooManyOperations,
    /// More exports at once than the hub makes.
    TooManyExports,
    /// An argument that its type refuses.
    BadUserInput,
    /// The operation ran longer than it may.
    Timeout,
    /// A defect of the hub.
    Internal,
}

impl Code {
    /// The word in `extensions.code`.
    pub(crate) fn as_str(self) -> &'static str {
        self.facts().0
    }

    /// The status, where the status speaks.
    pub(crate) fn status(self) -> StatusCode {
        self.facts().1
    }

    fn status_as(self, media: Media) -> StatusCode {
        match (media, self) {
            (Media::Json, code) if code.well_formed() => StatusCode::OK,
            (Media::PreciseResponse, Self::ValidationFailed | Self::OperationResolutionFailure) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            (_, code) => code.status(),
        }
    }

    /// Whether the request was well-formed GraphQL over HTTP, so that `application/json` answers it with 200.
    fn well_formed(self) -> bool {
        self.facts().2
    }

    fn facts(self) -> (&'static str, StatusCode, bool) {
        match self {
            Self::BadRequest => ("BAD_REQUEST", StatusCode::BAD_REQUEST, false),
            Self::NotFound => ("NOT_FOUND", StatusCode::NOT_FOUND, false),
            Self::MethodNotAllowed => ("METHOD_NOT_ALLOWED", StatusCode::METHOD_NOT_ALLOWED, false),
            Self::UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", StatusCode::UNSUPPORTED_MEDIA_TYPE, false),
            Self::PayloadTooLarge => ("PAYLOAD_TOO_LARGE", StatusCode::PAYLOAD_TOO_LARGE, false),
            Self::RequestTimeout => ("REQUEST_TIMEOUT", StatusCode::REQUEST_TIMEOUT, false),
            Self::Unauthorized => ("UNAUTHORIZED", StatusCode::UNAUTHORIZED, false),
            Self::Unauthenticated => ("UNAUTHENTICATED", StatusCode::UNAUTHORIZED, false),
            Self::TooManyAttempts => ("TOO_MANY_ATTEMPTS", StatusCode::TOO_MANY_REQUESTS, false),
            Self::Unavailable => ("UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE, false),
            Self::Forbidden => ("FORBIDDEN", StatusCode::FORBIDDEN, true),
            Self::NotTaken => ("NOT_TAKEN", StatusCode::SERVICE_UNAVAILABLE, false),
            // Apollo's clients take them for answers whatever was accepted.
            Self::PersistedQueryNotFound => ("PERSISTED_QUERY_NOT_FOUND", StatusCode::OK, true),
            Self::PersistedQueryNotSupported => ("PERSISTED_QUERY_NOT_SUPPORTED", StatusCode::OK, true),
            Self::DocumentNotTrusted => ("DOCUMENT_NOT_TRUSTED", StatusCode::FORBIDDEN, true),
            Self::RateLimited => ("RATE_LIMITED", StatusCode::TOO_MANY_REQUESTS, false),
            Self::ForeignOrigin => ("FOREIGN_ORIGIN", StatusCode::FORBIDDEN, false),
            Self::MisdirectedRequest => ("MISDIRECTED_REQUEST", StatusCode::MISDIRECTED_REQUEST, false),
            Self::ParseFailed => ("GRAPHQL_PARSE_FAILED", StatusCode::BAD_REQUEST, true),
            Self::ValidationFailed => ("GRAPHQL_VALIDATION_FAILED", StatusCode::BAD_REQUEST, true),
            Self::OperationResolutionFailure => ("OPERATION_RESOLUTION_FAILURE", StatusCode::BAD_REQUEST, true),
            Self::SubscriptionNotSupported => ("SUBSCRIPTION_NOT_SUPPORTED", StatusCode::BAD_REQUEST, true),
            Self::TooManyOperations => ("TOO_MANY_OPERATIONS", StatusCode::BAD_REQUEST, true),
            Self::TooManyExports => ("TOO_MANY_EXPORTS", StatusCode::SERVICE_UNAVAILABLE, false),
            Self::BadUserInput => ("BAD_USER_INPUT", StatusCode::BAD_REQUEST, true),
            Self::Timeout => ("TIMEOUT", StatusCode::SERVICE_UNAVAILABLE, true),
            Self::Internal => ("INTERNAL", StatusCode::INTERNAL_SERVER_ERROR, true),
        }
    }
}

/// Why a request was not executed: one error and no data.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    message: Cow<'static, str>,
    locations: Vec<Pos>,
    retry_after: Option<Duration>,
}

impl Refusal {
    pub(crate) fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), locations: Vec::new(), retry_after: None }
    }

    /// It is worth asking again after this time, in whole seconds.
    pub(crate) fn again_after(self, wait: Duration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    pub(crate) fn at(self, locations: Vec<Pos>) -> Self {
        Self { locations, ..self }
    }

    /// The refusal as a GraphQL error.
    pub(crate) fn into_error(self) -> ServerError {
        let mut error = ServerError::new(self.message, None);
        error.locations = self.locations;
        set_code(&mut error, self.code);
        if let (Some(wait), Some(extensions)) = (self.retry_after, &mut error.extensions) {
            extensions.set("retryAfterSeconds", wait.as_secs());
        }
        error
    }

    /// The refusal as an answer in the kind of JSON that was asked for.
    pub(crate) fn into_answer(self, media: Media) -> HttpResponse {
        let status = self.code.status_as(media);
        let retry_after = self.retry_after.map(|wait| [(header::RETRY_AFTER, wait.as_secs().to_string())]);
        let answer = json(status, media, &Body::of_errors(&[self.into_error()]));
        (retry_after, answer).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> HttpResponse {
        self.into_answer(Media::Json)
    }
}

/// An executor's response with every error coded; `executed` is false for a request error, which has no data.
pub(crate) struct Outcome {
    pub(crate) response: Response,
    pub(crate) executed: bool,
}

impl Outcome {
    /// Errors of execution carry the path of a field. A response without data whose errors have none comes from parsing,
    /// validation or an extension that refused the document, before any field ran.
    pub(crate) fn of(mut response: Response) -> Self {
        let pathless = response.errors.iter().all(|error| error.path.is_empty());
        let executed = response.errors.is_empty() || response.data != Value::Null || !pathless;
        for error in &mut response.errors {
            give_code(error);
        }
        Self { response, executed }
    }

    fn status(&self, media: Media) -> StatusCode {
        if self.executed {
            let is_partial = media == Media::PreciseResponse && !self.response.errors.is_empty();
            return if is_partial { partial_success() } else { StatusCode::OK };
        }
        let has = |code: Code| self.response.errors.iter().any(|error| code_of(error) == Some(code.as_str()));
        let telling = [Code::Internal, Code::Forbidden].into_iter().find(|&code| has(code));
        telling.unwrap_or(Code::ValidationFailed).status_as(media)
    }

    /// The answer to a request for one operation.
    pub(crate) fn into_answer(self, media: Media) -> HttpResponse {
        let mut answer = json(self.status(media), media, &self.body());
        answer.headers_mut().extend(self.response.http_headers);
        answer
    }

    /// The codes of its errors.
    pub(crate) fn codes(&self) -> Vec<String> {
        self.response.errors.iter().filter_map(code_of).map(str::to_owned).collect()
    }

    /// The part of the response that a client sees; a request error has no `data` entry at all.
    pub(crate) fn body(&self) -> Body<'_> {
        let Response { data, errors, extensions, .. } = &self.response;
        Body { data: self.executed.then_some(data), errors, extensions: Some(extensions).filter(|e| !e.is_empty()) }
    }
}

impl From<Refusal> for Outcome {
    fn from(refusal: Refusal) -> Self {
        Self { response: Response::from_errors(vec![refusal.into_error()]), executed: false }
    }
}

/// A GraphQL response as JSON.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extensions: Option<&'a BTreeMap<String, Value>>,
}

impl<'a> Body<'a> {
    pub(crate) fn of_errors(errors: &'a [ServerError]) -> Self {
        Self { errors, data: None, extensions: None }
    }
}

/// A JSON answer that no cache may keep.
pub(crate) fn json(status: StatusCode, media: Media, body: &impl Serialize) -> HttpResponse {
    let content_type = match media {
        Media::Json => "application/json; charset=utf-8",
        Media::GraphqlResponse | Media::PreciseResponse => "application/graphql-response+json; charset=utf-8",
    };
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, "no-store"), (header::VARY, "accept")];
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, headers, bytes).into_response(),
        Err(error) => {
            tracing::error!(%error, "a response could not be written as JSON");
            let body = r#"{"errors":[{"message":"internal error","extensions":{"code":"INTERNAL"}}]}"#;
            (StatusCode::INTERNAL_SERVER_ERROR, headers, body).into_response()
        }
    }
}

/// 294 Partial Success, which no registry has yet.
fn partial_success() -> StatusCode {
    StatusCode::from_u16(294).unwrap_or(StatusCode::OK)
}

fn code_of(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code),
        _ => None,
    }
}

fn set_code(error: &mut ServerError, code: Code) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code.as_str());
}

/// An error that came without a code gets one: by its place when the document was refused, by the wording of
/// async-graphql's input errors when a field's argument was, and else it is a defect, because resolvers code theirs.
fn give_code(error: &mut ServerError) {
    if code_of(error).is_some() {
        return;
    }
    let input = ["Failed to parse \"", "Expected input type \"", "Invalid value for argument"];
    let code = if error.path.is_empty() {
        Code::ValidationFailed
    } else if input.iter().any(|start| error.message.starts_with(start)) {
        Code::BadUserInput
    } else {
        tracing::error!(message = %error.message, path = ?error.path, "an error without a code left a resolver");
        Code::Internal
    };
    set_code(error, code);
}
