//! `exceptionTrend` counts what the lists of its days show.

use chrono::NaiveDate;
use harness::{Answer, Backend, History, World, text, write_history};
use rstest::rstest;
use serde_json::{Value, json};

async fn with_history(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    let history = History { exceptions: 400, organizations: 7, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world
}

async fn ask(world: &World, from: &str, to: &str, filter: &str) -> Answer {
    let query = format!(
        r#"{{ exceptionTrend(from: "{from}", to: "{to}", filter: {filter}) {{ date opened closed openAtEnd }} }}"#
    );
    world.graphql.ask(&query, json!({})).await
}

async fn trend(world: &World, from: &str, to: &str, filter: &str) -> Vec<Value> {
    ask(world, from, to, filter).await.data()["exceptionTrend"].as_array().unwrap().clone()
}

async fn total(world: &World, arguments: &str) -> Value {
    let query = format!("{{ exceptions(first: 1, {arguments}) {{ totalCount }} }}");
    world.graphql.query(&query).await["exceptions"]["totalCount"].clone()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[rstest]
#[tokio::test]
async fn the_trend_tells_every_day_of_its_range_and_adds_up(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let days = trend(&world, "2023-12-01", "2026-03-02", "null").await;
    let dates: Vec<_> = days.iter().map(|it| day(text(it, "date"))).collect();
    assert_eq!(dates, day("2023-12-01").iter_days().take(days.len()).collect::<Vec<_>>());
    assert_eq!(dates.last(), Some(&day("2026-03-02")));
    let mut open = 0;
    for it in &days {
        open += it["opened"].as_i64().unwrap() - it["closed"].as_i64().unwrap();
        assert_eq!(it["openAtEnd"], open, "{it}");
    }
    let opened: i64 = days.iter().filter_map(|it| it["opened"].as_i64()).sum();
    assert_eq!(opened, 400 + 400 / 7, "each exception once, and those that were found again twice");
    assert!(days.iter().any(|it| it["opened"] == 0 && it["closed"] == 0), "a day without change is there");
}

#[rstest]
#[tokio::test]
async fn the_end_of_each_day_is_what_the_list_of_that_day_shows(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let organization = world.graphql.query("{ exceptions(first: 1) { nodes { organization { id } } } }").await;
    let organization = text(&organization["exceptions"]["nodes"][0]["organization"], "id").to_owned();
    let in_it = format!(r#"organization: {{ eq: "{organization}" }}"#);
    for filter in
        ["", "type: { eq: DUPLICATE_TL }", "severity: { in: [HIGH] }", &in_it, "organization: { isNull: true }"]
    {
        let days = trend(&world, "2024-01-01", "2026-03-02", &format!("{{ {filter} }}")).await;
        for it in days.iter().step_by(61).chain(days.last()) {
            let arguments = format!("asOf: {}, filter: {{ {filter} status: {{ in: [OPEN, SNOOZED] }} }}", it["date"]);
            assert_eq!(it["openAtEnd"], total(&world, &arguments).await, "{arguments}");
        }
        let today = total(&world, &format!("filter: {{ {filter} status: {{ in: [OPEN, SNOOZED] }} }}")).await;
        assert_eq!(days.last().unwrap()["openAtEnd"], today, "{filter}");
        let part = trend(&world, "2025-08-09", "2025-09-20", &format!("{{ {filter} }}")).await;
        let start = (day("2025-08-09") - day("2024-01-01")).num_days();
        assert_eq!(part, days[usize::try_from(start).unwrap()..][..part.len()], "a part is a part of the whole");
    }
}

#[rstest]
#[tokio::test]
async fn any_range_takes_the_same_few_statements(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    for from in ["2026-03-02", "2025-03-02", "2016-02-24"] {
        world.take_statements();
        trend(&world, from, "2026-03-02", "null").await;
        assert_eq!(world.take_statements().len(), 3, "{from}");
    }
}

#[rstest]
#[tokio::test]
async fn a_range_that_is_reversed_or_too_long_is_refused_and_days_to_come_are_left_out(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    assert_eq!(trend(&world, "2016-02-24", "2026-03-02", "null").await.len(), 3660);
    for (from, to) in [("2026-03-02", "2026-03-01"), ("2016-02-23", "2026-03-02"), ("0001-01-01", "9999-12-31")] {
        assert_eq!(ask(&world, from, to, "null").await.error_code(), "BAD_USER_INPUT", "{from} {to}");
    }
    let days = trend(&world, "2026-03-01", "2026-03-31", "null").await;
    assert_eq!(days.iter().map(|it| text(it, "date")).collect::<Vec<_>>(), ["2026-03-01", "2026-03-02"]);
    assert_eq!(trend(&world, "2026-03-03", "2026-03-31", "null").await, [] as [Value; 0]);
    assert_eq!(trend(&world, "0001-01-01", "0001-01-02", "null").await[1]["openAtEnd"], 0);
}
