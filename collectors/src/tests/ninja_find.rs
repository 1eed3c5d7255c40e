//! One device of Ninja.

use super::{
    fake::{Fake, Reply, Script},
    ninja::{DEVICES, Rig, instance},
};
use crate::{CollectError, Collector, DeviceQuery, Found, Unanswered};
use domain::observation::Observation;
use std::time::Duration;

const SEARCH: &str = "/v2/devices/search";

fn record(id: i64, name: &str, more: &str) -> String {
    format!(
        r#"{{"id":{id},"organizationId":5,"locationId":9,"nodeClass":"WINDOWS_WORKSTATION","dnsName":"{name}"{more}}}"#
    )
}

fn script() -> Script {
    instance()
        .on("/v2/device/101", |_, _| Reply::json(record(101, "Reception-PC.corp.example", r#","nodeRoleId":201"#)))
        .on("/v2/device/102", |_, _| Reply::json(record(102, "RECEPTION-PC.other.example", "")))
        .on("/v2/device/103", |_, _| Reply::json(record(103, "reception-pc", r#","approvalStatus":"DECOMMISSIONED""#)))
        .on("/v2/device/104", |_, _| Reply::json(r#"{"id":104,"nodeClass":"MAC"}"#))
        .on(SEARCH, |_, _| {
            let rows = [
                record(101, "Reception-PC.corp.example", ""),
                record(102, "RECEPTION-PC.other.example", ""),
                record(103, "reception-pc", r#","approvalStatus":"DECOMMISSIONED""#),
                record(105, "reception-pc-2", ""),
                "7".to_owned(),
            ];
            Reply::json(format!(r#"{{"query":"reception-pc","devices":[{}]}}"#, rows.join(",")))
        })
}

/// The devices found; the keys where there are several.
async fn find(fake: &Fake, wanted: DeviceQuery) -> Result<Found, Unanswered> {
    Rig::new(fake).collector.find(&wanted, Duration::from_secs(20)).await
}

async fn only(fake: &Fake, wanted: DeviceQuery) -> Observation {
    match find(fake, wanted.clone()).await.unwrap() {
        Found::One(device) => *device,
        other => panic!("{wanted:?}: {other:?}"),
    }
}

fn key(text: &str) -> DeviceQuery {
    DeviceQuery::Key(text.into())
}

fn host(text: &str) -> DeviceQuery {
    DeviceQuery::Hostname(text.into())
}

/// How many requests were made beside the one for a token.
fn requests(fake: &Fake) -> usize {
    [
        "/v2/device/101",
        "/v2/device/101/custom-fields",
        "/v2/organizations",
        "/v2/locations",
        "/v2/roles",
        SEARCH,
        DEVICES,
    ]
    .iter()
    .map(|path| fake.asked(path).len())
    .sum()
}

#[tokio::test]
async fn a_device_is_found_by_key_with_one_request_and_without_what_only_other_lists_say() {
    let fake = script().start().await;
    let found = only(&fake, key(" 101 ")).await;
    assert_eq!(found.hostname, "Reception-PC.corp.example");
    let organization = found.organization.as_ref().unwrap();
    assert_eq!((organization.key.as_str(), &organization.name), ("5", &None));
    let location = found.location.as_ref().unwrap();
    assert_eq!((location.key.as_str(), &location.name), ("9", &None));
    assert_eq!((found.hardware.tpm_version, found.chassis), (None, None));
    assert!(found.payload.starts_with(r#"{"id":101,"#));
    assert_eq!(requests(&fake), 1);
}

#[tokio::test]
async fn what_is_not_there_or_not_present_is_not_found() {
    let fake = script().start().await;
    for wanted in [key("999"), key("RECEPTION-PC"), key(""), key("103"), host(""), host(" | nobody"), host("reception")]
    {
        assert_eq!(find(&fake, wanted.clone()).await.unwrap(), Found::None, "{wanted:?}");
    }
}

#[tokio::test]
async fn a_host_name_that_several_have_is_told_by_key_without_reading_any() {
    let fake = script().start().await;
    let found = find(&fake, host("RECEPTION-pc.corp | Marie")).await.unwrap();
    let keys = vec!["101".to_owned(), "102".to_owned()];
    assert_eq!(found, Found::Several(keys), "the decommissioned one is not present, the longer name is another");
    assert_eq!((fake.asked(SEARCH)[0].query["q"].as_str(), requests(&fake)), ("RECEPTION-pc", 1));
}

#[tokio::test]
async fn a_search_may_answer_with_a_bare_list() {
    let fake = script().on(SEARCH, |_, _| Reply::json(format!("[{}]", record(101, "Reception-PC", "")))).start().await;
    assert_eq!(find(&fake, host("reception-pc")).await.unwrap(), Found::Key("101".to_owned()));
    assert_eq!(requests(&fake), 1, "the search, and no record");
}

#[tokio::test]
async fn a_number_is_one_key_however_it_is_written() {
    let collector = Rig::new(&script().start().await).collector;
    for (key, expected) in [("101", "101"), (" 0101 ", "101"), ("+101", "101"), ("Reception ", "reception"), ("", "")] {
        assert_eq!(collector.spell_key(key), expected, "{key}");
    }
}

#[tokio::test]
async fn trouble_is_an_error_and_never_not_found() {
    let unreadable = find(&script().start().await, key("104")).await.unwrap_err();
    assert!(unreadable.error.to_string().contains("no host name"), "{unreadable}");
    for (path, reply, wanted) in [
        ("/v2/device/101", Reply::html(404, "<h1>gateway</h1>"), key("101")),
        ("/v2/device/101", Reply::status(500, "{}"), key("101")),
        (SEARCH, Reply::status(500, "{}"), host("reception-pc")),
        (SEARCH, Reply::html(200, "<h1>portal</h1>"), host("reception-pc")),
    ] {
        let text = format!("{path} {reply:?}");
        let fake = script().on(path, move |_, _| reply.clone()).start().await;
        assert!(find(&fake, wanted).await.is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_throttled_request_is_repeated_while_the_caller_waits_and_then_says_how_long_it_takes() {
    let slow = |seconds: &'static str| {
        let reply = Reply::status(429, "{}").with("Retry-After", seconds);
        script().on("/v2/device/101", move |_, nth| {
            if nth == 1 { reply.clone() } else { Reply::json(record(101, "Reception-PC", "")) }
        })
    };
    let fake = slow("7").start().await;
    assert_eq!(only(&fake, key("101")).await.vendor_device_key, "101");
    assert_eq!(requests(&fake), 2);
    let fake = slow("21").start().await;
    let unanswered = find(&fake, key("101")).await.unwrap_err();
    assert_eq!((unanswered.retry_after, requests(&fake)), (Some(Duration::from_secs(21)), 1));
    assert!(matches!(unanswered.error, CollectError::Throttled { .. }), "{unanswered}");
}
