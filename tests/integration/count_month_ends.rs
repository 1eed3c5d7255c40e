//! The end of a month says the same before its days are dropped and after, also when the vendors were last stored on
//! different days of it.

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const MARCH_30: u64 = 28;

const NUMBERS: &str = "vendors totals { devices endpoints seats }";

async fn series(world: &World, interval: &str) -> Value {
    let query = format!(
        r#"{{ countSeries(from: "2026-03-01", to: "2026-03-31", interval: {interval}) {{ start date {NUMBERS} }} }}"#
    );
    world.graphql.query(&query).await["countSeries"].clone()
}

async fn counts(world: &World, date: &str) -> Value {
    let query = format!(
        r#"{{ counts(date: "{date}") {{ date {NUMBERS} byVendor {{ vendor countedDate totals {{ devices }} }} }} }}"#
    );
    world.graphql.query(&query).await["counts"].clone()
}

#[rstest]
#[tokio::test]
async fn vendors_last_stored_on_different_days_meet_at_the_end_of_the_month_dropped_or_not(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    world.night(0).await;
    world.night(MARCH_30).await;
    // ThreatLocker's last night of March fails.
    world.move_to(MARCH_30 + 1);
    world.collect(&[Vendor::Ninja], false).await;
    let running = counts(&world, "2026-03-31").await;
    assert_eq!(running["vendors"], json!(["NINJA"]), "of a month that is not over each day tells itself");
    assert_eq!(text(&series(&world, "MONTH").await[0], "date"), "2026-03-30");
    world.night(MARCH_30 + 3).await;
    let (months, weeks) = (series(&world, "MONTH").await, series(&world, "WEEK").await);
    let closing = counts(&world, "2026-03-31").await;
    assert_eq!((text(&months[0], "date"), &months[0]["totals"]["devices"]), ("2026-03-31", &json!(50)));
    assert_eq!((&months[0]["vendors"], &closing["totals"]), (&json!(["NINJA", "THREATLOCKER"]), &months[0]["totals"]));
    let days: Vec<&str> = closing["byVendor"].as_array().unwrap().iter().map(|row| text(row, "countedDate")).collect();
    assert_eq!(days, ["2026-03-31", "2026-03-30"]);
    world.drop_days_before("2026-04-01".parse().unwrap()).await;
    assert_eq!(series(&world, "MONTH").await, months);
    assert_eq!(counts(&world, "2026-03-31").await, closing);
    let last = |points: &Value| points.as_array().unwrap().last().unwrap().clone();
    assert_eq!(last(&series(&world, "WEEK").await), last(&weeks));
    let query = r#"{ counts(date: "2026-03-30") { date } }"#;
    assert_eq!(
        world.graphql.ask(query, json!({})).await.error_code(),
        "NO_DATA",
        "not ThreatLocker's part of it alone"
    );
}
