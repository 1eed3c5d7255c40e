//! A file says what it is: how final its numbers are, of which days and of whom.

use harness::{Backend, Line, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const MARCH_31: u64 = 29;

async fn march(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    world.night(0).await;
    world.night(MARCH_31).await;
    world
}

async fn name_of(world: &World, file: &str, parameters: &[(&str, &str)]) -> String {
    let answer = world.graphql.download(file, parameters).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.text());
    let header = answer.header("content-disposition");
    header.trim_start_matches("attachment; filename=\"inventory-hub-").trim_end_matches('"').to_owned()
}

/// The workbook's sheets, of which the last says what the others are.
async fn about(world: &World) -> Line {
    let sheets = world.graphql.xlsx("billing", &[("month", "2026-03")]).await;
    let names: Vec<&str> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["Lines", "Changes", "Adjustments", "About"]);
    assert_eq!(sheets[3].1.len(), 1);
    let csv = world.graphql.csv("billing", &[("month", "2026-03"), ("table", "about")]).await;
    assert_eq!(csv, sheets[3].1, "CSV has it as a table");
    csv[0].clone()
}

fn cells(line: &Line, headings: &[&str]) -> Vec<String> {
    headings.iter().map(|heading| line[*heading].clone()).collect()
}

#[rstest]
#[tokio::test]
async fn a_bill_says_how_final_it_is_in_its_name_in_every_line_and_on_a_sheet_of_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = march(backend).await;
    let month = [("month", "2026-03")];
    for (status, word) in [("PROVISIONAL", "provisional"), ("OPEN", "open"), ("CLOSED", "closed")] {
        match status {
            "OPEN" => world.move_to(MARCH_31 + 1),
            "CLOSED" => {
                let payload = world.graphql.close_month(json!({ "month": "2026-03" })).await;
                assert_eq!(payload["closed"], true, "{payload:#}");
            }
            _ => {}
        }
        let report = world.graphql.bill("2026-03").await;
        for ending in ["csv", "xlsx"] {
            let name = name_of(&world, &format!("billing.{ending}"), &month).await;
            assert_eq!(name, format!("billing-{word}-2026-03.{ending}"));
        }
        let lines = world.graphql.csv("billing", &month).await;
        assert!(!lines.is_empty());
        for line in lines {
            assert_eq!(cells(&line, &["Month", "Status"]), ["2026-03", status]);
        }
        let about = about(&world).await;
        let closing = &report["closing"];
        let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let hash = closing["contentHash"].as_str().unwrap_or_default();
        let expected = [
            status,
            "2026-03-31",
            "2026-03-31",
            "2026-03-02",
            "2026-03-31",
            &shown(&report["totals"]["endpoints"]),
            &shown(&report["totals"]["seats"]),
            hash,
            if status == "CLOSED" { "true" } else { "" },
            if status == "CLOSED" { "true" } else { "false" },
        ];
        let headings = [
            "Status",
            "Date",
            "ThreatLocker date",
            "Counted from",
            "Counted to",
            "Endpoints",
            "Seats",
            "Content hash",
            "Verified",
            "Changes frozen",
        ];
        assert_eq!(cells(&about, &headings), expected);
        let missing = report["missingDays"].as_array().unwrap();
        assert_eq!(about["Missing days"].split("; ").count(), missing.len());
    }
}

#[rstest]
#[tokio::test]
async fn what_a_bill_lacks_and_was_closed_over_is_in_its_file(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(30, 20) }).start().await;
    world.night(0).await;
    world.night(MARCH_31 - 1).await;
    world.move_to(MARCH_31 + 1);
    let forced = json!({ "month": "2026-03", "force": true, "reason": "the night failed" });
    assert_eq!(world.graphql.close_month(forced).await["closed"], true);
    let (about, report) = (about(&world).await, world.graphql.bill("2026-03").await);
    let gaps: Vec<&str> = report["gaps"].as_array().unwrap().iter().map(|gap| text(gap, "message")).collect();
    assert_eq!((gaps.len(), about["Gaps"].as_str()), (2, gaps.join("; ").as_str()));
    assert_eq!(about["Forced because"], "the night failed");
}

#[rstest]
#[tokio::test]
async fn a_file_of_one_organization_has_its_name(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = march(backend).await;
    let clients = world.graphql.every("organizations", "", "id name").await;
    let (id, name) = (text(&clients[0], "id"), text(&clients[0], "name"));
    let word: String =
        name.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    let organization = ("organizationId", id);
    let billing = name_of(&world, "billing.csv", &[("month", "2026-03"), organization]).await;
    assert_eq!(billing, format!("billing-{word}-provisional-2026-03.csv"));
    let days = [("from", "2026-03-02"), ("to", "2026-03-31"), organization];
    let usage = name_of(&world, "usage-changes.xlsx", &days).await;
    assert_eq!(usage, format!("usage-changes-{word}-2026-03-02-to-2026-03-31.xlsx"));
    let table = [("month", "2026-03"), ("table", "")];
    assert_eq!(
        name_of(&world, "billing.csv", &table).await,
        "billing-provisional-2026-03.csv",
        "no table is the first"
    );
    world.move_to(MARCH_31 + 3);
    let windows11 = name_of(&world, "windows11.csv", &[organization]).await;
    assert_eq!(windows11, format!("windows11-{word}-2026-03-31.csv"), "it is of the latest stored day");
}
