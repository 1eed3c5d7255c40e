//! `POST /auth/login`, `/auth/refresh` and `/auth/logout`. Who may come in is asked of [`SignIn`]; here it becomes HTTP.
//!
//! Only JSON is taken, and only from pages that may talk to the hub, as on `/graphql`. Answers are never kept by a cache.
//! A page that asks for it gets the refresh token in a cookie that no script reads, and sends it so: never without telling
//! its origin.

use std::{fmt::Debug, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::access::Principal;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use tokio::sync::watch;

use super::{
    HttpOptions,
    answer::{Code, Refusal},
    caller::Caller,
    cookies::{Cookies, REFRESH},
    graphql, origin, principal,
};

/// Knows who may come in.
pub trait SignIn: Debug + Send + Sync + 'static {
    /// Whose token it is, at this instant.
    fn identify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<Principal, Unidentified>>;

    /// Lets in who knows the password.
    fn sign_in(&self, given: Login, from: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>>;

    /// Takes a refresh token for new tokens.
    fn refresh(&self, token: SecretString, from: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>>;

    /// Makes the tokens of a sign-in worthless, by any one of them.
    fn sign_out(&self, token: SecretString, from: Option<IpAddr>) -> BoxFuture<'_, Result<(), NotGranted>>;

    /// Changes whenever somebody who was let in may not be any more.
    fn revocations(&self) -> watch::Receiver<()>;
}

/// Why nobody is known by a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unidentified {
    /// It is nobody's, or not any more.
    Unknown,
    /// It can't be found out now.
    Unavailable,
}

/// What somebody signs in with.
#[derive(Debug, Deserialize)]
pub struct Login {
    /// The name.
    pub name: String,
    /// The password.
    pub password: SecretString,
}

/// What lets its holder in.
#[derive(Debug)]
pub struct Granted {
    /// Goes into `Authorization: Bearer …`.
    pub access_token: SecretString,
    /// How long it is good.
    pub expires_in: Duration,
    /// What the next ones are got with, once.
    pub refresh_token: SecretString,
    /// How long it waits to be used.
    pub refresh_expires_in: Duration,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGranted {
    /// Name, password or token are nobody's.
    Unknown,
    /// Too many attempts, or too much at once; the next one after this time.
    TooMany(Duration),
    /// It can't be found out now.
    Unavailable,
}

/// What the routes work with.
#[derive(Clone)]
struct Reception {
    sign_in: Arc<dyn SignIn>,
    options: Arc<HttpOptions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LoggingIn {
    #[serde(flatten)]
    login: Login,
    /// Whether the refresh token is wanted in a cookie, and not in the answer.
    #[serde(default)]
    in_cookie: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refreshing {
    /// Null, or not there: it is in the cookie.
    refresh_token: Option<SecretString>,
}

/// A refresh token, and how it came.
struct Shown {
    token: SecretString,
    in_cookie: bool,
}

/// The routes; none where nobody needs to sign in.
pub(super) fn routes(options: &Arc<HttpOptions>) -> Router {
    let Some(sign_in) = options.sign_in.clone() else { return Router::new() };
    let reception = Reception { sign_in, options: Arc::clone(options) };
    Router::new()
        .route("/auth", get(ways))
        .route("/auth/login", post(log_in).fallback(other_method))
        .route("/auth/refresh", post(refresh).fallback(other_method))
        .route("/auth/logout", post(log_out).fallback(other_method))
        .with_state(reception)
}

/// Which ways there are to sign in; for a page that shows them.
async fn ways(State(reception): State<Reception>) -> Response {
    let ways = json!({ "password": true, "oidc": reception.options.issuer.is_some() });
    ([(header::CACHE_CONTROL, "no-store")], Json(ways)).into_response()
}

async fn log_in(State(reception): State<Reception>, request: Request) -> Response {
    let caller = Caller::of(request.extensions());
    let cookies = Cookies::of(caller, &reception.options);
    match read::<LoggingIn>(request, &reception.options).await {
        Ok(LoggingIn { login, in_cookie }) => {
            grant(reception.sign_in.sign_in(login, caller.address).await, in_cookie.then_some(cookies))
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn refresh(State(reception): State<Reception>, request: Request) -> Response {
    let caller = Caller::of(request.extensions());
    let cookies = Cookies::of(caller, &reception.options);
    match shown(request, (cookies, &reception.options)).await {
        Ok(Shown { token, in_cookie }) => {
            grant(reception.sign_in.refresh(token, caller.address).await, in_cookie.then_some(cookies))
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// By the access token in `Authorization`, which needs no body, by the refresh token in the body or the cookie, or by both.
async fn log_out(State(reception): State<Reception>, request: Request) -> Response {
    let caller = Caller::of(request.extensions());
    let cookies = Cookies::of(caller, &reception.options);
    if !origin::may_connect(request.headers(), &reception.options) {
        return foreign().into_response();
    }
    let bearer = principal::bearer(request.headers()).map(SecretString::from);
    let tokens = match (bearer, shown(request, (cookies, &reception.options)).await) {
        (Some(bearer), shown) => [Some(bearer), shown.ok().map(|shown| shown.token)],
        (None, Ok(shown)) => [None, Some(shown.token)],
        (None, Err(refusal)) => return refusal.into_response(),
    };
    for token in tokens.into_iter().flatten() {
        if let Err(why) = reception.sign_in.sign_out(token, caller.address).await {
            return refuse(why);
        }
    }
    let answer = (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]).into_response();
    with_cookie(answer, cookies.forget(REFRESH))
}

/// The refresh token of a request. One in the cookie is sent by the browser whoever asks, so it counts only where the
/// browser also says which page asked, and `read` has let that page through.
async fn shown(request: Request, (cookies, options): (Cookies, &HttpOptions)) -> Result<Shown, Refusal> {
    let told = request.headers().contains_key(header::ORIGIN);
    let kept = cookies.read(request.headers(), REFRESH);
    let asked = read::<Refreshing>(request, options).await?;
    match (asked.refresh_token, kept) {
        (Some(token), _) => Ok(Shown { token, in_cookie: false }),
        (None, Some(_)) if !told => Err(foreign()),
        (None, Some(token)) => Ok(Shown { token: token.into(), in_cookie: true }),
        (None, None) => Err(Refusal::new(Code::Unauthenticated, "there is no refresh token")),
    }
}

async fn other_method() -> Response {
    let refusal = Refusal::new(Code::MethodNotAllowed, "signing in and out goes by POST");
    ([(header::ALLOW, HeaderValue::from_static("POST"))], refusal).into_response()
}

async fn read<T: DeserializeOwned>(request: Request, options: &HttpOptions) -> Result<T, Refusal> {
    if !origin::may_connect(request.headers(), options) {
        return Err(foreign());
    }
    graphql::require_json(request.headers())?;
    let body = graphql::read_in_time(request.into_body(), options).await?;
    // What is wrong is not told: the parser's message may repeat a secret.
    serde_json::from_slice(&body)
        .map_err(|_| Refusal::new(Code::BadRequest, "the body is not the JSON object it should be"))
}

fn foreign() -> Refusal {
    Refusal::new(Code::ForeignOrigin, "pages of other origins may not sign in or out")
}

fn grant(granted: Result<Granted, NotGranted>, cookies: Option<Cookies>) -> Response {
    match granted {
        Ok(granted) => {
            let mut body = json!({
                "tokenType": "Bearer",
                "accessToken": granted.access_token.expose_secret(),
                "expiresIn": granted.expires_in.as_secs(),
                "refreshExpiresIn": granted.refresh_expires_in.as_secs(),
            });
            let token = granted.refresh_token.expose_secret();
            let cookie = cookies.and_then(|cookies| cookies.keep(REFRESH, token, granted.refresh_expires_in));
            if cookies.is_none() {
                body["refreshToken"] = token.into();
            }
            with_cookie(([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response(), cookie)
        }
        // What lets nobody in needs not be sent again.
        Err(why @ NotGranted::Unknown) => with_cookie(refuse(why), cookies.and_then(|cookies| cookies.forget(REFRESH))),
        Err(why) => refuse(why),
    }
}

fn with_cookie(mut answer: Response, cookie: Option<HeaderValue>) -> Response {
    answer.headers_mut().extend(cookie.map(|cookie| (header::SET_COOKIE, cookie)));
    answer
}

fn refuse(why: NotGranted) -> Response {
    match why {
        NotGranted::Unknown => {
            Refusal::new(Code::Unauthenticated, "the name, the password or the token is not right").into_response()
        }
        NotGranted::TooMany(wait) => {
            let seconds = wait.as_secs().max(1);
            let refusal = Refusal::new(Code::TooManyAttempts, format!("too many attempts; try again in {seconds} s"));
            refusal.again_after(Duration::from_secs(seconds)).into_response()
        }
        NotGranted::Unavailable => principal::unavailable().into_response(),
    }
}
