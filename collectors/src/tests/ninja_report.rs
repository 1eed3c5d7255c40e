//! The custom-fields report: vendor-apis.md traps 5-7, 24, 25.

use domain::collection::{Collection, Completeness};

use super::{
    fake::{Asked, Reply, Script},
    ninja::{FIELDS, Rig, devices, instance_with, keys, reason},
};

fn row(device: i64) -> String {
    format!(r#"{{"deviceId":{device},"fields":{{"hastpm":"true","site":null}}}}"#)
}

fn page(rows: &[i64], cursor: &str) -> Reply {
    let rows = rows.iter().map(|device| row(*device)).collect::<Vec<_>>().join(",");
    Reply::json(format!(r#"{{{cursor}"results":[{rows}]}}"#))
}

fn cursor(offset: i64, count: i64) -> String {
    format!(r#""cursor":{{"name":"c-1","offset":{offset},"count":{count},"expires":1787899000.123000000}},"#)
}

fn fleet() -> Script {
    instance_with(devices(1..=5))
}

fn with_fields(collection: &Collection) -> Vec<&str> {
    let with = collection.observations.iter().filter(|device| device.hardware.has_tpm == Some(true));
    with.map(|device| device.vendor_device_key.as_str()).collect()
}

fn names(asked: &[Asked]) -> Vec<Option<&str>> {
    asked.iter().map(|asked| asked.query.get("cursor").map(String::as_str)).collect()
}

#[tokio::test]
async fn a_cursor_that_keeps_its_name_is_followed_to_the_end() {
    let fake = fleet().on(FIELDS, |_, nth| match nth {
        1 => page(&[1, 2], &cursor(2, 5)),
        2 => page(&[3, 4], &cursor(4, 5)),
        _ => page(&[5], ""),
    });
    let fake = fake.start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(with_fields(&collection), ["1", "2", "3", "4", "5"]);
    assert_eq!(collection.completeness, Completeness::Complete);
    let asked = fake.asked(FIELDS);
    assert_eq!(names(&asked), [None, Some("c-1"), Some("c-1")]);
    assert_eq!(asked[0].query["fields"], "hastpm,tpmenabled,tpmversion,securebootavailable,securebootenabled");
}

#[tokio::test]
async fn a_bare_cursor_name_and_an_empty_last_page_are_understood() {
    let fake = fleet().on(FIELDS, |_, nth| match nth {
        1 => page(&[1, 2, 3], r#""cursor":"c-1","#),
        2 => page(&[4, 5], r#""cursor":"c-2","#),
        _ => page(&[], r#""cursor":"c-3","#),
    });
    let fake = fake.start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(with_fields(&collection).len(), 5);
    assert_eq!(collection.completeness, Completeness::Complete);
    assert_eq!(names(&fake.asked(FIELDS)), [None, Some("c-1"), Some("c-2")]);
}

#[tokio::test]
async fn a_cursor_that_stands_still_ends_and_keeps_no_half() {
    let fake = fleet().on(FIELDS, |_, _| page(&[1, 2], &cursor(2, 5))).start().await;
    let collection = Rig::new(&fake).collect().await;
    assert!(reason(&collection).contains("stands still"), "{collection:?}");
    assert_eq!(with_fields(&collection), [""; 0]);
    assert_eq!(keys(&collection).len(), 5, "the devices are all there");
    assert_eq!(fake.asked(FIELDS).len(), 8, "four rounds of two pages");
}

#[tokio::test]
async fn a_page_that_fails_restarts_the_report_and_is_never_asked_twice() {
    for broken in [
        Reply::status(404, r#"{"resultCode":"NOT_FOUND"}"#),
        Reply::status(400, r#"{"errorMessage":{"code":"cursor_expired"}}"#),
        Reply::status(503, "{}"),
        Reply::json(r#"{"results":[{"deviceId":3,"fie"#),
        Reply::json(r#"{"results":[]}"#),
    ] {
        let text = format!("{broken:?}");
        let fake = fleet().on(FIELDS, move |asked, nth| match (asked.query.get("cursor"), nth) {
            (None, _) => page(&[1, 2], &cursor(2, 5)),
            (Some(_), 2) => broken.clone(),
            _ => page(&[3, 4, 5], ""),
        });
        let fake = fake.start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!(collection.completeness, Completeness::Complete, "{text}");
        assert_eq!(with_fields(&collection).len(), 5, "{text}");
        assert_eq!(names(&fake.asked(FIELDS)), [None, Some("c-1"), None, Some("c-1")], "{text}");
    }
}

#[tokio::test]
async fn a_report_that_always_breaks_off_is_given_up_whole() {
    let fake = fleet().on(FIELDS, |asked, _| match asked.query.get("cursor") {
        None => page(&[1, 2], &cursor(2, 5)),
        Some(_) => Reply::status(404, r#"{"resultCode":"NOT_FOUND"}"#),
    });
    let fake = fake.start().await;
    let collection = Rig::new(&fake).collect().await;
    assert!(
        reason(&collection).starts_with("custom fields: ") && reason(&collection).contains("broke off"),
        "{collection:?}"
    );
    assert_eq!(with_fields(&collection), [""; 0]);
    assert_eq!(fake.asked(FIELDS).len(), 8);
}

#[tokio::test]
async fn a_report_that_is_not_offered_is_a_note() {
    for (status, body) in [(404, ""), (404, "{}"), (403, r#"{"resultCode":"permission_denied"}"#)] {
        let fake = fleet().on(FIELDS, move |_, _| Reply::status(status, body)).start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!(collection.completeness, Completeness::Complete);
        assert!(collection.notes[0].starts_with("custom fields: capability not offered"), "{:?}", collection.notes);
        assert_eq!(fake.asked(FIELDS).len(), 1);
    }
}

#[tokio::test]
async fn rows_without_a_device_and_devices_without_a_row_change_nothing_else() {
    let fake = fleet().on(FIELDS, |_, _| {
        Reply::json(r#"{"results":[{"deviceId":777,"fields":{"hastpm":"true"}},{"fields":{}},7,{"deviceId":2,"fields":[]},{"deviceId":3,"fields":{"hastpm":true}}]}"#)
    });
    let collection = Rig::new(&fake.start().await).collect().await;
    assert_eq!(with_fields(&collection), ["3"]);
    assert_eq!(keys(&collection).len(), 5);
    assert_eq!(collection.completeness, Completeness::Complete);
}
