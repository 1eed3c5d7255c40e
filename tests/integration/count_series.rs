//! A series tells what `counts` tells for the dates of its points, on both sides of the seam where days were dropped.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::inventory::Rules;
use simulator::FleetPlan;

const NUMBERS: &str =
    "totals { devices endpoints seats billable spare spareByReason { reason devices } unknown undecided }";

/// March to June, by nights: the last ones of March, April and May, and some between.
const NIGHTS: [u64; 10] = [0, 1, 7, 29, 30, 58, 61, 90, 93, 94];

async fn four_months(backend: Backend) -> World {
    let plan = FleetPlan { organizations: 8, ninja_devices: 120, threatlocker_devices: 70, ..FleetPlan::default() };
    let internal = |rules: &mut Rules| rules.internal_organizations = vec!["Example MSP Internal".to_owned()];
    let world = World::on(backend).plan(plan).page_size(500).rules(internal).start().await;
    for night in NIGHTS {
        assert_eq!(world.night(night).await.batch.status, "completed", "night {night}");
    }
    world
}

async fn series(world: &World, interval: &str, more: &str) -> Vec<Value> {
    let query = format!(
        "{{ countSeries(from: \"2026-03-01\", to: \"2026-06-30\", interval: {interval} {more}) {{
            start end date vendors {NUMBERS} }} }}"
    );
    world.graphql.query(&query).await["countSeries"].as_array().unwrap().clone()
}

/// What `counts` tells for the dates of these points, in one request.
async fn assert_as_counts(world: &World, points: &[Value], more: &str) {
    for point in points {
        let query = format!("{{ counts(date: \"{}\" {more}) {{ date vendors {NUMBERS} }} }}", text(point, "date"));
        let told = world.graphql.query(&query).await["counts"].clone();
        assert_eq!((&told["totals"], &told["vendors"]), (&point["totals"], &point["vendors"]), "{point:#} {more}");
    }
}

fn dates(points: &[Value]) -> Vec<&str> {
    points.iter().map(|point| text(point, "date")).collect()
}

/// Arguments that are counted in every way: totals, sites, sites taken off, rows of organizations.
async fn questions(world: &World) -> Vec<String> {
    let organizations = world.graphql.query("{ organizations(first: 3) { nodes { id } } }").await;
    let ids: Vec<&str> =
        organizations["organizations"]["nodes"].as_array().unwrap().iter().map(|node| text(node, "id")).collect();
    let location = "{ snapshots(date: \"2026-06-04\", first: 1, filter: { vendor: { eq: NINJA } }) { nodes { location { name } organization { id } } } }";
    let located = &world.graphql.query(location).await["snapshots"]["nodes"][0];
    vec![
        String::new(),
        ", vendor: NINJA".to_owned(),
        ", vendor: THREATLOCKER".to_owned(),
        ", includeInternal: false".to_owned(),
        ", filter: { deviceType: { eq: WORKSTATION } }".to_owned(),
        format!(", filter: {{ organization: {{ eq: \"{}\" }} }}", ids[0]),
        format!(", includeInternal: false, filter: {{ organization: {{ in: [\"{}\", \"{}\"] }} }}", ids[1], ids[2]),
        ", filter: { organization: { isNull: true } }".to_owned(),
        ", filter: { organization: { isNull: false }, deviceType: { in: [SERVER] } }".to_owned(),
        format!(
            ", vendor: NINJA, filter: {{ organization: {{ eq: {} }}, location: {{ eq: {} }} }}",
            located["organization"]["id"], located["location"]["name"]
        ),
    ]
}

#[rstest]
#[tokio::test]
async fn the_seam_where_days_were_dropped_is_not_to_be_seen(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_months(backend).await;
    let questions = questions(&world).await;
    let mut before = Vec::new();
    for more in &questions {
        for interval in ["DAY", "WEEK", "MONTH"] {
            let points = series(&world, interval, more).await;
            assert_as_counts(&world, &points, more).await;
            before.push(points);
        }
    }
    let all: Vec<String> = NIGHTS.iter().map(|night| world.day(*night).to_string()).collect();
    assert_eq!(dates(&before[0]), all, "a point per stored day");
    assert_eq!(dates(&before[1]), ["2026-03-03", "2026-03-09", "2026-04-01", "2026-05-02", "2026-05-31", "2026-06-04"]);
    assert_eq!((text(&before[1][2], "start"), text(&before[1][2], "end")), ("2026-03-30", "2026-04-05"));
    assert_eq!(dates(&before[2]), ["2026-03-31", "2026-04-29", "2026-05-31", "2026-06-04"]);
    assert_eq!((text(&before[2][3], "start"), text(&before[2][3], "end")), ("2026-06-01", "2026-06-30"));
    // March and April are gone but for their ends, and two days of May.
    world.drop_days_before(world.day(90)).await;
    let kept = ["2026-03-31", "2026-04-29", "2026-05-31", "2026-06-03", "2026-06-04"];
    let mut known = before.iter();
    for more in &questions {
        for interval in ["DAY", "WEEK", "MONTH"] {
            let (was, now) = (known.next().unwrap(), series(&world, interval, more).await);
            assert_as_counts(&world, &now, more).await;
            match interval {
                "MONTH" => assert_eq!(&now, was, "{more}"),
                "DAY" => {
                    let expected: Vec<_> =
                        was.iter().filter(|point| kept.contains(&text(point, "date"))).cloned().collect();
                    assert_eq!(now, expected, "{more}");
                }
                _ => assert_eq!(dates(&now), ["2026-03-31", "2026-04-29", "2026-05-31", "2026-06-04"], "{more}"),
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_dropped_date_is_answered_by_its_month_end_or_refused_with_the_nearest(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_months(backend).await;
    let shown = format!(
        "vendors {NUMBERS} byVendor {{ vendor countedDate }} byDeviceType {{ deviceType {NUMBERS} }}
         byOrganization(first: 100) {{ totalCount nodes {{ organization {{ id }} {NUMBERS} }} }}
         byLocation(first: 100) {{ totalCount nodes {{ organization {{ id }} location {NUMBERS} }} }}"
    );
    let ask =
        async |date: &str| world.graphql.ask(&format!("{{ counts(date: \"{date}\") {{ {shown} }} }}"), json!({})).await;
    let before = ask("2026-04-29").await.data()["counts"].clone();
    assert_eq!(ask("2026-04-30").await.error_code(), "NO_DATA", "never stored, and April is still kept");
    world.drop_days_before(world.day(90)).await;
    for date in ["2026-04-29", "2026-04-30"] {
        assert_eq!(ask(date).await.data()["counts"], before, "{date}: every breakdown is kept");
    }
    assert_eq!(before["byVendor"][0]["countedDate"], "2026-04-29");
    let gone = ask("2026-04-01").await;
    assert_eq!(gone.error_code(), "NO_DATA");
    let error = &gone.body["errors"][0];
    assert_eq!(error["extensions"]["nearestDates"], json!(["2026-03-31", "2026-04-29"]));
    assert!(text(error, "message").contains("dropped"), "{error:#}");
    let never = ask("2026-04-15").await;
    assert_eq!(never.error_code(), "NO_DATA");
    assert!(text(&never.body["errors"][0], "message").contains("no complete snapshot"), "{:#}", never.body);
}

#[rstest]
#[tokio::test]
async fn vendors_that_were_counted_on_different_days_are_told_together(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(28).await;
    // The last night of March brings Ninja alone.
    world.move_to(29);
    world.collect(&[domain::vendor::Vendor::Ninja], false).await;
    world.night(40).await;
    let months = series(&world, "MONTH", "").await;
    assert_eq!(dates(&months), ["2026-03-31", "2026-04-11"]);
    assert_eq!(months[0]["vendors"], json!(["NINJA", "THREATLOCKER"]), "one vendor's failed night makes no dent");
    let days = series(&world, "DAY", "").await;
    assert_eq!((text(&days[1], "date"), &days[1]["vendors"]), ("2026-03-31", &json!(["NINJA", "THREATLOCKER"])));
    let each = async |vendor: &str, date: &str| {
        let query = format!("{{ counts(date: \"{date}\", vendor: {vendor}) {{ totals {{ devices }} }} }}");
        world.graphql.query(&query).await["counts"]["totals"]["devices"].as_i64().unwrap()
    };
    let (ninja, other) = (each("NINJA", "2026-03-31").await, each("THREATLOCKER", "2026-03-30").await);
    world.drop_days_before(world.day(40)).await;
    let days = series(&world, "DAY", "").await;
    assert_eq!(dates(&days), ["2026-03-31", "2026-04-11"]);
    assert_eq!(days[0]["totals"]["devices"], ninja + other);
    assert_as_counts(&world, &days, "").await;
    let query = "{ counts(date: \"2026-03-31\") { byVendor { vendor countedDate } } }";
    assert_eq!(
        world.graphql.query(query).await["counts"]["byVendor"],
        json!([{ "vendor": "NINJA", "countedDate": "2026-03-31" }, { "vendor": "THREATLOCKER", "countedDate": "2026-03-30" }])
    );
    let only = series(&world, "DAY", ", vendor: THREATLOCKER").await;
    assert_eq!(dates(&only), ["2026-03-30", "2026-04-11"]);
}

#[rstest]
#[tokio::test]
async fn a_series_takes_the_same_statements_however_long_it_is(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = four_months(backend).await;
    world.drop_days_before(world.day(90)).await;
    let organization = world.graphql.query("{ organizations(first: 1) { nodes { id } } }").await;
    let id = text(&organization["organizations"]["nodes"][0], "id").to_owned();
    let statements = async |range: &str, more: &str| {
        world.take_statements();
        let query = format!("{{ countSeries({range}, interval: DAY {more}) {{ date {NUMBERS} }} }}");
        world.graphql.query(&query).await;
        world.take_statements()
    };
    let (short, long) = ("from: \"2026-06-03\", to: \"2026-06-03\"", "from: \"2024-01-01\", to: \"2026-12-31\"");
    for (more, expected) in [
        (String::new(), 4),
        (", includeInternal: false".to_owned(), 4),
        (format!(", filter: {{ organization: {{ eq: \"{id}\" }} }}"), 5),
    ] {
        for range in [short, long] {
            let ran = statements(range, &more).await;
            assert_eq!(ran.len(), expected, "{range} {more}: {ran:#?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_range_that_makes_no_sense_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let ask = async |arguments: &str| {
        world.graphql.ask(&format!("{{ countSeries({arguments}) {{ date totals {{ devices }} }} }}"), json!({})).await
    };
    let ids = vec!["\"T3JnYW5pemF0aW9uOjE\""; 51].join(", ");
    for (arguments, code) in [
        ("from: \"2026-03-02\", to: \"2026-03-01\", interval: DAY", "BAD_USER_INPUT"),
        ("from: \"2026-03-03\", to: \"2026-03-09\", interval: DAY", "BAD_USER_INPUT"),
        ("from: \"2023-01-01\", to: \"2026-03-02\", interval: DAY", "BAD_USER_INPUT"),
        ("from: \"0001-01-01\", to: \"9999-12-31\", interval: MONTH", "BAD_USER_INPUT"),
        ("from: \"2026-03-01\", to: \"2026-03-02\", interval: YEAR", "GRAPHQL_VALIDATION_FAILED"),
        (
            "from: \"2026-03-01\", to: \"2026-03-02\", interval: DAY, filter: { organization: { eq: \"T3JnYW5pemF0aW9uOjk4NzY1\" } }",
            "NOT_FOUND",
        ),
        (
            "from: \"2026-03-01\", to: \"2026-03-02\", interval: DAY, filter: { location: { eq: \"Main\" } }",
            "BAD_USER_INPUT",
        ),
        (
            &format!(
                "from: \"2026-03-01\", to: \"2026-03-02\", interval: DAY, filter: {{ organization: {{ in: [{ids}] }} }}"
            ),
            "BAD_USER_INPUT",
        ),
    ] {
        let answer = ask(arguments).await;
        assert_eq!(answer.error_code(), code, "{arguments}");
        assert!(text(&answer.body["errors"][0], "message").len() > 15);
    }
    let before = ask("from: \"2020-01-01\", to: \"2020-12-31\", interval: DAY").await;
    assert_eq!(before.data()["countSeries"], json!([]), "gaps are no zeros");
    let ahead = ask("from: \"2026-03-02\", to: \"2026-12-31\", interval: WEEK").await;
    assert_eq!(ahead.data()["countSeries"].as_array().unwrap().len(), 1);
    let decades = ask("from: \"1990-01-01\", to: \"2026-12-31\", interval: MONTH").await;
    assert_eq!(decades.data()["countSeries"].as_array().unwrap().len(), 1);
}
