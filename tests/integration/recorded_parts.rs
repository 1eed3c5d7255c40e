//! What is recorded of mutations that do several things, each for itself.

use harness::{Backend, World};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

async fn last(world: &World) -> (String, Option<String>) {
    let row = world.recorded().await.pop().unwrap();
    (row.outcome, row.detail)
}

#[rstest]
#[tokio::test]
async fn a_sync_of_several_devices_is_recorded_by_what_came_of_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(4, 2)).start().await;
    world.night(0).await;
    let device = world.simulator.view(simulator::World::ninja_devices)[0]["id"].to_string();
    let good = || json!({ "vendor": "NINJA", "vendorDeviceKey": device });
    let unknown = |name: &str| json!({ "vendor": "NINJA", "hostname": name });
    let senseless = || json!({ "vendor": "NINJA" });
    let query = "mutation($i: SyncDevicesInput!) { again: syncDevices(input: $i) { results { snapshot { id } } } }";
    for (devices, outcome, detail) in [
        (vec![good()], "done", None),
        (
            vec![good(), unknown("one"), senseless(), unknown("two")],
            "done",
            Some("3 of 4 not done: 1 BAD_INPUT, 2 NOT_FOUND"),
        ),
        (vec![unknown("three")], "refused", Some("1 of 1 not done: 1 NOT_FOUND")),
        (vec![], "refused", Some("BAD_INPUT")),
    ] {
        world.clock.advance(std::time::Duration::from_secs(5));
        let answer = world.graphql.ask(query, json!({ "i": { "devices": devices } })).await;
        assert!(!answer.body.to_string().contains("hubRecorded"), "{answer:?}");
        assert_eq!(last(&world).await, (outcome.to_owned(), detail.map(str::to_owned)), "{answer:?}");
    }
}

#[rstest]
#[tokio::test]
async fn a_change_of_several_exceptions_is_recorded_by_what_came_of_each(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(8, 4)).start().await;
    world.estrange(3);
    world.night(0).await;
    let rows = world.graphql.every("exceptions", "", "id version").await;
    assert!(rows.len() > 2, "{rows:?}");
    let seen = |row: &Value| json!({ "id": row["id"], "expectedVersion": row["version"] });
    let resolve = json!({ "resolve": { "resolution": "FIXED" } });
    let query = "mutation($i: ChangeExceptionsInput!) { changeExceptions(input: $i) { results { outcome } } }";
    let ask = async |selection: Value| {
        let input = json!({ "selection": selection, "change": resolve });
        let answer = world.graphql.ask(query, json!({ "i": input })).await;
        assert!(!answer.body.to_string().contains("hubRecorded"), "{answer:?}");
        (answer.body.to_string(), last(&world).await)
    };
    let stale = json!({ "id": rows[2]["id"], "expectedVersion": 99 });
    for (seen, outcome, detail) in [
        (json!([seen(&rows[0])]), "done", None),
        (json!([seen(&rows[1]), stale]), "done", Some("1 of 2 not done: 1 conflicts")),
        (json!([stale]), "refused", Some("1 of 1 not done: 1 conflicts")),
    ] {
        let (told, recorded) = ask(json!({ "seen": seen })).await;
        assert_eq!(recorded, (outcome.to_owned(), detail.map(str::to_owned)), "{told}");
    }
}

#[rstest]
#[tokio::test]
async fn a_mutation_whose_answer_fails_is_not_recorded_as_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, pairs) = crate::deciding::plain(backend).await;
    let (id, computer) = &pairs[0];
    let identities = json!([crate::deciding::ninja(*id), crate::deciding::threatlocker(computer)]);
    let query = "mutation($i: DecideLinkInput!) { separateIdentities(input: $i) { devices { history(first: 501) { \
                 pageInfo { hasNextPage } } } } }";
    let answer = world.graphql.ask(query, json!({ "i": { "identities": identities } })).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["code"], "PAGE_SIZE", "{answer:?}");
    assert_eq!(last(&world).await, ("done".to_owned(), None), "{answer:?}");
}
