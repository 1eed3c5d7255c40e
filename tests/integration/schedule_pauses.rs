//! Pausing: for all servers, through restarts, by whom and why; and what comes in a pause is passed over.

use chrono::{DateTime, Utc};
use domain::{
    schedule::{Grace, Misfire, Timing},
    vendor::Vendor,
};
use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    inventory::Inventory,
    scheduler::{Scheduler, Work},
};

const PAYLOAD: &str = "schedule { name pause { pausedAt pausedBy reason } } changed userErrors { code field message }";

fn schedules(misfire: Misfire) -> [(&'static str, Timing, Work); 2] {
    let timing = |cron: &str| Timing { cron: cron.parse().unwrap(), misfire };
    [("ninja", timing("10 2 * * *"), Work::Collect(Vendor::Ninja)), ("checks", timing("0 3 * * *"), Work::Check)]
}

fn set(world: &World, now: &str) {
    world.clock.set(DateTime::parse_from_rfc3339(&format!("2026-03-{now}:00Z")).unwrap().with_timezone(&Utc));
}

async fn tick(world: &World, server: &Inventory, now: &str) {
    set(world, now);
    Scheduler::new(server.clone()).tick().await.unwrap();
    server.work_off().await.unwrap();
    world.settle().await;
}

async fn change(world: &World, mutation: &str, input: Value) -> Value {
    let input_type = if mutation == "pauseSchedule" { "PauseScheduleInput" } else { "ResumeScheduleInput" };
    let document = format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ {PAYLOAD} }} }}");
    world.graphql.ask(&document, json!({ "input": input })).await.data()[mutation].clone()
}

async fn ninja_slots(world: &World) -> Value {
    json!(world.graphql.every("scheduleSlots", "schedule: \"ninja\"", "due { at } passedOver").await)
}

fn slot(at: &str, passed_over: &Value) -> Value {
    json!({ "due": { "at": format!("2026-03-{at}:00Z") }, "passedOver": passed_over })
}

#[rstest]
#[tokio::test]
async fn a_pause_holds_on_every_server_and_through_restarts_and_nothing_of_it_is_made_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(0, 1, 2)] policy: usize,
) {
    let days = Grace::For(chrono::TimeDelta::days(7));
    let misfire = [Misfire::Skip, Misfire::default(), Misfire::All { most: 9, grace: days }][policy];
    let world = World::small_on(backend).timed(schedules(misfire)).start().await;
    let other = world.another_server(|_, _| {}).await;
    tick(&world, &world.inventory, "02T07:00").await;
    let paused =
        change(&world, "pauseSchedule", json!({ "schedule": "ninja", "reason": " vendor maintenance " })).await;
    let pause =
        json!({ "pausedAt": "2026-03-02T07:00:00Z", "pausedBy": "local operator", "reason": "vendor maintenance" });
    let expected = json!({ "schedule": { "name": "ninja", "pause": pause }, "changed": true, "userErrors": [] });
    assert_eq!(paused, expected);
    tick(&world, &other, "02T08:10").await;
    tick(&world, &world.another_server(|_, _| {}).await, "03T08:10").await;
    // Nobody ticks between the slot and the end of the pause.
    set(&world, "04T08:30");
    let resumed = change(&world, "resumeSchedule", json!({ "schedule": "ninja" })).await;
    let expected = json!({ "schedule": { "name": "ninja", "pause": null }, "changed": true, "userErrors": [] });
    assert_eq!(resumed, expected);
    tick(&world, &world.inventory, "04T08:31").await;
    tick(&world, &other, "05T08:10").await;
    let paused = json!("PAUSED");
    let expected = json!([
        slot("05T08:10", &Value::Null),
        slot("04T08:10", &paused),
        slot("03T08:10", &paused),
        slot("02T08:10", &paused),
    ]);
    assert_eq!(ninja_slots(&world).await, expected);
    let checks = world.graphql.every("scheduleSlots", "schedule: \"checks\"", "passedOver").await;
    assert!(checks.iter().all(|slot| slot["passedOver"] != "PAUSED"), "the other schedule was not paused: {checks:?}");
}

#[rstest]
#[tokio::test]
async fn pausing_twice_keeps_the_first_pause_and_resuming_twice_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules(Misfire::default())).start().await;
    set(&world, "02T07:00");
    let (one, two) = tokio::join!(
        change(&world, "pauseSchedule", json!({ "schedule": "ninja" })),
        change(&world, "pauseSchedule", json!({ "schedule": "ninja" })),
    );
    assert_ne!(one["changed"], two["changed"], "of two at once one pauses");
    set(&world, "02T09:00");
    let again = change(&world, "pauseSchedule", json!({ "schedule": "ninja", "reason": "later" })).await;
    assert_eq!((&again["changed"], &again["userErrors"]), (&json!(false), &json!([])));
    let first = json!({ "pausedAt": "2026-03-02T07:00:00Z", "pausedBy": "local operator", "reason": null });
    assert_eq!(again["schedule"]["pause"], first);
    for changed in [true, false] {
        let resumed = change(&world, "resumeSchedule", json!({ "schedule": "ninja" })).await;
        assert_eq!((&resumed["changed"], &resumed["schedule"]["pause"]), (&json!(changed), &Value::Null));
    }
    let third = change(&world, "pauseSchedule", json!({ "schedule": "ninja", "reason": " " })).await;
    assert_eq!((&third["changed"], &third["schedule"]["pause"]["reason"]), (&json!(true), &Value::Null));
}

#[rstest]
#[tokio::test]
async fn a_person_may_collect_while_the_schedule_is_paused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules(Misfire::default())).start().await;
    change(&world, "pauseSchedule", json!({ "schedule": "ninja" })).await;
    assert_eq!(world.collect_by_order(Vendor::Ninja).await["status"], "COMPLETED");
}

#[rstest]
#[tokio::test]
async fn what_makes_no_sense_is_refused_and_pauses_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).timed(schedules(Misfire::default())).start().await;
    for (input, code, field) in [
        (json!({ "schedule": "Ninja" }), "NOT_FOUND", "schedule"),
        (json!({ "schedule": "" }), "NOT_FOUND", "schedule"),
        (json!({ "schedule": "ninja\u{0}" }), "NOT_FOUND", "schedule"),
        (json!({ "schedule": "ninja", "reason": "x".repeat(501) }), "BAD_INPUT", "reason"),
        (json!({ "schedule": "ninja", "reason": "a\u{0}b" }), "BAD_INPUT", "reason"),
    ] {
        let payload = change(&world, "pauseSchedule", input.clone()).await;
        let error = &payload["userErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["input", field])), "{input}");
        assert_eq!((&payload["schedule"], &payload["changed"]), (&Value::Null, &json!(false)), "{input}");
    }
    let unknown = change(&world, "resumeSchedule", json!({ "schedule": "nightly" })).await;
    assert!(unknown["userErrors"][0]["message"].as_str().unwrap().ends_with("there are ninja, checks"), "{unknown}");
    let longest = change(&world, "pauseSchedule", json!({ "schedule": "checks", "reason": "ü".repeat(500) })).await;
    assert_eq!(longest["changed"], true);
    let paused = world.graphql.query("{ schedule { pause { reason } } }").await["schedule"].clone();
    assert_eq!((&paused[0]["pause"], paused[1]["pause"].is_null()), (&Value::Null, false));
}
