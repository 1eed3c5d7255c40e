//! What a closed month keeps: its changes, whom it left out, and the proof that nobody touched it.

use domain::billing_report::{Content, ContentFormat};
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::billing::BillingAnswer;
use sha2::{Digest, Sha256};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;
const APRIL_30: u64 = 59;

fn nodes<'a>(object: &'a Value, list: &str) -> &'a Vec<Value> {
    object[list]["nodes"].as_array().unwrap()
}

fn plan() -> FleetPlan {
    FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }
}

/// Ninja's organization that has the most devices, by id and name: the same in every world of the plan.
fn biggest(world: &World) -> (i64, String) {
    world.simulator.view(|vendors| {
        let devices = vendors.ninja_devices();
        let count = |row: &&Value| devices.iter().filter(|device| device["organizationId"] == row["id"]).count();
        let organizations = vendors.ninja_organizations();
        let most = organizations.iter().max_by_key(count).unwrap();
        (most["id"].as_i64().unwrap(), text(most, "name").to_owned())
    })
}

fn newcomer(id: i64, organization: i64) -> Value {
    json!({
        "id": id, "organizationId": organization, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": format!("CAME-{id}"), "deviceType": "AgentDevice",
    })
}

/// A world whose biggest organization is the MSP's own, with a closed March.
async fn with_an_internal_one(backend: Backend) -> (World, i64, String) {
    let (_, name) = biggest(&World::on(Backend::Sqlite).plan(plan()).start().await);
    let own = name.clone();
    let world = World::on(backend).plan(plan()).rules(|rules| rules.internal_organizations = vec![own]).start().await;
    let (id, _) = biggest(&world);
    for night in [0, MARCH_31] {
        world.night(night).await;
    }
    world.move_to(MARCH_31 + 1);
    let payload = world.graphql.close_month(json!({ "month": "2026-03" })).await;
    assert_eq!((&payload["closed"], &payload["report"]["leftOut"]), (&json!(true), &json!([name])), "{payload:#}");
    (world, id, name)
}

async fn rename(world: &World, id: i64, name: &str) {
    world.simulator.edit(|vendors| {
        vendors.ninja_organization(id).set("name", name);
    });
    world.night(APRIL_30).await;
    world.move_to(APRIL_30 + 1);
}

#[rstest]
#[tokio::test]
async fn an_internal_organization_that_ninja_renames_corrects_no_closed_month_and_lets_none_close_unseen(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, name) = with_an_internal_one(backend).await;
    rename(&world, id, &format!("{name} LLC")).await;
    let april = world.graphql.bill("2026-04").await;
    assert_eq!(april["adjustments"]["nodes"], json!([]), "it was left out of March, whatever its name");
    let gap = json!({
        "kind": "UNKNOWN_INTERNAL_ORGANIZATION", "vendor": "NINJA", "date": null, "vendorSiteKey": null, "name": name,
        "client": null, "devices": null,
        "message": format!(
            "no organization is called `{name}`, which the configuration says is internal: under another name it is billed"
        ),
    });
    assert_eq!(april["gaps"], json!([gap]));
    let payload = world.graphql.close_month(json!({ "month": "2026-04" })).await;
    assert_eq!(
        (&payload["closed"], text(&payload["userErrors"][0], "code")),
        (&json!(false), "UNKNOWN_INTERNAL_ORGANIZATION")
    );
    let forced = json!({ "month": "2026-04", "force": true, "reason": "they pay now" });
    let payload = world.graphql.close_month(forced).await;
    assert_eq!((&payload["closed"], &payload["report"]["gaps"]), (&json!(true), &json!([gap])));
}

#[rstest]
#[tokio::test]
async fn another_letter_case_of_an_internal_organization_is_the_same_organization(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, name) = with_an_internal_one(backend).await;
    rename(&world, id, &name.to_uppercase()).await;
    let april = world.graphql.bill("2026-04").await;
    assert_eq!((&april["adjustments"]["nodes"], &april["gaps"]), (&json!([]), &json!([])));
    assert_eq!(april["leftOut"], json!([name.to_uppercase()]));
}

/// Makes the closed March one of those that were closed before changes and ids were kept.
async fn make_old(world: &World, backend: Backend) {
    let BillingAnswer::Reported(billed) =
        world.inventory.billing_report("2026-03".parse().unwrap(), None).await.unwrap()
    else {
        panic!("March has no report")
    };
    let content = Content::of(&billed.report, ContentFormat::One).canonical().unwrap();
    let hash = Sha256::digest(content.as_bytes()).iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    let unguarded: [&str; 2] = match backend {
        Backend::Postgres => {
            ["ALTER TABLE closed_month DISABLE TRIGGER USER", "ALTER TABLE closed_month_change DISABLE TRIGGER USER"]
        }
        Backend::Sqlite => ["DROP TRIGGER closed_month_update", "DROP TRIGGER closed_month_change_delete"],
    };
    let old =
        format!("UPDATE closed_month SET format = 1, left_out_ids = NULL, content = NULL, content_hash = '{hash}'");
    for statement in unguarded.into_iter().chain([old.as_str(), "DELETE FROM closed_month_change"]) {
        world.run_sql(statement).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn a_month_that_was_closed_before_ids_and_changes_were_kept_is_still_verified_and_says_what_it_lacks(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, id, name) = with_an_internal_one(backend).await;
    make_old(&world, backend).await;
    let march = world.graphql.bill("2026-03").await;
    let closing = &march["closing"];
    assert_eq!((&closing["format"], &closing["verified"]), (&json!(1), &json!(true)));
    assert!(!text(closing, "content").contains("changes"));
    assert_eq!((&march["changesFrozen"], &march["changes"]), (&json!(false), &march["live"]["changes"]));
    // Its own organizations are known by their names alone, in whatever case.
    rename(&world, id, &name.to_uppercase()).await;
    assert_eq!(world.graphql.bill("2026-04").await["adjustments"]["nodes"], json!([]));
}

/// What the changes of a client sum up to: endpoints that came.
fn added(report: &Value, name: &Value) -> i64 {
    let own = nodes(report, "changes").iter().filter(|change| change["organizationName"] == *name);
    own.map(|change| change["endpoints"].as_i64().unwrap().max(0)).sum()
}

#[rstest]
#[tokio::test]
async fn the_changes_of_a_closed_month_stay_those_of_its_lines_whatever_moves_later(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(plan()).start().await;
    let ids: Vec<i64> = world.simulator.view(|vendors| {
        let rows = vendors.ninja_organizations();
        rows.iter().take(2).map(|row| row["id"].as_i64().unwrap()).collect()
    });
    world.night(0).await;
    for (number, organization) in [(1, ids[0]), (2, ids[0]), (3, ids[1]), (4, ids[1]), (5, ids[1])] {
        world.simulator.edit(|vendors| vendors.add_ninja_device(newcomer(900_000 + number, organization)));
    }
    world.night(MARCH_31).await;
    world.move_to(MARCH_31 + 1);
    assert_eq!(world.graphql.close_month(json!({ "month": "2026-03" })).await["closed"], true);
    let march = world.graphql.bill("2026-03").await;
    let table = [("month", "2026-03"), ("table", "changes")];
    let exported = world.graphql.csv("billing", &table).await;
    let line = |organization: i64| {
        let organizations = world.simulator.view(simulator::World::ninja_organizations);
        let name = organizations.iter().find(|row| row["id"] == organization).unwrap()["name"].clone();
        nodes(&march, "lines").iter().find(|line| line["name"] == name).unwrap().clone()
    };
    let (acme, beta) = (line(ids[0]), line(ids[1]));
    assert_eq!((added(&march, &acme["name"]), added(&march, &beta["name"])), (2, 3));
    let query = "mutation($input: SetOrganizationAliasInput!) { setOrganizationAlias(input: $input) { changed } }";
    let input = json!({
        "vendor": "NINJA", "vendorSiteKey": ids[1].to_string(), "organizationId": acme["organization"]["id"],
    });
    let answer = world.graphql.ask(query, json!({ "input": input })).await;
    assert_eq!(answer.data()["setOrganizationAlias"]["changed"], true);
    let now = world.graphql.bill("2026-03").await;
    for line in nodes(&now, "lines") {
        assert_eq!(json!(added(&now, &line["name"])), line["added"]["endpoints"], "{}", line["name"]);
    }
    let names = |report: &Value| -> Vec<Value> {
        nodes(report, "changes").iter().map(|change| change["organizationName"].clone()).collect()
    };
    assert_eq!((names(&now), &now["closing"]["verified"]), (names(&march), &json!(true)));
    assert_eq!(added(&now["live"], &acme["name"]), 5, "the live month tells what the ledger tells now");
    assert_eq!(now["live"]["changesFrozen"], false);
    assert_eq!(world.graphql.csv("billing", &table).await, exported, "and so does the file");
}

#[rstest]
#[tokio::test]
async fn a_row_that_somebody_adds_to_a_closed_month_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("closed_month_change", "closed_month_adjustment")] table: &str,
) {
    let (world, ..) = with_an_internal_one(backend).await;
    let closing = world.graphql.bill("2026-03").await["closing"].clone();
    assert_eq!(closing["verified"], true);
    let (columns, values) = match table {
        "closed_month_change" => (
            "day, device_identity_id, vendor_device_key, hostname, kind, endpoints, seats",
            "'2026-03-09', 1, '1', 'PC', 'CAME', 1, 1",
        ),
        _ => ("adjusted_month, endpoints, seats", "'2026-03', 1, 1"),
    };
    let sql = format!("INSERT INTO {table} (month, position, {columns}) VALUES ('2026-03', 900, {values})");
    world.run_sql(&sql).await.unwrap();
    let now = world.graphql.bill("2026-03").await["closing"].clone();
    assert_eq!(now["verified"], false);
    assert_eq!((&now["content"], &now["contentHash"]), (&closing["content"], &closing["contentHash"]));
}
