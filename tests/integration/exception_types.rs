//! `exceptionTypes`: what is looked for, how bad it is, how it is set, and how much of it is open.

use std::collections::BTreeMap;

use domain::checks::ExceptionType;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};

const SHOWN: &str = "type description severity enabled settings { name value description } openCount";

async fn types(world: &World, shown: &str) -> Vec<Value> {
    let told = world.graphql.query(&format!("{{ exceptionTypes {{ {shown} }} }}")).await;
    told["exceptionTypes"].as_array().unwrap().clone()
}

#[rstest]
#[tokio::test]
async fn every_type_is_told_with_its_severity_and_settings(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let builder = World::small_on(backend).rules(|rules| {
        rules.checks.switched_off = [ExceptionType::DuplicateTl].into();
        rules.checks.stale_after_days = 45;
        rules.checks.exempt_spare_locations = vec!["ES Spare".to_owned(), "Depot; 2nd \"floor\"".to_owned()];
    });
    let world = builder.start().await;
    let all = types(&world, SHOWN).await;
    let severities: Vec<(&str, &str)> = all.iter().map(|it| (text(it, "type"), text(it, "severity"))).collect();
    let expected = [
        ("MISSING_NINJA", "HIGH"),
        ("DUPLICATE_TL", "LOW"),
        ("SITE_MISMATCH", "HIGH"),
        ("SPARE_MISMATCH", "MEDIUM"),
        ("DISPLAY_NAME_MISMATCH", "LOW"),
        ("MISSING_TL", "HIGH"),
        ("DUPLICATE_NINJA", "MEDIUM"),
        ("AMBIGUOUS_MATCH", "MEDIUM"),
        ("STALE_DEVICE", "LOW"),
    ];
    assert_eq!(severities, expected);
    for one in &all {
        let name = text(one, "type");
        assert_eq!((&one["enabled"], &one["openCount"]), (&json!(name != "DUPLICATE_TL"), &json!(0)), "{name}");
        assert!(text(one, "description").len() > 40, "{name}");
        let settings: Vec<(&str, &Value)> =
            one["settings"].as_array().unwrap().iter().map(|it| (text(it, "name"), &it["value"])).collect();
        match name {
            "STALE_DEVICE" => assert_eq!(settings, [("stale_after_days", &json!(45))]),
            "SPARE_MISMATCH" => {
                let locations = json!(["ES Spare", "Depot; 2nd \"floor\""]);
                assert_eq!(settings, [("exempt_spare_locations", &locations)]);
            }
            _ => assert_eq!(settings, [], "{name}"),
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_open_counts_are_those_of_the_list_and_the_severities_too(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    for night in [0, 9] {
        world.night(night).await;
        let listed = world.graphql.every("exceptions", "", "type severity status").await;
        let mut open: BTreeMap<&str, i64> = BTreeMap::new();
        for exception in listed.iter().filter(|it| it["status"] == "OPEN") {
            *open.entry(text(exception, "type")).or_default() += 1;
        }
        assert!(open.len() > 4, "{open:?}");
        for one in types(&world, SHOWN).await {
            assert_eq!(one["openCount"], open.get(text(&one, "type")).copied().unwrap_or(0), "{one}");
            let same_type = listed.iter().filter(|it| it["type"] == one["type"]);
            assert!(same_type.into_iter().all(|it| it["severity"] == one["severity"]), "{one}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn the_counts_of_all_types_cost_one_statement_and_only_when_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.take_statements();
    types(&world, "type description severity enabled settings { name value }").await;
    assert_eq!(world.take_statements(), Vec::<String>::new());
    types(&world, "type openCount").await;
    let statements = world.take_statements();
    assert_eq!(statements.len(), 1, "{statements:#?}");
}

#[rstest]
#[tokio::test]
async fn what_is_snoozed_is_not_counted_as_open(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(simulator::FleetPlan::plain(8, 6)).start().await;
    world.estrange(3);
    world.night(0).await;
    let strangers = world.graphql.strangers().await;
    world.done("snoozeException", json!({ "id": strangers[0]["id"], "until": "2026-03-04" })).await;
    for (night, open) in [(0, 2), (2, 2), (3, 3)] {
        world.move_to(night);
        let told = types(&world, "type openCount").await;
        let told = told.iter().find(|it| it["type"] == "MISSING_NINJA").unwrap();
        assert_eq!(told["openCount"], open, "day {night}");
        let query = "{ exceptions(filter: { type: { eq: MISSING_NINJA }, status: { eq: OPEN } }) { totalCount }
            exceptionSummary { byType { type counts { open } } } }";
        let shown = world.graphql.query(query).await;
        assert_eq!(shown["exceptions"]["totalCount"], open, "day {night}");
        let summary = shown["exceptionSummary"]["byType"].as_array().unwrap();
        let counted = summary.iter().find(|it| it["type"] == "MISSING_NINJA").unwrap();
        assert_eq!(counted["counts"]["open"], open, "day {night}");
    }
}
