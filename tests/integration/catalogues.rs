//! The lists around the devices: orders and their runs, stored days, clients, and everything that has an id.

use std::collections::BTreeMap;

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Effect, Fault, FleetPlan};

/// What a filter means.
type Rule<'a> = &'a dyn Fn(&Value) -> bool;

/// Nights that went well, badly, and half.
async fn mixed_nights(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 6, ..FleetPlan::plain(30, 14) }).start().await;
    let computer = world.simulator.view(|vendors| text(&vendors.threatlocker_computers()[0], "computerId").to_owned());
    world.simulator.edit(|vendors| {
        vendors.threatlocker_computer(&computer).set("hostname", "STRANGER").drop_key("serialNumber");
    });
    world.night(0).await;
    world.move_to(1);
    world.simulator.with_switches(|it| it.faults.push(Fault::new(Effect::Status(403)).of(simulator::Vendor::Ninja)));
    world.collect(&Vendor::ALL, true).await;
    world.simulator.set_switches(simulator::Switches::default());
    world.move_to(2);
    world.collect(&[Vendor::Ninja], false).await;
    let order = "mutation { startCollection(input: { vendors: [THREATLOCKER] }) { userErrors { code } } }";
    world.graphql.query(order).await;
    world.settle().await;
    world
}

#[rstest]
#[tokio::test]
async fn orders_and_runs_are_found_by_what_is_known_of_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = mixed_nights(backend).await;
    let shown = "id status trigger createdAt";
    let all = world.graphql.every("jobBatches", "", shown).await;
    assert_eq!(all.len(), 4);
    let cases: [(&str, Rule<'_>); 6] = [
        ("status: { eq: COMPLETED }", &|it| it["status"] == "COMPLETED"),
        ("status: { in: [FAILED, PARTIAL] }", &|it| it["status"] == "FAILED" || it["status"] == "PARTIAL"),
        ("trigger: { eq: MUTATION }", &|it| it["trigger"] == "MUTATION"),
        ("not: { trigger: { eq: MUTATION } }", &|it| it["trigger"] != "MUTATION"),
        (r#"createdAt: { gte: "2026-03-03T00:00:00-06:00" }"#, &|it| text(it, "createdAt") > "2026-03-03T06:00:00Z"),
        ("trigger: { eq: TIMER }", &|_| false),
    ];
    for (filter, rule) in cases {
        let found = world.graphql.every("jobBatches", &format!("filter: {{ {filter} }}"), shown).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), all.iter().filter(|it| rule(it)).collect::<Vec<_>>(), "{filter}");
    }
    let shown = "id name status vendor businessDate createdAt batch { id }";
    let runs = world.graphql.every("jobRuns", "", shown).await;
    assert_eq!(runs.len(), 3 + 3 + 1 + 2);
    assert!(runs.iter().map(|it| text(it, "createdAt")).is_sorted_by(|one, next| one >= next), "newest first");
    let one = text(&all[0], "id");
    let of_one = format!(r#"batch: {{ eq: "{one}" }}"#);
    let cases: [(&str, Rule<'_>); 6] = [
        (&of_one, &|it| it["batch"]["id"] == one),
        ("vendor: { eq: NINJA }", &|it| it["vendor"] == "NINJA"),
        ("not: { vendor: { in: [NINJA, THREATLOCKER] } }", &|it| it["vendor"].is_null()),
        ("status: { eq: FAILED }", &|it| it["status"] == "FAILED"),
        (r#"businessDate: { eq: "2026-03-04" }"#, &|it| it["businessDate"] == "2026-03-04"),
        ("batch: { isNull: true }", &|_| false),
    ];
    for (filter, rule) in cases {
        let found = world.graphql.every("jobRuns", &format!("filter: {{ {filter} }}"), shown).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), runs.iter().filter(|it| rule(it)).collect::<Vec<_>>(), "{filter}");
    }
}

#[rstest]
#[tokio::test]
async fn stored_days_tell_who_has_them_and_how_many(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = mixed_nights(backend).await;
    let days = async |arguments: &str| {
        let query = format!(
            "{{ availableDates{arguments} {{ date complete deviceCount vendors {{ vendor deviceCount date }} }} }}"
        );
        world.graphql.query(&query).await["availableDates"].as_array().unwrap().clone()
    };
    let all = days("").await;
    let summary = |days: &[Value]| -> Vec<(String, bool, i64)> {
        let one =
            |day: &Value| (text(day, "date").to_owned(), day["complete"] == true, day["deviceCount"].as_i64().unwrap());
        days.iter().map(one).collect()
    };
    let day = |date: &str, complete, count| (date.to_owned(), complete, count);
    assert_eq!(summary(&all), [day("2026-03-04", true, 44), day("2026-03-03", false, 14), day("2026-03-02", true, 44)]);
    assert_eq!(summary(&days("(vendor: NINJA)").await), [day("2026-03-04", true, 30), day("2026-03-02", true, 30)]);
    assert_eq!(summary(&days(r#"(from: "2026-03-03", to: "2026-03-03")"#).await), [day("2026-03-03", false, 14)]);
    assert_eq!(summary(&days("(first: 1)").await), [day("2026-03-04", true, 44)]);
    assert_eq!(days(r#"(to: "2025-01-01")"#).await, Vec::<Value>::new());
    for stored in &all {
        for vendor in stored["vendors"].as_array().unwrap() {
            let filter =
                format!("date: {}, filter: {{ vendor: {{ eq: {} }} }}", stored["date"], text(vendor, "vendor"));
            let count = world.graphql.query(&format!("{{ snapshots({filter}) {{ totalCount }} }}")).await;
            assert_eq!(count["snapshots"]["totalCount"], vendor["deviceCount"]);
            assert_eq!(vendor["date"], stored["date"]);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_client_is_one_for_both_vendors_and_counts_its_present_devices(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = mixed_nights(backend).await;
    let all = world.graphql.every("organizations", "", "id name deviceCount sites { vendor vendorSiteKey name }").await;
    let (ninja, threatlocker) =
        world.simulator.view(|vendors| (vendors.ninja_organizations(), vendors.threatlocker_organizations()));
    let mut of_clients: BTreeMap<String, usize> = BTreeMap::new();
    let canonical = |name: &str| name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    for row in ninja.iter().chain(&threatlocker) {
        *of_clients.entry(canonical(text(row, "name"))).or_default() += 1;
    }
    for client in &all {
        let sites = client["sites"].as_array().unwrap();
        let name = canonical(text(client, "name"));
        // Clients that the lists do not hold are known by their devices alone.
        let expected = of_clients.remove(&name).unwrap_or(sites.len());
        assert_eq!(sites.len(), expected, "{client:#}");
        let filter = format!("first: 1, filter: {{ organization: {{ eq: {} }} }}", client["id"]);
        let count = world.graphql.query(&format!("{{ devices({filter}) {{ totalCount }} }}")).await;
        assert_eq!(count["devices"]["totalCount"], client["deviceCount"], "{client:#}");
        let by_name = format!(r#"filter: {{ name: {{ eq: "  {} " }} }}"#, text(client, "name").to_uppercase());
        let found = world.graphql.every("organizations", &by_name, "id").await;
        assert_eq!(found, [json!({ "id": client["id"] })], "{client:#}");
    }
    assert_eq!(of_clients, BTreeMap::new(), "every client of the vendors is there");
    assert!(all.iter().map(|it| canonical(text(it, "name"))).is_sorted());
}

#[rstest]
#[tokio::test]
async fn whatever_has_an_id_is_found_by_it(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = mixed_nights(backend).await;
    let lists = [
        ("Device", "devices", "", "id hostname"),
        ("DeviceSnapshot", "snapshots", r#"date: "2026-03-02""#, "id hostname"),
        ("Exception", "exceptions", "", "id hostname"),
        ("Organization", "organizations", "", "id name"),
        ("JobBatch", "jobBatches", "", "id status"),
        ("JobRun", "jobRuns", "", "id status"),
        ("Alert", "alerts", "", "id kind"),
    ];
    let mut mixed = Vec::new();
    for (kind, list, arguments, shown) in lists {
        let rows = world.graphql.every(list, arguments, shown).await;
        assert!(!rows.is_empty(), "no {kind}");
        let query = format!(
            "query($id: ID!, $ids: [ID!]!) {{ node(id: $id) {{ __typename ... on {kind} {{ {shown} }} }} nodes(ids: $ids) {{ ... on {kind} {{ {shown} }} }} }}"
        );
        let ids: Vec<&Value> = rows.iter().map(|row| &row["id"]).collect();
        let answer = world.graphql.ask(&query, json!({ "id": ids[0], "ids": ids })).await;
        let mut first = rows[0].clone();
        first["__typename"] = json!(kind);
        assert_eq!(answer.data()["node"], first);
        assert_eq!(answer.data()["nodes"], json!(rows), "in the order of the question");
        mixed.push((rows[rows.len() - 1]["id"].clone(), kind));
    }
    let ids: Vec<&Value> = mixed.iter().map(|(id, _)| id).collect();
    let answer =
        world.graphql.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", json!({ "ids": ids })).await;
    let expected: Vec<Value> = mixed.iter().map(|(id, kind)| json!({ "id": id, "__typename": kind })).collect();
    assert_eq!(answer.data()["nodes"], json!(expected));
}
