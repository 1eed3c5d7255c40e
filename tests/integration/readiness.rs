//! `/healthz`, `/readyz` and `inventory-hub ready`: alive is not ready, and what is wrong is told without secrets.

use harness::{Backend, Scrape, Surroundings, World, http_client};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

async fn ask(graphql_url: &str, path: &str) -> (u16, String) {
    let answer = http_client().get(graphql_url.replace("/graphql", path)).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn ready(world: &World) -> (u16, Value) {
    let (status, body) = ask(&world.graphql.url, "/readyz").await;
    (status, serde_json::from_str(&body).unwrap())
}

#[rstest]
#[tokio::test]
async fn a_hub_whose_parts_are_in_order_is_ready(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let parts = json!({ "database": "ready", "migrations": "ready", "server": "ready" });
    assert_eq!(ready(&world).await, (200, json!({ "ready": true, "parts": parts })));
}

#[rstest]
#[tokio::test]
async fn older_tables_are_not_ready_and_newer_ones_are(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let writer = world.inventory.database().writer();
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_of_a_newer_hub', 0)";
    writer.execute_unprepared(newer).await.unwrap();
    assert_eq!(ready(&world).await.0, 200, "two versions run side by side during an upgrade");
    let last = "DELETE FROM seaql_migrations WHERE version = 'm0019_exception_vendors'";
    assert_eq!(writer.execute_unprepared(last).await.unwrap().rows_affected(), 1);
    let (status, told) = ready(&world).await;
    assert_eq!((status, &told["ready"], &told["parts"]["database"]), (503, &json!(false), &json!("ready")));
    assert_eq!(told["parts"]["migrations"], "migrations are missing: run `inventory-hub migrate`");
}

#[rstest]
#[tokio::test]
async fn without_its_database_a_hub_is_alive_and_not_ready(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.database.take_away(&world.inventory).await;
    let url = &world.graphql.url;
    assert_eq!(ask(url, "/healthz").await, (200, "ok".to_owned()));
    let (status, body) = ask(url, "/readyz").await;
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &told["ready"]), (503, &json!(false)));
    assert_eq!(told["parts"], json!({ "database": "the database failed", "migrations": "unknown", "server": "ready" }));
    assert!(!body.contains("127.0.0.1") && !body.contains("hub_"), "no address and no name of a database: {body}");
    let metrics = Scrape::of(url).await;
    assert_eq!(metrics.value("hub_database_up"), 0);
    assert_eq!(metrics.find(r#"hub_vendor_configured{vendor="ninja"}"#), None, "what can't be read is not told");
}

#[rstest]
#[tokio::test]
async fn the_command_line_asks_for_health_checks(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let outside = Surroundings::on(backend).await;
    let (hub, url) = outside.serving().await;
    let address = url.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
    let asking = outside.hub(&["ready"]).set("HUB_LISTEN", &address);
    let told = asking.clone().run().await.ended_with(0).json();
    assert_eq!(told["ready"], true, "{told:#}");
    hub.kill().await;
    let gone = asking.run().await.ended_with(1);
    assert!(gone.stderr.contains(&format!("nobody answers on {address}")), "{gone:?}");
}

#[tokio::test]
async fn every_answer_has_the_id_of_its_request() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let mut hub = outside.hub(&["serve"]).set("HUB_LOG", "info,server=debug").set("HUB_LOG_FORMAT", "json").start();
    let url = hub.url().await;
    let ask =
        |id: &'static str| http_client().get(url.replace("/graphql", "/healthz")).header("x-request-id", id).send();
    let id = |answer: reqwest::Response| answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(id(ask("from-the-proxy.1").await.unwrap()), "from-the-proxy.1");
    let (made, again) = (id(ask("not fit <to be logged>").await.unwrap()), id(ask("").await.unwrap()));
    assert!(made.len() == 32 && again.len() == 32 && made != again, "{made} {again}");
    hub.terminate().await;
    let log = hub.finish().await.ended_with(0).stderr;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |id: &str| lines.iter().any(|line| line["span"]["request_id"] == id && line["message"] == "answered");
    assert!(of("from-the-proxy.1") && of(&made), "{log}");
    assert!(!log.contains("to be logged"), "{log}");
}
