//! Closing a month: what was billed stays, for ever; what turns out to be wrong is corrected once, with a later month.

use domain::vendor::Vendor;
use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;
const APRIL_30: u64 = 59;
const MAY_31: u64 = 90;

fn nodes<'a>(object: &'a Value, list: &str) -> &'a Vec<Value> {
    object[list]["nodes"].as_array().unwrap()
}

fn codes(payload: &Value) -> Vec<&str> {
    payload["userErrors"].as_array().unwrap().iter().map(|error| text(error, "code")).collect()
}

/// A plain fleet in few organizations, whose first and last days of March are stored.
async fn march(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    world.night(0).await;
    world.night(MARCH_31).await;
    world.move_to(30);
    world
}

async fn close(world: &World, month: &str) -> Value {
    let payload = world.graphql.close_month(json!({ "month": month })).await;
    assert_eq!((&payload["closed"], codes(&payload).len()), (&json!(true), 0), "{month}: {payload:#}");
    payload["report"].clone()
}

/// A workstation that is billed.
fn billed_device(world: &World) -> i64 {
    let plain = |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
    world.simulator.view(|vendors| vendors.ninja_devices().iter().find(plain).unwrap()["id"].as_i64().unwrap())
}

/// Collects Ninja's list of a past day again, now without the device.
async fn recollect_without(world: &World, device: i64, day: u64) {
    world.move_to(day);
    world.simulator.edit(|vendors| vendors.ninja_device(device).remove());
    world.collect(&[Vendor::Ninja], false).await;
}

/// Of a report all that is billed.
fn as_billed(report: &Value) -> Value {
    let mut billed = report.clone();
    for live in ["live", "differences"] {
        billed.as_object_mut().unwrap().remove(live);
    }
    billed
}

fn adjusted(report: &Value) -> Vec<(&str, i64, i64)> {
    let rows = nodes(report, "adjustments").iter();
    rows.map(|row| (text(row, "month"), row["endpoints"].as_i64().unwrap(), row["seats"].as_i64().unwrap())).collect()
}

#[rstest]
#[tokio::test]
async fn a_closed_month_is_what_was_billed_and_anyone_can_verify_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let open = world.graphql.bill("2026-03").await;
    let report = close(&world, "2026-03").await;
    assert_eq!(text(&report, "status"), "CLOSED");
    for field in
        ["totals", "lines", "date", "threatlockerDate", "gaps", "missingDays", "changes", "adjustments", "leftOut"]
    {
        assert_eq!(report[field], open[field], "{field}");
    }
    let closing = &report["closing"];
    assert_eq!((text(closing, "closedBy"), &closing["forcedReason"]), ("local operator", &Value::Null));
    let content = text(closing, "content");
    let digest = Sha256::digest(content.as_bytes());
    let hash = digest.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
    assert_eq!(text(closing, "contentHash"), hash);
    let content: Value = serde_json::from_str(content).unwrap();
    assert_eq!(content["changes"].as_array().unwrap().len(), nodes(&open, "changes").len());
    assert_eq!((&content["month"], &content["countedOn"]), (&json!("2026-03"), &json!("2026-03-31")));
    assert_eq!(content["total"], json!({ "endpoints": open["totals"]["endpoints"], "seats": open["totals"]["seats"] }));
    let lines = content["lines"].as_array().unwrap();
    assert_eq!(lines.len(), nodes(&open, "lines").len());
    for (frozen, line) in lines.iter().zip(nodes(&open, "lines")) {
        assert_eq!(frozen["name"], line["name"]);
        assert_eq!(frozen["end"], json!({ "endpoints": line["endpoints"], "seats": line["seats"] }));
        for column in ["start", "highest", "added", "removed", "exceptions", "otherEndpoints", "unexplained"] {
            assert_eq!(frozen[column], line[column], "{column}");
        }
        assert_eq!(frozen["threatlocker"], line["threatlockerDevices"]);
    }
    let again = world.graphql.bill("2026-03").await;
    assert_eq!(again, report, "read again it is the same, what it counts now and the hash included");
    assert_eq!(nodes(&again, "differences").len(), 0);
    assert_eq!(
        (&closing["format"], &closing["verified"], &again["changesFrozen"]),
        (&json!(2), &json!(true), &json!(true))
    );
    assert_eq!(again["live"]["status"], "OPEN");
}

#[rstest]
#[tokio::test]
async fn closing_twice_says_by_whom_and_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let report = close(&world, "2026-03").await;
    world.clock.advance(std::time::Duration::from_hours(5));
    for input in [json!({ "month": "2026-03" }), json!({ "month": "2026-03", "force": true, "reason": "again" })] {
        let payload = world.graphql.close_month(input).await;
        assert_eq!((codes(&payload), &payload["closed"]), (vec!["ALREADY_CLOSED"], &json!(false)));
        let message = text(&payload["userErrors"][0], "message").to_owned();
        assert!(
            message.contains("2026-03 was closed on 2026-04-01T") && message.contains("local operator"),
            "{message}"
        );
        assert_eq!(payload["report"], report);
    }
}

#[rstest]
#[tokio::test]
async fn a_month_that_is_not_over_or_has_no_day_is_never_closed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    world.move_to(MARCH_31);
    for (month, code) in [("2026-03", "MONTH_NOT_OVER"), ("2026-09", "MONTH_NOT_OVER"), ("2026-02", "NO_DATA")] {
        for input in [json!({ "month": month }), json!({ "month": month, "force": true, "reason": "because" })] {
            let payload = world.graphql.close_month(input).await;
            assert_eq!((codes(&payload), &payload["closed"]), (vec![code], &json!(false)), "{month}");
            assert_eq!(payload["userErrors"][0]["field"], json!(["input", "month"]));
        }
    }
    assert_eq!(text(&world.graphql.bill("2026-03").await, "status"), "PROVISIONAL");
    world.move_to(30);
    for input in [
        json!({ "month": "2026-03", "force": true }),
        json!({ "month": "2026-03", "force": true, "reason": " \n " }),
        json!({ "month": "2026-03", "force": true, "reason": "a\u{0}b" }),
        json!({ "month": "2026-03", "force": true, "reason": "é".repeat(2001) }),
        json!({ "month": "2026-03", "reason": "without force" }),
    ] {
        let payload = world.graphql.close_month(input).await;
        assert_eq!(
            (codes(&payload), &payload["userErrors"][0]["field"]),
            (vec!["BAD_INPUT"], &json!(["input", "reason"]))
        );
    }
    assert_eq!(text(&world.graphql.bill("2026-03").await, "status"), "OPEN");
}

#[rstest]
#[tokio::test]
async fn what_is_lacking_is_listed_and_frozen_when_a_person_closes_over_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    let site = world.simulator.view(|vendors| vendors.threatlocker_organizations()[0].clone());
    let key = site["organizationId"].as_str().unwrap().to_owned();
    world.night(0).await;
    world.night(28).await;
    let sites =
        world.graphql.every("vendorOrganizations", "filter: { vendor: { eq: THREATLOCKER } }", "vendorSiteKey").await;
    assert!(sites.iter().any(|row| row["vendorSiteKey"] == key.as_str()), "{site:#} {sites:#?}");
    let alias = |name: &str| {
        let query = "mutation($key: String!, $name: String!) { setOrganizationAlias(input: {
            vendor: THREATLOCKER, vendorSiteKey: $key, name: $name }) { changed userErrors { message } } }";
        world.graphql.ask(query, json!({ "key": key, "name": name }))
    };
    assert_eq!(alias("Nobody at Ninja").await.data()["setOrganizationAlias"]["changed"], true);
    world.move_to(30);
    let payload = world.graphql.close_month(json!({ "month": "2026-03" })).await;
    assert_eq!(codes(&payload), ["UNMAPPED_ORGANIZATIONS", "MISSING_DAY"]);
    assert_eq!((&payload["closed"], text(&payload["report"], "status")), (&json!(false), "OPEN"));
    let gaps = payload["gaps"].as_array().unwrap();
    assert_eq!(gaps.len(), 3, "{gaps:#?}");
    assert_eq!((text(&gaps[0], "kind"), text(&gaps[0], "vendorSiteKey")), ("UNMAPPED_ORGANIZATION", key.as_str()));
    assert!(gaps[0]["devices"].as_i64().unwrap() > 0 && gaps[0]["date"].is_null());
    assert_eq!(text(&gaps[0], "client"), "Nobody at Ninja");
    let sentence = text(&gaps[0], "message");
    assert!(sentence.ends_with("and its client `Nobody at Ninja` is nobody at Ninja"), "{sentence}");
    let missing = json!({
        "kind": "MISSING_DAY", "vendor": "NINJA", "date": "2026-03-31", "vendorSiteKey": null, "name": null, "client": null,
        "devices": null,
        "message": "2026-03-31 has no complete collection of Ninja, and it is the day that is billed by",
    });
    assert_eq!(gaps[1], missing);
    assert_eq!((text(&gaps[2], "kind"), text(&gaps[2], "vendor")), ("MISSING_DAY", "THREATLOCKER"));
    assert_eq!(world.graphql.bill("2026-03").await["gaps"], payload["gaps"]);
    let forced = json!({ "month": "2026-03", "force": true, "reason": " The client has \"left\" 🦀 \n" });
    let payload = world.graphql.close_month(forced).await;
    assert_eq!((&payload["closed"], codes(&payload).len()), (&json!(true), 0));
    let report = &payload["report"];
    assert_eq!(text(&report["closing"], "forcedReason"), "The client has \"left\" 🦀");
    assert_eq!((&report["gaps"], text(report, "date")), (&json!(gaps), "2026-03-30"));
    // Mapped later, and the day collected late: the closed month still says what it was closed over.
    let name = world.graphql.every("organizations", "", "name").await[0]["name"].clone();
    alias(name.as_str().unwrap()).await.data();
    world.night(MARCH_31).await;
    world.move_to(30);
    let later = world.graphql.bill("2026-03").await;
    assert_eq!(as_billed(&later), as_billed(report));
    assert_eq!((&later["live"]["gaps"], text(&later["live"], "date")), (&json!([]), "2026-03-31"));
}

#[rstest]
#[tokio::test]
async fn mapping_its_organizations_and_nothing_else_lets_a_month_close(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 9, ninja_devices: 160, threatlocker_devices: 120, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).start().await;
    world.night(MARCH_31).await;
    world.move_to(30);
    let refused = world.graphql.close_month(json!({ "month": "2026-03" })).await;
    assert_eq!(codes(&refused), ["UNMAPPED_ORGANIZATIONS"]);
    for gap in refused["gaps"].as_array().unwrap() {
        let client = world.graphql.every("organizations", "", "name").await[0]["name"].clone();
        let query = "mutation($input: SetOrganizationAliasInput!) { setOrganizationAlias(input: $input) {
            changed userErrors { message } } }";
        let input = json!({ "vendor": gap["vendor"], "vendorSiteKey": gap["vendorSiteKey"], "name": client });
        assert_eq!(
            world.graphql.ask(query, json!({ "input": input })).await.data()["setOrganizationAlias"]["changed"],
            true
        );
    }
    assert_eq!(close(&world, "2026-03").await["gaps"], json!([]));
}

#[rstest]
#[tokio::test]
async fn a_later_correction_is_adjusted_once_with_the_next_closed_month(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let (march, device) = (close(&world, "2026-03").await, billed_device(&world));
    for night in [30, APRIL_30, 60, MAY_31] {
        world.night(night).await;
    }
    assert_eq!(adjusted(&world.graphql.bill("2026-04").await), []);
    recollect_without(&world, device, MARCH_31).await;
    world.move_to(MAY_31 + 1);
    let wrong = world.graphql.bill("2026-03").await;
    assert_eq!(as_billed(&wrong), as_billed(&march), "as billed, whatever is known now");
    let differences = nodes(&wrong, "differences");
    assert_eq!(
        (differences.len(), &differences[0]["endpoints"], &differences[0]["seats"]),
        (1, &json!(-1), &json!(-1))
    );
    let shown = |side: &str| differences[0][side]["endpoints"].as_i64().unwrap();
    assert_eq!(shown("asBilled") - 1, shown("live"));
    assert_eq!(
        wrong["live"]["totals"]["endpoints"].as_i64().unwrap() + 1,
        march["totals"]["endpoints"].as_i64().unwrap()
    );
    // Both open months after it would bill the correction; the one that is closed first does.
    for month in ["2026-04", "2026-05"] {
        assert_eq!(adjusted(&world.graphql.bill(month).await), [("2026-03", -1, -1)], "{month}");
    }
    let april = close(&world, "2026-04").await;
    assert_eq!(adjusted(&april), [("2026-03", -1, -1)]);
    assert_eq!(nodes(&april, "adjustments")[0]["name"], differences[0]["asBilled"]["name"]);
    let table = [("month", "2026-04"), ("table", "adjustments")];
    let exported = world.graphql.csv("billing", &table).await;
    let cells: Vec<&str> =
        ["Month corrected", "Organization", "Endpoints", "Seats"].map(|it| exported[0][it].as_str()).to_vec();
    let name = differences[0]["asBilled"]["name"].as_str().unwrap();
    assert_eq!((exported.len(), cells), (1, vec!["2026-03", name, "-1", "-1"]));
    assert_eq!(world.graphql.xlsx("billing", &[("month", "2026-04")]).await[2].1, exported);
    assert_eq!(adjusted(&world.graphql.bill("2026-05").await), [], "nothing is adjusted twice");
    // The day turns out otherwise once more: two devices fewer than billed, one of them corrected already.
    recollect_without(&world, billed_device(&world), MARCH_31).await;
    world.move_to(MAY_31 + 1);
    assert_eq!(adjusted(&world.graphql.bill("2026-05").await), [("2026-03", -1, -1)], "only the rest");
    assert_eq!(adjusted(&world.graphql.bill("2026-04").await), [("2026-03", -1, -1)], "as billed with April");
    let may = close(&world, "2026-05").await;
    assert_eq!(adjusted(&may), [("2026-03", -1, -1)]);
    // After the days themselves are gone, everything is still as it was billed.
    world.drop_days(&[world.day(MARCH_31), world.day(APRIL_30)]).await;
    for (month, report) in [("2026-03", &march), ("2026-04", &april), ("2026-05", &may)] {
        assert_eq!(as_billed(&world.graphql.bill(month).await), as_billed(report), "{month}");
    }
    // And when a month can't be counted any more, nothing is corrected by accident.
    world.run_sql("DELETE FROM month_end_counts WHERE month_end_date = '2026-03-31'").await.unwrap();
    world.night(MAY_31 + 1).await;
    assert_eq!(adjusted(&world.graphql.bill("2026-06").await), []);
    let uncountable = world.graphql.bill("2026-03").await;
    assert_eq!(as_billed(&uncountable), as_billed(&march));
    assert_eq!((&uncountable["live"], nodes(&uncountable, "differences").len()), (&Value::Null, 0));
}

#[rstest]
#[tokio::test]
async fn an_alias_that_is_set_later_moves_what_was_billed_from_one_client_to_the_other(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let march = close(&world, "2026-03").await;
    let billed: Vec<&Value> = nodes(&march, "lines").iter().filter(|line| line["endpoints"] != 0).collect();
    let (from, to) = (billed[0], billed[1]);
    let filter = format!("filter: {{ vendor: {{ eq: NINJA }}, name: {{ eq: {} }} }}", from["name"]);
    let key = world.graphql.every("vendorOrganizations", &filter, "vendorSiteKey").await[0]["vendorSiteKey"].clone();
    let query = "mutation($input: SetOrganizationAliasInput!) { setOrganizationAlias(input: $input) { changed } }";
    let input = json!({ "vendor": "NINJA", "vendorSiteKey": key, "organizationId": to["organization"]["id"] });
    assert_eq!(
        world.graphql.ask(query, json!({ "input": input })).await.data()["setOrganizationAlias"]["changed"],
        true
    );
    world.night(31).await;
    let april = world.graphql.bill("2026-04").await;
    let number = |row: &Value, field: &str| row[field].as_i64().unwrap();
    let told: Vec<(&str, i64, i64)> = nodes(&april, "adjustments")
        .iter()
        .map(|row| (text(row, "name"), number(row, "endpoints"), number(row, "seats")))
        .collect();
    let (endpoints, seats) = (number(from, "endpoints"), number(from, "seats"));
    let expected = [(text(from, "name"), -endpoints, -seats), (text(to, "name"), endpoints, seats)];
    assert_eq!(told, expected);
    assert_eq!(as_billed(&world.graphql.bill("2026-03").await), as_billed(&march));
}

#[rstest]
#[tokio::test]
async fn of_two_who_close_a_month_at_once_one_does_and_the_other_is_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let other = world.another_server(|_, _| {}).await;
    let order = || server::inventory::billing::CloseOrder {
        month: "2026-03".parse().unwrap(),
        forced_reason: None,
        actor: "Ben".to_owned(),
    };
    let input = || json!({ "month": "2026-03" });
    let (one, two, three) = tokio::join!(
        world.graphql.close_month(input()),
        world.graphql.close_month(input()),
        other.close_month(order())
    );
    let mut closed: Vec<bool> = [&one, &two].iter().map(|payload| payload["closed"] == true).collect();
    closed.push(matches!(three.unwrap(), server::inventory::billing::CloseOutcome::Closed(_)));
    assert_eq!(closed.iter().filter(|closed| **closed).count(), 1, "{one:#} {two:#}");
    let report = world.graphql.bill("2026-03").await;
    let by = text(&report["closing"], "closedBy");
    assert_eq!(by, if closed[2] { "Ben" } else { "local operator" });
    for payload in [&one, &two].into_iter().filter(|payload| payload["closed"] != true) {
        assert_eq!(codes(payload), ["ALREADY_CLOSED"]);
        assert!(text(&payload["userErrors"][0], "message").ends_with(&format!("by {by}")));
        assert_eq!(payload["report"], report);
    }
}

#[rstest]
#[tokio::test]
async fn no_statement_changes_what_was_billed(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = march(backend).await;
    let device = billed_device(&world);
    close(&world, "2026-03").await;
    recollect_without(&world, device, MARCH_31).await;
    let leaver = billed_device(&world);
    world.simulator.edit(|vendors| vendors.ninja_device(leaver).remove());
    world.night(APRIL_30).await;
    world.move_to(60);
    let april = close(&world, "2026-04").await;
    assert_eq!((adjusted(&april).len(), nodes(&april, "changes").len()), (1, 1));
    let before = world.graphql.bill("2026-03").await;
    let mut statements = vec![
        "UPDATE closed_month SET closed_by = 'somebody else'",
        "UPDATE closed_month_line SET endpoints = endpoints + 1",
        "UPDATE closed_month_adjustment SET endpoints = 0",
        "DELETE FROM closed_month_adjustment",
        "UPDATE closed_month_change SET hostname = 'another'",
        "DELETE FROM closed_month_change",
        "DELETE FROM closed_month_line WHERE position = 0",
        "DELETE FROM closed_month WHERE month = '2026-03'",
    ];
    if backend == Backend::Postgres {
        statements.push("TRUNCATE closed_month CASCADE");
    }
    for statement in statements {
        let refused = world.run_sql(statement).await.unwrap_err().to_string();
        assert!(refused.contains("a closed month stays as it was billed"), "{statement}: {refused}");
    }
    assert_eq!(world.graphql.bill("2026-03").await, before);
    assert_eq!(world.graphql.bill("2026-04").await, april);
}
