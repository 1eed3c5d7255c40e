//! `changeExceptions`: many at once, all or none, each with its own outcome.

use chrono::{NaiveDate, NaiveTime};
use entity::{exception, exception_event, exception_period};
use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, EntityTrait, PaginatorTrait,
};
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn empty(backend: Backend) -> World {
    World::on(backend).plan(FleetPlan::plain(4, 2)).start().await
}

/// Puts this many open exceptions into the tables, as a large fleet would have them.
async fn found(world: &World, count: i32) -> Vec<Value> {
    let date = NaiveDate::from_ymd_opt(2026, 3, 2).unwrap();
    let writer = world.inventory.database().writer();
    let rows: Vec<_> = (0..count).map(|number| open_row(number, date)).collect();
    for chunk in rows.chunks(1000) {
        exception::Entity::insert_many(chunk.to_vec()).exec(writer).await.unwrap();
    }
    let stored = exception::Entity::find().all(world.rows()).await.unwrap();
    let periods: Vec<_> = stored.iter().map(|row| open_period(row.id, date)).collect();
    for chunk in periods.chunks(1000) {
        exception_period::Entity::insert_many(chunk.to_vec()).exec(writer).await.unwrap();
    }
    let rows = world.graphql.every("exceptions", "orderBy: { field: HOSTNAME }", "id").await;
    rows.iter().map(|row| row["id"].clone()).collect()
}

fn open_row(number: i32, date: NaiveDate) -> exception::ActiveModel {
    exception::ActiveModel {
        id: NotSet,
        date_found: Set(date),
        r#type: Set("MISSING_NINJA".to_owned()),
        hostname: Set(format!("pc-{number:05}")),
        details: Set(json!({})),
        details_text: Set(String::new()),
        resolved: Set(false),
        resolved_date: Set(None),
        resolved_by: Set(None),
        assigned_to: Set(None),
        notes: Set(None),
        fingerprint: Set(format!("test {number}")),
        last_seen_date: Set(date),
        organization_id: Set(None),
        organization_name: Set(None),
        resolution: Set(None),
        resolved_at: Set(None),
        accepted_until: Set(None),
        reopened_at: Set(None),
        reopened_by: Set(None),
        severity: Set(3),
        snoozed_until: Set(None),
        vendors: Set(0),
        version: Set(1),
    }
}

fn open_period(id: i64, date: NaiveDate) -> exception_period::ActiveModel {
    exception_period::ActiveModel {
        id: NotSet,
        exception_id: Set(id),
        opened_on: Set(date),
        opened_at: Set(date.and_time(NaiveTime::MIN).and_utc()),
        closed_on: Set(None),
        closed_at: Set(None),
        resolution: Set(None),
        resolved_by: Set(None),
        accepted_until: Set(None),
        note: Set(None),
    }
}

fn matching(filter: &Value, expected: i32) -> Value {
    json!({ "matching": { "filter": filter, "expectedCount": expected } })
}

fn fixed() -> Value {
    json!({ "resolve": { "resolution": "FIXED", "note": "all \"at\" once 💥 100%" } })
}

fn counts(payload: &Value) -> [i64; 6] {
    ["matching", "changed", "unchanged", "refused", "conflicts", "notFound"].map(|name| payload[name].as_i64().unwrap())
}

#[rstest]
#[tokio::test]
async fn each_exception_has_its_own_outcome_in_the_order_it_was_named(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = empty(backend).await;
    let ids = found(&world, 5).await;
    world.done("resolveException", json!({ "id": ids[1], "resolution": "FIXED" })).await;
    world.done("resolveException", json!({ "id": ids[2], "resolution": "ACCEPTED" })).await;
    world.done("commentOnException", json!({ "id": ids[3], "comment": "mine" })).await;
    let unknown = json!("RXhjZXB0aW9uOjk4NzY1NA");
    let seen = [(&ids[4], 1), (&ids[3], 1), (&ids[2], 2), (&unknown, 1), (&ids[1], 1), (&ids[0], 1)];
    let seen = seen.map(|(id, version)| json!({ "id": id, "expectedVersion": version }));
    let payload = world.graphql.change_many(json!({ "seen": seen }), fixed()).await;
    assert_eq!((&payload["userErrors"], counts(&payload)), (&json!([]), [6, 2, 1, 1, 1, 1]));
    let told: Vec<_> = payload["results"].as_array().unwrap().iter().map(|result| text(result, "outcome")).collect();
    assert_eq!(told, ["CHANGED", "CONFLICT", "REFUSED", "NOT_FOUND", "UNCHANGED", "CHANGED"]);
    for (asked, result) in seen.iter().zip(payload["results"].as_array().unwrap()) {
        assert_eq!(result["id"], asked["id"]);
        assert_eq!(result["message"].is_null(), result["outcome"] == "CHANGED", "{result:#}");
        if result["outcome"] != "NOT_FOUND" {
            assert_eq!(result["exception"], world.graphql.exception(&asked["id"]).await);
        }
    }
    let again = world.graphql.change_many(json!({ "ids": ids }), fixed()).await;
    assert_eq!(counts(&again), [5, 1, 3, 1, 0, 0], "only the one in conflict was left");
}

#[rstest]
#[tokio::test]
async fn a_filter_changes_what_it_matches_if_that_is_as_many_as_were_confirmed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = empty(backend).await;
    let ids = found(&world, 1205).await;
    let filter = json!({ "hostname": { "startsWith": "pc-" }, "status": { "eq": "OPEN" } });
    for wrong in [0, 1204, 1206] {
        let payload = world.graphql.change_many(matching(&filter, wrong), fixed()).await;
        let error = &payload["userErrors"][0];
        assert_eq!(text(error, "code"), "COUNT_DIFFERS");
        assert_eq!(error["field"], json!(["input", "selection", "matching", "expectedCount"]));
        assert_eq!((counts(&payload), &payload["results"]), ([1205, 0, 0, 0, 0, 0], &json!([])));
    }
    assert_eq!(exception_event::Entity::find().count(world.rows()).await.unwrap(), 0, "nothing was written");
    let payload = world.graphql.change_many(matching(&filter, 1205), fixed()).await;
    assert_eq!((&payload["userErrors"], counts(&payload)), (&json!([]), [1205, 1205, 0, 0, 0, 0]));
    assert_eq!(payload["results"].as_array().unwrap().len(), 1000, "the rest is counted");
    assert_eq!(world.graphql.exception(ids.last().unwrap()).await["resolution"], "FIXED");
    let none = world.graphql.change_many(matching(&filter, 0), fixed()).await;
    assert_eq!((&none["userErrors"], counts(&none)), (&json!([]), [0; 6]), "all are resolved");
    let reopened = world.graphql.change_many(matching(&json!({}), 1205), json!({ "reopen": {} })).await;
    assert_eq!(counts(&reopened), [1205, 1205, 0, 0, 0, 0]);
    let periods = exception_period::Entity::find().all(world.rows()).await.unwrap();
    let open = periods.iter().filter(|period| period.closed_on.is_none()).count();
    assert_eq!((periods.len(), open), (2410, 1205));
}

#[rstest]
#[tokio::test]
async fn a_thousand_take_as_many_statements_as_ten(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = empty(backend).await;
    let ids = found(&world, 3000).await;
    let mutation = "mutation($input: ChangeExceptionsInput!) { changeExceptions(input: $input) { changed } }";
    let mut statements = Vec::new();
    for (selection, changed) in [
        (json!({ "ids": ids[..10] }), 10),
        (json!({ "ids": ids[10..1010] }), 1000),
        (matching(&json!({ "status": { "eq": "OPEN" } }), 1990), 1990),
    ] {
        world.take_statements();
        let input = json!({ "selection": selection, "change": fixed() });
        let answer = world.graphql.ask(mutation, json!({ "input": input })).await;
        assert_eq!(answer.data()["changeExceptions"]["changed"], changed);
        statements.push(world.take_statements());
    }
    let [few, many, more] = <[Vec<String>; 3]>::try_from(statements).unwrap();
    assert_eq!(few.len(), many.len(), "{many:#?}");
    assert!(many.len() <= 8, "{many:#?}");
    assert!(more.len() <= many.len() + 4, "rows, events and periods of another thousand: {more:#?}");
}

#[rstest]
#[tokio::test]
async fn too_many_names_and_names_that_are_none_change_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = empty(backend).await;
    let ids = found(&world, 1001).await;
    let twice = [json!({ "id": ids[0] }), json!({ "id": ids[0], "expectedVersion": 1 })];
    for (selection, change, field) in [
        (json!({ "ids": ids }), fixed(), json!(["input", "selection", "ids"])),
        (json!({ "seen": twice }), fixed(), json!(["input", "selection", "seen"])),
        (matching(&json!({}), -1), fixed(), json!(["input", "selection", "matching", "expectedCount"])),
        (
            json!({ "ids": ids[..1] }),
            json!({ "comment": { "comment": "x".repeat(10_001) } }),
            json!(["input", "change", "comment", "comment"]),
        ),
        (json!({ "ids": ids[..1] }), json!({ "assign": {} }), json!(["input", "change", "assign", "assignee"])),
        (
            json!({ "ids": ids[..1] }),
            json!({ "resolve": { "resolution": "FIXED", "acceptedUntil": "2026-04-01" } }),
            json!(["input", "change", "resolve", "acceptedUntil"]),
        ),
    ] {
        let payload = world.graphql.change_many(selection, change).await;
        let error = &payload["userErrors"][0];
        assert_eq!((text(error, "code"), &error["field"]), ("BAD_INPUT", &field), "{payload:#}");
    }
    let query = "mutation($input: ChangeExceptionsInput!) { changeExceptions(input: $input) { changed } }";
    for (selection, change) in [
        (json!({}), fixed()),
        (json!({ "ids": [ids[0]], "seen": [] }), fixed()),
        (json!({ "ids": [ids[0]] }), json!({ "reopen": {}, "snooze": { "until": null } })),
        (json!({ "ids": [ids[0]] }), json!({ "resolve": { "resolution": "VERIFIED" } })),
        (json!({ "ids": ["not an id"] }), fixed()),
    ] {
        let input = json!({ "selection": selection, "change": change });
        let code = world.graphql.ask(query, json!({ "input": input })).await.error_code().to_owned();
        assert!(["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&code.as_str()), "{input}: {code}");
    }
    assert_eq!(exception_event::Entity::find().count(world.rows()).await.unwrap(), 0, "nothing was written");
    let once = world.graphql.change_many(json!({ "ids": [ids[0], ids[0]] }), fixed()).await;
    assert_eq!((counts(&once), once["results"].as_array().unwrap().len()), ([1, 1, 0, 0, 0, 0], 1));
    let none = world.graphql.change_many(json!({ "ids": [] }), fixed()).await;
    assert_eq!((counts(&none), &none["userErrors"]), ([0; 6], &json!([])));
}

#[rstest]
#[tokio::test]
async fn a_fault_changes_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = empty(backend).await;
    let ids = found(&world, 1500).await;
    let writer = world.inventory.database().writer();
    // The last table that is written is not there: rows and events of all are written by then.
    writer.execute_unprepared("ALTER TABLE exception_period RENAME TO lost").await.unwrap();
    let query = "mutation($input: ChangeExceptionsInput!) { changeExceptions(input: $input) { changed } }";
    let input = json!({ "selection": matching(&json!({}), 1500), "change": fixed() });
    assert_eq!(world.graphql.ask(query, json!({ "input": input })).await.error_code(), "INTERNAL");
    let single = "mutation($id: ID!) { resolveException(input: { id: $id, resolution: FIXED }) { outcome } }";
    assert_eq!(world.graphql.ask(single, json!({ "id": ids[0] })).await.error_code(), "INTERNAL");
    writer.execute_unprepared("ALTER TABLE lost RENAME TO exception_period").await.unwrap();
    assert_eq!(exception_event::Entity::find().count(world.rows()).await.unwrap(), 0);
    let rows = exception::Entity::find().all(world.rows()).await.unwrap();
    assert!(rows.iter().all(|row| !row.resolved && row.version == 1 && row.notes.is_none()));
    let payload = world.graphql.change_many(matching(&json!({}), 1500), fixed()).await;
    assert_eq!(counts(&payload), [1500, 1500, 0, 0, 0, 0], "and nothing stays locked");
}

#[rstest]
#[tokio::test]
async fn every_change_can_be_made_to_many(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = empty(backend).await;
    let ids = found(&world, 3).await;
    for (change, field, value) in [
        (json!({ "assign": { "assignee": " Ann " } }), "assignedTo", json!("Ann")),
        (json!({ "comment": { "comment": "it's 5%" } }), "notes", json!("it's 5%")),
        (json!({ "snooze": { "until": "2026-03-04" } }), "snoozedUntil", json!("2026-03-04")),
        (json!({ "resolve": { "resolution": "FALSE_POSITIVE" } }), "resolution", json!("FALSE_POSITIVE")),
        (json!({ "reopen": { "note": "it is not" } }), "notes", json!("it is not")),
        (json!({ "assign": { "assignee": null } }), "assignedTo", Value::Null),
    ] {
        for (changed, unchanged) in [(3, 0), (0, 3)] {
            let payload = world.graphql.change_many(json!({ "ids": ids }), change.clone()).await;
            assert_eq!(counts(&payload), [3, changed, unchanged, 0, 0, 0], "{change}");
            for result in payload["results"].as_array().unwrap() {
                assert_eq!(result["exception"][field], value, "{change}");
            }
        }
    }
}
