//! Who is asking, from the Authorization header. Where nobody needs to sign in, it is the person at the machine.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::access::Principal;
use tokio::time::timeout;

use super::{
    HttpOptions,
    answer::{Code, Refusal},
    caller::Caller,
    sign_in::Unidentified,
};

/// Finds out who is asking, before a route is gone into, in the time that a request has. A token that is nobody's ends here. No
/// token at all is the route's to judge: the playground's page and a WebSocket need none yet.
pub(super) async fn identify(State(options): State<Arc<HttpOptions>>, mut request: Request, next: Next) -> Response {
    let from = Caller::of(request.extensions()).address;
    let principal = match (&options.sign_in, bearer(request.headers())) {
        (None, _) => Some(Principal::local_operator()),
        (Some(_), None) => None,
        (Some(sign_in), Some(token)) => match timeout(options.request_timeout, sign_in.identify(&token)).await {
            Ok(Ok(principal)) => Some(principal),
            Ok(Err(Unidentified::Unknown)) => return challenge("the token is not good (any more)"),
            Ok(Err(Unidentified::Unavailable)) | Err(_) => return unavailable().into_response(),
        },
    };
    if let Some(principal) = principal {
        request.extensions_mut().insert(principal.at(from));
    }
    next.run(request).await
}

/// Refuses requests of nobody; for routes all of which need somebody.
pub(super) async fn require(request: Request, next: Next) -> Response {
    match of(request.extensions()) {
        Ok(_) => next.run(request).await,
        Err(answer) => *answer,
    }
}

/// Refuses those who may see some organizations only; for what tells of all clients together.
pub(super) async fn require_whole(request: Request, next: Next) -> Response {
    match of(request.extensions()) {
        Ok(principal) if principal.reach().is_restricted() => {
            let refusal = Refusal::new(Code::Forbidden, "this is for those who may see all organizations");
            (StatusCode::FORBIDDEN, refusal).into_response()
        }
        Ok(_) => next.run(request).await,
        Err(answer) => *answer,
    }
}

/// Who is asking, or the answer to nobody.
pub(super) fn of(extensions: &Extensions) -> Result<Principal, Box<Response>> {
    let found = extensions.get::<Principal>().cloned();
    found.ok_or_else(|| Box::new(challenge("sign in first: POST /auth/login, then send the access token")))
}

/// The token of `Authorization: Bearer …`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    bearer_of(value)
}

/// The token of a text that begins with `Bearer`, in any case.
pub(super) fn bearer_of(value: &str) -> Option<String> {
    let (scheme, token) = value.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// What is answered while the database is away.
pub(super) fn unavailable() -> Refusal {
    Refusal::new(Code::Unavailable, "who is asking can't be found out now; try again")
}

fn challenge(message: &'static str) -> Response {
    let scheme = [(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))];
    (scheme, Refusal::new(Code::Unauthenticated, message)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bearer_is_read_in_any_case() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer   abc ", Some("abc")),
            ("BEARER a.b.c", Some("a.b.c")),
            ("Basic abc", None),
            ("Bearer", None),
            ("", None),
        ] {
            assert_eq!(bearer_of(value).as_deref(), token, "{value:?}");
        }
    }
}
