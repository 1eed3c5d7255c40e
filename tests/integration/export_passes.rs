//! An export computes what its pages are of once, however many pages it has.

use harness::{Backend, Line, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

fn newcomer(number: usize) -> Value {
    json!({
        "id": 900_000 + number, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION",
        "nodeRoleId": 201, "approvalStatus": "APPROVED", "offline": false, "systemName": format!("CAME-{number}"),
        "deviceType": "AgentDevice",
    })
}

/// A world in which so many devices came between the first day and the next.
async fn with_arrivals(backend: Backend, arrivals: usize) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 8) }).start().await;
    world.night(0).await;
    world.simulator.edit(|vendors| (0..arrivals).for_each(|number| vendors.add_ninja_device(newcomer(number))));
    world.night(1).await;
    world.take_statements();
    world
}

/// How many statements read the ledger, and how many the closed months.
fn passes(statements: &[String]) -> (usize, usize) {
    let of = |table: &str| statements.iter().filter(|statement| statement.contains(table)).count();
    (of("usage_transition"), of("closed_month"))
}

fn keys(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| line["Vendor's id"].clone()).collect()
}

#[rstest]
#[tokio::test]
async fn reading_a_window_or_a_bill_through_takes_as_many_passes_for_four_pages_as_for_one(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut taken = Vec::new();
    for arrivals in [20, 1700] {
        let world = with_arrivals(backend, arrivals).await;
        let days = [("from", "2026-03-02"), ("to", "2026-03-03"), ("transitions", "true")];
        let mut of_one = Vec::new();
        for (name, parameters) in [("usage-changes", days.as_slice()), ("billing", &[("month", "2026-03")])] {
            let sheets = world.graphql.xlsx(name, parameters).await;
            of_one.push(passes(&world.take_statements()));
            let changes = &sheets.iter().find(|(sheet, _)| sheet == "Changes").unwrap().1;
            assert!(changes.len() >= arrivals, "{} of {arrivals}", changes.len());
        }
        taken.push(of_one);
    }
    assert_eq!(taken[0], taken[1], "the ledger and the closed months are read as often for 1700 changes as for 20");
}

#[rstest]
#[tokio::test]
async fn pages_that_were_read_ahead_have_every_row_once_in_the_order_that_was_asked(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_arrivals(backend, 1700).await;
    let window = [("from", "2026-03-02"), ("to", "2026-03-03"), ("vendor", "NINJA")];
    for (order, field, direction) in [("HOSTNAME", "HOSTNAME", "DESC"), ("DATE", "DATE", "ASC")] {
        let order_by = json!({ "field": order, "direction": direction }).to_string();
        let parameters = [window.as_slice(), &[("orderBy", order_by.as_str())]].concat();
        let exported = world.graphql.csv("usage-changes", &parameters).await;
        let (mut listed, mut after) = (Vec::new(), Value::Null);
        loop {
            let query = format!(
                "query($after: String) {{ usageChanges(vendor: NINJA, from: \"2026-03-02\", to: \"2026-03-03\") {{
                    changes(first: 500, after: $after, orderBy: {{ field: {field}, direction: {direction} }}) {{
                        nodes {{ vendorDeviceKey }} pageInfo {{ hasNextPage endCursor }} }} }} }}"
            );
            let answer = world.graphql.ask(&query, json!({ "after": after })).await;
            let page = answer.data()["usageChanges"]["changes"].clone();
            listed.extend(page["nodes"].as_array().unwrap().iter().map(|row| text(row, "vendorDeviceKey").to_owned()));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert!(listed.len() >= 1700);
        assert_eq!(keys(&exported), listed, "{order}");
    }
}
