//! Pages of every list cover each row exactly once, in order, from either end.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

/// A list: where the answer has it, the text before and after its page arguments, and what sorts its rows.
struct List {
    pointer: &'static str,
    query: &'static str,
    key: &'static str,
}

const LISTS: [List; 15] = [
    list("/devices", "{ devices(PAGE) { SHOWN { hostname } } } }", "/hostname"),
    list(
        "/devices",
        "{ devices(PAGE, filter: { presence: ANY }, orderBy: { field: LAST_SEEN, direction: DESC }) { SHOWN { lastSeen } } } }",
        "/lastSeen",
    ),
    list("/devices", "{ devices(PAGE, orderBy: { field: FIRST_SEEN }) { SHOWN { firstSeen } } } }", "/firstSeen"),
    list(
        "/snapshots",
        r#"{ snapshots(date: "2026-03-07", PAGE) { SHOWN { canonicalHostname } } } }"#,
        "/canonicalHostname",
    ),
    list(
        "/snapshots",
        r#"{ snapshots(date: "2026-03-02", PAGE, orderBy: { field: HOSTNAME, direction: DESC }) { SHOWN { canonicalHostname } } } }"#,
        "/canonicalHostname",
    ),
    list("/exceptions", "{ exceptions(PAGE) { SHOWN { dateFound } } } }", "/dateFound"),
    list("/exceptions", "{ exceptions(PAGE, orderBy: { field: HOSTNAME }) { SHOWN { hostname } } } }", "/hostname"),
    list(
        "/exceptions",
        "{ exceptions(PAGE, filter: { status: { eq: OPEN } }, orderBy: { field: LAST_SEEN, direction: DESC }) { SHOWN { lastSeen } } } }",
        "/lastSeen",
    ),
    list("/organizations", "{ organizations(PAGE) { SHOWN { name } } } }", "/name"),
    list("/jobBatches", "{ jobBatches(PAGE) { SHOWN { createdAt id } } } }", "/createdAt"),
    list("/jobRuns", "{ jobRuns(PAGE) { SHOWN { createdAt id } } } }", "/createdAt"),
    list(
        "/usageChanges/changes",
        r#"{ usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-07") { changes(PAGE) { SHOWN { hostname kind date } } } } }"#,
        "/kind",
    ),
    list(
        "/usageChanges/changes",
        r#"{ usageChanges(from: "2026-03-02", to: "2026-03-07") { changes(PAGE, transitions: true, orderBy: { field: DATE, direction: DESC }) { SHOWN { hostname kind date } } } } }"#,
        "/date",
    ),
    list(
        "/usageChanges/changes",
        r#"{ usageChanges(from: "2026-03-02", to: "2026-03-07") { changes(PAGE, orderBy: { field: HOSTNAME }) { SHOWN { hostname kind date } } } } }"#,
        "/hostname",
    ),
    list(
        "/usageChanges/byOrganization",
        r#"{ usageChanges(from: "2026-03-02", to: "2026-03-07") { byOrganization(PAGE) { SHOWN { totals { start } } } } } }"#,
        "/totals/start",
    ),
];

const fn list(pointer: &'static str, query: &'static str, key: &'static str) -> List {
    List { pointer, query, key }
}

impl List {
    async fn page(&self, world: &World, arguments: &str) -> Value {
        let shown = "totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node";
        let query = self.query.replace("PAGE", arguments).replace("SHOWN", shown);
        world.graphql.query(&query).await.pointer(self.pointer).unwrap().clone()
    }

    /// The whole list, read from one end in pages of this size; every page must lie where it says.
    async fn walk(&self, world: &World, size: usize, backward: bool) -> Vec<Value> {
        let (count, bound) = if backward { ("last", "before") } else { ("first", "after") };
        let (mut pages, mut arguments) = (Vec::new(), format!("{count}: {size}"));
        loop {
            let page = self.page(world, &arguments).await;
            let (edges, info) = (page["edges"].as_array().unwrap().clone(), page["pageInfo"].clone());
            let (more, behind) =
                if backward { ("hasPreviousPage", "hasNextPage") } else { ("hasNextPage", "hasPreviousPage") };
            let place = format!("{} {arguments}", self.query);
            assert_eq!(info[behind], !pages.is_empty(), "{place}");
            assert_eq!(
                info["startCursor"],
                edges.first().map_or(Value::Null, |edge| edge["cursor"].clone()),
                "{place}"
            );
            assert_eq!(info["endCursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()), "{place}");
            assert!(edges.len() == size || info[more] == false, "a short page in the middle: {place}");
            assert!(!edges.is_empty() || pages.is_empty(), "an empty page after a full one: {place}");
            pages.push((edges, page["totalCount"].clone()));
            if info[more] == false {
                break;
            }
            let cursor = text(&info, if backward { "startCursor" } else { "endCursor" });
            arguments = format!(r#"{count}: {size}, {bound}: "{cursor}""#);
        }
        if backward {
            pages.reverse();
        }
        let rows: Vec<Value> = pages.iter().flat_map(|(edges, _)| edges.clone()).collect();
        assert!(pages.iter().all(|(_, total)| *total == rows.len()), "totalCount tells of other rows: {}", self.query);
        rows
    }
}

/// Four days of a living fleet whose names are of every script, and whose last days saw moves, spares and removals.
async fn world_with_pages(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 7, ninja_devices: 70, threatlocker_devices: 40, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_i64().unwrap()).collect();
    for (id, name) in ids.iter().zip(NAMES) {
        world.simulator.edit(|vendors| vendors.rename_ninja_device(*id, name));
    }
    world.night(0).await;
    world.simulator.edit(|vendors| {
        ids[10..14].iter().for_each(|id| vendors.ninja_device(*id).remove());
        for id in &ids[20..30] {
            vendors.move_ninja_device(*id, 990_777);
            vendors.ninja_device(*id).set("displayName", "spare");
        }
    });
    for night in [1, 3, 5] {
        world.night(night).await;
    }
    world
}

const NAMES: [&str; 10] = ["Ärger-1", "zebra", "ZEBRA-2", "_under", "é", "前台", "\u{1F4A9}pc", "A B", "ß", "Straße-9"];

#[rstest]
#[tokio::test]
async fn every_list_is_the_same_forward_backward_and_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_with_pages(backend).await;
    for list in &LISTS {
        let whole = list.walk(&world, 500, false).await;
        assert!(whole.len() >= 4, "{} rows are no list: {}", whole.len(), list.query);
        let smallest = if whole.len() < 25 { 1 } else { 6 };
        for (size, backward) in [(smallest, false), (smallest, true), (9, true), (500, true)] {
            let rows = list.walk(&world, size, backward).await;
            assert_eq!(rows, whole, "{size} rows a page, backward {backward}: {}", list.query);
        }
    }
}

#[tokio::test]
async fn both_databases_give_every_list_in_one_order() {
    let (sqlite, postgres) = tokio::join!(world_with_pages(Backend::Sqlite), world_with_pages(Backend::Postgres));
    for list in &LISTS {
        let (one, other) = tokio::join!(list.walk(&sqlite, 500, false), list.walk(&postgres, 11, false));
        let keys = |rows: &[Value]| {
            let key = |edge: &Value| edge["node"].pointer(list.key).unwrap().clone();
            rows.iter().map(key).collect::<Vec<_>>()
        };
        // Rows with one key come in the order of their ids, which are each database's own.
        let (one, other) = (keys(&one), keys(&other));
        if list.key == "/kind" {
            let count = |keys: &[Value], kind: &str| keys.iter().filter(|key| **key == kind).count();
            for kind in ["ADDED", "REMOVED", "ORGANIZATION_CHANGED", "BILLING_CHANGED"] {
                assert_eq!(count(&one, kind), count(&other, kind), "{kind}");
            }
        } else if list.key == "/totals/start" {
            // In the order of the organizations' ids, which depend on whose collection was stored first.
            let sorted = |mut keys: Vec<Value>| {
                keys.sort_by_key(Value::as_i64);
                keys
            };
            assert_eq!(sorted(one), sorted(other), "{}", list.query);
        } else if matches!(list.key, "/hostname" | "/name") {
            // Each is sorted by its canonical form; how it is spelled depends on which vendor came first.
            let canonical = |keys: &[Value]| {
                let names = keys.iter().map(|key| key.as_str().and_then(domain::hostname::canonical));
                names.collect::<Vec<_>>()
            };
            assert_eq!(canonical(&one), canonical(&other), "{}", list.query);
        } else {
            assert_eq!(one, other, "{}", list.query);
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_page_between_two_cursors_has_the_rows_between_them(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world_with_pages(backend).await;
    for list in &LISTS {
        let whole = list.walk(&world, 500, false).await;
        let (first, last) = (text(&whole[0], "cursor"), text(&whole[whole.len() - 1], "cursor"));
        let page = list.page(&world, &format!(r#"first: 500, after: "{first}", before: "{last}""#)).await;
        assert_eq!(page["edges"], json!(whole[1..whole.len() - 1]), "{}", list.query);
        let info = &page["pageInfo"];
        assert_eq!((&info["hasNextPage"], &info["hasPreviousPage"]), (&json!(true), &json!(true)), "{}", list.query);
        let none = list.page(&world, &format!(r#"first: 5, after: "{last}""#)).await;
        assert_eq!((&none["edges"], &none["pageInfo"]["hasNextPage"]), (&json!([]), &json!(false)), "{}", list.query);
        assert_eq!(none["pageInfo"]["hasPreviousPage"], true, "{}", list.query);
    }
}

#[rstest]
#[tokio::test]
async fn the_total_costs_a_statement_only_when_it_is_asked_for(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let statements = async |query: &str| {
        world.take_statements();
        world.graphql.query(query).await;
        world.take_statements()
    };
    for list in ["devices", "exceptions", "organizations", "jobBatches", "jobRuns"] {
        let without =
            statements(&format!("{{ {list}(first: 5) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }}")).await;
        let with = statements(&format!("{{ {list}(first: 5) {{ totalCount nodes {{ id }} }} }}")).await;
        assert_eq!((without.len(), with.len()), (1, 2), "{list}: {without:#?} {with:#?}");
    }
}
