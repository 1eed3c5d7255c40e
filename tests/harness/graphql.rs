//! Asking over HTTP as a dashboard would.

use reqwest::Client;
use serde_json::{Value, json};

/// A client for requests of any kind; it follows no redirect.
pub fn http_client() -> Client {
    // The hub installs one in its own process; which one is first does not matter.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    client.unwrap_or_else(|error| panic!("no HTTP client: {error}"))
}

/// Posts operations to `/graphql`.
#[derive(Clone, Debug)]
pub struct GraphqlClient {
    client: Client,
    /// Where the hub answers: `http://127.0.0.1:port/graphql`.
    pub url: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, JSON.
    pub body: Value,
}

impl Answer {
    /// The data; panics, showing the errors, when there are any.
    #[track_caller]
    pub fn data(&self) -> &Value {
        assert!(self.body.get("errors").is_none(), "unexpected errors: {:#}", self.body);
        &self.body["data"]
    }

    /// The code of the first error; panics when there is none.
    #[track_caller]
    pub fn error_code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_else(|| panic!("no error code: {:#}", self.body))
    }
}

impl GraphqlClient {
    /// A client of the hub at this address.
    pub fn new(url: String) -> Self {
        Self { client: http_client(), url }
    }

    /// Asks, with variables.
    pub async fn ask(&self, query: &str, variables: Value) -> Answer {
        let body = json!({ "query": query, "variables": variables });
        let sent = self.client.post(&self.url).json(&body).send().await;
        let response = sent.unwrap_or_else(|error| panic!("the hub did not answer: {error}"));
        let status = response.status().as_u16();
        let body = response.json().await.unwrap_or_else(|error| panic!("no JSON: {error}"));
        Answer { status, body }
    }

    /// The data of a query without variables.
    #[track_caller]
    pub fn query(&self, query: &str) -> impl Future<Output = Value> {
        let asked = self.clone();
        let query = query.to_owned();
        async move { asked.ask(&query, json!({})).await.data().clone() }
    }
}
