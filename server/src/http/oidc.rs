//! `GET /auth/oidc/login` and `/auth/oidc/callback`: to an OpenID Connect issuer and back. Who comes back is asked of
//! [`IssuerSignIn`]; here it becomes redirects and cookies.
//!
//! A browser is all that is talked to, so refusals are plain text, and nothing that a browser or an issuer sent is in them.
//! The refresh token goes into a cookie and nowhere else: the page then asks `/auth/refresh` for an access token.

use std::{fmt::Debug, net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{
    HttpOptions,
    caller::Caller,
    cookies::{ATTEMPT, Cookies, REFRESH},
    return_path::return_path,
    sign_in::Granted,
};

/// How long a browser keeps a sign-in on its way.
const ON_ITS_WAY: Duration = Duration::from_mins(10);

/// Where a browser goes that was not told.
const USUAL_PLACE: &str = "/graphql";

/// Lets in whom an issuer vouches for.
pub trait IssuerSignIn: Debug + Send + Sync + 'static {
    /// Begins a sign-in that ends at this place of the hub.
    fn leave(&self, return_to: String) -> BoxFuture<'_, Result<Leaving, NotArrived>>;

    /// Ends it, once.
    fn arrive(&self, arrival: Arrival, from: Option<IpAddr>) -> BoxFuture<'_, Result<Arrived, NotArrived>>;
}

/// A browser on its way to the issuer.
#[derive(Debug)]
pub struct Leaving {
    /// Where it is sent.
    pub url: Url,
    /// What it keeps meanwhile.
    pub seal: SecretString,
}

/// A browser that comes back.
#[derive(Debug)]
pub struct Arrival {
    /// What it kept.
    pub seal: SecretString,
    /// What the issuer sent back with it.
    pub state: String,
    /// What the issuer takes for a token, once.
    pub code: SecretString,
    /// Which issuer says so; `None` where it does not tell.
    pub issuer: Option<String>,
}

/// Somebody who is let in.
#[derive(Debug)]
pub struct Arrived {
    /// The tokens.
    pub granted: Granted,
    /// The place of the hub where the sign-in was begun.
    pub return_to: String,
}

/// Why nobody is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotArrived {
    /// The sign-in is over, was ended before, or was begun elsewhere.
    Stale,
    /// What the issuer says is not believed.
    NotBelieved,
    /// The issuer gives no role.
    NoRole,
    /// An admin has disabled the user.
    Disabled,
    /// Another user has the name.
    NameTaken,
    /// Too many attempts; the next one after this time.
    TooMany(Duration),
    /// The issuer does not answer, or not as it should.
    IssuerAway,
    /// The hub can't find out now.
    Unavailable,
}

impl NotArrived {
    fn told(self) -> (StatusCode, &'static str) {
        match self {
            Self::Stale => {
                (StatusCode::BAD_REQUEST, "This sign-in is over, or was begun in another browser. Begin again.")
            }
            Self::NotBelieved => (
                StatusCode::FORBIDDEN,
                "The identity provider's answer was not accepted. Begin again; if it stays so, ask an admin of the hub to \
                 look at its log.",
            ),
            Self::NoRole => (
                StatusCode::FORBIDDEN,
                "Your account has no role in the inventory hub. Ask whoever administers your identity provider for one.",
            ),
            Self::Disabled => (StatusCode::FORBIDDEN, "Your user is disabled. Ask an admin of the hub."),
            Self::NameTaken => (
                StatusCode::FORBIDDEN,
                "A user of your name exists already, and nobody has said that it is you. Ask an admin of the hub.",
            ),
            Self::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "Too many attempts to sign in. Try again later."),
            Self::IssuerAway => {
                (StatusCode::BAD_GATEWAY, "The identity provider does not answer as it should. Try again later.")
            }
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "The hub can't sign anybody in now. Try again."),
        }
    }
}

#[derive(Clone)]
struct Reception {
    issuer: Arc<dyn IssuerSignIn>,
    options: Arc<HttpOptions>,
}

/// Where the sign-in is begun.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    return_to: Option<String>,
}

/// What an issuer sends back: a code, or an error.
#[derive(Deserialize)]
struct SentBack {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// The routes; none where no issuer is set.
pub(super) fn routes(options: &Arc<HttpOptions>) -> Router {
    let Some(issuer) = options.issuer.clone() else { return Router::new() };
    let reception = Reception { issuer, options: Arc::clone(options) };
    Router::new()
        .route("/auth/oidc/login", get(log_in))
        .route("/auth/oidc/callback", get(come_back))
        .with_state(reception)
}

async fn log_in(
    State(reception): State<Reception>,
    begun: Result<Query<Begun>, QueryRejection>,
    request: Request,
) -> Response {
    let wanted = begun.ok().map(|Query(begun)| begun.return_to.unwrap_or_else(|| USUAL_PLACE.to_owned()));
    let Some(place) = wanted.as_deref().and_then(return_path) else {
        return page(StatusCode::BAD_REQUEST, "`returnTo` is a place of the hub, such as /graphql.");
    };
    match reception.issuer.leave(place).await {
        Ok(leaving) => {
            let cookies = Cookies::of(Caller::of(request.extensions()), &reception.options);
            let kept = cookies.keep(ATTEMPT, leaving.seal.expose_secret(), ON_ITS_WAY);
            redirect(StatusCode::FOUND, leaving.url.as_str(), [kept])
        }
        Err(why) => refuse(why),
    }
}

async fn come_back(
    State(reception): State<Reception>,
    sent: Result<Query<SentBack>, QueryRejection>,
    request: Request,
) -> Response {
    let caller = Caller::of(request.extensions());
    let cookies = Cookies::of(caller, &reception.options);
    let seal = cookies.read(request.headers(), ATTEMPT);
    let mut response = match arrival(sent, seal) {
        Err(answer) => *answer,
        Ok(arrival) => match reception.issuer.arrive(arrival, caller.address).await {
            Ok(Arrived { granted, return_to }) => {
                let kept = cookies.keep(REFRESH, granted.refresh_token.expose_secret(), granted.refresh_expires_in);
                redirect(StatusCode::SEE_OTHER, &return_to, [kept])
            }
            Err(why) => refuse(why),
        },
    };
    // Whatever came of it, it is over.
    response.headers_mut().extend(cookies.forget(ATTEMPT).map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

fn arrival(sent: Result<Query<SentBack>, QueryRejection>, seal: Option<String>) -> Result<Arrival, Box<Response>> {
    let Ok(Query(sent)) = sent else { return Err(Box::new(refuse(NotArrived::Stale))) };
    if let Some(error) = sent.error {
        // The words are the issuer's, or anybody's who makes a link: only known ones are understood, and none is shown.
        let told = match error.as_str() {
            "access_denied" => "The identity provider did not let you in, or you have cancelled.",
            "login_required" | "interaction_required" | "consent_required" => {
                "The identity provider wants something more of you. Begin again."
            }
            _ => "The identity provider refused the sign-in.",
        };
        return Err(Box::new(page(StatusCode::FORBIDDEN, told)));
    }
    match (seal, sent.state, sent.code) {
        (Some(seal), Some(state), Some(code)) => {
            Ok(Arrival { seal: seal.into(), state, code: code.into(), issuer: sent.iss })
        }
        _ => Err(Box::new(refuse(NotArrived::Stale))),
    }
}

fn redirect(status: StatusCode, to: &str, cookies: [Option<HeaderValue>; 1]) -> Response {
    let Ok(location) = HeaderValue::from_str(to) else { return refuse(NotArrived::Unavailable) };
    let mut response = (status, [(header::LOCATION, location)]).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.extend(cookies.into_iter().flatten().map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

fn refuse(why: NotArrived) -> Response {
    let (status, told) = why.told();
    let mut response = page(status, told);
    if let NotArrived::TooMany(wait) = why {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    response
}

fn page(status: StatusCode, told: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, format!("{told}\n")).into_response()
}
