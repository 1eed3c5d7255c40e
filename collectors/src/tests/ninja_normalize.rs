//! Ninja's records into observations: the payloads of vendor-apis.md 6.1 and traps 14, 15, 17-21.

use chrono::{DateTime, Utc};
use domain::observation::{Hardware, Network, Observation, OperatingSystem, Place, Protection};
use domain::vendor::Vendor;

use super::{
    fake::Reply,
    ninja::{FIELDS, Rig, instance_with, observe},
};

const AGENT: &str = r#"{"id":101,"uid":"0d0f7a52-3b60-4a53-9a39-1f6a0e5d7c11","organizationId":5,"locationId":9,"nodeClass":"WINDOWS_WORKSTATION","nodeRoleId":201,"rolePolicyId":75,"approvalStatus":"APPROVED","offline":false,"displayName":"Réception – 前台","systemName":"RECEPTION-PC","dnsName":"Reception-PC.corp.example","created":1697827578.905000000,"lastContact":1787898261.504000000,"lastUpdate":1787898261.504000000,"tags":["vip"],
  "maintenance":{"status":"IN_MAINTENANCE","start":1787890000.000000000,"end":1787899000.000000000,"reasonMessage":"patching"},
  "ipAddresses":["10.20.0.14","fe80::1c2d:3e4f:5a6b:7c8d","10.20.0.14"],"macAddresses":["A4:BB:6D:12:34:56","00:15:5D:00:00:01"],"publicIP":"203.0.113.10",
  "os":{"manufacturer":"Microsoft Corporation","name":"Windows 11 Professional Edition ","architecture":"64-bit","lastBootTime":1787600000.000000000,"buildNumber":"26100","releaseId":"24H2","needsReboot":true},
  "system":{"name":"RECEPTION-PC","manufacturer":"Dell Inc.","model":"OptiPlex 7010","biosSerialNumber":"ABC1234","serialNumber":" ABC1234 ","totalPhysicalMemory":17079869184,"virtualMachine":false,"chassisType":"DESKTOP"},
  "memory":{"capacity":17179869184},
  "processors":[{"architecture":"x64","clockSpeed":3200000000,"name":"12th Gen Intel(R) Core(TM) i5-12500","numCores":6},{"name":"second"}],
  "volumes":[{"nodeId":101,"name":"C:","capacity":511000000000,"freeSpace":210000000000},{"name":"D:","capacity":107374182400},{"name":"E:"}],
  "lastLoggedInUser":"CORP\\m.durand","deviceType":"AgentDevice"}"#;

const VM_HOST: &str = r#"{"id":130,"parentDeviceId":129,"organizationId":5,"locationId":9,"nodeClass":"VMWARE_VM_HOST","nodeRoleId":9,"approvalStatus":"APPROVED","offline":true,"displayName":"10.20.0.5","systemName":"esx01.corp.example","dnsName":"10.20.0.5","created":1707363433.892432000,"lastContact":1787898200.092000000,
  "ipAddresses":["10.20.0.5"],"macAddresses":["d0:67:26:aa:bb:52","d0:67:26:AA:BB:52","d0-67-26-aa-bb-53"],
  "cpuMhz":2195,"cpuModel":"Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz","memorySize":102715461632,"model":"ProLiant DL380 Gen10","name":"esx01.corp.example","serviceTag":"XYZ000TEST","vendor":"HPE","releaseName":"VMware ESXi 8.0.1 build-21813344","version":"8.0.1","buildNumber":"21813344","deviceType":"VMHost"}"#;

#[expect(clippy::unnecessary_wraps, reason = "stands for a field that was said")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[expect(clippy::unnecessary_wraps, reason = "stands for a field that was said")]
fn instant(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn an_agent_device_is_read_whole() {
    let fields = r#"{"results":[{"deviceId":101,"fields":{"hastpm":"True","tpmenabled":true,"tpmversion":"2.0, 0, 1.38","securebootavailable":"false","securebootenabled":" "}}]}"#;
    let fake = instance_with(vec![(101, AGENT.into())]).on(FIELDS, move |_, _| Reply::json(fields)).start().await;
    let collection = Rig::new(&fake).collect().await;
    let place = |key: &str, name: &str| Some(Place { key: key.into(), name: text(name) });
    let expected = Observation {
        vendor: Vendor::Ninja,
        vendor_device_key: "101".into(),
        hostname: "Reception-PC.corp.example".into(),
        display_name: text("Réception – 前台"),
        organization: place("5", "Müller & Söhne GmbH"),
        location: place("9", "Main Office"),
        device_status: text("online"),
        node_class: text("WINDOWS_WORKSTATION"),
        vendor_device_type: text("AgentDevice"),
        chassis: text("Desktop"),
        last_online: instant("2026-08-28T06:24:21.504Z"),
        agent_installed_at: instant("2023-10-20T18:46:18.905Z"),
        os: OperatingSystem {
            name: text("Windows 11 Professional Edition"),
            build: text("26100"),
            release_id: text("24H2"),
            architecture: text("64-bit"),
        },
        hardware: Hardware {
            serial_number: text("ABC1234"),
            manufacturer: text("Dell Inc."),
            model: text("OptiPlex 7010"),
            cpu_model: text("12th Gen Intel(R) Core(TM) i5-12500"),
            memory_gib: Some("16.00".parse().unwrap()),
            volumes: text("C:: 475.9GB, D:: 100.0GB, E:"),
            has_tpm: Some(true),
            tpm_enabled: Some(true),
            tpm_version: text("2.0, 0, 1.38"),
            secure_boot_available: Some(false),
            secure_boot_enabled: None,
        },
        network: Network {
            mac_addresses: vec!["A4:BB:6D:12:34:56".into(), "00:15:5D:00:00:01".into()],
            ip_addresses: vec!["10.20.0.14".into(), "fe80::1c2d:3e4f:5a6b:7c8d".into()],
            public_ip: text("203.0.113.10"),
            last_user: text("CORP\\m.durand"),
        },
        protection: Protection::default(),
        payload: AGENT.into(),
    };
    assert_eq!(collection.observations, [expected]);
    assert_eq!(collection.notes, [""; 0]);
}

#[tokio::test]
async fn a_vm_host_is_read_from_its_flat_shape() {
    let host = observe(VM_HOST).await;
    assert_eq!(host.hostname, "esx01.corp.example", "an address is no name where a name is");
    assert_eq!(host.display_name.as_deref(), Some("10.20.0.5"));
    assert_eq!((host.device_status.as_deref(), host.chassis), (Some("offline"), None));
    assert_eq!(host.os.name.as_deref(), Some("VMware ESXi 8.0.1 build-21813344"));
    assert_eq!(host.os.build.as_deref(), Some("21813344"));
    assert_eq!(host.hardware.serial_number.as_deref(), Some("XYZ000TEST"));
    assert_eq!(host.hardware.manufacturer.as_deref(), Some("HPE"));
    assert_eq!(host.hardware.model.as_deref(), Some("ProLiant DL380 Gen10"));
    assert_eq!(host.hardware.cpu_model.as_deref(), Some("Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz"));
    assert_eq!(host.hardware.memory_gib, Some("95.66".parse().unwrap()));
    assert_eq!(host.hardware.volumes, None);
    assert_eq!(host.network.mac_addresses, ["d0:67:26:aa:bb:52", "d0-67-26-aa-bb-53"]);
}

#[tokio::test]
async fn an_unmanaged_device_has_its_label_for_a_name_and_says_little_else() {
    let television = observe(
        r#"{"id":140,"organizationId":5,"nodeClass":"UNMANAGED_DEVICE","approvalStatus":"APPROVED","displayName":"Meeting room TV","created":1750000000.000000000}"#,
    )
    .await;
    assert_eq!(television.hostname, "Meeting room TV");
    assert_eq!(television.device_status, None, "offline was not said");
    assert_eq!((television.last_online, television.os), (None, OperatingSystem::default()));
    assert_eq!(television.hardware, Hardware::default());
}

#[tokio::test]
async fn the_host_name_is_the_best_name_there_is() {
    for (names, expected) in [
        (r#""dnsName":"A.corp","systemName":"B","netbiosName":"C","nodeClass":"WINDOWS_SERVER""#, "A.corp"),
        (r#""dnsName":" ","systemName":"B","netbiosName":"C","nodeClass":"WINDOWS_SERVER""#, "B"),
        (r#""dnsName":null,"systemName":7,"netbiosName":"C","nodeClass":"WINDOWS_SERVER""#, "C"),
        (r#""dnsName":" B\u0000A\u0007D\r\n","nodeClass":"MAC""#, "BAD"),
        (r#""dnsName":"10.0.0.9","systemName":"B","nodeClass":"WINDOWS_SERVER""#, "B"),
        (r#""dnsName":"10.0.0.9","displayName":"Core switch","nodeClass":"NMS_SWITCH""#, "Core switch"),
        (r#""dnsName":"fe80::1","displayName":"10.0.0.9","nodeClass":"NMS_SWITCH""#, "fe80::1"),
        (r#""name":"guest-7","displayName":"Label","nodeClass":"VMWARE_VM_GUEST""#, "guest-7"),
    ] {
        assert_eq!(observe(&format!(r#"{{"id":1,{names}}}"#)).await.hostname, expected, "{names}");
    }
}

#[tokio::test]
async fn names_that_are_missing_or_too_long_set_the_record_aside() {
    let long = "x".repeat(256);
    for (names, detail) in [
        (r#""nodeClass":"WINDOWS_WORKSTATION","displayName":"Only a label""#.to_owned(), "no host name".to_owned()),
        (r#""dnsName":"\u0000 ""#.to_owned(), "no host name".to_owned()),
        (format!(r#""dnsName":"{long}""#), "host name of 256 characters, at most 255".to_owned()),
        (format!(r#""dnsName":"A","displayName":"{long}""#), "display name of 256 characters, at most 255".to_owned()),
    ] {
        let fake = instance_with(vec![(1, format!(r#"{{"id":1,{names}}}"#))]).start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!(collection.observations, []);
        assert_eq!(collection.set_aside[0].vendor_device_key.as_deref(), Some("1"));
        assert_eq!(collection.set_aside[0].detail, detail);
    }
    let most = "é".repeat(255);
    assert_eq!(
        observe(&format!(r#"{{"id":1,"dnsName":"{most}\u0007"}}"#)).await.hostname,
        most,
        "characters, not bytes"
    );
}

#[tokio::test]
async fn the_serial_number_is_the_first_that_says_which_machine() {
    for (record, expected) in [
        (r#""system":{"serialNumber":"PF2C0000","biosSerialNumber":"OTHER"}"#, Some("PF2C0000")),
        (r#""system":{"serialNumber":"None","biosSerialNumber":"VMware-56 4d aa bb"}"#, Some("VMware-56 4d aa bb")),
        (r#""system":{"serialNumber":"To Be Filled By O.E.M."},"serviceTag":"TAG1""#, Some("TAG1")),
        (r#""system":{"serialNumber":"Default string","biosSerialNumber":"0"}"#, Some("Default string")),
        (r#""system":{"serialNumber":" "}"#, None),
        (r#""system":"none""#, None),
    ] {
        let device = observe(&format!(r#"{{"id":1,"systemName":"A",{record}}}"#)).await;
        assert_eq!(device.hardware.serial_number.as_deref(), expected, "{record}");
    }
}

#[tokio::test]
async fn memory_comes_in_gib_from_where_it_is_said() {
    for (record, expected) in [
        (r#""memory":{"capacity":8589934592},"system":{"totalPhysicalMemory":1}"#, Some("8.00")),
        (r#""memory":{},"system":{"totalPhysicalMemory":17079869184}"#, Some("15.91")),
        (r#""memory":{"capacity":0},"memorySize":102715461632"#, Some("95.66")),
        (r#""memory":{"capacity":1.7179869184E10}"#, Some("16.00")),
        (r#""memory":{"capacity":-5}"#, None),
        (r#""memory":{"capacity":"8 GB"}"#, None),
        (r#""memory":{"capacity":999999999999999999999}"#, None),
        (r#""memory":8"#, None),
    ] {
        let device = observe(&format!(r#"{{"id":1,"systemName":"A",{record}}}"#)).await;
        assert_eq!(device.hardware.memory_gib, expected.map(|gib| gib.parse().unwrap()), "{record}");
    }
}

#[tokio::test]
async fn times_that_never_were_are_not_1970() {
    for time in ["0", "0.000000000", "-1", "null", "\"\"", "1787898261504.0", "{}"] {
        let device = observe(&format!(r#"{{"id":1,"systemName":"A","lastContact":{time},"created":{time}}}"#)).await;
        assert_eq!((device.last_online, device.agent_installed_at), (None, None), "{time}");
    }
    let device = observe(r#"{"id":1,"systemName":"A","lastContact":1787898261.504929123}"#).await;
    assert_eq!(device.last_online, instant("2026-08-28T06:24:21.504929Z"));
}

#[tokio::test]
async fn the_chassis_is_the_machines_word_else_its_roles() {
    for (record, expected) in [
        (r#""system":{"chassisType":"DESKTOP"},"nodeRoleId":201"#, Some("Desktop")),
        (r#""system":{"chassisType":"LAPTOP"}"#, Some("Laptop")),
        (r#""system":{"chassisType":"OTHER"},"nodeRoleId":201"#, None),
        (r#""system":{},"nodeRoleId":201"#, Some("Laptop")),
        (r#""nodeRoleId":201"#, Some("Laptop")),
        (r#""nodeRoleId":202"#, None),
        (r#""nodeRoleId":999"#, None),
    ] {
        let device = observe(&format!(r#"{{"id":1,"systemName":"A",{record}}}"#)).await;
        assert_eq!(device.chassis.as_deref(), expected, "{record}");
    }
}

#[tokio::test]
async fn custom_fields_are_read_in_the_spellings_that_scripts_use() {
    for (fields, tpm, version) in [
        (r#"{"hastpm":"TRUE","tpmversion":"2.0"}"#, Some(true), Some("2.0")),
        (r#"{"hasTpm":false,"tpmversion":"0.0"}"#, Some(false), Some("No TPM")),
        (r#"{"hastpm":"yes","tpmversion":""}"#, None, None),
        (r#"{"hastpm":null,"tpmversion":null}"#, None, None),
        (r#"{"hastpm":1,"tpmversion":["2.0"]}"#, None, None),
        ("{}", None, None),
    ] {
        let report = format!(r#"{{"results":[{{"deviceId":1,"fields":{fields}}}]}}"#);
        let record = r#"{"id":1,"systemName":"A"}"#.to_owned();
        let fake = instance_with(vec![(1, record)]).on(FIELDS, move |_, _| Reply::json(report.clone())).start().await;
        let device = Rig::new(&fake).collect().await.observations.remove(0);
        assert_eq!((device.hardware.has_tpm, device.hardware.tpm_version.as_deref()), (tpm, version), "{fields}");
    }
}

#[tokio::test]
async fn the_payload_is_kept_as_received() {
    let record = "{ \"id\" : 1,\n \"systemName\":\"A\", \"new\":{\"x\":1.50e0} , \"note\":\"\\u00e9\" }";
    assert_eq!(observe(record).await.payload, record);
}
