//! An OpenID Connect issuer on loopback, with keys of its own, that does as it is told: also what no issuer should.

use std::{
    collections::BTreeMap,
    fmt,
    net::Ipv4Addr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use domain::clock::Clock;
use serde_json::{Value, json};
use server::oidc::{OidcLimits, OidcSettings, RoleNames};
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, task::JoinHandle};
use url::Url;

use crate::{TestClock, issuer_key::IssuerKey};

/// The name by which the issuer knows the hub.
pub const CLIENT_ID: &str = "inventory hub";

/// What the hub proves that with; characters that a form has to encode are in it.
const CLIENT_SECRET: &str = "a secret: of+100% & more";

/// What the issuer does.
pub struct Manners {
    /// The keys that it publishes.
    pub published: Vec<IssuerKey>,
    /// The key that it signs with.
    pub signing: IssuerKey,
    /// Changes the claims of a token before it is signed.
    pub claims: fn(&mut Value),
    /// Changes the header.
    pub header: fn(&mut Value),
    /// Changes a whole token.
    pub token: fn(String) -> String,
    /// Changes what it says of itself.
    pub discovery: fn(&mut Value),
    /// The status of the token endpoint's answer, in place of a token.
    pub refuses: Option<u16>,
    /// Bytes that are put into the discovery document.
    pub ballast: usize,
    /// Whether the token endpoint never answers.
    pub is_silent: bool,
    /// Whether the discovery document is a redirect to another place.
    pub redirects: bool,
}

struct Asked {
    nonce: String,
    challenge: String,
    redirect_uri: String,
    person: Value,
}

struct Inside {
    origin: String,
    path: String,
    clock: Arc<TestClock>,
    manners: Manners,
    codes: BTreeMap<String, Asked>,
    calls: Vec<&'static str>,
}

/// An issuer.
pub struct TestIssuer {
    inside: Arc<Mutex<Inside>>,
    serving: JoinHandle<()>,
}

impl fmt::Debug for TestIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestIssuer").finish_non_exhaustive()
    }
}

impl TestIssuer {
    /// Listens on a free port. `path` is that of its name, such as `/<tenant>/v2.0`.
    #[expect(clippy::disallowed_methods, reason = "the issuer ends with the test")]
    pub async fn start(clock: &Arc<TestClock>, path: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no free port: {error}"));
        let port = listener.local_addr().map_or(0, |address| address.port());
        let key = IssuerKey::elliptic("first");
        let manners = Manners {
            published: vec![key.clone()],
            signing: key,
            claims: |_| (),
            header: |_| (),
            token: |token| token,
            discovery: |_| (),
            refuses: None,
            ballast: 0,
            is_silent: false,
            redirects: false,
        };
        let origin = format!("http://127.0.0.1:{port}");
        let (path, clock) = (path.to_owned(), Arc::clone(clock));
        let inside = Inside { origin, path, clock, manners, codes: BTreeMap::new(), calls: Vec::new() };
        let inside = Arc::new(Mutex::new(inside));
        let router = Router::new()
            .route(&format!("{}/.well-known/openid-configuration", lock(&inside).path), get(discovery))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(Arc::clone(&inside));
        let serving = tokio::spawn(async move {
            let served = axum::serve(listener, router).await;
            served.unwrap_or_else(|error| panic!("the issuer stopped: {error}"));
        });
        Self { inside, serving }
    }

    /// Its name.
    pub fn name(&self) -> String {
        let inside = lock(&self.inside);
        format!("{}{}", inside.origin, inside.path)
    }

    /// What a hub is told about it.
    pub fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.name(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: Some(CLIENT_SECRET.into()),
            public_url: Url::parse("https://hub.example").unwrap_or_else(|error| panic!("no URL: {error}")),
            scopes: "openid profile email".to_owned(),
            tenants: Vec::new(),
            name_claim: "preferred_username".to_owned(),
            roles: RoleNames::default(),
            limits: OidcLimits::default(),
        }
    }

    /// Has it do something else from now on.
    pub fn change(&self, change: impl FnOnce(&mut Manners)) {
        change(&mut lock(&self.inside).manners);
    }

    /// What it was asked for so far.
    pub fn calls(&self) -> Vec<&'static str> {
        lock(&self.inside).calls.clone()
    }

    /// Signs somebody in who was sent to this URL: the query of the place that they are sent back to.
    pub fn authorize(&self, url: &Url, person: &Value) -> String {
        let asked: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let text = |name: &str| asked.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {url}"));
        assert_eq!((text("response_type"), text("client_id")), ("code".to_owned(), CLIENT_ID.to_owned()));
        assert_eq!(text("code_challenge_method"), "S256");
        assert!(text("scope").split(' ').any(|scope| scope == "openid"));
        let (state, mut inside) = (text("state"), lock(&self.inside));
        let code = format!("code+{}", inside.codes.len());
        let person = person.clone();
        let (nonce, challenge, redirect_uri) = (text("nonce"), text("code_challenge"), text("redirect_uri"));
        assert!(nonce != state && nonce.len() > 30 && state.len() > 30);
        inside.codes.insert(code.clone(), Asked { nonce, challenge, redirect_uri, person });
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &state)
            .finish()
    }
}

impl Drop for TestIssuer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn lock(inside: &Mutex<Inside>) -> MutexGuard<'_, Inside> {
    inside.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn discovery(State(inside): State<Arc<Mutex<Inside>>>) -> Response {
    let mut inside = lock(&inside);
    inside.calls.push("discovery");
    if inside.manners.redirects {
        return Redirect::temporary("https://elsewhere.example/").into_response();
    }
    let origin = &inside.origin;
    let mut document = json!({
        "issuer": format!("{origin}{}", inside.path),
        "authorization_endpoint": format!("{origin}/authorize?a=b"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/keys"),
        "ballast": "x".repeat(inside.manners.ballast),
    });
    (inside.manners.discovery)(&mut document);
    Json(document).into_response()
}

async fn keys(State(inside): State<Arc<Mutex<Inside>>>) -> Json<Value> {
    let mut inside = lock(&inside);
    inside.calls.push("keys");
    let keys: Vec<Value> = inside.manners.published.iter().map(IssuerKey::public).collect();
    Json(json!({ "keys": keys }))
}

async fn token(
    State(inside): State<Arc<Mutex<Inside>>>,
    headers: HeaderMap,
    Form(form): Form<BTreeMap<String, String>>,
) -> Response {
    if lock(&inside).manners.is_silent {
        std::future::pending::<()>().await;
    }
    let mut inside = lock(&inside);
    inside.calls.push("token");
    if let Some(status) = inside.manners.refuses {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return (status, "<b>something</b>").into_response();
    }
    match inside.exchange(&headers, &form) {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response(),
    }
}

impl Inside {
    fn exchange(&mut self, headers: &HeaderMap, form: &BTreeMap<String, String>) -> Result<Value, &'static str> {
        let text = |name: &str| form.get(name).map_or("", String::as_str);
        if !is_the_hub(headers) {
            return Err("invalid_client");
        }
        // Each code once.
        let asked = self.codes.remove(text("code")).ok_or("invalid_grant")?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(text("code_verifier")));
        let is_same = challenge == asked.challenge && text("redirect_uri") == asked.redirect_uri;
        if !is_same || text("grant_type") != "authorization_code" {
            return Err("invalid_grant");
        }
        let access_token = "an access token of the issuer";
        Ok(
            json!({ "id_token": self.id_token(&asked, access_token), "access_token": access_token, "token_type": "Bearer" }),
        )
    }

    fn id_token(&self, asked: &Asked, access_token: &str) -> String {
        let now = self.clock.now().timestamp();
        let half = Sha256::digest(access_token);
        let mut claims = json!({
            "iss": format!("{}{}", self.origin, self.path),
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": asked.nonce,
            "at_hash": URL_SAFE_NO_PAD.encode(&half[..16]),
        });
        if let (Some(claims), Some(person)) = (claims.as_object_mut(), asked.person.as_object()) {
            claims.extend(person.clone());
        }
        (self.manners.claims)(&mut claims);
        let mut header = json!({ "alg": self.manners.signing.algorithm(), "kid": self.manners.signing.name() });
        (self.manners.header)(&mut header);
        (self.manners.token)(self.manners.signing.sign(&header, &claims))
    }
}

/// Name and secret, each encoded as in a form, as RFC 6749 says.
fn is_the_hub(headers: &HeaderMap) -> bool {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let expected = STANDARD.encode(format!("{}:{}", encode(CLIENT_ID), encode(CLIENT_SECRET)));
    headers.get(header::AUTHORIZATION).is_some_and(|given| *given == format!("Basic {expected}"))
}
