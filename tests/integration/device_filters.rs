//! Filters and orders of `devices` give the rows that they name, no more and no fewer.

use std::collections::BTreeSet;

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::Value;

const SHOWN: &str = "id hostname deviceType billing present firstSeen lastSeen organization { id name }
    sources { vendor present }";

type Rule = Box<dyn Fn(&Value) -> bool>;
type Key = fn(&Value) -> String;

/// Three nights of a living fleet, so that devices have come and gone.
async fn three_nights(backend: Backend) -> World {
    let plan =
        simulator::FleetPlan { organizations: 8, ninja_devices: 220, threatlocker_devices: 150, ..Default::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 4, 9] {
        world.night(night).await;
    }
    world
}

fn canonical(device: &Value) -> String {
    text(device, "hostname").split(['|', '.']).next().unwrap_or_default().trim().to_lowercase()
}

fn is_of(device: &Value, vendor: &str) -> bool {
    let sources = device["sources"].as_array().unwrap().iter().filter(|source| source["vendor"] == vendor);
    let gone = device["present"] == false;
    sources.into_iter().any(|source| gone || source["present"] == true)
}

/// Filters as text, each with what it means.
fn cases(some: &Value) -> Vec<(String, Rule)> {
    let name = canonical(some);
    let organization = text(&some["organization"], "id").to_owned();
    let (start, middle) = (name[..4].to_owned(), name[2..6].to_owned());
    let case = |filter: String, rule: Rule| (filter, rule);
    let is = |field: &'static str, value: &'static str| -> Rule { Box::new(move |it| it[field] == value) };
    let named = |name: &str| -> Rule {
        let name = name.to_owned();
        Box::new(move |it| canonical(it) == name)
    };
    vec![
        case(format!(r#"hostname: {{ eq: "{}.some.domain" }}"#, name.to_uppercase()), named(&name)),
        case(format!(r#"hostname: {{ in: ["{name}", "nobody", "{name}"] }}"#), named(&name)),
        case(r"hostname: { in: [] }".into(), Box::new(|_| false)),
        case(format!(r#"hostname: {{ startsWith: "{}" }}"#, start.to_uppercase()), {
            let start = start.clone();
            Box::new(move |it| canonical(it).starts_with(&start))
        }),
        case(format!(r#"hostname: {{ contains: "{middle}" }}"#), {
            let middle = middle.clone();
            Box::new(move |it| canonical(it).contains(&middle))
        }),
        case(format!(r#"hostname: {{ startsWith: "{start}", contains: "0" }}"#), {
            let start = start.clone();
            Box::new(move |it| canonical(it).starts_with(&start) && canonical(it).contains('0'))
        }),
        case(format!(r#"organization: {{ eq: "{organization}" }}"#), {
            let id = organization.clone();
            Box::new(move |it| it["organization"]["id"] == id.as_str())
        }),
        case(format!(r#"not: {{ organization: {{ eq: "{organization}" }} }}"#), {
            let id = organization.clone();
            Box::new(move |it| it["organization"]["id"] != id.as_str())
        }),
        case(r"organization: { isNull: true }".into(), Box::new(|it| it["organization"].is_null())),
        case(r"vendor: { eq: THREATLOCKER }".into(), Box::new(|it| is_of(it, "THREATLOCKER"))),
        case(r"not: { vendor: { eq: THREATLOCKER } }".into(), Box::new(|it| !is_of(it, "THREATLOCKER"))),
        case(
            r"vendor: { in: [NINJA, THREATLOCKER] }".into(),
            Box::new(|it| is_of(it, "NINJA") || is_of(it, "THREATLOCKER")),
        ),
        case(r"billing: { eq: SPARE }".into(), is("billing", "SPARE")),
        case(r"billing: { isNull: true }".into(), Box::new(|it| it["billing"].is_null())),
        case(r"not: { billing: { eq: BILLABLE } }".into(), Box::new(|it| it["billing"] != "BILLABLE")),
        case(
            r"deviceType: { in: [SERVER, NETWORK] }".into(),
            Box::new(|it| it["deviceType"] == "SERVER" || it["deviceType"] == "NETWORK"),
        ),
        case(r"deviceType: { in: [SERVER, NETWORK], eq: SERVER }".into(), is("deviceType", "SERVER")),
        case(r#"firstSeen: { eq: "2026-03-02" }"#.into(), is("firstSeen", "2026-03-02")),
        case(r#"firstSeen: { gte: "2026-03-03", lte: "2026-03-07" }"#.into(), is("firstSeen", "2026-03-06")),
        case(
            r#"not: { firstSeen: { lte: "2026-03-05" } }"#.into(),
            Box::new(|it| text(it, "firstSeen") > "2026-03-05"),
        ),
        case(
            r#"lastSeen: { in: ["2026-03-02", "2026-03-06"] }"#.into(),
            Box::new(|it| text(it, "lastSeen") < "2026-03-11"),
        ),
        case(
            r"or: [{ billing: { eq: SPARE } }, { deviceType: { eq: SERVER } }]".into(),
            Box::new(|it| it["billing"] == "SPARE" || it["deviceType"] == "SERVER"),
        ),
        case(
            r"and: [{ billing: { eq: SPARE } }, { not: { deviceType: { eq: VIRTUAL_GUEST } } }]".into(),
            Box::new(|it| it["billing"] == "SPARE" && it["deviceType"] != "VIRTUAL_GUEST"),
        ),
        case(r"or: []".into(), Box::new(|_| false)),
        case(r"and: []".into(), Box::new(|_| true)),
        case(r"not: {}".into(), Box::new(|_| false)),
    ]
}

#[rstest]
#[tokio::test]
async fn each_filter_finds_exactly_the_devices_it_means(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = three_nights(backend).await;
    let all = world.graphql.every("devices", "filter: { presence: ANY }", SHOWN).await;
    assert!(all.iter().any(|device| device["present"] == false), "nobody left the fleet");
    let some = all.iter().find(|device| text(device, "hostname").len() > 8 && is_of(device, "THREATLOCKER")).unwrap();
    for (filter, rule) in cases(some) {
        let expected: BTreeSet<&str> = all.iter().filter(|it| rule(it)).map(|it| text(it, "id")).collect();
        let arguments = format!("filter: {{ presence: ANY, {filter} }}");
        let found = world.graphql.every("devices", &arguments, "id").await;
        let ids: BTreeSet<&str> = found.iter().map(|it| text(it, "id")).collect();
        assert_eq!(ids, expected, "{filter}");
        assert_eq!(ids.len(), found.len(), "{filter} repeats rows");
        let count = world.graphql.query(&format!("{{ devices(first: 1, {arguments}) {{ totalCount }} }}")).await;
        assert_eq!(count["devices"]["totalCount"], expected.len(), "{filter}");
    }
}

#[rstest]
#[tokio::test]
async fn presence_is_asked_for_only_where_a_filter_does_not_mention_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = three_nights(backend).await;
    let count = async |filter: &str| {
        let rows = world.graphql.every("devices", &format!("filter: {{ {filter} }}"), "id present").await;
        (rows.len(), rows.iter().filter(|row| row["present"] == true).count())
    };
    let (any, present) = count("presence: ANY").await;
    let gone = any - present;
    assert!(gone > 0 && present > 0);
    assert_eq!(count("").await, (present, present));
    assert_eq!(count("presence: GONE").await, (gone, 0));
    assert_eq!(count("not: { presence: GONE }").await, (present, present));
    assert_eq!(count("or: [{ presence: GONE }, { presence: PRESENT }]").await, (any, present));
    assert_eq!(count(r#"and: [{ not: { presence: PRESENT } }], firstSeen: { gte: "2026-01-01" }"#).await, (gone, 0));
}

#[rstest]
#[tokio::test]
async fn devices_come_in_the_order_that_was_asked_for(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = three_nights(backend).await;
    let keys: [(&str, Key); 3] = [
        ("HOSTNAME", canonical),
        ("FIRST_SEEN", |it| text(it, "firstSeen").to_owned()),
        ("LAST_SEEN", |it| text(it, "lastSeen").to_owned()),
    ];
    for (field, key) in keys {
        let order = |direction: &str| format!("filter: {{ presence: ANY }}, orderBy: {{ field: {field} {direction} }}");
        let up = world.graphql.every("devices", &order(""), SHOWN).await;
        let mut down = world.graphql.every("devices", &order("direction: DESC"), SHOWN).await;
        assert!(up.iter().map(key).is_sorted(), "{field}");
        down.reverse();
        assert_eq!(up, down, "{field} the other way round is the same list from its end");
    }
    let unsaid = world.graphql.every("devices", "", SHOWN).await;
    assert!(unsaid.iter().map(canonical).is_sorted(), "by host name when nothing is said");
}
