//! `resolveException`: each way to misuse it has its own answer, and of two people one decides.

use harness::{Answer, Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str =
    "id status resolution resolvedBy notes acceptedUntil version history { nodes { actor kind to note } }";

async fn with_exceptions(backend: Backend) -> (World, Vec<Value>) {
    let plan = FleetPlan { organizations: 6, ninja_devices: 80, threatlocker_devices: 60, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    let open = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", SHOWN).await;
    assert!(open.len() >= 4, "{open:#?}");
    (world, open)
}

async fn resolve(world: &World, input: Value) -> Answer {
    let query = format!(
        "mutation($input: ResolveExceptionInput!) {{ resolveException(input: $input) {{
            exception {{ {SHOWN} }} userErrors {{ code field message }} }} }}"
    );
    world.graphql.ask(&query, json!({ "input": input })).await
}

/// The code of the only user error, what it is about, and the exception shown beside it.
#[track_caller]
fn refusal(answer: &Answer) -> (String, Value, Value) {
    let payload = &answer.data()["resolveException"];
    assert_eq!(payload["userErrors"].as_array().unwrap().len(), 1, "{payload:#}");
    let error = &payload["userErrors"][0];
    assert!(text(error, "message").len() > 10, "{error:#}");
    (text(error, "code").to_owned(), error["field"].clone(), payload["exception"].clone())
}

#[rstest]
#[tokio::test]
async fn resolving_twice_reports_already_resolved_and_changes_nothing_but_another_note(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = with_exceptions(backend).await;
    let first = resolve(&world, json!({ "id": open[0]["id"], "resolution": "FIXED", "note": "first" })).await;
    let first = first.data()["resolveException"]["exception"].clone();
    let again = async |resolution: &str, note: &str| {
        let answer = resolve(&world, json!({ "id": open[0]["id"], "resolution": resolution, "note": note })).await;
        let (code, _, shown) = refusal(&answer);
        assert_eq!(code, "ALREADY_RESOLVED", "{resolution}");
        shown
    };
    for (resolution, note) in [("FIXED", "first"), ("ACCEPTED", "second"), ("FALSE_POSITIVE", "second")] {
        assert_eq!(again(resolution, note).await, first, "{resolution}");
    }
    let noted = again("FIXED", "second").await;
    assert_eq!(noted["resolution"], first["resolution"]);
    let last = noted["history"]["nodes"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["kind"], &last["note"]), (&json!("COMMENTED"), &json!("second")), "whoever says more is heard");
    assert_eq!(again("FIXED", "second").await, noted);
    let others = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "id").await;
    assert_eq!(others.len(), open.len() - 1);
}

#[rstest]
#[tokio::test]
async fn of_two_people_at_once_one_resolves_and_the_other_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = with_exceptions(backend).await;
    for exception in &open {
        let one = resolve(&world, json!({ "id": exception["id"], "resolution": "FIXED", "note": "Ann" }));
        let two = resolve(&world, json!({ "id": exception["id"], "resolution": "ACCEPTED", "note": "Ben" }));
        let three =
            resolve(&world, json!({ "id": exception["id"], "resolution": "FALSE_POSITIVE", "expectedVersion": 1 }));
        let (one, two, three) = tokio::join!(one, two, three);
        let payloads = [&one, &two, &three].map(|answer| answer.data()["resolveException"].clone());
        let (won, lost): (Vec<_>, Vec<_>) = payloads.iter().partition(|payload| payload["userErrors"] == json!([]));
        assert_eq!((won.len(), lost.len()), (1, 2), "{payloads:#?}");
        for loser in lost {
            assert_eq!(loser["userErrors"][0]["code"], "ALREADY_RESOLVED");
            assert_eq!(loser["exception"], won[0]["exception"], "the loser sees what the winner did");
        }
        assert_eq!(won[0]["exception"]["history"]["nodes"].as_array().unwrap().len(), 2);
    }
}

#[rstest]
#[tokio::test]
async fn a_version_that_is_no_longer_the_one_seen_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = with_exceptions(backend).await;
    let id = &open[0]["id"];
    for version in [0, 2, -1, i32::MAX] {
        let answer = resolve(&world, json!({ "id": id, "resolution": "FIXED", "expectedVersion": version })).await;
        let (code, field, shown) = refusal(&answer);
        assert_eq!((code.as_str(), field), ("CHANGED", json!(["input", "expectedVersion"])), "{version}");
        assert_eq!((text(&shown, "status"), &shown["version"]), ("OPEN", &json!(1)));
    }
    let answer = resolve(&world, json!({ "id": id, "resolution": "FIXED", "expectedVersion": 1 })).await;
    assert_eq!(answer.data()["resolveException"]["exception"]["version"], 2);
}

#[rstest]
#[tokio::test]
async fn an_unknown_exception_is_not_found(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _) = with_exceptions(backend).await;
    // `Exception:987654` as this server writes ids.
    let answer = resolve(&world, json!({ "id": "RXhjZXB0aW9uOjk4NzY1NA", "resolution": "FIXED" })).await;
    let (code, field, shown) = refusal(&answer);
    assert_eq!((code.as_str(), field, shown), ("NOT_FOUND", json!(["input", "id"]), Value::Null));
}

#[rstest]
#[tokio::test]
async fn a_day_of_acceptance_needs_an_acceptance_and_a_day_to_come(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = with_exceptions(backend).await;
    let id = &open[0]["id"];
    for (resolution, until) in [
        ("FIXED", "2026-03-09"),
        ("FALSE_POSITIVE", "2026-03-09"),
        ("ACCEPTED", "2026-03-01"),
        ("ACCEPTED", "0001-01-01"),
    ] {
        let answer = resolve(&world, json!({ "id": id, "resolution": resolution, "acceptedUntil": until })).await;
        let (code, field, _) = refusal(&answer);
        assert_eq!((code.as_str(), field), ("BAD_INPUT", json!(["input", "acceptedUntil"])), "{resolution} {until}");
    }
    let answer = resolve(&world, json!({ "id": id, "resolution": "ACCEPTED", "acceptedUntil": "9999-12-31" })).await;
    assert_eq!(answer.data()["resolveException"]["exception"]["acceptedUntil"], "9999-12-31");
}

#[rstest]
#[tokio::test]
async fn a_note_is_kept_letter_for_letter_and_one_without_end_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, open) = with_exceptions(backend).await;
    let notes =
        ["it's \"100%\" _done_; DROP TABLE exceptions; --", "💥 前台 é\u{301}\n\ttab \\ $1 ?", &"é".repeat(10_000)];
    for (exception, note) in open.iter().zip(notes) {
        let answer = resolve(&world, json!({ "id": exception["id"], "resolution": "FIXED", "note": note })).await;
        let shown = &answer.data()["resolveException"]["exception"];
        assert_eq!(shown["notes"], note);
        assert_eq!(
            (&shown["history"]["nodes"][1]["note"], text(&shown["history"]["nodes"][1], "kind")),
            (&json!(note), "RESOLVED")
        );
        assert_eq!(shown["history"]["nodes"][1]["to"], "FIXED");
    }
    for note in ["x".repeat(100_000), "💥".repeat(10_001), "a\u{0}b".to_owned()] {
        let answer = resolve(&world, json!({ "id": open[3]["id"], "resolution": "FIXED", "note": note })).await;
        let (code, field, _) = refusal(&answer);
        assert_eq!((code.as_str(), field), ("BAD_INPUT", json!(["input", "note"])));
    }
    let answer = resolve(&world, json!({ "id": open[3]["id"], "resolution": "FIXED", "note": "  \n " })).await;
    assert_eq!(answer.data()["resolveException"]["exception"]["notes"], Value::Null, "white space is no note");
}
