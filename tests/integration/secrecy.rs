//! Secrets are in no output, whatever is asked for and whatever goes wrong.

use std::collections::BTreeSet;

use harness::{Backend, Finished, GraphqlClient, Scrape, Socket, Surroundings, TraceCollector, Webhook, http_client};
use rstest::rstest;
use serde_json::{Value, json};
use server::http::SECRET_HEADER;
use simulator::{Effect, Fault};

/// Everything at its loudest, crates that are quiet otherwise included.
const LOUDEST: &str = "trace,sqlx=trace,sea_orm_migration=trace,tokio_cron_scheduler=trace";

/// What Ninja sends with what it posts.
const WEBHOOK_SECRET: &str = "planted-webhook-secret";

/// All that must not be told: credentials, and what the vendors gave for them, as it went over the wire.
fn secrets(outside: &Surroundings) -> BTreeSet<String> {
    let credentials = outside.simulator.credentials();
    let mut secrets =
        BTreeSet::from([credentials.client_secret, credentials.threatlocker_api_key, credentials.refresh_token]);
    for request in outside.simulator.requests() {
        let bearer = request.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let refresh = request.body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).map(str::to_owned);
        secrets.extend(bearer.into_iter().chain(refresh));
    }
    let dsn = outside.database.dsn();
    let password = dsn.split_once('@').and_then(|(front, _)| Some(front.rsplit_once(':')?.1.to_owned()));
    secrets.extend(password);
    secrets
}

#[track_caller]
fn tells_none_of(finished: &Finished, secrets: &BTreeSet<String>) {
    let said = finished.said();
    for secret in secrets {
        assert!(secret.len() > 8, "{secret:?} could be anywhere");
        let place = said.find(secret.as_str()).map(|place| said[..place].lines().last().unwrap_or_default());
        assert_eq!(place, None, "a secret is told after this");
    }
}

#[rstest]
#[tokio::test]
async fn no_secret_is_logged_or_printed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("text", "json")] format: &str,
) {
    let outside = Surroundings::on(backend).await;
    let refresh = outside.simulator.credentials().refresh_token;
    let mut all = Vec::new();
    for arguments in [
        &["collect", "ninja", "--json"][..],
        &["collect", "ninja"],
        &["collect", "threatlocker", "--json"],
        &["check", "--json"],
        &["held", "list"],
        &["migrate"],
    ] {
        let hub = outside.hub(arguments).set("HUB_LOG", LOUDEST).set("HUB_LOG_FORMAT", format);
        all.push(hub.set("NINJA_REFRESH_TOKEN", &refresh).run().await.ended_with(0));
    }
    let secrets = secrets(&outside);
    assert!(secrets.len() >= 5, "the vendors saw tokens: {}", secrets.len());
    assert!(all[0].stderr.contains("TRACE") && all[0].stderr.contains("hyper"), "{:?}", all[0]);
    for finished in &all {
        tells_none_of(finished, &secrets);
    }
}

#[rstest]
#[tokio::test]
async fn no_secret_is_told_when_a_vendor_refuses_it(#[values("text", "json")] format: &str) {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let planted = ["planted-client-secret", "planted-refresh-token", "planted-api-key"].map(str::to_owned);
    for vendor in ["ninja", "threatlocker"] {
        let hub = outside.hub(&["collect", vendor, "--json"]).set("HUB_LOG", LOUDEST).set("HUB_LOG_FORMAT", format);
        let hub = hub.set("NINJA_CLIENT_SECRET", &planted[0]).set("NINJA_REFRESH_TOKEN", &planted[1]);
        let finished = hub.set("THREATLOCKER_API_KEY", &planted[2]).run().await.ended_with(1);
        tells_none_of(&finished, &BTreeSet::from(planted.clone()));
    }
    let (hub, url) = outside.serving().await;
    let told = GraphqlClient::new(url).query("{ jobRuns { nodes { message error } } }").await.to_string();
    assert!(planted.iter().all(|secret| !told.contains(secret)), "{told}");
    assert!(told.contains("refused") || told.contains("401"), "{told}");
    hub.kill().await;
}

#[tokio::test]
async fn a_rotated_token_is_in_no_table_and_its_file_is_the_owners_alone() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let refresh = outside.simulator.credentials().refresh_token;
    for _ in 0..2 {
        // The second time the first token is used up: the stored one is used.
        outside.hub(&["collect", "ninja"]).set("NINJA_REFRESH_TOKEN", &refresh).run().await.ended_with(0);
    }
    let now = outside.simulator.credentials().refresh_token;
    assert_ne!(now, refresh);
    for name in ["hub.db", "hub.db-wal"] {
        let bytes = std::fs::read(outside.database.folder().join(name)).unwrap_or_default();
        let has = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!has(&now) && !has(&refresh), "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = outside.database.folder().join("data/ninja-refresh-token.json");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0);
    }
}

/// Collects both vendors and runs the checks, and waits for the end.
async fn night(url: &str) -> Value {
    let start = "mutation { startCollection(input: {}) { batch { id } } }";
    let batch = GraphqlClient::new(url.to_owned()).query(start).await["startCollection"]["batch"]["id"].clone();
    let mut socket = Socket::open(url).await;
    let progress = "subscription($id: ID!) { jobProgress(batchId: $id) { status } }";
    socket.subscribe("p", progress, json!({ "id": batch })).await;
    while socket.hear().await["type"] != "complete" {}
    let told = "query($id: ID!) { node(id: $id) { ... on JobBatch { status error runs { status message error } } } }";
    GraphqlClient::new(url.to_owned()).ask(told, json!({ "id": batch })).await.data().clone()
}

/// What a stranger may send, with a secret in every place that could be repeated; all that came back.
async fn bad_requests(url: &str, secret: &str) -> String {
    let client = http_client();
    let query = json!({ "query": format!("query Bad {{ node(id: \"{secret}\") {{ id }} }}") });
    let readyz = url.replace("/graphql", "/readyz");
    let mut heard = String::new();
    for request in [
        client.post(url).header("authorization", format!("Bearer {secret}")).json(&json!({ "query": "{ nothing }" })),
        client
            .post(url)
            .header("cookie", format!("session={secret}"))
            .header("content-type", "application/json")
            .body("{"),
        client.post(url).header("x-request-id", format!("<{secret}>")).json(&query),
        client.get(url).query(&[("query", "{ __typename }"), ("token", secret)]),
        client.get(readyz).query(&[("token", secret)]),
        client.get(url.replace("/graphql", "/export/devices.csv")).query(&[("password", secret)]),
    ] {
        let answer = request.send().await.unwrap();
        let headers = format!("{:?}", answer.headers());
        heard.push_str(&headers);
        heard.push_str(&answer.text().await.unwrap());
    }
    heard
}

/// What Ninja and others post with the webhook's secret, in its place and in others; all that came back.
async fn posted(url: &str) -> String {
    let webhook = Webhook::of(url);
    let activity = json!({ "id": 1, "deviceId": 5, "statusCode": "NODE_CREATED" });
    let (taken, answer) = webhook.deliver(WEBHOOK_SECRET, &activity).await;
    assert_eq!(taken, 202, "{answer}");
    let mut heard = answer.to_string();
    for (header, body) in [
        ("authorization", "{}".to_owned()),
        (SECRET_HEADER, format!("{{\"deviceId\": {WEBHOOK_SECRET}")),
        (SECRET_HEADER, json!({ "deviceId": WEBHOOK_SECRET }).to_string()),
    ] {
        heard.push_str(&webhook.post(&[(header, WEBHOOK_SECRET)], body).await.1.to_string());
    }
    heard
}

#[rstest]
#[tokio::test]
async fn no_secret_is_in_logs_metrics_traces_or_answers_of_a_serving_hub(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("text", "json")] format: &str,
) {
    let outside = Surroundings::on(backend).await;
    let collector = TraceCollector::start().await;
    let hub = outside.hub(&["serve"]).set("HUB_LOG", LOUDEST).set("HUB_LOG_FORMAT", format);
    let hub = hub.set("NINJA_REFRESH_TOKEN", outside.simulator.credentials().refresh_token);
    let hub = hub.set("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.endpoint);
    let hub = hub.set("HUB_NINJA_WEBHOOK_SECRET", WEBHOOK_SECRET);
    let mut hub = hub.set("OTEL_EXPORTER_OTLP_HEADERS", "x-collector-key=planted-collector-key").start();
    let url = hub.url().await;
    let good = night(&url).await;
    outside.simulator.with_switches(|switches| {
        switches.faults.push(Fault::new(Effect::Status(401)).of(simulator::Vendor::ThreatLocker));
        switches.faults.push(Fault::new(Effect::Status(403)).of(simulator::Vendor::Ninja).on("/v2/devices-detailed"));
    });
    let bad = night(&url).await;
    assert_eq!((&good["node"]["status"], &bad["node"]["status"]), (&json!("COMPLETED"), &json!("FAILED")));
    let answers = bad_requests(&url, "planted-by-a-stranger").await;
    let answers = answers + &posted(&url).await;
    let metrics = Scrape::of(&url).await.text;
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);

    let mut secrets = secrets(&outside);
    secrets.extend([
        WEBHOOK_SECRET.to_owned(),
        "planted-collector-key".to_owned(),
        outside.simulator.credentials().client_id,
    ]);
    assert!(
        secrets.len() >= 5 + usize::from(backend == Backend::Postgres),
        "the vendors saw tokens: {}",
        secrets.len()
    );
    let traces = String::from_utf8_lossy(&collector.bytes()).into_owned();
    assert!(
        finished.stderr.contains("TRACE") && traces.contains("vendor_request"),
        "there is something to look through"
    );
    tells_none_of(&finished, &secrets);
    for (place, text) in [("metrics", &metrics), ("traces", &traces), ("answers", &format!("{good}{bad}{answers}"))] {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "a secret is in the {place}");
        }
    }
    for (place, text) in [("metrics", &metrics), ("traces", &traces)] {
        assert!(!text.contains("planted-by-a-stranger"), "what a stranger sent is in the {place}");
    }
}
