//! What vendors post: `POST /hooks/ninja`. What it means is asked of [`Webhooks`]; here it is let in, or not.
//!
//! Who knows the secret is the vendor, whatever host it was told to call: these routes are outside of the check of hosts,
//! which keeps web pages out that know none. The secret is compared in constant time, and before a byte of the body is
//! read. Pages can't send it: the header needs a permission that nobody gives.

use std::{fmt, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{
    HttpOptions,
    answer::{Code, Refusal},
    graphql::read_in_time,
};

/// The header that a vendor sends the secret in.
pub const SECRET_HEADER: &str = "x-hub-key";

/// Takes what vendors post.
pub trait Webhooks: Send + Sync + 'static {
    /// Takes what Ninja posted. Nothing is waited for but that it is written down.
    fn take_ninja(&self, body: Vec<u8>) -> BoxFuture<'_, Delivery>;
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is written down, and done as soon as may be: 202.
    Queued,
    /// There is nothing to do for it, and why: 200.
    Ignored(&'static str),
    /// It is not what the vendor sends: 400.
    NotUnderstood,
    /// It could not be written down; the vendor should send it again: 503.
    NotTaken,
}

/// The webhooks that are open.
#[derive(Clone)]
pub struct WebhookOptions {
    /// What Ninja sends in [`SECRET_HEADER`].
    pub ninja_secret: SecretString,
    /// Who takes what is posted.
    pub takes: Arc<dyn Webhooks>,
}

impl fmt::Debug for WebhookOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookOptions").field("ninja_secret", &self.ninja_secret).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Hook {
    webhooks: WebhookOptions,
    options: Arc<HttpOptions>,
}

/// The routes of the webhooks; none where none is open.
pub(super) fn routes(options: &Arc<HttpOptions>) -> Router {
    let Some(webhooks) = options.webhooks.clone() else { return Router::new() };
    let hook = Hook { webhooks, options: Arc::clone(options) };
    Router::new().route("/hooks/ninja", post(from_ninja).fallback(other_method)).with_state(hook)
}

async fn from_ninja(State(hook): State<Hook>, request: Request) -> Response {
    if !knows_secret(request.headers(), &hook.webhooks.ninja_secret) {
        let message = format!("the header {SECRET_HEADER} must hold the secret of the webhook");
        return Refusal::new(Code::Unauthorized, message).into_response();
    }
    match read_in_time(request.into_body(), &hook.options).await {
        Ok(body) => answer(hook.webhooks.takes.take_ninja(body).await),
        Err(refusal) => refusal.into_response(),
    }
}

async fn other_method() -> Response {
    let refusal = Refusal::new(Code::MethodNotAllowed, "webhooks are taken by POST");
    ([(header::ALLOW, HeaderValue::from_static("POST"))], refusal).into_response()
}

fn answer(delivery: Delivery) -> Response {
    match delivery {
        Delivery::Queued => (StatusCode::ACCEPTED, Json(json!({ "queued": true }))).into_response(),
        Delivery::Ignored(why) => Json(json!({ "queued": false, "message": why })).into_response(),
        Delivery::NotUnderstood => Refusal::new(Code::BadRequest, "the body is no activity of Ninja").into_response(),
        Delivery::NotTaken => {
            Refusal::new(Code::NotTaken, "it could not be written down; send it again").into_response()
        }
    }
}

/// Digests are of one length, so that not even the secret's can be measured.
fn knows_secret(headers: &HeaderMap, secret: &SecretString) -> bool {
    let given = headers.get(SECRET_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
    let (given, wanted) = (Sha256::digest(given), Sha256::digest(secret.expose_secret().as_bytes()));
    given.as_slice().ct_eq(wanted.as_slice()).into()
}
