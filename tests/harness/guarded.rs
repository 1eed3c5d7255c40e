//! The hub behind sign-in.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use domain::access::{Reach, Role};
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};
use server::{
    access::{Access, UserOrder},
    entrance::{Entrance, IssuerEntrance},
    export::Exporter,
    graphql::{Api, GraphqlLimits},
    http::{self, HttpOptions, Terms, WebSocketOptions},
    inventory::Inventory,
    oidc::{Issuer, OidcSettings},
};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{Answer, TestClock, World, http_client};

/// The password of every user of a test.
pub const PASSWORD: &str = "correct horse battery staple";

/// What servers of one database sign access tokens with.
const KEY: &str = "the key that all servers of a test share";

/// A front door that lets in who has signed in; it closes when it is dropped.
#[derive(Debug)]
pub struct Guarded {
    /// Where it answers, without a path.
    pub origin: String,
    /// Users and tokens, for making the world.
    pub access: Access,
    serving: JoinHandle<()>,
}

/// What a sign-in gave.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl World {
    /// Opens a door that lets in who has signed in, with the user `admin` and two others, `tech` and `viewer`.
    pub async fn guarded(&self) -> Guarded {
        let door = Guarded::open(&self.inventory).await;
        for (name, role) in [("admin", Role::Admin), ("tech", Role::Technician), ("viewer", Role::Viewer)] {
            door.user(name, role, Reach::Everything).await;
        }
        door
    }
}

impl Guarded {
    /// A door of this server.
    pub async fn open(inventory: &Inventory) -> Self {
        Self::open_with(inventory, |_| ()).await
    }

    /// The same with other options.
    pub async fn open_with(inventory: &Inventory, change: impl FnOnce(&mut HttpOptions)) -> Self {
        Self::open_limited(inventory, GraphqlLimits::default(), change).await
    }

    /// The same with other limits of documents too.
    pub async fn open_limited(
        inventory: &Inventory,
        limits: GraphqlLimits,
        change: impl FnOnce(&mut HttpOptions),
    ) -> Self {
        Self::build(inventory, limits, |_, options| change(options)).await
    }

    /// A door of this server that also lets in whom an issuer vouches for.
    pub async fn open_by(inventory: &Inventory, (settings, clock): (OidcSettings, &Arc<TestClock>)) -> Self {
        let public_url = Some(settings.public_url.clone());
        let issuer = Issuer::new(settings, Arc::clone(clock) as Arc<_>);
        let issuer = issuer.unwrap_or_else(|error| panic!("no issuer: {error}"));
        Self::build(inventory, GraphqlLimits::default(), |access, options| {
            options.issuer = Some(Arc::new(IssuerEntrance::new(access.clone(), issuer)));
            options.public_url = public_url;
        })
        .await
    }

    #[expect(clippy::disallowed_methods, reason = "the test's server ends with the test")]
    async fn build(
        inventory: &Inventory,
        limits: GraphqlLimits,
        change: impl FnOnce(&Access, &mut HttpOptions),
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.unwrap_or_else(|error| panic!("no address: {error}"));
        let address = listener.local_addr().unwrap_or_else(|error| panic!("no address: {error}"));
        let access = Access::new(inventory).with_key(&KEY.into());
        let api = Api::guarded(inventory.clone(), access.clone(), limits);
        let exports = Arc::new(Exporter::new(api.clone(), inventory.clone()));
        let websocket = WebSocketOptions { identify_again: Duration::from_millis(20), ..WebSocketOptions::default() };
        let sign_in = Some(Arc::new(Entrance::new(access.clone())) as Arc<_>);
        let mut options = HttpOptions { sign_in, websocket, ..HttpOptions::default() };
        change(&access, &mut options);
        let router = http::router(api, exports, options);
        let serving = tokio::spawn(async move {
            if let Err(error) = http::serve(listener, router, Terms::default(), std::future::pending()).await {
                panic!("the guarded door stopped serving: {error}");
            }
        });
        Self { origin: format!("http://{address}"), access, serving }
    }

    /// Makes a user with [`PASSWORD`].
    pub async fn user(&self, name: &str, role: Role, reach: Reach) {
        let order = UserOrder { name: name.to_owned(), password: PASSWORD.into(), role, reach };
        let made = self.access.create_user(order, "test").await;
        assert!(matches!(made, Ok(Ok(_))), "{name} could not be made: {made:?}");
    }

    /// The address of GraphQL.
    pub fn url(&self) -> String {
        format!("{}/graphql", self.origin)
    }

    /// Posts JSON, with a token or without.
    pub async fn post(&self, path: &str, body: &Value, token: Option<&str>) -> Answer {
        let mut request = http_client().post(format!("{}{path}", self.origin)).json(body);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{path} did not answer: {error}"));
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap_or_else(|error| panic!("{path} broke off: {error}"));
        Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
    }

    /// Asks with a token.
    pub async fn ask(&self, token: &str, query: &str) -> Answer {
        self.post("/graphql", &json!({ "query": query }), Some(token)).await
    }

    /// Tries a password.
    pub async fn try_password(&self, name: &str, password: &str) -> Answer {
        self.post("/auth/login", &json!({ "name": name, "password": password }), None).await
    }

    /// Signs in with [`PASSWORD`].
    pub async fn sign_in(&self, name: &str) -> Tokens {
        Tokens::of(&self.try_password(name, PASSWORD).await)
    }

    /// Tries a refresh token.
    pub async fn refresh(&self, token: &str) -> Answer {
        self.post("/auth/refresh", &json!({ "refreshToken": token }), None).await
    }

    /// The status of a file that is asked for.
    pub async fn export_status(&self, token: &str, file: &str) -> u16 {
        let request = http_client().get(format!("{}/export/{file}", self.origin)).bearer_auth(token);
        let response = request.send().await.unwrap_or_else(|error| panic!("{file} did not answer: {error}"));
        let status = response.status().as_u16();
        // To its end: what is not read is broken off.
        let read = response.bytes().await;
        read.unwrap_or_else(|error| panic!("{file} broke off: {error}"));
        status
    }
}

impl Tokens {
    /// Those of an answer; panics, showing it, when there are none.
    #[track_caller]
    pub fn of(answer: &Answer) -> Self {
        let text = |name: &str| answer.body[name].as_str().map(str::to_owned);
        let (access, refresh) = (text("accessToken"), text("refreshToken"));
        let (Some(access), Some(refresh)) = (access, refresh) else { panic!("no tokens: {answer:?}") };
        Self { access, refresh }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
