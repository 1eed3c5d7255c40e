//! Texts of every kind in every filter: each finds what it says, or nothing, and never breaks a statement.

use harness::{Backend, World, text};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::FleetPlan;

const NAMES: [&str; 9] = ["100%-PC", "A_B", "AXB", "it's", "back\\slash", "say \"hi\"", "bang!PC", "💥-pc", "前台-1"];

/// Devices with the names of [`NAMES`], and organizations with them too.
async fn world(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(30, 12)).start().await;
    let rows = world.simulator.view(simulator::World::ninja_devices);
    world.simulator.edit(|vendors| {
        for (number, (row, name)) in (0_i64..).zip(rows.iter().zip(NAMES)) {
            vendors.rename_ninja_device(row["id"].as_i64().unwrap(), name);
            vendors.add_ninja_organization(json!({ "id": 7000 + number, "name": name }));
            vendors.move_ninja_device(row["id"].as_i64().unwrap(), 7000 + number);
        }
    });
    assert_eq!(world.night(0).await.batch.status, "completed");
    world
}

async fn found(world: &World, list: &str, field: &str, operator: &str, wanted: &str) -> Vec<String> {
    let filter = match list {
        "organizations" => "OrganizationFilter",
        "snapshots" => "SnapshotFilter",
        "exceptions" => "ExceptionFilter",
        _ => "DeviceFilter",
    };
    let date = if list == "snapshots" { r#"date: "2026-03-02", "# } else { "" };
    let shown = if list == "organizations" { "name" } else { "hostname" };
    let query = format!("query($f: {filter}) {{ {list}({date}filter: $f, first: 200) {{ nodes {{ {shown} }} }} }}");
    let value = if operator == "in" { json!([wanted]) } else { json!(wanted) };
    let answer = world.graphql.ask(&query, json!({ "f": { field: { operator: value } } })).await;
    let rows = answer.data()[list]["nodes"].as_array().unwrap();
    rows.iter().map(|row| text(row, shown).to_owned()).collect()
}

#[rstest]
#[tokio::test]
async fn a_strange_name_finds_itself_and_nothing_else(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    for name in NAMES {
        for (list, field) in [("devices", "hostname"), ("snapshots", "hostname"), ("organizations", "name")] {
            for operator in ["eq", "in", "contains", "startsWith"] {
                assert_eq!(found(&world, list, field, operator, name).await, [name], "{list} {operator}");
            }
        }
    }
    assert_eq!(found(&world, "devices", "hostname", "eq", "IT'S").await, ["it's"]);
    assert_eq!(found(&world, "devices", "hostname", "startsWith", "a_").await, ["A_B"], "`_` means itself");
    assert_eq!(found(&world, "devices", "hostname", "contains", "0%").await, ["100%-PC"], "`%` means itself");
}

#[rstest]
#[tokio::test]
async fn no_text_breaks_a_filter(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let long = ["x".repeat(100_000), "%".repeat(50_000), "é".repeat(20_000), "_%\\'\"!".repeat(5000)];
    let short = [
        "",
        " ",
        "%",
        "_",
        "%%%%",
        "\\",
        "'",
        "''",
        "\"",
        "!",
        "!!",
        "';--",
        "\u{0}",
        "a\u{0}b",
        "\u{1}\u{2}",
        "\u{feff}",
        "\u{202e}abc",
        "💥💥💥",
        "\u{fffd}",
        "|",
        ".",
        "a|b.c",
        "\r\n",
        "İ",
        "ß",
        "\u{1f469}\u{200d}\u{1f4bb}",
        "$1",
        "?",
        "NULL",
        "1 = 1",
    ];
    let texts = short.into_iter().chain(long.iter().map(String::as_str));
    let places =
        [("devices", "hostname"), ("snapshots", "hostname"), ("organizations", "name"), ("exceptions", "hostname")];
    for wanted in texts {
        for (list, field) in places {
            for operator in ["eq", "in", "contains", "startsWith"] {
                let is_short = domain::hostname::canonical(wanted).is_some_and(|part| part.chars().count() < 3);
                if is_short && (list, operator) == ("exceptions", "contains") {
                    continue; // refused: `exception_filters`
                }
                let rows = found(&world, list, field, operator, wanted).await;
                // Names are stored without control characters, and asked for without them.
                let needle = wanted.to_lowercase().replace(char::is_control, "").replace('ß', "ss");
                let is_right = rows.iter().all(|row| row.to_lowercase().contains(needle.trim()));
                assert!(is_right, "{list} {operator} {}: {rows:?}", wanted.chars().take(20).collect::<String>());
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn texts_of_mutations_are_refused_or_found_nowhere(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let query =
        "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { device { id } userErrors { code field message } } }";
    let before = world.graphql.every("snapshots", r#"date: "2026-03-02""#, "id hostname storedAt").await;
    for vendor in ["NINJA", "THREATLOCKER"] {
        for (field, wanted, code) in [
            ("hostname", "", "BAD_INPUT"),
            ("hostname", " \t ", "BAD_INPUT"),
            ("hostname", "a\u{0}b", "BAD_INPUT"),
            ("hostname", "line\nbreak", "BAD_INPUT"),
            ("vendorDeviceKey", &*"9".repeat(256), "BAD_INPUT"),
            ("vendorDeviceKey", &*"9".repeat(200), "NOT_FOUND"),
            ("vendorDeviceKey", "../../v2/devices", "NOT_FOUND"),
            ("vendorDeviceKey", "-1", "NOT_FOUND"),
            ("vendorDeviceKey", "💥", "NOT_FOUND"),
            ("hostname", "?q=*&limit=9", "NOT_FOUND"),
            ("hostname", "💥💥", "NOT_FOUND"),
            ("hostname", "%", "NOT_FOUND"),
            ("hostname", ".", "NOT_FOUND"),
        ] {
            let answer = world.graphql.ask(query, json!({ "i": { "vendor": vendor, field: wanted } })).await;
            let payload = &answer.data()["syncDevice"];
            assert_eq!(payload["userErrors"][0]["code"], code, "{vendor} {field} {wanted:?}: {payload:#}");
            assert_eq!(payload["device"], Value::Null);
            let about = if code == "BAD_INPUT" { json!(["input", field]) } else { Value::Null };
            assert_eq!(payload["userErrors"][0]["field"], about, "{vendor} {field} {wanted:?}");
        }
    }
    let after = world.graphql.every("snapshots", r#"date: "2026-03-02""#, "id hostname storedAt").await;
    assert_eq!(before, after);
}
