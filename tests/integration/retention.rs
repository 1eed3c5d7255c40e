//! Old days are dropped after the ends of their months are counted; the preview says so beforehand, and twice is once.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use harness::{Backend, CopiedDay, World, text};
use rstest::rstest;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use server::inventory::jobs::Trigger;

/// A world with one collected night, 2026-03-02, and this many days stored before it.
async fn with_days(backend: Backend, before: u64) -> World {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let days = (1..=before).map(|number| world.day(0) - Days::new(number));
    let copied = CopiedDay { source: world.day(0), vendor_id: None };
    copied.store_on(world.inventory.database().writer(), days).await.unwrap();
    world
}

async fn retain(world: &World) -> Value {
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    json!(report.retention.unwrap())
}

async fn stored(world: &World) -> Vec<String> {
    let days = world.graphql.query("{ availableDates(first: 500) { date } }").await;
    days["availableDates"].as_array().unwrap().iter().map(|day| text(day, "date").to_owned()).collect()
}

#[derive(Debug, FromQueryResult)]
struct Counted {
    place: String,
    number: i64,
}

/// What a table of counts says of a day or of a month's end.
async fn counts(world: &World, table: &str, column: &str, date: NaiveDate) -> BTreeMap<String, i64> {
    let place = "CAST(vendor_id AS varchar(20)) || ' ' || COALESCE(CAST(device_type_id AS varchar(20)), '-') || ' ' || \
                 COALESCE(CAST(billing_status_id AS varchar(20)), '-') || ' ' || COALESCE(spare_reason, '-')";
    let place = if table.ends_with("totals") {
        place.to_owned()
    } else {
        format!("{place} || ' ' || COALESCE(CAST(site_id AS varchar(20)), '-') || ' ' || COALESCE(location_name, '-')")
    };
    let sql = format!("SELECT {place} AS place, cnt AS number FROM {table} WHERE {column} = '{date}'");
    let statement = Statement::from_string(world.rows().get_database_backend(), sql);
    let rows = Counted::find_by_statement(statement).all(world.rows()).await.unwrap();
    let found: BTreeMap<String, i64> = rows.iter().map(|row| (row.place.clone(), row.number)).collect();
    assert_eq!(found.len(), rows.len(), "a place is counted once");
    found
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[rstest]
#[tokio::test]
async fn what_is_older_than_65_days_goes_and_its_month_ends_say_what_its_days_said(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_days(backend, 100).await;
    let (december, january) = (day("2025-12-31"), day("2026-01-31"));
    let mut said = Vec::new();
    for (month_end, counted) in [(day("2025-11-30"), "2025-11-30"), (december, "2025-12-31"), (january, "2026-01-31")] {
        for table in ["counts", "totals"] {
            let of_day = counts(&world, &format!("daily_{table}"), "snapshot_date", day(counted)).await;
            assert!(!of_day.is_empty());
            said.push((month_end, table, of_day));
        }
    }
    let ledger = world.graphql.query(r"{ changeLog(vendor: NINJA, first: 500) { nodes { date metric value } } }").await;
    let report = retain(&world).await;
    let gone: Vec<&str> = report["dropped"].as_array().unwrap().iter().map(|day| day.as_str().unwrap()).collect();
    // 65 days with today: from 2025-12-28 on.
    assert_eq!((gone.len(), gone[0], gone[gone.len() - 1]), (36, "2025-11-22", "2025-12-27"));
    let kept = stored(&world).await;
    assert_eq!((kept.len(), kept[0].as_str(), kept[64].as_str()), (65, "2026-03-02", "2025-12-28"));
    for (month_end, table, of_day) in said {
        let of_month = counts(&world, &format!("month_end_{table}"), "month_end_date", month_end).await;
        assert_eq!(of_month, of_day, "{table} of {month_end}");
    }
    for table in ["daily_counts", "daily_totals", "device_snapshot"] {
        let sql = format!("SELECT 1 AS there FROM {table} WHERE snapshot_date < '2025-12-28'");
        let left = Statement::from_string(world.rows().get_database_backend(), sql);
        assert!(world.rows().query_one_raw(left).await.unwrap().is_none(), "{table} has rows of dropped days");
    }
    let after = world.graphql.query(r"{ changeLog(vendor: NINJA, first: 500) { nodes { date metric value } } }").await;
    assert_eq!(after, ledger);
    let runs = world.graphql.every("jobRuns", "", "name status message vendor").await;
    let run = runs.iter().find(|run| run["name"] == "retention").unwrap();
    assert_eq!((&run["status"], &run["vendor"]), (&json!("COMPLETED"), &Value::Null));
    assert!(text(run, "message").starts_with("36 days dropped with "), "{run:#}");
    // Once more there is nothing to do.
    let again = retain(&world).await;
    assert_eq!(again, json!({ "counted": [], "dropped": [], "snapshots": 0, "left": [] }));
    assert_eq!(stored(&world).await, kept);
}

const PREVIEW: &str = "{ retentionPreview { retentionDays keptFrom snapshots bytes storedDays(first: 500) { totalCount \
    nodes { vendor date snapshots goes kept monthEnd counted toCount } } } }";

#[rstest]
#[tokio::test]
async fn the_preview_tells_what_a_run_then_does_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_days(backend, 70).await;
    let preview = world.graphql.query(PREVIEW).await["retentionPreview"].clone();
    assert_eq!(world.graphql.query(PREVIEW).await["retentionPreview"], preview);
    assert_eq!(stored(&world).await.len(), 71);
    assert_eq!((&preview["retentionDays"], &preview["keptFrom"]), (&json!(65), &json!("2025-12-28")));
    assert_eq!(preview["bytes"].is_null(), backend == Backend::Sqlite);
    let days = preview["storedDays"]["nodes"].as_array().unwrap();
    assert_eq!((days.len(), &preview["storedDays"]["totalCount"]), (142, &json!(142)));
    let expected = json!({
        "vendor": "NINJA", "date": "2025-12-22", "snapshots": days[0]["snapshots"], "goes": true, "kept": null,
        "monthEnd": "2025-12-31", "counted": null, "toCount": "2025-12-31",
    });
    assert_eq!(days[0], expected);
    assert!(days[0]["snapshots"].as_i64().unwrap() > 15);
    let newest = days.last().unwrap();
    assert_eq!(
        (&newest["date"], &newest["kept"], &newest["toCount"]),
        (&json!("2026-03-02"), &json!("IN_WINDOW"), &Value::Null)
    );
    let going: Vec<&Value> = days.iter().filter(|day| day["goes"] == true).collect();
    let only = "{ retentionPreview { storedDays(going: true, first: 500) { totalCount nodes { date } } } }";
    let only = world.graphql.query(only).await;
    assert_eq!(only["retentionPreview"]["storedDays"]["totalCount"], json!(going.len()));
    let report = retain(&world).await;
    assert_eq!(report["snapshots"], preview["snapshots"]);
    let mut dates: Vec<&Value> = going.iter().map(|day| &day["date"]).collect();
    dates.dedup();
    assert_eq!(dates, report["dropped"].as_array().unwrap().iter().collect::<Vec<_>>());
    let after = world.graphql.query(PREVIEW).await["retentionPreview"].clone();
    assert_eq!((&after["snapshots"], &after["storedDays"]["totalCount"]), (&json!(0), &json!(130)));
    assert_eq!(after["storedDays"]["nodes"][0]["counted"], "2025-12-31");
}

#[rstest]
#[tokio::test]
async fn a_dropped_day_is_refused_by_its_name_with_the_nearest_that_are_kept(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_days(backend, 70).await;
    let old = "snapshots(date: \"2025-12-22\", first: 1) { nodes { id } }";
    let snapshot = world.graphql.query(&format!("{{ {old} }}")).await["snapshots"]["nodes"][0]["id"].clone();
    let device = "devicesAsOf(date: \"2025-12-22\", first: 1) { nodes { id } }";
    let device = world.graphql.query(&format!("{{ {device} }}")).await["devicesAsOf"]["nodes"][0]["id"].clone();
    retain(&world).await;
    for asked in [old, "devicesAsOf(date: \"2025-12-22\") { totalCount }"] {
        let answer = world.graphql.ask(&format!("{{ {asked} }}"), json!({})).await;
        assert_eq!(answer.error_code(), "NO_DATA", "{asked}");
        let extensions = &answer.body["errors"][0]["extensions"];
        assert_eq!((&extensions["reason"], &extensions["nearestDates"]), (&json!("DROPPED"), &json!(["2025-12-28"])));
    }
    let never = world.graphql.ask("{ snapshots(date: \"2020-01-01\") { totalCount } }", json!({})).await;
    assert_eq!((never.error_code(), &never.body["errors"][0]["extensions"]["reason"]), ("NO_DATA", &Value::Null));
    let nodes =
        world.graphql.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", json!({ "ids": [snapshot, device] }));
    assert_eq!(nodes.await.data()["nodes"], json!([null, null]));
    let history = "{ devices(first: 50) { nodes { history(first: 100) { nodes { date } } } } }";
    let devices = world.graphql.query(history).await["devices"]["nodes"].clone();
    let changes = devices.as_array().unwrap().iter().flat_map(|device| device["history"]["nodes"].as_array().unwrap());
    let dates: Vec<&str> = changes.map(|change| text(change, "date")).collect();
    assert!(dates.len() > 100 && dates.iter().all(|date| *date > "2025-12-28"), "{dates:?}");
}

#[rstest]
#[tokio::test]
async fn two_servers_at_once_drop_every_day_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_days(backend, 80).await;
    let other = world.another_server(|_, _| {}).await;
    let (here, there) =
        tokio::join!(world.inventory.retain(Trigger::Timer, "one"), other.retain(Trigger::Timer, "another"));
    let (here, there) = (here.unwrap(), there.unwrap());
    let dropped = |report: &server::inventory::batches::BatchReport| report.retention.as_ref().unwrap().dropped.clone();
    let mut both = [dropped(&here), dropped(&there)].concat();
    both.sort();
    let expected: Vec<NaiveDate> = (65..=80).rev().map(|number| world.day(0) - Days::new(number)).collect();
    assert_eq!(both, expected);
    // Of two that remove at once one may have left it to the other; a run after both has nothing left to do.
    assert_eq!(retain(&world).await["left"], json!([]));
    assert_eq!(stored(&world).await.len(), 65);
    let of_month = counts(&world, "month_end_totals", "month_end_date", day("2025-12-31")).await;
    assert_eq!(of_month, counts(&world, "daily_totals", "snapshot_date", day("2025-12-31")).await);
}
