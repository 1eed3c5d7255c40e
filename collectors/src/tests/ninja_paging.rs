//! Entity lists: vendor-apis.md traps 1-4, 12-14, 22-23.

use std::sync::Mutex;

use domain::collection::{Completeness, SetAsideReason};

use super::{
    fake::Reply,
    ninja::{DEVICES, Rig, device, devices, entities, instance, instance_with, keys, reason},
};
use crate::{CollectError, Collector, Progress};

#[tokio::test]
async fn fleets_around_the_page_size_are_read_to_the_end() {
    for size in [0, 1, 2, 3, 4, 6, 7, 9, 10] {
        let fake = instance_with(devices(101..101 + size)).start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!(collection.completeness, Completeness::Complete, "{size}");
        assert_eq!(collection.observations.len(), usize::try_from(size).unwrap(), "{size}");
    }
}

#[tokio::test]
async fn a_server_that_caps_pages_below_what_was_asked_is_read_to_the_end() {
    let fleet = devices(1..=7);
    let script = instance().on(DEVICES, move |asked, _| {
        let rows: Vec<_> = fleet.iter().filter(|(id, _)| *id > asked.number("after")).take(2).cloned().collect();
        entities(asked, &rows)
    });
    let fake = script.start().await;
    let collection =
        Rig::with(&fake, super::ninja::MemoryStore::new(None), |config| config.page_size = 1000).collect().await;
    assert_eq!(collection.completeness, Completeness::Complete);
    assert_eq!(keys(&collection), ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(fake.asked(DEVICES)[0].query["pageSize"], "1000");
}

#[tokio::test]
async fn a_page_of_absent_devices_still_moves_the_list_on() {
    let pending = |id| (id, format!(r#"{{"id":{id},"systemName":"P{id}","approvalStatus":"PENDING"}}"#));
    let mut fleet: Vec<_> = (1..=3).map(pending).collect();
    fleet.extend(devices(4..=5));
    fleet.push((6, r#"{"id":6,"systemName":"GONE","approvalStatus":"DECOMMISSIONED"}"#.into()));
    let fake = instance_with(fleet).start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(keys(&collection), ["4", "5"]);
    assert_eq!(collection.completeness, Completeness::Complete);
    let aside: Vec<_> =
        collection.set_aside.iter().map(|aside| (aside.vendor_device_key.as_deref().unwrap(), aside.reason)).collect();
    let absent = SetAsideReason::NotPresent;
    assert_eq!(aside, [("1", absent), ("2", absent), ("3", absent), ("6", absent)]);
    assert!(collection.set_aside[3].detail.contains("DECOMMISSIONED"), "{:?}", collection.set_aside[3]);
}

#[tokio::test]
async fn unsorted_rows_are_neither_lost_nor_doubled() {
    let script = instance().on(DEVICES, |asked, _| {
        let page = match asked.number("after") {
            0 => vec![device(3), device(9), device(1)],
            9 => vec![device(12), device(9), device(11)],
            12 => vec![],
            after => panic!("asked after {after}, which is not the largest id"),
        };
        Reply::json(format!("[{}]", page.into_iter().map(|(_, row)| row).collect::<Vec<_>>().join(",")))
    });
    let collection = Rig::new(&script.start().await).collect().await;
    assert_eq!(keys(&collection), ["1", "11", "12", "3", "9"]);
    assert_eq!(collection.completeness, Completeness::Complete);
}

#[tokio::test]
async fn a_page_repeated_for_ever_ends_as_partial() {
    let script = instance().on(DEVICES, |_, _| Reply::json(format!("[{},{}]", device(1).1, device(2).1)));
    let fake = script.start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(keys(&collection), ["1", "2"]);
    assert!(reason(&collection).contains("without larger ids"), "{collection:?}");
    assert_eq!(fake.asked(DEVICES).len(), 2);
}

#[tokio::test]
async fn a_first_page_that_fails_is_an_error_and_a_later_one_a_reason() {
    let script = instance().on(DEVICES, |_, _| Reply::status(500, "{}"));
    let error = Rig::new(&script.start().await).collector.collect(&()).await.unwrap_err();
    assert!(matches!(error, CollectError::VendorFault { status: 500, .. }), "{error}");

    let script = instance().on(DEVICES, |asked, _| match asked.number("after") {
        0 => entities(asked, &devices(1..=3)),
        _ => Reply::status(503, r#"{"incidentId":"WEB-7"}"#),
    });
    let collection = Rig::new(&script.start().await).collect().await;
    assert_eq!(keys(&collection), ["1", "2", "3"]);
    assert!(reason(&collection).contains("HTTP 503") && reason(&collection).contains("WEB-7"), "{collection:?}");
}

#[tokio::test]
async fn one_bad_row_costs_only_itself() {
    let rows = [
        (1, r#"{"id":1,"systemName":"GOOD","nodeClass":"NMS_HOLOGRAM","deviceType":"Teapot","lastContact":"never"}"#),
        (2, r#"{"id":2,"systemName":17,"nodeClass":"WINDOWS_SERVER"}"#),
        (3, r#"{"systemName":"NO-ID"}"#),
        (4, r#"{"id":"four","systemName":"TEXT-ID"}"#),
        (5, "[1,2,3]"),
        (6, "null"),
        (7, r#"{"id":7,"systemName":"\ud800","dnsName":"SURROGATE"}"#),
    ];
    let fake = instance().on(DEVICES, move |asked, _| match asked.number("after") {
        0 => Reply::json(format!("[{}]", rows.iter().map(|(_, row)| *row).collect::<Vec<_>>().join(","))),
        _ => Reply::json("[]"),
    });
    let collection = Rig::new(&fake.start().await).collect().await;
    assert_eq!(keys(&collection), ["1", "7"]);
    assert_eq!(collection.observations[0].node_class.as_deref(), Some("NMS_HOLOGRAM"));
    assert!(collection.set_aside.iter().all(|aside| aside.reason == SetAsideReason::Unreadable));
    let seen: Vec<_> =
        collection.set_aside.iter().map(|aside| (aside.vendor_device_key.as_deref(), aside.detail.as_str())).collect();
    let no_object = "the record is no device object";
    assert_eq!(
        seen,
        [
            (Some("2"), "no host name"),
            (None, "no readable id"),
            (None, "no readable id"),
            (None, no_object),
            (None, no_object)
        ]
    );
    assert_eq!(collection.completeness, Completeness::Complete);
}

#[tokio::test]
async fn an_organization_that_is_not_listed_keeps_its_device() {
    let fake = instance_with(vec![(1, r#"{"id":1,"systemName":"A","organizationId":99,"locationId":43}"#.into())]);
    let collection = Rig::new(&fake.start().await).collect().await;
    let place = collection.observations[0].organization.clone().unwrap();
    assert_eq!((place.key.as_str(), place.name), ("99", None));
    assert_eq!(collection.completeness, Completeness::Complete);
    assert!(collection.notes[0].contains("organization list does not hold: 1"), "{:?}", collection.notes);
}

#[tokio::test]
async fn missing_names_make_the_collection_partial_and_missing_roles_are_a_note() {
    for path in ["/v2/organizations", "/v2/locations"] {
        let fake = instance_with(devices(1..=2))
            .on(path, |_, _| Reply::status(404, r#"{"resultCode":"NOT_FOUND"}"#))
            .start()
            .await;
        let collection = Rig::new(&fake).collect().await;
        assert!(reason(&collection).contains(&path[4..]), "{collection:?}");
        assert_eq!(collection.observations.len(), 2);
    }
    let role = vec![(1, r#"{"id":1,"systemName":"A","nodeRoleId":201}"#.to_owned())];
    let fake = instance_with(role).on("/v2/roles", |_, _| Reply::status(404, "{}")).start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(collection.completeness, Completeness::Complete);
    assert!(collection.notes[0].starts_with("roles: capability not offered"), "{:?}", collection.notes);
}

#[tokio::test]
async fn requests_are_gets_with_a_bearer_token_and_never_ask_for_secure_values() {
    let fake = instance_with(devices(1..=4)).start().await;
    Rig::new(&fake).collect().await;
    for asked in fake.all().iter().filter(|asked| asked.path != super::ninja::TOKEN) {
        assert_eq!(asked.method, "GET", "{}", asked.path);
        assert_eq!(asked.headers["authorization"], "Bearer at-1", "{}", asked.path);
        assert!(!asked.query.contains_key("showSecureValues") && !asked.query.contains_key("df"), "{asked:?}");
    }
}

#[tokio::test]
async fn progress_counts_pages_and_device_rows() {
    #[derive(Default)]
    struct Seen(Mutex<Vec<(u64, Option<u64>, u64)>>);
    impl Progress for Seen {
        fn pages(&self, fetched: u64, of: Option<u64>, rows: u64) {
            self.0.lock().unwrap().push((fetched, of, rows));
        }
    }
    let fake = instance_with(devices(1..=5)).start().await;
    let seen = Seen::default();
    Rig::new(&fake).collector.collect(&seen).await.unwrap();
    let seen = seen.0.into_inner().unwrap();
    // Two pages of devices, one each of organizations, locations and custom fields.
    assert_eq!(seen.last(), Some(&(5, None, 5)));
    assert!(seen.iter().zip(1..).all(|(page, number)| page.0 == number), "{seen:?}");
}
