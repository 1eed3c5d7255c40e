//! `inventory-hub demo`: a filled hub from nothing, told in words that can be pasted.

use harness::{Backend, Finished, GraphqlClient, HubProcess, Surroundings, http_client};
use serde_json::{Value, json};

const OPENING: &str = " -H 'content-type: application/json' -d '";

/// A small demo that serves, with its data in the test's folder.
async fn demo(outside: &Surroundings) -> (HubProcess, String) {
    let arguments = ["demo", "--days", "4", "--ninja", "200", "--threatlocker", "120"];
    let mut hub = outside.hub(&arguments).without("NINJA_").without("THREATLOCKER_").without("DB_DSN").start();
    let url = hub.url().await;
    (hub, url)
}

async fn stop(hub: HubProcess) -> Finished {
    hub.terminate().await;
    hub.finish().await.ended_with(0)
}

/// Runs a printed line as a shell and curl would.
async fn run_printed(line: &str, url: &str) -> Value {
    let rest = line.trim().strip_prefix(&format!("curl -s {url}")).unwrap_or_else(|| panic!("no address: {line}"));
    let body = rest.strip_prefix(OPENING).and_then(|rest| rest.strip_suffix('\'')).unwrap_or_else(|| panic!("{line}"));
    assert!(!body.contains('\''), "a shell would end the argument earlier: {line}");
    let request = http_client().post(url).header("content-type", "application/json").body(body.to_owned());
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert!(answer.get("errors").is_none(), "{line}\n{answer:#}");
    answer["data"].clone()
}

#[tokio::test]
async fn the_demo_has_a_history_that_the_pipeline_made() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (hub, url) = demo(&outside).await;
    let told = GraphqlClient::new(url)
        .query(
            "{ availableDates { date complete deviceCount } devices { totalCount } \
             exceptions(filter: { status: { eq: OPEN } }) { totalCount nodes { type } } \
             jobBatches { nodes { status requestedBy runs { name status pagesFetched rowsStored } } } }",
        )
        .await;
    let days = told["availableDates"].as_array().unwrap();
    assert_eq!(days.len(), 5, "{days:?}");
    assert!(days.iter().all(|day| day["complete"] == true && day["deviceCount"].as_i64() > Some(280)), "{days:?}");
    assert!(told["devices"]["totalCount"].as_i64() >= Some(180), "{told:#}");
    assert!(told["exceptions"]["totalCount"].as_i64() > Some(0), "{told:#}");
    let batches = told["jobBatches"]["nodes"].as_array().unwrap();
    assert_eq!(batches.len(), 5);
    for batch in batches {
        assert_eq!((&batch["status"], &batch["requestedBy"]), (&json!("COMPLETED"), &json!("demo")));
        let runs = batch["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 3);
        let collected = runs.iter().filter(|run| run["pagesFetched"].as_i64() > Some(0));
        assert_eq!(collected.filter(|run| run["rowsStored"].as_i64() > Some(0)).count(), 2, "{runs:?}");
    }
    stop(hub).await;
}

#[tokio::test]
async fn the_printed_queries_run_as_printed() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (mut hub, url) = demo(&outside).await;
    let first = run_printed(&hub.line_with("curl").await, &url).await;
    assert_eq!(first["devices"]["nodes"].as_array().map(Vec::len), Some(3), "{first:#}");
    assert!(first["devices"]["totalCount"].as_i64() >= Some(180), "{first:#}");
    let second = run_printed(&hub.line_with("curl").await, &url).await;
    let (totals, changes) = (&second["usageChanges"]["totals"], &second["usageChanges"]["changes"]["nodes"]);
    let total = |name: &str| totals[name].as_i64().unwrap();
    assert_eq!(total("start") + total("added") - total("removed"), total("end"), "{second:#}");
    assert!(total("start") >= 180 && total("added") + total("removed") > 0, "{second:#}");
    assert_eq!(changes.as_array().map(Vec::len), Some(3), "{second:#}");
    hub.line_with("Ctrl-C").await;
    stop(hub).await;
}

#[tokio::test]
async fn the_demos_vendors_stay_so_that_it_can_collect_again() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (hub, url) = demo(&outside).await;
    let graphql = GraphqlClient::new(url);
    let any = graphql.query("{ devices(first: 1, filter: { vendor: { eq: NINJA } }) { nodes { hostname } } }").await;
    let host = any["devices"]["nodes"][0]["hostname"].clone();
    let sync = "mutation($host: String!) { syncDevice(input: { vendor: NINJA, hostname: $host }) { \
                device { hostname } userErrors { message } } }";
    let synced = graphql.ask(sync, json!({ "host": host })).await.data()["syncDevice"].clone();
    assert_eq!(synced, json!({ "device": { "hostname": host }, "userErrors": [] }));
    stop(hub).await;
}

#[tokio::test]
async fn a_second_demo_starts_afresh() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for _ in 0..2 {
        let (hub, url) = demo(&outside).await;
        let told = GraphqlClient::new(url).query("{ availableDates { date } jobBatches { totalCount } }").await;
        assert_eq!(told["availableDates"].as_array().map(Vec::len), Some(5));
        assert_eq!(told["jobBatches"]["totalCount"], 5);
        stop(hub).await;
    }
}

#[tokio::test]
async fn a_quiet_demo_logs_nothing_but_trouble() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let arguments = ["demo", "--days", "1", "--ninja", "20", "--threatlocker", "10", "--fill-only"];
    let quiet = outside.hub(&arguments).run().await.ended_with(0);
    assert_eq!(quiet.stderr, "", "the progress bar has standard error for itself");
    let asked = outside.hub(&arguments).set("HUB_LOG", "info").run().await.ended_with(0);
    assert!(asked.stderr.contains("a collection ended"), "{asked:?}");
    assert!(!asked.stderr.contains("sea_orm_migration") && !asked.stderr.contains("sqlx"), "{asked:?}");
}
