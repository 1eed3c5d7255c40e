//! A browser, as far as signing in needs one: it keeps cookies, and follows nothing by itself.

use std::collections::BTreeMap;

use reqwest::{
    Method,
    header::{COOKIE, LOCATION, ORIGIN, RETRY_AFTER, SET_COOKIE},
};
use serde_json::{Value, json};
use url::Url;

use crate::{Guarded, TestIssuer};

/// What a browser was answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// Where it leads; empty where it leads nowhere.
    pub location: String,
    /// The cookies that it sets, as they were written.
    pub cookies: Vec<String>,
    /// When to come again; empty where it does not say.
    pub retry_after: String,
    /// What is shown.
    pub text: String,
}

impl Page {
    /// The same as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON: {error}: {self:?}"))
    }
}

/// A browser on its way through one hub.
#[derive(Clone, Debug, Default)]
pub struct Browser {
    /// What it keeps, by name.
    pub kept: BTreeMap<String, String>,
}

impl Browser {
    /// Goes to a place of the hub.
    pub async fn go(&mut self, door: &Guarded, place: &str) -> Page {
        self.send(Method::GET, &format!("{}{place}", door.origin), None).await
    }

    /// Posts JSON as a page of this origin does; of none, as no page does.
    pub async fn post(&mut self, door: &Guarded, place: &str, (body, origin): (Value, Option<&str>)) -> Page {
        self.send(Method::POST, &format!("{}{place}", door.origin), Some((body, origin))).await
    }

    /// Posts JSON as a page of the hub.
    pub async fn post_as_page(&mut self, door: &Guarded, place: &str, body: Value) -> Page {
        self.post(door, place, (body, Some(&door.origin))).await
    }

    /// Begins a sign-in: where the browser is sent.
    pub async fn leave(&mut self, door: &Guarded) -> Url {
        let page = self.go(door, "/auth/oidc/login?returnTo=/graphql%3Fa%3Db").await;
        assert_eq!(page.status, 302, "{page:?}");
        Url::parse(&page.location).unwrap_or_else(|error| panic!("{error}: {page:?}"))
    }

    /// Signs in as somebody whom the issuer knows.
    pub async fn sign_in(&mut self, door: &Guarded, issuer: &TestIssuer, person: &Value) -> Page {
        let url = self.leave(door).await;
        let query = issuer.authorize(&url, person);
        self.go(door, &format!("/auth/oidc/callback?{query}")).await
    }

    /// The access token that the cookie is good for.
    pub async fn access_token(&mut self, door: &Guarded) -> String {
        let page = self.post_as_page(door, "/auth/refresh", json!({})).await;
        let token = page.json()["accessToken"].as_str().map(str::to_owned);
        token.unwrap_or_else(|| panic!("no access token: {page:?}"))
    }

    async fn send(&mut self, method: Method, url: &str, body: Option<(Value, Option<&str>)>) -> Page {
        let client = crate::http_client();
        let kept: Vec<String> = self.kept.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = client.request(method, url);
        if !kept.is_empty() {
            request = request.header(COOKIE, kept.join("; "));
        }
        if let Some((body, origin)) = body {
            request = request.json(&body);
            request = origin.into_iter().fold(request, |request, origin| request.header(ORIGIN, origin));
        }
        let response = request.send().await.unwrap_or_else(|error| panic!("{url} did not answer: {error}"));
        let text = |name| {
            response
                .headers()
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
                .collect::<Vec<_>>()
        };
        let (cookies, location, retry_after) = (text(SET_COOKIE), text(LOCATION).concat(), text(RETRY_AFTER).concat());
        for cookie in &cookies {
            self.keep(cookie);
        }
        let status = response.status().as_u16();
        let text = response.text().await.unwrap_or_else(|error| panic!("{url} broke off: {error}"));
        Page { status, location, cookies, retry_after, text }
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if attributes.contains("Max-Age=0") {
            self.kept.remove(name);
        } else {
            self.kept.insert(name.to_owned(), value.to_owned());
        }
    }
}
