//! ThreatLocker's records into observations: the payloads of vendor-apis.md 6.2 and traps 36-43.

use chrono::{DateTime, Utc};
use domain::{
    observation::{Hardware, Network, Observation, OperatingSystem, Place, Protection},
    vendor::Vendor,
};
use serde_json::json;

use super::{
    fake::Reply,
    threatlocker::{COMPUTERS, Rig, instance_with},
};

const FULL: &str = r#"{"action":"Secure","application":"","computerGroupId":"a06736bb-0000-4aa0-807e-000000000044","computerId":"C3FDE5E9-0000-4558-8408-0000000345cf","computerName":"RECEPTION-PC | Marie Durand","dateAdded":"2024-07-09T19:49:00Z","dateCreated":null,"denyCountOneDay":4,"denyCountSevenDays":19,"denyCountThreeDays":8,"driverStatusString":"Active","group":"Workstations","hasAtLeastOneCheckin":true,"hasInstalationAtLeastSevenDaysAgo":true,"hostname":"RECEPTION-PC","installDate":null,"ipOperatingSystem":"10.0.26100.5074","isDeleted":false,"isIsolated":false,"isLockedOut":true,"lastCheckin":"2025-09-06T02:43:00Z","lastCheckinIPAddress":"203.0.113.10","lastCheckinLocalIPAddresses":["10.20.0.14","10.20.0.14"],"maintenenceBannerIds":[],"mode":"Secure","operatingSystem":"Windows 11 Business ","organization":"Müller & Söhne GmbH ","organizationId":"ac8fa06c-0000-4c44-9c53-00000044e8dd","osType":1,"serialNumber":"ABC1234","threatLockerVersion":"10.3.4.3791/10.3.0.907AMD64","totalRows":1,"username":"AZUREAD\\MARIEDURAND","fullCheckinMemoryUsage":"0"}"#;

async fn collect(record: &str) -> domain::collection::Collection {
    let list = format!("[{record}]");
    let route = move |_: &super::fake::Asked, nth| Reply::json(if nth == 1 { list.clone() } else { "[]".into() });
    let fake = instance_with(vec![]).on(COMPUTERS, route).start().await;
    Rig::new(&fake).collect().await
}

/// Reads a computer that has these fields beside id and host name.
async fn observe(fields: &str) -> Observation {
    let record = format!(r#"{{"computerId":"c3fde5e9-0000-4558-8408-0000000345cf","hostname":"PC",{fields}}}"#);
    let mut collection = collect(&record).await;
    assert_eq!(collection.set_aside, [], "{record}");
    collection.observations.remove(0)
}

#[expect(clippy::unnecessary_wraps, reason = "stands for a field that was said")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "stands for a field that was said")]
fn instant(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn a_computer_is_read_whole() {
    let collection = collect(FULL).await;
    let expected = Observation {
        vendor: Vendor::ThreatLocker,
        vendor_device_key: "c3fde5e9-0000-4558-8408-0000000345cf".into(),
        hostname: "RECEPTION-PC".into(),
        display_name: text("RECEPTION-PC | Marie Durand"),
        organization: Some(Place {
            key: "ac8fa06c-0000-4c44-9c53-00000044e8dd".into(),
            name: text("Müller & Söhne GmbH"),
        }),
        location: None,
        device_status: text("active"),
        node_class: None,
        vendor_device_type: None,
        chassis: None,
        last_online: instant("2025-09-06T02:43:00Z"),
        agent_installed_at: instant("2024-07-09T19:49:00Z"),
        os: OperatingSystem {
            name: text("Windows 11 Business"),
            build: text("26100"),
            release_id: None,
            architecture: None,
        },
        hardware: Hardware { serial_number: text("ABC1234"), ..Hardware::default() },
        network: Network {
            mac_addresses: vec![],
            ip_addresses: vec!["10.20.0.14".into()],
            public_ip: text("203.0.113.10"),
            last_user: text("AZUREAD\\MARIEDURAND"),
        },
        protection: Protection {
            computer_group: text("Workstations"),
            security_mode: text("Secure"),
            deny_count_1d: Some(4),
            deny_count_3d: Some(8),
            deny_count_7d: Some(19),
            install_date: None,
            is_locked_out: Some(true),
            is_isolated: Some(false),
            agent_version: text("10.3.4.3791/10.3.0.907AMD64"),
            has_checked_in: Some(true),
        },
        payload: FULL.into(),
    };
    assert_eq!(collection.observations, [expected]);
    assert_eq!(collection.notes, [""; 0]);
}

#[tokio::test]
async fn what_is_absent_null_or_of_the_wrong_kind_is_not_said() {
    let absent = observe(r#""x":1"#).await;
    for fields in [
        r#""denyCountOneDay":null,"isIsolated":null,"lastCheckin":null,"organizationId":null,"username":"","group":null"#,
        r#""denyCountOneDay":"4","isIsolated":"perhaps","lastCheckin":7,"organizationId":5,"username":[],"group":{},"lastCheckinLocalIPAddresses":"10.0.0.1""#,
        r#""denyCountOneDay":99999999999,"lastCheckin":"0001-01-01T00:00:00","serialNumber":false,"osType":"one","computerName":9"#,
    ] {
        let device = observe(fields).await;
        assert_eq!(Observation { payload: absent.payload.clone(), ..device }, absent, "{fields}");
    }
    assert_eq!((absent.device_status, absent.protection), (None, Protection::default()));
}

#[tokio::test]
async fn a_computer_is_active_once_it_has_checked_in() {
    assert_eq!(observe(r#""hasAtLeastOneCheckin":true"#).await.device_status.as_deref(), Some("active"));
    let never = observe(r#""hasAtLeastOneCheckin":false,"lastCheckin":"2025-09-01T02:15:57.435815Z""#).await;
    assert_eq!((never.device_status, never.protection.has_checked_in), (None, Some(false)));
}

#[tokio::test]
async fn the_build_is_the_third_part_of_a_windows_version() {
    for (version, expected) in [
        ("10.0.26100.5074", Some("26100")),
        ("6.1.7601", Some("7601")),
        ("14.5.1", None),
        ("", None),
        ("10.0", None),
        ("5.15.0-105-generic", None),
    ] {
        let device = observe(&json!({"ipOperatingSystem": version}).to_string().replace(['{', '}'], "")).await;
        assert_eq!(device.os.build.as_deref(), expected, "{version}");
    }
}

#[tokio::test]
async fn times_without_a_zone_are_utc_and_the_collection_says_so() {
    let record = r#"{"computerId":"a","hostname":"PC","lastCheckin":"2025-09-01T02:15:57.4358150","installDate":"2025-09-01T02:15:57Z"}"#;
    let collection = collect(record).await;
    assert_eq!(collection.observations[0].last_online, instant("2025-09-01T02:15:57.435815Z"));
    assert_eq!(collection.observations[0].protection.install_date, instant("2025-09-01T02:15:57Z"));
    assert_eq!(collection.notes, ["computers with times that name no zone, read as UTC: 1"]);
}

#[tokio::test]
async fn both_spellings_of_the_misspelt_keys_are_harmless() {
    for fields in [
        r#""maintenenceBannerIds":[1],"hasInstalationAtLeastSevenDaysAgo":true"#,
        r#""maintenanceBannerIds":[1],"hasInstallationAtLeastSevenDaysAgo":true"#,
    ] {
        let device = observe(fields).await;
        assert!(device.payload.contains(fields), "kept in the payload");
    }
}

#[tokio::test]
async fn the_name_of_the_organization_comes_from_the_list_where_the_row_is_silent() {
    let device = observe(r#""organizationId":"BC8FA06C-0000-4c44-9c53-00000044e8dd","organization":" ""#).await;
    let place = device.organization.unwrap();
    assert_eq!((place.key.as_str(), place.name.as_deref()), (super::threatlocker::OTHER, Some("Northwind")));
}
