//! Which client a vendor's organization is: by name, or because a person said so; and what rests on it follows at once.

use domain::vendor::Vendor;
use harness::{Answer, Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const SITE: &str = "vendor vendorSiteKey name alias mappedBy mapped deviceCount organization { id name }
    aliasEvents { actor from to at }";

async fn sites(world: &World, filter: &str) -> Vec<Value> {
    world.graphql.every("vendorOrganizations", &format!("filter: {filter}"), SITE).await
}

async fn open(world: &World) -> Vec<Value> {
    world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "id type hostname").await
}

async fn set(world: &World, input: Value) -> Answer {
    let query = format!(
        "mutation($input: SetOrganizationAliasInput!) {{ setOrganizationAlias(input: $input) {{ changed openedExceptions
            closedExceptions vendorOrganization {{ {SITE} }} userErrors {{ code field message }} }} }}"
    );
    world.graphql.ask(&query, json!({ "input": input })).await
}

async fn remove(world: &World, site: &Value) -> Value {
    let query = format!(
        "mutation($input: RemoveOrganizationAliasInput!) {{ removeOrganizationAlias(input: $input) {{ changed
            openedExceptions closedExceptions vendorOrganization {{ {SITE} }} userErrors {{ code field message }} }} }}"
    );
    let input = json!({ "vendor": site["vendor"], "vendorSiteKey": site["vendorSiteKey"] });
    world.graphql.ask(&query, json!({ "input": input })).await.data()["removeOrganizationAlias"].clone()
}

/// A world whose ThreatLocker calls one client otherwise than Ninja does; that organization at both vendors.
async fn misnamed(backend: Backend) -> (World, Value, Value) {
    let plan = FleetPlan { organizations: 9, ninja_devices: 160, threatlocker_devices: 120, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(0).await;
    let waiting = sites(&world, "{ mapped: false, vendor: { eq: THREATLOCKER } }").await;
    let there = waiting.iter().find(|site| text(site, "name").starts_with("Smith")).unwrap().clone();
    let here = sites(&world, "{ vendor: { eq: NINJA }, name: { startsWith: \"smith\" } }").await[0].clone();
    (world, here, there)
}

#[rstest]
#[tokio::test]
async fn each_vendor_organization_tells_its_client_and_its_devices(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, here, there) = misnamed(backend).await;
    assert_eq!((&here["mapped"], &there["mapped"]), (&json!(false), &json!(false)));
    assert_eq!((&there["mappedBy"], &there["alias"]), (&json!("NAME"), &Value::Null));
    assert_ne!(here["organization"], there["organization"]);
    let all = sites(&world, "{}").await;
    let (mapped, waiting) = (sites(&world, "{ mapped: true }").await, sites(&world, "{ mapped: false }").await);
    assert_eq!(mapped.len() + waiting.len(), all.len());
    assert!(mapped.iter().all(|site| site["mapped"] == true) && waiting.iter().all(|site| site["mapped"] == false));
    for vendor in ["NINJA", "THREATLOCKER"] {
        let of_vendor = all.iter().filter(|site| site["vendor"] == vendor);
        let devices: i64 = of_vendor.map(|site| site["deviceCount"].as_i64().unwrap()).sum();
        let arguments = format!("date: \"2026-03-02\", filter: {{ vendor: {{ eq: {vendor} }} }}");
        let listed = world.graphql.every("snapshots", &arguments, "vendorOrganization { name }").await;
        let filed = listed.iter().filter(|snapshot| !snapshot["vendorOrganization"].is_null()).count();
        assert_eq!(usize::try_from(devices).unwrap(), filed, "{vendor}");
    }
}

#[rstest]
#[tokio::test]
async fn an_unmapped_organization_is_told_who_it_may_be_and_why(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, here, there) = misnamed(backend).await;
    let query = "{ vendorOrganizations(filter: { mapped: false }) { nodes { vendor vendorSiteKey
        suggestions(first: 3) { score reason sharedDevices site { vendor vendorSiteKey } } } } }";
    world.take_statements();
    let answer = world.graphql.query(query).await;
    let statements = world.take_statements();
    assert!(statements.len() <= 6, "{statements:#?}");
    let nodes = answer["vendorOrganizations"]["nodes"].as_array().unwrap();
    for (site, other) in [(&here, &there), (&there, &here)] {
        let found = nodes.iter().find(|node| node["vendorSiteKey"] == site["vendorSiteKey"]).unwrap();
        let best = &found["suggestions"][0];
        assert_eq!(best["site"]["vendorSiteKey"], other["vendorSiteKey"], "{found:#}");
        assert_ne!(best["site"]["vendor"], found["vendor"]);
        let score = best["score"].as_f64().unwrap();
        assert!(score > 0.9 && score <= 1.0, "{best:#}");
        assert!(text(best, "reason").contains("legal form"), "{best:#}");
    }
    let too_many =
        world.graphql.ask("{ vendorOrganizations { nodes { suggestions(first: 51) { score } } } }", json!({}));
    assert_eq!(too_many.await.error_code(), "PAGE_SIZE");
}

#[rstest]
#[tokio::test]
async fn an_alias_closes_what_only_the_other_name_had_opened(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, here, there) = misnamed(backend).await;
    let before = open(&world).await;
    let input = json!({
        "vendor": "THREATLOCKER", "vendorSiteKey": there["vendorSiteKey"], "organizationId": here["organization"]["id"],
    });
    let answer = set(&world, input.clone()).await.data()["setOrganizationAlias"].clone();
    assert_eq!((&answer["userErrors"], &answer["changed"]), (&json!([]), &json!(true)));
    let site = &answer["vendorOrganization"];
    assert_eq!((&site["organization"], &site["mapped"]), (&here["organization"], &json!(true)));
    assert_eq!((text(site, "mappedBy"), text(site, "alias")), ("ALIAS", "smith & partners llp"));
    assert_eq!(site["name"], there["name"], "the vendor's word for it stays");
    let events = site["aliasEvents"].as_array().unwrap();
    assert_eq!((events.len(), &events[0]["from"], text(&events[0], "to")), (1, &Value::Null, "smith & partners llp"));
    let after = open(&world).await;
    let (opened, closed) = (answer["openedExceptions"].as_i64().unwrap(), answer["closedExceptions"].as_i64().unwrap());
    assert!(closed > 0, "devices in two organizations are in one now: {before:#?}");
    assert_eq!(i64::try_from(before.len()).unwrap() + opened - closed, i64::try_from(after.len()).unwrap());
    // Twice is once.
    let again = set(&world, input).await.data()["setOrganizationAlias"].clone();
    assert_eq!((&again["changed"], &again["userErrors"]), (&json!(false), &json!([])));
    assert_eq!(&again["vendorOrganization"], site);
    // The night after finds the same.
    world.collect(&Vendor::ALL, true).await;
    assert_eq!(open(&world).await.len(), after.len(), "a later night agrees");
    assert_eq!(sites(&world, "{ vendor: { eq: THREATLOCKER }, name: { startsWith: \"smith\" } }").await[0], *site);
    // And back: everything is as it was.
    let removed = remove(&world, site).await;
    assert_eq!((&removed["changed"], &removed["userErrors"]), (&json!(true), &json!([])));
    let site = &removed["vendorOrganization"];
    assert_eq!((&site["organization"], &site["alias"]), (&there["organization"], &Value::Null));
    assert_eq!(site["aliasEvents"].as_array().unwrap().len(), 2);
    assert_eq!(open(&world).await.len(), before.len());
    let again = remove(&world, site).await;
    assert_eq!((&again["changed"], &again["userErrors"]), (&json!(false), &json!([])));
}

#[rstest]
#[tokio::test]
async fn a_client_that_nobody_is_any_more_is_listed_only_when_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (world, here, there) = misnamed(backend).await;
    let clients = |arguments: &'static str| world.graphql.every("organizations", arguments, "id name");
    let before = clients("filter: {}").await;
    let input = json!({
        "vendor": "THREATLOCKER", "vendorSiteKey": there["vendorSiteKey"], "organizationId": here["organization"]["id"],
    });
    set(&world, input).await.data();
    let after = clients("filter: {}").await;
    assert!(before.contains(&there["organization"]) && !after.contains(&there["organization"]));
    assert!(after.contains(&here["organization"]));
    assert_eq!(clients("includeFormer: true").await.len(), before.len());
}

#[rstest]
#[tokio::test]
async fn a_client_is_spelled_as_ninja_does_whoever_comes_first(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    for vendors in [[Vendor::Ninja, Vendor::ThreatLocker], [Vendor::ThreatLocker, Vendor::Ninja]] {
        let plan = FleetPlan { organizations: 16, ..FleetPlan::plain(60, 40) };
        let world = World::on(backend).plan(plan).start().await;
        world.move_to(0);
        for vendor in vendors {
            world.collect(&[vendor], false).await;
        }
        let names = |rows: &[Value]| rows.iter().map(|row| text(row, "name").to_owned()).collect::<Vec<_>>();
        let clients = names(&world.graphql.every("organizations", "filter: {}", "name").await);
        assert!(clients.iter().any(|name| name == "Northwind"), "{clients:?}");
        assert!(clients.iter().any(|name| name == "Delta Marine Services"), "{clients:?}");
        assert!(!clients.iter().any(|name| name == "DELTA MARINE SERVICES"));
        world.collect(&[Vendor::ThreatLocker], false).await;
        assert_eq!(names(&world.graphql.every("organizations", "filter: {}", "name").await), clients);
    }
}

#[rstest]
#[tokio::test]
async fn any_name_is_stored_as_it_is_or_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let (world, _, there) = misnamed(backend).await;
    let input = |name: &str| json!({ "vendor": "THREATLOCKER", "vendorSiteKey": there["vendorSiteKey"], "name": name });
    for name in ["O'Brien \"& Sons\"; DROP TABLE site; --", "100 % _safe_ \\", "🦀 Crabs 漢字", "x"] {
        let answer = set(&world, input(name)).await.data()["setOrganizationAlias"].clone();
        assert_eq!(answer["userErrors"], json!([]), "{name}");
        assert_eq!(answer["vendorOrganization"]["organization"]["name"], name);
        let filter = json!({ "f": { "name": { "eq": name } } });
        let query = "query($f: OrganizationFilter) { organizations(filter: $f) { nodes { name } } }";
        let found = world.graphql.ask(query, filter).await;
        assert_eq!(found.data()["organizations"]["nodes"], json!([{ "name": name }]));
    }
    let before = sites(&world, "{}").await;
    for name in ["", "  \t ", "a\u{0}b", "a\nb", &"n".repeat(256), &"é".repeat(100_000)] {
        let answer = set(&world, input(name)).await;
        let error = answer.data()["setOrganizationAlias"]["userErrors"][0].clone();
        assert_eq!((text(&error, "code"), &error["field"]), ("BAD_INPUT", &json!(["input", "name"])));
    }
    for key in ["nobody", "", "a\u{0}b", "'; --", &"k".repeat(100_000)] {
        let answer = set(&world, json!({ "vendor": "NINJA", "vendorSiteKey": key, "name": "X" })).await;
        let error = answer.data()["setOrganizationAlias"]["userErrors"][0].clone();
        assert_eq!(
            (text(&error, "code"), &error["field"]),
            ("NOT_FOUND", &json!(["input", "vendorSiteKey"])),
            "{key:.10}"
        );
    }
    let key = &there["vendorSiteKey"];
    // `Organization:987654` as this server writes ids.
    let unknown =
        json!({ "vendor": "THREATLOCKER", "vendorSiteKey": key, "organizationId": "T3JnYW5pemF0aW9uOjk4NzY1NA" });
    let answer = set(&world, unknown).await;
    assert_eq!(answer.data()["setOrganizationAlias"]["userErrors"][0]["code"], "NOT_FOUND");
    let neither = set(&world, json!({ "vendor": "THREATLOCKER", "vendorSiteKey": key })).await;
    assert_eq!(neither.data()["setOrganizationAlias"]["userErrors"][0]["code"], "BAD_INPUT");
    assert_eq!(sites(&world, "{}").await, before, "what was refused changed nothing");
}
