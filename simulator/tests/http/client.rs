use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use simulator::{FleetPlan, Running, Simulator};

/// A running simulator and a client that knows its credentials.
pub(crate) struct Client {
    pub(crate) simulator: Simulator,
    pub(crate) running: Running,
    pub(crate) http: reqwest::Client,
    pub(crate) token: String,
}

/// An answer, its body as text so that decimals can be looked at.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn rows(&self) -> Vec<Value> {
        self.json().as_array().expect("a list").clone()
    }

    pub(crate) fn pagination(&self) -> Option<Value> {
        serde_json::from_str(self.headers.get("pagination")?.to_str().unwrap()).ok()
    }
}

impl Client {
    pub(crate) async fn new(plan: FleetPlan) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let day = plan.first_day;
        let simulator = Simulator::new(plan, day);
        let running = simulator.clone().start("127.0.0.1:0".parse().unwrap()).await.unwrap();
        let http = reqwest::Client::builder().build().unwrap();
        let mut client = Self { simulator, running, http, token: String::new() };
        client.log_in().await;
        client.simulator.forget_requests();
        client
    }

    pub(crate) async fn plain(ninja: usize, threatlocker: usize) -> Self {
        Self::new(FleetPlan::plain(ninja, threatlocker)).await
    }

    pub(crate) async fn grant(&self, fields: &[(&str, &str)]) -> Answer {
        let url = format!("{}/ws/oauth/token", self.running.ninja_url());
        Answer::of(self.http.post(url).form(fields).send().await.unwrap()).await
    }

    pub(crate) async fn log_in(&mut self) {
        let credentials = self.simulator.credentials();
        let answer = self
            .grant(&[
                ("grant_type", "client_credentials"),
                ("client_id", &credentials.client_id),
                ("client_secret", &credentials.client_secret),
                ("scope", "monitoring"),
            ])
            .await;
        self.token = answer.json()["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) async fn ninja(&self, path: &str) -> Answer {
        Answer::of(self.try_ninja(path).await.unwrap()).await
    }

    pub(crate) async fn try_ninja(&self, path: &str) -> reqwest::Result<Response> {
        let url = format!("{}{path}", self.running.ninja_url());
        self.http.get(url).bearer_auth(&self.token).send().await
    }

    /// All rows of an entity list, paged as the vendor wants it: `after` is the highest id so far.
    pub(crate) async fn all(&self, path: &str, size: usize) -> Vec<Value> {
        let (mut rows, mut after) = (Vec::new(), 0);
        loop {
            let page = self.ninja(&format!("{path}?pageSize={size}&after={after}")).await.rows();
            let Some(highest) = page.iter().map(|row| row["id"].as_i64().unwrap()).max() else { return rows };
            assert!(highest > after);
            after = highest;
            rows.extend(page);
        }
    }

    pub(crate) async fn threatlocker(&self, call: &str, body: Value) -> Answer {
        let url = format!("{}/portalapi/{call}", self.running.threatlocker_url());
        let key = self.simulator.credentials().threatlocker_api_key;
        Answer::of(self.http.request(Method::POST, url).header("Authorization", key).json(&body).send().await.unwrap())
            .await
    }

    pub(crate) async fn computers(&self, size: usize, number: usize) -> Answer {
        let body = json!({"pageSize": size, "pageNumber": number, "childOrganizations": true});
        self.threatlocker("Computer/ComputerGetByAllParameters", body).await
    }
}

/// The values of one key.
pub(crate) fn column(rows: &[Value], key: &str) -> Vec<Value> {
    rows.iter().map(|row| row[key].clone()).collect()
}

/// How many different values of one key there are.
pub(crate) fn distinct(rows: &[Value], key: &str) -> usize {
    rows.iter().map(|row| row[key].to_string()).collect::<std::collections::HashSet<_>>().len()
}
