//! With a year of a large fleet in the tables, counts read what they need: the totals, the rows of the sites that are asked
//! for, or the rows of one day. Nothing reads the counts by organization from end to end.

use harness::{Backend, World, text};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use serde_json::Value;
use server::inventory::Rules;

const ORGANIZATIONS: u32 = 300;
/// Days before the world's first, which is the newest.
const DAYS: u32 = 365;

/// A year of counts of two vendors without a year of nights.
async fn with_a_year() -> World {
    let internal = |rules: &mut Rules| rules.internal_organizations = vec!["Client 7".to_owned()];
    let world = World::on(Backend::Postgres).rules(internal).start().await;
    world.night(0).await;
    for statement in harness::year_of_counts(DatabaseBackend::Postgres, world.day(0), (ORGANIZATIONS, DAYS)) {
        world.inventory.database().writer().execute_unprepared(&statement).await.unwrap();
    }
    world
}

/// Every table that a plan reads from end to end.
fn full_scans(plan: &Value, found: &mut Vec<String>) {
    if plan["Node Type"] == "Seq Scan" {
        found.push(text(plan, "Relation Name").to_owned());
    }
    for below in plan["Plans"].as_array().into_iter().flatten() {
        full_scans(below, found);
    }
}

/// Rows that the statement read from a table, as it ran.
fn rows_read(plan: &Value, table: &str) -> u64 {
    let below: u64 = plan["Plans"].as_array().into_iter().flatten().map(|below| rows_read(below, table)).sum();
    let number = |name: &str| plan[name].as_f64().unwrap_or_default();
    let own = (number("Actual Rows") + number("Rows Removed by Filter")) * number("Actual Loops");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
    let own = if plan["Relation Name"] == table { own as u64 } else { 0 };
    below + own
}

async fn plan_of(world: &World, statement: &Statement) -> Value {
    let explain = format!("EXPLAIN (ANALYZE, FORMAT JSON) {statement}");
    let row = world.rows().query_one_raw(Statement::from_string(DatabaseBackend::Postgres, explain)).await.unwrap();
    row.unwrap().try_get_by_index::<Value>(0).unwrap()[0]["Plan"].clone()
}

/// Asks, and answers the rows of `daily_counts` that were read for it; refuses to read them from end to end.
async fn read_for(world: &World, query: &str) -> u64 {
    world.take_statements();
    world.graphql.query(query).await;
    let mut read = 0;
    for statement in world.take_bound_statements() {
        let plan = plan_of(world, &statement).await;
        let mut found = Vec::new();
        full_scans(&plan, &mut found);
        assert!(!found.iter().any(|table| table == "daily_counts"), "{query}:\n{statement}\n{plan:#}");
        read += rows_read(&plan, "daily_counts");
    }
    read
}

#[tokio::test]
async fn counts_and_series_read_the_rows_they_tell_and_no_more() {
    let world = with_a_year().await;
    let (date, from) = ("date: \"2025-09-15\"", "from: \"2025-03-03\", to: \"2026-03-01\"");
    let organization =
        world.graphql.query("{ organizations(filter: { name: { eq: \"Client 12\" } }) { nodes { id } } }").await;
    let id = text(&organization["organizations"]["nodes"][0], "id").to_owned();
    let one = format!("filter: {{ organization: {{ eq: \"{id}\" }} }}");
    let numbers = "totals { devices endpoints seats spare unknown }";
    // Two vendors' sites of the internal organization, four rows each a day.
    let internal = 2 * 4;
    let day = u64::from(ORGANIZATIONS) * internal;
    for (query, most) in [
        (
            format!("{{ counts({date}) {{ {numbers} byVendor {{ {numbers} }} byDeviceType {{ {numbers} }} }} }}"),
            internal,
        ),
        (format!("{{ counts({date}, includeInternal: false) {{ {numbers} }} }}"), internal),
        (format!("{{ counts({date}, {one}) {{ {numbers} }} }}"), 2 * internal),
        (format!("{{ counts({date}) {{ byOrganization {{ nodes {{ {numbers} }} }} }} }}"), day + internal),
        (format!("{{ counts({date}) {{ byLocation {{ nodes {{ {numbers} }} }} }} }}"), day + internal),
        (format!("{{ countSeries({from}, interval: DAY) {{ {numbers} }} }}"), 365 * internal),
        (format!("{{ countSeries({from}, interval: WEEK) {{ {numbers} }} }}"), 53 * internal),
        (format!("{{ countSeries({from}, interval: DAY, includeInternal: false) {{ {numbers} }} }}"), 365 * internal),
        (format!("{{ countSeries({from}, interval: DAY, {one}) {{ {numbers} }} }}"), 365 * 2 * internal),
        (format!("{{ countSeries({from}, interval: DAY, vendor: NINJA, {one}) {{ {numbers} }} }}"), 365 * internal),
    ] {
        let read = read_for(&world, &query).await;
        assert!(read <= most, "{read} rows of counts were read, {most} are needed: {query}");
    }
}

#[tokio::test]
async fn the_plan_of_a_full_scan_is_seen() {
    let world = with_a_year().await;
    let whole = Statement::from_string(DatabaseBackend::Postgres, "SELECT sum(cnt) FROM daily_counts");
    let plan = plan_of(&world, &whole).await;
    let mut found = Vec::new();
    full_scans(&plan, &mut found);
    assert_eq!(found, ["daily_counts"], "the test would see it");
    assert!(rows_read(&plan, "daily_counts") >= u64::from(ORGANIZATIONS * DAYS * 8));
}
