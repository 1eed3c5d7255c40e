//! Windows 11 24H2 readiness: judged when a day is stored, counted and listed alike, and never erased.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    vendor::Vendor,
    windows11::{Requirement, Verdict},
};
use harness::{Backend, World, text};
use rstest::rstest;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};
use serde_json::{Value, json};
use simulator::FleetPlan;

const COUNTS: &str = "capable notCapable alreadyThere newer notEnoughData notJudged total";
const JUDGED: &str = "hostname windows11 { verdict requirements { requirement outcome value need reason remedy } }";

/// The names of the verdicts as counts and as values of the enum.
const VERDICTS: [(&str, &str); 5] = [
    ("capable", "CAPABLE"),
    ("notCapable", "NOT_CAPABLE"),
    ("alreadyThere", "ALREADY_THERE"),
    ("newer", "NEWER"),
    ("notEnoughData", "NOT_ENOUGH_DATA"),
];

/// A machine of today on Windows 10 that lacks nothing.
fn able(id: i64, name: &str) -> Value {
    json!({
        "id": id, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": name, "deviceType": "AgentDevice",
        "os": { "name": "Windows 10 Professional Edition", "architecture": "64-bit", "buildNumber": "19045", "releaseId": "22H2" },
        "system": { "manufacturer": "Dell Inc.", "model": "OptiPlex 7010", "serialNumber": format!("SN{id}") },
        "memory": { "capacity": 17_179_869_184_i64 },
        "processors": [{ "name": "12th Gen Intel(R) Core(TM) i5-12500" }],
        "volumes": [{ "name": "C:", "capacity": 511_000_000_000_i64 }, { "name": "D:", "capacity": 2_000_000_000_000_i64 }],
    })
}

const FIRST: i64 = 900_000;

/// What is said of one machine, with what follows: the verdict and the requirements that are not met or not known.
type Case = (&'static str, fn(&mut Value, &mut Value), &'static str, &'static [(&'static str, &'static str)]);

const CASES: [Case; 15] = [
    ("ABLE", |_, _| {}, "CAPABLE", &[]),
    (
        "ARM",
        |row, _| {
            row["os"]["architecture"] = json!("ARM64");
            row["processors"] = json!([{ "name": "Snapdragon(R) X Elite - X1E80100 - Qualcomm(R) Oryon(TM) CPU" }]);
        },
        "CAPABLE",
        &[],
    ),
    ("BOOT-OFF", |_, fields| fields["securebootenabled"] = json!("false"), "CAPABLE", &[]),
    (
        "THERE",
        |row, _| {
            row["os"] =
                json!({ "name": "Windows 11 Professional Edition", "releaseId": "24H2", "architecture": "x64" });
        },
        "ALREADY_THERE",
        &[],
    ),
    (
        "NEWER",
        |row, _| {
            row["os"] =
                json!({ "name": "Windows 11 Professional Edition", "buildNumber": "26200", "architecture": "AMD64" });
        },
        "NEWER",
        &[],
    ),
    (
        "OLD-CPU",
        |row, _| row["processors"] = json!([{ "name": "Intel(R) Core(TM) i5-7500 CPU @ 3.40GHz" }]),
        "NOT_CAPABLE",
        &[("PROCESSOR", "NOT_MET")],
    ),
    ("32-BIT", |row, _| row["os"]["architecture"] = json!("32-bit"), "NOT_CAPABLE", &[("ARCHITECTURE", "NOT_MET")]),
    (
        "FORGETFUL",
        |row, _| row["memory"]["capacity"] = json!(2_147_483_648_i64),
        "NOT_CAPABLE",
        &[("MEMORY", "NOT_MET")],
    ),
    (
        "NARROW",
        |row, _| row["volumes"][0]["capacity"] = json!(58_000_000_000_i64),
        "NOT_CAPABLE",
        &[("STORAGE", "NOT_MET")],
    ),
    (
        "NO-TPM",
        |_, fields| {
            *fields =
                json!({ "hastpm": "false", "tpmenabled": "false", "tpmversion": "0.0", "securebootavailable": true });
        },
        "NOT_CAPABLE",
        &[("TPM", "NOT_MET")],
    ),
    ("TPM-OFF", |_, fields| fields["tpmenabled"] = json!(false), "NOT_CAPABLE", &[("TPM", "NOT_MET")]),
    (
        "LEGACY-BOOT",
        |_, fields| {
            (fields["securebootavailable"], fields["securebootenabled"]) = (json!("False"), json!("False"));
        },
        "NOT_CAPABLE",
        &[("SECURE_BOOT", "NOT_MET")],
    ),
    (
        "NO-SCRIPT",
        |_, fields| *fields = json!({}),
        "NOT_ENOUGH_DATA",
        &[("TPM", "NOT_ENOUGH_DATA"), ("SECURE_BOOT", "NOT_ENOUGH_DATA")],
    ),
    (
        "NO-SCRIPT-OLD-CPU",
        |row, fields| {
            *fields = json!({});
            row["processors"] = json!([{ "name": "AMD A10-5800K APU with Radeon(tm) HD Graphics" }]);
        },
        "NOT_CAPABLE",
        &[("PROCESSOR", "NOT_MET"), ("TPM", "NOT_ENOUGH_DATA"), ("SECURE_BOOT", "NOT_ENOUGH_DATA")],
    ),
    (
        "UNHEARD",
        |row, fields| {
            *fields = json!({});
            for part in ["os", "system", "memory", "processors", "volumes"] {
                row.as_object_mut().unwrap().remove(part);
            }
        },
        "NOT_ENOUGH_DATA",
        &[
            ("ARCHITECTURE", "NOT_ENOUGH_DATA"),
            ("MEMORY", "NOT_ENOUGH_DATA"),
            ("STORAGE", "NOT_ENOUGH_DATA"),
            ("PROCESSOR", "NOT_ENOUGH_DATA"),
            ("TPM", "NOT_ENOUGH_DATA"),
            ("SECURE_BOOT", "NOT_ENOUGH_DATA"),
        ],
    ),
];

/// Adds a machine to Ninja's list, with what the readiness script wrote of it.
fn add(world: &World, id: i64, (name, change, ..): Case) {
    let mut row = able(id, name);
    let mut fields = json!({
        "hastpm": "true", "tpmenabled": "True", "tpmversion": "2.0, 0, 1.59", "securebootavailable": "true",
        "securebootenabled": "true",
    });
    change(&mut row, &mut fields);
    world.simulator.edit(|vendors| {
        vendors.add_ninja_device(row);
        for (field, value) in fields.as_object().unwrap() {
            vendors.ninja_custom_fields(id).set(field, value.clone());
        }
    });
}

/// A small plain fleet with a machine of each case.
async fn with_cases(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan { organizations: 4, ..FleetPlan::plain(12, 6) }).start().await;
    for (number, case) in (FIRST..).zip(CASES) {
        add(&world, number, case);
    }
    world.night(0).await;
    world
}

/// The machines of the cases as judged, by name.
async fn judged(world: &World, arguments: &str) -> BTreeMap<String, Value> {
    let rows = world.graphql.every("windows11Devices", arguments, JUDGED).await;
    rows.into_iter().map(|row| (text(&row, "hostname").to_owned(), row["windows11"].clone())).collect()
}

async fn counts(world: &World, arguments: &str) -> Value {
    let query = format!("{{ windows11Readiness{arguments} {{ date counts {{ {COUNTS} }} }} }}");
    world.graphql.query(&query).await["windows11Readiness"].clone()
}

#[rstest]
#[tokio::test]
async fn every_machine_is_judged_by_what_ninja_says_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_cases(backend).await;
    let found = judged(&world, "").await;
    for (name, _, verdict, expected) in CASES {
        let machine = &found[name];
        assert_eq!(machine["verdict"], verdict, "{name}: {machine:#}");
        let requirements = machine["requirements"].as_array().unwrap();
        let names: Vec<&str> = requirements.iter().map(|found| text(found, "requirement")).collect();
        assert_eq!(names, ["ARCHITECTURE", "MEMORY", "STORAGE", "PROCESSOR", "TPM", "SECURE_BOOT"], "{name}");
        for found in requirements {
            let wanted = expected.iter().find(|(requirement, _)| found["requirement"] == *requirement);
            assert_eq!(found["outcome"], wanted.map_or("MET", |(_, outcome)| outcome), "{name}: {found:#}");
            assert!(!text(found, "need").is_empty());
            let is_met = wanted.is_none();
            assert_eq!((found["reason"].is_null(), found["remedy"].is_null()), (is_met, is_met), "{name}: {found:#}");
        }
    }
    assert_eq!(found["NARROW"]["requirements"][2]["value"], "C: 54 GB", "the large D: does not count");
    assert!(text(&found["TPM-OFF"]["requirements"][4], "remedy").contains("No new hardware"));
}

#[rstest]
#[tokio::test]
async fn counts_agree_with_the_list_in_total_and_for_every_organization(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let plan = FleetPlan { organizations: 12, ninja_devices: 400, threatlocker_devices: 200, ..FleetPlan::default() };
    let world = World::on(backend).plan(plan).page_size(500).start().await;
    world.night(0).await;
    world.take_statements();
    let query = format!(
        "{{ windows11Readiness {{ date counts {{ {COUNTS} }} byOrganization(first: 500) {{ totalCount
            nodes {{ organization {{ id name }} counts {{ {COUNTS} }} }} }} }} }}"
    );
    let told = world.graphql.query(&query).await["windows11Readiness"].clone();
    let about_rows = world.take_statements().into_iter().filter(|sql| sql.contains("windows_11_verdict")).count();
    assert_eq!(about_rows, 1, "everything is counted by one statement");
    assert_eq!(told["date"], world.day(0).to_string());
    let all = &told["counts"];
    let organizations = told["byOrganization"]["nodes"].as_array().unwrap();
    assert_eq!(told["byOrganization"]["totalCount"], organizations.len());
    for (count, verdict) in VERDICTS {
        assert!(all[count].as_i64() > Some(0), "the fleet shows every verdict: {all}");
        let listed =
            world.graphql.query(&format!("{{ windows11Devices(verdicts: [{verdict}]) {{ totalCount }} }}")).await;
        assert_eq!(listed["windows11Devices"]["totalCount"], all[count], "{verdict}");
        let summed: i64 = organizations.iter().filter_map(|row| row["counts"][count].as_i64()).sum();
        assert_eq!(Some(summed), all[count].as_i64(), "{verdict} of all organizations");
    }
    assert_eq!(all["notJudged"], 0);
    let workstations = world.simulator.view(|vendors| {
        let rows = vendors.ninja_devices();
        let is_windows =
            |row: &&Value| row["nodeClass"] == "WINDOWS_WORKSTATION" && row["approvalStatus"] == "APPROVED";
        rows.iter().filter(is_windows).count()
    });
    assert_eq!(all["total"], workstations, "every Windows workstation and nothing else");
    for row in organizations.iter().filter(|row| !row["organization"].is_null()) {
        let only = format!("(organizationId: {})", row["organization"]["id"]);
        assert_eq!(counts(&world, &only).await["counts"], row["counts"], "{row}");
        let listed = world.graphql.query(&format!("{{ windows11Devices{only} {{ totalCount }} }}")).await;
        assert_eq!(listed["windows11Devices"]["totalCount"], row["counts"]["total"], "{row}");
    }
}

#[rstest]
#[tokio::test]
async fn servers_macs_and_other_vendors_records_are_not_judged(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).start().await;
    world.night(0).await;
    let shown = "vendor nodeClass deviceType windows11 { verdict }";
    let rows = world.graphql.every("snapshots", &format!(r#"date: "{}""#, world.day(0)), shown).await;
    let mut seen = BTreeMap::<bool, usize>::new();
    for row in rows {
        let is_asked = row["vendor"] == "NINJA" && row["nodeClass"] == "WINDOWS_WORKSTATION";
        assert_eq!(row["windows11"].is_null(), !is_asked, "{row:#}");
        *seen.entry(is_asked).or_default() += 1;
    }
    assert!(seen.len() == 2 && seen.values().all(|rows| *rows > 10), "{seen:?}");
}

#[rstest]
#[tokio::test]
async fn collecting_or_syncing_again_judges_again_and_past_days_keep_their_verdicts(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_cases(backend).await;
    let whole_day = counts(&world, "").await;
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(counts(&world, "").await, whole_day, "the same day again");
    world.night(1).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(FIRST).set("memory.capacity", 2_147_483_648_i64);
    });
    let sync = format!(
        r#"mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: "{FIRST}" }}) {{ snapshot {{ {JUDGED} }} userErrors {{ message }} }} }}"#
    );
    let synced = world.graphql.query(&sync).await["syncDevice"].clone();
    assert_eq!(synced["snapshot"]["windows11"]["verdict"], "NOT_CAPABLE", "{synced:#}");
    let on = |day: u64| format!(r#"date: "{}""#, world.day(day));
    let (today, yesterday) = (judged(&world, &on(1)).await, judged(&world, &on(0)).await);
    assert_eq!((&today["ABLE"]["verdict"], &yesterday["ABLE"]["verdict"]), (&json!("NOT_CAPABLE"), &json!("CAPABLE")));
    assert_eq!(today["ARM"], yesterday["ARM"], "another machine's verdict is what it was");
    let latest = counts(&world, "").await;
    assert_eq!(latest["date"], world.day(1).to_string(), "without a date it is the latest stored day");
    assert_eq!(latest["counts"]["notCapable"].as_i64(), whole_day["counts"]["notCapable"].as_i64().map(|was| was + 1));
    assert_eq!(counts(&world, &format!("({})", on(0))).await, whole_day);
}

#[rstest]
#[tokio::test]
async fn the_predecessors_columns_tell_the_same(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    #[derive(FromQueryResult)]
    struct Row {
        hostname: String,
        windows_11_24h2_capable: Option<bool>,
        windows_11_24h2_deficiencies: Option<Value>,
        windows_11_verdict: Option<String>,
    }
    let world = with_cases(backend).await;
    let sql = "SELECT hostname, windows_11_24h2_capable, windows_11_24h2_deficiencies, windows_11_verdict FROM device_snapshot";
    let statement = Statement::from_string(world.rows().get_database_backend(), sql);
    let rows = Row::find_by_statement(statement).all(world.rows()).await.unwrap();
    let of = |name: &str| rows.iter().find(|row| row.hostname == name).unwrap();
    for (name, _, verdict, expected) in CASES {
        let row = of(name);
        let known = Verdict::from_code(row.windows_11_verdict.as_deref().unwrap()).unwrap();
        assert_eq!(known.code(), verdict.to_lowercase());
        assert_eq!(row.windows_11_24h2_capable, known.capable());
        let told = row.windows_11_24h2_deficiencies.as_ref().unwrap();
        assert_eq!(told["deficiencies"].as_array().unwrap().len(), expected.len(), "{name}: {told:#}");
        assert!(told["assessment_date"].is_string());
    }
    let old = &of("OLD-CPU").windows_11_24h2_deficiencies.as_ref().unwrap();
    assert_eq!(old["verdict"], "No");
    let cpu = &old["deficiencies"][0];
    assert_eq!((text(cpu, "requirement"), text(cpu, "status")), ("CPU Support", "FAIL"));
    assert_eq!(text(cpu, "current_value"), "Intel(R) Core(TM) i5-7500 CPU @ 3.40GHz");
    assert!(!text(cpu, "remediation").is_empty() && !text(cpu, "required").is_empty());
    let there = of("THERE").windows_11_24h2_deficiencies.as_ref().unwrap();
    assert_eq!(there["passed_requirements"][0]["requirement"], "Windows 11 24H2 Already Installed");
}

#[rstest]
#[tokio::test]
async fn days_that_were_stored_before_the_hub_judged_say_so(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_cases(backend).await;
    let before = counts(&world, "").await;
    let writer = world.inventory.database().writer();
    writer
        .execute_unprepared("UPDATE device_snapshot SET windows_11_verdict = NULL, windows_11_24h2_deficiencies = NULL")
        .await
        .unwrap();
    let told = counts(&world, "").await["counts"].clone();
    assert_eq!((&told["notJudged"], &told["total"]), (&before["counts"]["total"], &before["counts"]["total"]));
    assert_eq!((&told["capable"], &told["notCapable"]), (&json!(0), &json!(0)));
    assert!(judged(&world, "").await.is_empty());
    world.collect(&[Vendor::Ninja], false).await;
    assert_eq!(counts(&world, "").await, before, "the next collection judges them");
}

#[rstest]
#[tokio::test]
async fn what_makes_no_sense_is_refused(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let refused = |arguments: String| {
        let world = &world;
        async move {
            let mut codes = Vec::new();
            for query in [
                format!("{{ windows11Readiness{arguments} {{ date }} }}"),
                format!("{{ windows11Devices{arguments} {{ totalCount }} }}"),
            ] {
                let answer = world.graphql.ask(&query, json!({})).await;
                codes.push((
                    answer.error_code().to_owned(),
                    answer.body["errors"][0]["extensions"]["nearestDates"].clone(),
                ));
            }
            assert_eq!(codes[0], codes[1], "both refuse alike");
            codes.swap_remove(0)
        }
    };
    assert_eq!(refused(String::new()).await, ("NO_DATA".to_owned(), json!([])), "nothing is stored");
    world.night(0).await;
    let stored =
        world.graphql.query("{ organizations(first: 1) { nodes { id } } devices(first: 1) { nodes { id } } }").await;
    let day = |number: u64| format!(r#"(date: "{}")"#, world.day(number));
    assert_eq!(refused(day(3)).await, ("NO_DATA".to_owned(), json!([world.day(0).to_string()])));
    let device = stored["devices"]["nodes"][0]["id"].clone();
    assert_eq!(refused(format!("(organizationId: {device})")).await.0, "BAD_USER_INPUT");
    let nobody = URL_SAFE_NO_PAD.encode("Organization:123456789");
    assert_eq!(refused(format!("(organizationId: {nobody:?})")).await.0, "NOT_FOUND");
    // A day that only the other vendor has stored says nothing of hardware.
    world.move_to(1);
    world.collect(&[Vendor::ThreatLocker], false).await;
    assert_eq!(refused(day(1)).await, ("NO_DATA".to_owned(), json!([world.day(0).to_string()])));
    assert_eq!(counts(&world, "").await["date"], world.day(0).to_string());
    let none = world.graphql.query("{ windows11Devices(verdicts: []) { totalCount nodes { id } } }").await;
    assert_eq!(none["windows11Devices"], json!({ "totalCount": 0, "nodes": [] }));
    world.night(2).await;
    world.drop_days(&[world.day(0)]).await;
    let query = format!("{{ windows11Readiness{} {{ date }} }}", day(0));
    let answer = world.graphql.ask(&query, json!({})).await;
    assert_eq!(answer.body["errors"][0]["extensions"]["reason"], "DROPPED");
}

#[test]
fn technicians_are_told_every_verdict_and_every_requirement_with_its_need() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/windows11.md");
    let page = std::fs::read_to_string(page).unwrap();
    for verdict in Verdict::ALL {
        assert!(page.contains(&format!("| `{}` | ", verdict.code().to_uppercase())), "{verdict:?}");
    }
    for requirement in Requirement::ALL {
        assert!(page.contains(&format!(" | {} | ", requirement.need())), "{requirement:?}");
    }
    assert_eq!(page.matches("\n| `").count(), Verdict::ALL.len() + Requirement::ALL.len());
}

#[rstest]
#[tokio::test]
async fn the_query_that_technicians_are_shown_works(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/windows11.md");
    let page = std::fs::read_to_string(page).unwrap();
    let query = page.split("```graphql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let world = with_cases(backend).await;
    let told = world.graphql.query(query).await;
    let nodes = told["windows11Devices"]["nodes"].as_array().unwrap();
    assert_eq!(Some(nodes.len() as u64), told["windows11Readiness"]["counts"]["notCapable"].as_u64());
    let all_fail =
        |node: &Value| node["windows11"]["requirements"].as_array().is_some_and(|failing| !failing.is_empty());
    assert!(nodes.len() >= 8 && nodes.iter().all(all_fail), "{nodes:#?}");
}
