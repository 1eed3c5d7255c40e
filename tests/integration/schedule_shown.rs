//! `schedule`: what runs when, next and last, in local time and UTC.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    schedule::{Grace, Misfire, Timing},
    vendor::Vendor,
};
use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use server::scheduler::{Scheduler, Work};

fn schedules() -> [(&'static str, Timing, Work); 4] {
    let timing = |cron: &str, misfire| Timing { cron: cron.parse().unwrap(), misfire };
    let all = Misfire::All { most: 3, grace: Grace::For(TimeDelta::minutes(90)) };
    [
        ("ninja", timing("10 2 * * *", Misfire::default()), Work::Collect(Vendor::Ninja)),
        ("threatlocker", timing("31 2 * * *", Misfire::Skip), Work::Collect(Vendor::ThreatLocker)),
        ("checks", timing("0 3 * * *", all), Work::Check),
        ("retention", timing("30 3 * * MON", Misfire::default()), Work::Retain),
    ]
}

async fn tick(world: &World, now: &str) {
    world.clock.set(DateTime::parse_from_rfc3339(now).unwrap().with_timezone(&Utc));
    Scheduler::new(world.inventory.clone()).tick().await.unwrap();
    world.settle().await;
}

async fn shown(world: &World, fields: &str) -> Value {
    world.graphql.query(&format!("{{ schedule {{ {fields} }} }}")).await["schedule"].clone()
}

#[rstest]
#[tokio::test]
async fn each_schedule_tells_what_it_runs_and_what_becomes_of_missed_slots(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules()).start().await;
    let fields = "name jobName vendor cron timeZone misfire { policy most graceMinutes } pause { pausedBy } lastRun { claimedAt }";
    let schedule = |name: &str, job: &str, (vendor, cron, misfire): (Value, &str, Value)| {
        json!({ "name": name, "jobName": job, "vendor": vendor, "cron": cron, "timeZone": "America/Chicago",
            "misfire": misfire, "pause": null, "lastRun": null })
    };
    let once = json!({ "policy": "ONCE", "most": null, "graceMinutes": null });
    let skip = json!({ "policy": "SKIP", "most": null, "graceMinutes": null });
    let all = json!({ "policy": "ALL", "most": 3, "graceMinutes": 90 });
    let expected = json!([
        schedule("ninja", "ninja-collector", (json!("NINJA"), "10 2 * * *", once.clone())),
        schedule("threatlocker", "threatlocker-collector", (json!("THREATLOCKER"), "31 2 * * *", skip)),
        schedule("checks", "cross-vendor-checks", (Value::Null, "0 3 * * *", all)),
        schedule("retention", "retention", (Value::Null, "30 3 * * MON", once)),
    ]);
    assert_eq!(shown(&world, fields).await, expected);
}

#[tokio::test]
async fn the_next_five_runs_are_told_in_local_time_and_utc_across_both_changes() {
    let world = World::small_on(Backend::Sqlite).timed(schedules()).start().await;
    let at = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc);
    let run = |at: &str, local: &str| json!({ "at": at, "local": local });
    world.clock.set(at("2026-03-06T08:10:00Z"));
    let next = shown(&world, "nextRuns { at local }").await;
    let expected = json!([
        run("2026-03-07T08:10:00Z", "2026-03-07T02:10:00-06:00"),
        run("2026-03-08T08:00:00Z", "2026-03-08T03:00:00-05:00"),
        run("2026-03-09T07:10:00Z", "2026-03-09T02:10:00-05:00"),
        run("2026-03-10T07:10:00Z", "2026-03-10T02:10:00-05:00"),
        run("2026-03-11T07:10:00Z", "2026-03-11T02:10:00-05:00"),
    ]);
    assert_eq!(next[0]["nextRuns"], expected);
    world.clock.set(at("2026-10-31T00:00:00Z"));
    let next = shown(&world, "nextRuns { at local }").await;
    let mondays = next[3]["nextRuns"].as_array().unwrap().iter().map(|run| run["local"].as_str().unwrap());
    let expected = ["11-02", "11-09", "11-16", "11-23", "11-30"].map(|day| format!("2026-{day}T03:30:00-06:00"));
    assert_eq!(mondays.collect::<Vec<_>>(), expected);
}

#[rstest]
#[tokio::test]
async fn the_last_run_names_its_slot_its_order_and_its_own_part_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules()).start().await;
    tick(&world, "2026-03-03T07:00:00Z").await;
    tick(&world, "2026-03-03T08:10:05Z").await;
    tick(&world, "2026-03-03T20:00:00Z").await;
    let fields =
        "name lastRun { schedule due { at local } claimedAt passedOver batch { status trigger } run { name status } }";
    world.take_statements();
    let shown = shown(&world, fields).await;
    assert!(world.take_statements().len() <= 3, "slots, batches and runs with one statement each");
    let expected = json!({ "name": "ninja", "lastRun": { "schedule": "ninja",
        "due": { "at": "2026-03-03T08:10:00Z", "local": "2026-03-03T02:10:00-06:00" },
        "claimedAt": "2026-03-03T08:10:05Z", "passedOver": null,
        "batch": { "status": "COMPLETED", "trigger": "TIMER" },
        "run": { "name": "ninja-collector", "status": "COMPLETED" } } });
    assert_eq!(shown[0], expected);
    assert_eq!(shown[1]["lastRun"], Value::Null, "ThreatLocker's was passed over");
    assert_eq!(shown[2]["lastRun"], Value::Null, "the checks were more than their grace late");
    let slots = world.graphql.every("scheduleSlots", "", "schedule passedOver").await;
    let expected = json!([
        { "schedule": "checks", "passedOver": "TOO_LATE" },
        { "schedule": "threatlocker", "passedOver": "TOO_LATE" },
        { "schedule": "ninja", "passedOver": null },
    ]);
    assert_eq!(json!(slots), expected);
}

#[rstest]
#[tokio::test]
async fn the_record_is_read_page_by_page_and_by_schedule(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules()).start().await;
    tick(&world, "2026-01-03T07:00:00Z").await;
    tick(&world, "2026-03-03T07:00:00Z").await;
    let count =
        async |arguments: &str| world.graphql.every("scheduleSlots", arguments, "schedule due { at }").await.len();
    assert_eq!(count("schedule: \"ninja\"").await, 59);
    assert_eq!(count("schedule: \"retention\"").await, 9);
    assert_eq!(count("").await, 3 * 59 + 9);
    for nothing in ["schedule: \"\"", "schedule: \"Ninja\"", "schedule: \"ninja\\u0000\""] {
        assert_eq!(count(nothing).await, 0, "{nothing}");
    }
    let both = "{ scheduleSlots(first: 1) { totalCount nodes { due { at } } } }";
    let newest = world.graphql.query(both).await["scheduleSlots"].clone();
    assert_eq!(newest, json!({ "totalCount": 186, "nodes": [{ "due": { "at": "2026-03-02T09:30:00Z" } }] }));
}

#[rstest]
#[tokio::test]
async fn a_vendor_without_credentials_has_no_schedule(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).timed(schedules()).start().await;
    let alone = world.inventory.clone().with_collectors([]);
    let names: Vec<_> = alone.schedules().map(|schedule| schedule.name).collect();
    assert_eq!(names, ["checks", "retention"]);
}
