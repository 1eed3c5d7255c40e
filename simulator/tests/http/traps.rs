//! Every trap that breaks a naive collector is somewhere in the default fleet.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use simulator::{FleetPlan, Simulator};

struct Rows {
    devices: Vec<Value>,
    computers: Vec<Value>,
    ninja_organizations: Vec<Value>,
    threatlocker_organizations: Vec<Value>,
}

/// 2 August 2026, 30 days before the default fleet's first day.
const THIRTY_DAYS_BEFORE: f64 = 1_785_628_800.0;

fn rows() -> Rows {
    let plan = FleetPlan::default();
    let day = plan.first_day;
    Simulator::new(plan, day).view(|world| Rows {
        devices: world.ninja_devices(),
        computers: world.threatlocker_computers(),
        ninja_organizations: world.ninja_organizations(),
        threatlocker_organizations: world.threatlocker_organizations(),
    })
}

fn text<'a>(row: &'a Value, path: &str) -> &'a str {
    row.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[track_caller]
fn some(rows: &[Value], what: &str, is: impl Fn(&Value) -> bool) -> usize {
    let found = rows.iter().filter(|row| is(row)).count();
    assert!(found > 0, "no device with {what}");
    found
}

#[test]
fn names_have_their_traps() {
    let rows = rows();
    some(&rows.devices, "a cut name and no DNS name", |row| {
        text(row, "/systemName").chars().count() == 15 && row.get("dnsName").is_none()
    });
    some(&rows.devices, "a cut name and a full DNS name", |row| {
        text(row, "/systemName").len() == 15 && text(row, "/dnsName").split('.').next().unwrap().len() > 15
    });
    some(&rows.computers, "more than 15 characters", |row| {
        text(row, "/hostname").split('.').next().unwrap().len() > 15
    });
    some(&rows.devices, "a Unicode label", |row| !text(row, "/displayName").is_ascii());
    some(&rows.devices, "the name of an unnamed Mac", |row| text(row, "/systemName") == "Mac.lan");
    some(&rows.computers, "a label with a person", |row| text(row, "/computerName").contains(" | "));
    some(&rows.computers, "another label than its device has at Ninja", |row| {
        let label = text(row, "/computerName");
        let same = rows.devices.iter().find(|device| text(device, "/systemName") == text(row, "/hostname"));
        let other = same.map(|device| text(device, "/displayName")).filter(|other| other.ends_with("'s computer"));
        label.contains(" | ") && other.is_some()
    });
    some(&rows.computers, "a name with its domain", |row| text(row, "/hostname").ends_with(".example"));
    let receptions: Vec<&Value> = rows.devices.iter().filter(|row| text(row, "/systemName") == "RECEPTION").collect();
    let clients: HashSet<i64> = receptions.iter().map(|row| row["organizationId"].as_i64().unwrap()).collect();
    assert!(clients.len() > 1 && clients.len() == receptions.len());
    let mut inside: HashMap<(i64, &str), usize> = HashMap::new();
    for row in rows.devices.iter().filter(|row| row["nodeClass"] == "WINDOWS_WORKSTATION") {
        *inside.entry((row["organizationId"].as_i64().unwrap(), text(row, "/systemName"))).or_default() += 1;
    }
    assert!(inside.values().any(|count| *count == 2));
}

#[test]
fn hardware_has_its_traps() {
    let rows = rows();
    let serial = "/system/serialNumber";
    some(&rows.devices, "a placeholder serial", |row| {
        ["To Be Filled By O.E.M.", "Default string", "System Serial Number", "0"].contains(&text(row, serial))
    });
    some(&rows.devices, "a padded serial", |row| text(row, "/system/biosSerialNumber").starts_with(' '));
    let spaced =
        |row: &Value| text(row, "/system/biosSerialNumber").starts_with("VMware-") && text(row, serial) == "None";
    some(&rows.devices, "a VMware serial", spaced);
    let fold = |serial: &str| serial.to_lowercase().replace([' ', '-'], "");
    let known: HashSet<String> =
        rows.devices.iter().filter(|row| spaced(row)).map(|row| fold(text(row, "/system/biosSerialNumber"))).collect();
    some(&rows.computers, "the same VMware serial in another spelling", |row| {
        let serial = text(row, "/serialNumber");
        serial.starts_with("VMware-") && !serial.contains(' ') && known.contains(&fold(serial))
    });
    let mut serials: HashMap<&str, usize> = HashMap::new();
    for row in &rows.devices {
        *serials.entry(text(row, serial)).or_default() += 1;
    }
    assert!(serials.iter().any(|(serial, count)| serial.len() == 7 && *count == 2), "no serial on two devices");
    let has_mac = |mac: &str| rows.devices.iter().filter(|row| row["macAddresses"].to_string().contains(mac)).count();
    assert!(has_mac("00:15:5D:00:00:01") > 1);
    for class in [
        "VMWARE_VM_HOST",
        "VMWARE_VM_GUEST",
        "HYPERV_VMM_HOST",
        "HYPERV_VMM_GUEST",
        "NMS_SWITCH",
        "NMS_FIREWALL",
        "UNMANAGED_DEVICE",
        "EDGE_COMPUTE_NODE",
        "APPLE_IOS",
        "CLOUD_MONITOR_TARGET",
        "LINUX_SERVER",
        "MAC",
    ] {
        some(&rows.devices, class, |row| row["nodeClass"] == class);
    }
}

#[test]
fn states_have_their_traps() {
    let rows = rows();
    for status in ["PENDING", "STAGED", "DECOMMISSIONED"] {
        some(&rows.devices, status, |row| row["approvalStatus"] == status);
    }
    some(&rows.devices, "no contact, as zero", |row| row["lastContact"] == 0 && row.get("os").is_none());
    some(&rows.devices, "no contact, as nothing", |row| {
        row.get("lastContact").is_none() && row["nodeClass"] == "WINDOWS_WORKSTATION"
    });
    some(&rows.devices, "no contact for more than 30 days", |row| {
        row["lastContact"].as_f64().is_some_and(|at| at > 0.0 && at < THIRTY_DAYS_BEFORE)
    });
    some(&rows.computers, "no check-in for more than 30 days", |row| {
        row["isDeleted"] == false && text(row, "/lastCheckin") < "2026-08-02"
    });
    some(&rows.devices, "maintenance or a tag", |row| row.get("maintenance").is_some() || row.get("tags").is_some());
    some(&rows.devices, "spare in its name", |row| text(row, "/displayName").to_lowercase().contains("spare"));
    let closets: Vec<i64> =
        rows.devices.iter().filter_map(|row| row["locationId"].as_i64()).filter(|id| id % 10 == 1).collect();
    assert!(!closets.is_empty(), "nothing in a spare closet");
    some(&rows.devices, "a place in the provider's own stock", |row| row["locationId"] == 12);
    some(&rows.computers, "the deleted mark", |row| row["isDeleted"] == true);
    some(&rows.computers, "a trailing space", |row| text(row, "/operatingSystem").ends_with(' '));
    let mut agents: HashMap<(&str, &str), usize> = HashMap::new();
    for row in rows.computers.iter().filter(|row| row["isDeleted"] == false) {
        *agents.entry((text(row, "/organizationId"), text(row, "/hostname"))).or_default() += 1;
    }
    assert_eq!(agents.values().filter(|count| **count == 2).count(), 10, "agents installed anew");
}

#[test]
fn organizations_have_their_traps() {
    let rows = rows();
    let names: Vec<&str> = rows.ninja_organizations.iter().map(|row| text(row, "/name")).collect();
    assert_eq!(names.len(), 40);
    assert!(names.len() > names.iter().collect::<HashSet<_>>().len(), "no two clients with one name");
    assert!(names.iter().any(|name| name.ends_with(' ')) && names.iter().any(|name| name.contains('&')));
    assert!(names.iter().any(|name| name.contains('ü')));
    let others: HashSet<&str> = rows.threatlocker_organizations.iter().map(|row| text(row, "/name")).collect();
    let different = names.iter().filter(|name| !others.contains(*name)).count();
    assert!((3..8).contains(&different), "{different} names differ");
    assert!(others.contains("NORTHWIND "));
    let ids: HashSet<i64> = rows.ninja_organizations.iter().filter_map(|row| row["id"].as_i64()).collect();
    some(&rows.devices, "an organization that is not listed", |row| {
        !ids.contains(&row["organizationId"].as_i64().unwrap())
    });
    let guids: HashSet<&str> = rows.threatlocker_organizations.iter().map(|row| text(row, "/organizationId")).collect();
    some(&rows.computers, "an organization that is not listed", |row| !guids.contains(text(row, "/organizationId")));
    let hosts: HashSet<String> = rows.devices.iter().map(|row| text(row, "/systemName").to_lowercase()).collect();
    let unknown = rows.computers.iter().filter(|row| row["isDeleted"] == false);
    let unknown = unknown.filter(|row| {
        let host: String = text(row, "/hostname").split('.').next().unwrap().chars().take(15).collect();
        !hosts.contains(&host.to_lowercase())
    });
    assert!((5..20).contains(&unknown.count()), "machines that Ninja does not know");
}
