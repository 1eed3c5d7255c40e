//! What retention leaves alone: newest days, months without proof, everything if so set; and days that are stored again.

use chrono::{Days, NaiveDate};
use domain::vendor::Vendor;
use harness::{Backend, CopiedDay, World, text};
use rstest::rstest;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use server::{
    inventory::{held::Decision, jobs::Trigger},
    scheduler::{Scheduler, Work},
};

async fn dropped(world: &World) -> Vec<NaiveDate> {
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    report.retention.unwrap().dropped
}

async fn execute(world: &World, sql: &str) {
    world.inventory.database().writer().execute_unprepared(sql).await.unwrap();
}

async fn available(world: &World, vendor: &str) -> Vec<String> {
    let query = format!("{{ availableDates(vendor: {vendor}, first: 500) {{ date }} }}");
    let days = world.graphql.query(&query).await;
    days["availableDates"].as_array().unwrap().iter().map(|day| text(day, "date").to_owned()).collect()
}

async fn change_log(world: &World) -> Value {
    let mut told = Vec::new();
    for vendor in ["NINJA", "THREATLOCKER"] {
        let rows = format!("vendor: {vendor}, to: \"2026-03-10\"");
        let rows = world.graphql.every("changeLog", &rows, "date metric previousValue value delta").await;
        told.extend(rows.into_iter().filter(|row| row["metric"] != "ORGANIZATION_CHANGED"));
    }
    json!(told)
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_went_silent_keeps_its_two_newest_days_and_what_changed_after_them_is_told_right(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for night in [0, 1, 2] {
        world.night(night).await;
    }
    world.move_to(120);
    assert_eq!(dropped(&world).await, [world.day(0)]);
    assert_eq!(available(&world, "NINJA").await, ["2026-03-04", "2026-03-03"]);
    world.night(120).await;
    let moved = "{ changeLog(vendor: NINJA, from: \"2026-06-30\") { nodes { metric value } } }";
    let before = world.graphql.query(moved).await;
    // The day before the newest is what the newest is compared with, however often that is collected.
    assert_eq!(dropped(&world).await, [world.day(1)]);
    world.night(120).await;
    assert_eq!(world.graphql.query(moved).await, before);
    assert_eq!(available(&world, "NINJA").await, ["2026-06-30", "2026-03-04"]);
}

#[rstest]
#[tokio::test]
async fn a_month_whose_counts_do_not_add_up_loses_no_day_and_is_counted_again_while_that_is_possible(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let copied = CopiedDay { source: world.day(0), vendor_id: None };
    let days = (1..=70).map(|number| world.day(0) - Days::new(number));
    copied.store_on(world.inventory.database().writer(), days).await.unwrap();
    world.move_to(0);
    assert_eq!(dropped(&world).await.len(), 6);
    world.move_to(1);
    // The day that was counted is still there: whatever happens to the counts of its month is mended before a day goes.
    execute(&world, "DELETE FROM month_end_totals WHERE month_end_date = '2025-12-31' AND vendor_id = 3").await;
    assert_eq!(dropped(&world).await, [world.day(0) - Days::new(64)]);
    world.move_to(5);
    assert_eq!(dropped(&world).await.len(), 4, "the last days of December and the first of January");
    // January's counted day has lost its own counts, and those of the month are gone: no proof, no drop.
    execute(&world, "DELETE FROM daily_counts WHERE snapshot_date = '2026-01-31' AND vendor_id = 4").await;
    execute(&world, "DELETE FROM month_end_day WHERE month_end_date = '2026-01-31'").await;
    world.move_to(30);
    assert_eq!(dropped(&world).await, Vec::<NaiveDate>::new());
    let why = "{ retentionPreview { storedDays(first: 2) { nodes { vendor kept } } } }";
    let why = &world.graphql.query(why).await["retentionPreview"]["storedDays"]["nodes"];
    let expected =
        json!([{ "vendor": "NINJA", "kept": "OTHER_VENDOR" }, { "vendor": "THREATLOCKER", "kept": "NOT_COUNTED" }]);
    assert_eq!(why, &expected);
}

#[rstest]
#[tokio::test]
async fn switched_off_it_counts_month_ends_and_drops_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).rules(|rules| rules.retention_days = None).start().await;
    world.night(0).await;
    let copied = CopiedDay { source: world.day(0), vendor_id: None };
    let days = (1..=90).map(|number| world.day(0) - Days::new(number));
    copied.store_on(world.inventory.database().writer(), days).await.unwrap();
    let report = world.inventory.retain(Trigger::CommandLine, "test").await.unwrap().retention.unwrap();
    assert_eq!((report.dropped.len(), report.counted.len()), (0, 3 * 2), "December to February of two vendors");
    let preview = world.graphql.query("{ retentionPreview { retentionDays keptFrom snapshots } }").await;
    assert_eq!(preview["retentionPreview"], json!({ "retentionDays": null, "keptFrom": null, "snapshots": 0 }));
}

#[rstest]
#[tokio::test]
async fn the_first_night_after_a_month_counts_its_end_without_any_retention(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for night in [0, 28, 30] {
        world.night(night).await;
    }
    let counted = "{ retentionPreview { storedDays { nodes { vendor monthEnd counted toCount } } } }";
    let days = world.graphql.query(counted).await["retentionPreview"]["storedDays"]["nodes"].clone();
    for day in days.as_array().unwrap() {
        let expected = if day["monthEnd"] == "2026-03-31" { json!("2026-03-30") } else { Value::Null };
        assert_eq!((&day["counted"], &day["toCount"]), (&expected, &Value::Null), "{day:#}");
    }
}

#[rstest]
#[tokio::test]
async fn a_held_collection_of_a_dropped_date_is_stored_alone_and_counts_for_its_month(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(simulator::FleetPlan::plain(50, 50)).start().await;
    world.night(0).await;
    world.move_to(1);
    world.shrink(Vendor::Ninja, 20);
    assert_eq!(world.collect_by_order(Vendor::Ninja).await["status"], "HELD");
    assert_eq!(world.collect_by_order(Vendor::ThreatLocker).await["status"], "COMPLETED");
    let copied = CopiedDay { source: world.day(1), vendor_id: Some(4) };
    let days = [98, 99].map(|number| world.day(number));
    copied.store_on(world.inventory.database().writer(), days).await.unwrap();
    world.move_to(100);
    assert_eq!(dropped(&world).await, [world.day(1)], "Ninja's only day stays, and with it that date");
    let held = world.inventory.list_held().await.unwrap();
    assert!(matches!(
        world.inventory.apply_held(held[0].id, &harness::held_word()).await.unwrap(),
        Decision::Applied { .. }
    ));
    assert_eq!(available(&world, "NINJA").await, ["2026-03-03", "2026-03-02"]);
    assert_eq!(available(&world, "THREATLOCKER").await.len(), 3, "the days 0, 98 and 99");
    let snapshots = world.graphql.every("snapshots", "date: \"2026-03-03\"", "vendor").await;
    assert_eq!(snapshots.len(), 20);
    assert!(snapshots.iter().all(|snapshot| snapshot["vendor"] == "NINJA"));
    let counted = "{ retentionPreview { storedDays(first: 1) { nodes { vendor counted } } } }";
    let counted = world.graphql.query(counted).await["retentionPreview"]["storedDays"]["nodes"][0].clone();
    assert_eq!(counted, json!({ "vendor": "NINJA", "counted": "2026-03-03" }));
}

#[rstest]
#[tokio::test]
async fn an_alias_that_is_set_later_leaves_the_totals_of_dropped_days_as_they_were_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan =
        simulator::FleetPlan { organizations: 6, ninja_devices: 60, threatlocker_devices: 40, ..Default::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 3, 6, 120, 121] {
        world.night(night).await;
    }
    let before = change_log(&world).await;
    assert_eq!(dropped(&world).await.len(), 3);
    for site in world.graphql.every("vendorOrganizations", "", "vendor vendorSiteKey").await {
        let input = json!({ "vendor": site["vendor"], "vendorSiteKey": site["vendorSiteKey"], "name": "One Client" });
        let set = "mutation($input: SetOrganizationAliasInput!) { setOrganizationAlias(input: $input) { changed userErrors { code message } } }";
        let answer = world.graphql.ask(set, json!({ "input": input })).await;
        assert_eq!(answer.data()["setOrganizationAlias"]["userErrors"], json!([]));
    }
    assert_eq!(change_log(&world).await, before);
}

#[rstest]
#[tokio::test]
async fn the_schedule_runs_it_after_the_checks_and_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let schedules = [
        ("ninja", "10 2 * * *", Work::Collect(Vendor::Ninja)),
        ("checks", "0 3 * * *", Work::Check),
        ("retention", "30 3 * * *", Work::Retain),
    ];
    let world = World::small_on(backend).schedules(schedules).start().await;
    let scheduler = Scheduler::new(world.inventory.clone());
    let at = |minute: &str| {
        let text = format!("2026-03-02T{minute}:00Z");
        chrono::DateTime::parse_from_rfc3339(&text).unwrap().with_timezone(&chrono::Utc)
    };
    world.clock.set(at("07:00"));
    scheduler.tick().await.unwrap();
    // All are due at once, as after a night without a server: one after the other, however often the clock ticks.
    for minute in ["10:00", "10:01", "10:02", "10:03"] {
        world.clock.set(at(minute));
        scheduler.tick().await.unwrap();
        world.settle().await;
    }
    let runs = world.graphql.every("jobRuns", "", "name status startedAt endedAt batch { trigger requestedBy }").await;
    let names: Vec<&str> = runs.iter().map(|run| text(run, "name")).collect();
    assert_eq!(names.iter().filter(|name| **name == "retention").count(), 1, "{names:?}");
    assert_eq!(names.len(), 3, "{names:?}");
    let run = |name: &str| runs.iter().find(|run| run["name"] == name).unwrap();
    let (retention, checks) = (run("retention"), run("cross-vendor-checks"));
    assert!(text(retention, "startedAt") >= text(checks, "endedAt"), "{runs:#?}");
    assert_eq!(retention["batch"], json!({ "trigger": "TIMER", "requestedBy": "schedule" }));
}
