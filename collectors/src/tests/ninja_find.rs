//! One device of Ninja.

use super::{
    fake::{Fake, Reply, Script},
    ninja::{DEVICES, Rig, instance},
};
use crate::{CollectError, Collector, DeviceQuery};
use domain::observation::Observation;

const SEARCH: &str = "/v2/devices/search";

fn record(id: i64, name: &str, more: &str) -> String {
    format!(
        r#"{{"id":{id},"organizationId":5,"locationId":9,"nodeClass":"WINDOWS_WORKSTATION","dnsName":"{name}"{more}}}"#
    )
}

fn script() -> Script {
    instance()
        .on("/v2/device/101", |_, _| Reply::json(record(101, "Reception-PC.corp.example", r#","nodeRoleId":201"#)))
        .on("/v2/device/101/custom-fields", |_, _| Reply::json(r#"{"hastpm":"true","tpmversion":"2.0"}"#))
        .on("/v2/device/102", |_, _| Reply::json(record(102, "RECEPTION-PC.other.example", "")))
        .on("/v2/device/103", |_, _| Reply::json(record(103, "reception-pc", r#","approvalStatus":"DECOMMISSIONED""#)))
        .on("/v2/device/104", |_, _| Reply::json(r#"{"id":104,"nodeClass":"MAC"}"#))
        .on(SEARCH, |_, _| {
            let rows = [
                record(101, "Reception-PC.corp.example", ""),
                record(102, "RECEPTION-PC.other.example", ""),
                record(103, "reception-pc", ""),
                record(105, "reception-pc-2", ""),
                "7".to_owned(),
            ];
            Reply::json(format!(r#"{{"query":"reception-pc","devices":[{}]}}"#, rows.join(",")))
        })
}

async fn find(fake: &Fake, wanted: DeviceQuery) -> Result<Vec<Observation>, CollectError> {
    Rig::new(fake).collector.find(&wanted).await
}

fn key(text: &str) -> DeviceQuery {
    DeviceQuery::Key(text.into())
}

fn host(text: &str) -> DeviceQuery {
    DeviceQuery::Hostname(text.into())
}

#[tokio::test]
async fn a_device_is_found_by_key_with_names_fields_and_chassis_and_without_the_fleet() {
    let fake = script().start().await;
    let found = find(&fake, key(" 101 ")).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].hostname, "Reception-PC.corp.example");
    assert_eq!(found[0].organization.as_ref().unwrap().name.as_deref(), Some("Müller & Söhne GmbH"));
    assert_eq!(found[0].location.as_ref().unwrap().name.as_deref(), Some("Main Office"));
    assert_eq!(found[0].hardware.tpm_version.as_deref(), Some("2.0"));
    assert_eq!(found[0].chassis.as_deref(), Some("Laptop"));
    assert!(found[0].payload.starts_with(r#"{"id":101,"#));
    assert_eq!(fake.asked(DEVICES).len(), 0);
}

#[tokio::test]
async fn what_is_not_there_or_not_present_is_not_found() {
    let fake = script().start().await;
    for wanted in [key("999"), key("RECEPTION-PC"), key(""), key("103"), host(""), host(" | nobody"), host("reception")]
    {
        assert_eq!(find(&fake, wanted.clone()).await.unwrap(), [], "{wanted:?}");
    }
}

#[tokio::test]
async fn a_host_name_may_have_several_devices() {
    let fake = script().start().await;
    let found = find(&fake, host("RECEPTION-pc.corp | Marie")).await.unwrap();
    let keys: Vec<_> = found.iter().map(|device| device.vendor_device_key.as_str()).collect();
    assert_eq!(keys, ["101", "102"], "the decommissioned one is not present, the longer name is another");
    assert_eq!(fake.asked(SEARCH)[0].query["q"], "RECEPTION-pc");
}

#[tokio::test]
async fn a_search_may_answer_with_a_bare_list() {
    let fake = script().on(SEARCH, |_, _| Reply::json(format!("[{}]", record(101, "Reception-PC", "")))).start().await;
    assert_eq!(find(&fake, host("reception-pc")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn trouble_is_an_error_and_never_not_found() {
    let unreadable = find(&script().start().await, key("104")).await.unwrap_err();
    assert!(unreadable.to_string().contains("no host name"), "{unreadable}");
    for (path, reply) in [
        ("/v2/device/101", Reply::html(404, "<h1>gateway</h1>")),
        ("/v2/device/101", Reply::status(500, "{}")),
        ("/v2/device/101/custom-fields", Reply::status(500, "{}")),
        ("/v2/organizations", Reply::status(404, "{}")),
        ("/v2/locations", Reply::json("{}")),
    ] {
        let text = format!("{path} {reply:?}");
        let fake = script().on(path, move |_, _| reply.clone()).start().await;
        assert!(find(&fake, key("101")).await.is_err(), "{text}");
    }
    let fake = script().on("/v2/device/101/custom-fields", |_, _| Reply::status(404, "{}")).start().await;
    assert_eq!(find(&fake, key("101")).await.unwrap()[0].hardware.has_tpm, None, "not offered is not said");
}
