//! What a technician does with one exception: every change, what it leaves, and what is refused.

use harness::{Backend, World, kinds, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// A world with one exception.
async fn world(backend: Backend) -> (World, Value) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 4)).start().await;
    world.estrange(1);
    world.night(0).await;
    let [open] = <[Value; 1]>::try_from(world.graphql.strangers().await).unwrap();
    (world, open)
}

/// Each mutation with an input that changes something on an open exception.
fn changes(id: &Value) -> [(&'static str, Value); 5] {
    [
        ("assignException", json!({ "id": id, "assignee": "Ann" })),
        ("commentOnException", json!({ "id": id, "comment": "called the client" })),
        ("snoozeException", json!({ "id": id, "until": "2026-03-05" })),
        ("resolveException", json!({ "id": id, "resolution": "ACCEPTED", "acceptedUntil": "2026-03-09" })),
        ("reopenException", json!({ "id": id, "note": "not after all" })),
    ]
}

#[rstest]
#[tokio::test]
async fn every_change_is_seen_at_once_and_asking_twice_does_it_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = world(backend).await;
    for (number, (mutation, input)) in changes(&open["id"]).into_iter().enumerate() {
        let done = world.done(mutation, input.clone()).await;
        assert_eq!(done["version"], 2 + number, "{mutation}");
        assert_eq!(world.graphql.exception(&open["id"]).await, done, "{mutation}");
        let again = world.graphql.change(mutation, input).await;
        assert_eq!((&again["outcome"], &again["exception"]), (&json!("UNCHANGED"), &done), "{mutation}");
        let told = usize::from(mutation == "resolveException");
        assert_eq!(again["userErrors"].as_array().unwrap().len(), told, "{mutation}");
    }
    let last = world.graphql.exception(&open["id"]).await;
    assert_eq!(kinds(&last), ["FOUND", "ASSIGNED", "COMMENTED", "SNOOZED", "RESOLVED", "REOPENED"]);
    assert_eq!((text(&last, "assignedTo"), text(&last, "notes")), ("Ann", "not after all"));
    assert_eq!((&last["snoozedUntil"], &last["acceptedUntil"]), (&Value::Null, &Value::Null));
    let nobody = world.done("assignException", json!({ "id": open["id"], "assignee": null })).await;
    assert_eq!((&nobody["assignedTo"], kinds(&nobody).last()), (&Value::Null, Some(&"UNASSIGNED")));
}

#[rstest]
#[case::fixed("FIXED")]
#[case::accepted("ACCEPTED")]
#[case::false_positive("FALSE_POSITIVE")]
#[tokio::test]
async fn what_a_person_reopens_is_open_from_that_day_on(
    #[case] resolution: &str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = world(backend).await;
    let id = &open["id"];
    world.done("resolveException", json!({ "id": id, "resolution": resolution })).await;
    world.move_to(2);
    let back = world.done("reopenException", json!({ "id": id })).await;
    for field in ["resolution", "resolvedAt", "resolvedDate", "resolvedBy", "acceptedUntil"] {
        assert_eq!(back[field], Value::Null, "{field} of an open exception");
    }
    assert_eq!((&back["dateFound"], text(&back, "reopenedBy")), (&open["dateFound"], "local operator"));
    assert_eq!(text(&back, "reopenedAt"), "2026-03-04T09:10:00Z");
    let told = &back["history"]["nodes"][2];
    assert_eq!((text(told, "kind"), text(told, "from"), text(told, "date")), ("REOPENED", resolution, "2026-03-04"));
    // What was decided is over: nothing of it keeps the next check from working.
    world.night(3).await;
    assert_eq!(world.graphql.exception(id).await["version"], back["version"], "seen again, and nothing else");
}

#[rstest]
#[tokio::test]
async fn what_had_gone_and_a_person_reopens_closes_only_on_newer_data(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = world(backend).await;
    world.simulator.edit(simulator::World::forget_edits);
    world.night(1).await;
    let gone = world.graphql.exception(&open["id"]).await;
    assert_eq!(text(&gone, "resolution"), "VERIFIED");
    world.clock.advance(std::time::Duration::from_mins(30));
    let back = world.done("reopenException", json!({ "id": open["id"], "note": "the client says no" })).await;
    world.collect(&[], true).await;
    assert_eq!(world.graphql.exception(&open["id"]).await, back, "checks run again on what the person knew");
    world.collect_again().await;
    let closed = world.graphql.exception(&open["id"]).await;
    assert_eq!((text(&closed, "resolution"), text(&closed, "notes")), ("VERIFIED", "the client says no"));
    assert_eq!(kinds(&closed), ["FOUND", "VERIFIED", "REOPENED", "VERIFIED"]);
}

#[rstest]
#[tokio::test]
async fn texts_are_kept_letter_for_letter_or_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, open) = world(backend).await;
    let id = &open["id"];
    let kept = [
        "it's \"100%\" _done_; DROP TABLE exceptions; --".to_owned(),
        " 💥 前台 é\u{301}\n\ttab \\ $1 ? \u{202e} ".to_owned(),
        "💥".repeat(10_000),
    ];
    for comment in &kept {
        let done = world.done("commentOnException", json!({ "id": id, "comment": comment })).await;
        let last = done["history"]["nodes"].as_array().unwrap().last().unwrap().clone();
        assert_eq!((&done["notes"], &last["note"]), (&json!(comment), &json!(comment)));
    }
    for name in ["O'Brien \"50%\" 💥", &"é".repeat(255)] {
        let done = world.done("assignException", json!({ "id": id, "assignee": format!(" {name} ") })).await;
        assert_eq!(text(&done, "assignedTo"), name, "a name is trimmed, and nothing else");
    }
    let before = world.graphql.exception(id).await;
    for (mutation, field, wrong) in [
        ("commentOnException", "comment", json!("x".repeat(100_000))),
        ("commentOnException", "comment", json!("a\u{0}b")),
        ("commentOnException", "comment", json!(" \n ")),
        ("reopenException", "note", json!("x".repeat(100_000))),
        ("reopenException", "note", json!("\u{0}")),
        ("assignException", "assignee", json!("x".repeat(256))),
        ("assignException", "assignee", json!("x".repeat(100_000))),
        ("assignException", "assignee", json!("a\u{0}b")),
        ("assignException", "assignee", json!("  ")),
    ] {
        let payload = world.graphql.change(mutation, json!({ "id": id, field: wrong })).await;
        let error = &payload["userErrors"][0];
        assert_eq!((text(error, "code"), &error["field"]), ("BAD_INPUT", &json!(["input", field])), "{mutation}");
        assert_eq!((&payload["exception"], &payload["outcome"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(world.graphql.exception(id).await, before);
}

#[rstest]
#[tokio::test]
async fn what_is_left_out_or_over_or_unknown_has_its_own_answer(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = world(backend).await;
    let id = &open["id"];
    for (mutation, input, field) in [
        ("assignException", json!({ "id": id }), "assignee"),
        ("snoozeException", json!({ "id": id }), "until"),
        ("snoozeException", json!({ "id": id, "until": "2026-03-01" }), "until"),
    ] {
        let payload = world.graphql.change(mutation, input).await;
        let error = &payload["userErrors"][0];
        assert_eq!((text(error, "code"), &error["field"]), ("BAD_INPUT", &json!(["input", field])));
    }
    for (mutation, mut input) in changes(id) {
        input["id"] = json!("RXhjZXB0aW9uOjk4NzY1NA");
        let payload = world.graphql.change(mutation, input.clone()).await;
        assert_eq!((&payload["outcome"], &payload["exception"]), (&json!("NOT_FOUND"), &Value::Null), "{mutation}");
        assert_eq!(payload["userErrors"][0]["code"], "NOT_FOUND");
        if mutation != "reopenException" {
            input["id"] = id.clone();
            input["expectedVersion"] = json!(7);
            let payload = world.graphql.change(mutation, input).await;
            assert_eq!((&payload["outcome"], &payload["exception"]), (&json!("CONFLICT"), &open), "{mutation}");
            assert_eq!(payload["userErrors"][0]["code"], "CHANGED");
        }
    }
    assert_eq!(world.graphql.exception(id).await, open, "nothing of it was written");
}

#[rstest]
#[tokio::test]
async fn words_are_written_twice_only_where_they_are_no_repetition(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = world(backend).await;
    let id = &open["id"];
    let comment = json!({ "id": id, "comment": "called the client" });
    world.done("commentOnException", comment.clone()).await;
    let again = world.graphql.change("commentOnException", comment.clone()).await;
    assert_eq!(again["outcome"], "UNCHANGED", "the same request twice");
    world.done("assignException", json!({ "id": id, "assignee": "Ann" })).await;
    world.done("commentOnException", comment).await;
    world.done("resolveException", json!({ "id": id, "resolution": "FIXED", "note": "new disk" })).await;
    let resolve = |note: &str| json!({ "id": id, "resolution": "FIXED", "note": note, "expectedVersion": 1 });
    let repeated = world.graphql.change("resolveException", resolve("new disk")).await;
    let second = world.graphql.change("resolveException", resolve("and new memory")).await;
    for payload in [&repeated, &second] {
        assert_eq!(payload["outcome"], "UNCHANGED");
        assert_eq!(payload["userErrors"][0]["code"], "ALREADY_RESOLVED");
    }
    assert_eq!(text(&second["exception"], "notes"), "and new memory", "what the second one says is kept");
    assert_eq!(kinds(&second["exception"]), ["FOUND", "COMMENTED", "ASSIGNED", "COMMENTED", "RESOLVED", "COMMENTED"]);
    assert_eq!(second["exception"]["version"], 6);
}
