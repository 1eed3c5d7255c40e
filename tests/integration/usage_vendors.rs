//! Usage of all vendors together is the sum of each; what can't be told is refused in a sentence; an answer costs a fixed
//! number of statements.

use domain::{usage::Scope, vendor::Vendor};
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

use crate::usage_oracle::{Asked, Oracle, ask};

async fn refusal(world: &World, vendor: Option<&str>, (from, to): (&str, &str)) -> Value {
    let query = "query($vendor: VendorName, $from: Date!, $to: Date!) {
        usageChanges(vendor: $vendor, from: $from, to: $to) { unchanged } }";
    let answer = world.graphql.ask(query, json!({ "vendor": vendor, "from": from, "to": to })).await;
    answer.error_code();
    answer.body["errors"][0].clone()
}

#[rstest]
#[tokio::test]
async fn all_vendors_together_are_the_sum_of_each(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let plan = FleetPlan { organizations: 8, ninja_devices: 120, threatlocker_devices: 90, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 6, 13] {
        world.night(night).await;
    }
    let oracle = Oracle::read(&world).await;
    let (from, to) = (world.day(0), world.day(13));
    let asked = |vendor| Asked { vendor, from, to, scope: Scope::default() };
    let all = oracle.check(&world, &asked(None)).await;
    let each = [
        oracle.check(&world, &asked(Some(Vendor::Ninja))).await,
        ask(&world, &asked(Some(Vendor::ThreatLocker))).await,
    ];
    assert_eq!(all.unchanged, each[0].unchanged + each[1].unchanged);
    for column in 0..all.total.len() {
        assert_eq!(all.total[column], each[0].total[column] + each[1].total[column], "column {column}");
    }
    assert_eq!(all.changes.len(), each[0].changes.len() + each[1].changes.len());
    assert!(each.iter().all(|one| one.changes.len() > 1), "both vendors change in two weeks");
}

#[rstest]
#[tokio::test]
async fn a_refusal_names_the_vendor_the_reason_and_the_nearest_days(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let nothing = refusal(&world, None, ("2026-02-01", "2026-02-02")).await;
    assert_eq!(
        (&nothing["extensions"]["code"], &nothing["extensions"]["nearestDates"]),
        (&json!("NO_DATA"), &json!([]))
    );
    world.night(0).await;
    world.night(2).await;
    world.move_to(4);
    world.collect(&[Vendor::Ninja], false).await;
    for (vendor, window, sentence, nearest) in [
        (
            None,
            ("2026-03-02", "2026-03-06"),
            "no complete snapshot of ThreatLocker is stored for 2026-03-06",
            vec!["2026-03-04"],
        ),
        (
            Some("NINJA"),
            ("2026-03-03", "2026-03-06"),
            "no complete snapshot of Ninja is stored for 2026-03-03",
            vec!["2026-03-02", "2026-03-04"],
        ),
        (Some("NINJA"), ("2026-03-02", "2026-03-07"), "2026-03-07 is a day to come", vec!["2026-03-06"]),
        (Some("THREATLOCKER"), ("2026-03-07", "2026-03-08"), "2026-03-07 is a day to come", vec!["2026-03-04"]),
    ] {
        let error = refusal(&world, vendor, window).await;
        assert_eq!(error["extensions"]["code"], "NO_DATA", "{window:?}");
        assert!(text(&error, "message").starts_with(sentence), "{error:#}");
        assert_eq!(error["extensions"]["nearestDates"], json!(nearest), "{window:?}");
    }
    for window in [("2026-03-04", "2026-03-02"), ("2026-03-02", "2026-03-02"), ("2027-03-02", "2027-03-01")] {
        assert_eq!(refusal(&world, None, window).await["extensions"]["code"], "BAD_USER_INPUT", "{window:?}");
    }
    let told = world
        .graphql
        .query(r#"{ usageChanges(from: "2026-03-02", to: "2026-03-04") { vendor totals { start } } }"#)
        .await;
    assert_eq!(told["usageChanges"]["vendor"], Value::Null);
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_was_never_stored_is_none_of_all(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for night in [0, 1] {
        world.move_to(night);
        world.collect(&[Vendor::Ninja], false).await;
    }
    let query = |vendor: &str| {
        format!(
            r#"{{ usageChanges({vendor} from: "2026-03-02", to: "2026-03-03") {{ unchanged totals {{ start end }} }} }}"#
        )
    };
    let all = world.graphql.query(&query("")).await;
    assert_eq!(all, world.graphql.query(&query("vendor: NINJA,")).await);
}

#[rstest]
#[tokio::test]
async fn an_answer_costs_as_many_statements_whatever_changed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 8, ninja_devices: 150, threatlocker_devices: 100, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    for night in [0, 1, 2, 12, 25] {
        world.night(night).await;
    }
    let statements = async |vendor: &str, to: u64, shown: &str| {
        world.take_statements();
        let query =
            format!(r#"{{ usageChanges({vendor} from: "{}", to: "{}") {{ {shown} }} }}"#, world.day(0), world.day(to));
        world.graphql.query(&query).await;
        let all = world.take_statements();
        let reads = all.into_iter().filter(|sql| sql.contains("SELECT"));
        reads.collect::<Vec<_>>()
    };
    let summary = "unchanged totals { start } byOrganization { nodes { totals { end } } }";
    let page = "changes(first: 50) { nodes { kind date hostname vendorDeviceKey fromBilling } }";
    let named =
        "changes(first: 50) { totalCount nodes { hostname fromOrganization { name } toOrganization { name } } }";
    for vendor in ["vendor: NINJA,", "vendor: THREATLOCKER,", ""] {
        // Which vendors there are is asked for when none is named.
        let more = usize::from(vendor.is_empty());
        for to in [1, 2, 12, 25] {
            for (shown, expected) in [(summary.to_owned(), 3), (format!("{summary} {page}"), 4)] {
                let sql = statements(vendor, to, &shown).await;
                assert_eq!(sql.len(), expected + more, "{vendor} {to} {shown}: {sql:#?}");
            }
        }
        let sql = statements(vendor, 25, &format!("{summary} {named}")).await;
        assert_eq!(sql.len(), 6 + more, "the books, the page, its total, the clients: {sql:#?}");
    }
}
