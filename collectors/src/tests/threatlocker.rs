//! A small ThreatLocker, collectors that read it, and what they do with scope, errors and single devices.

use domain::collection::{Collection, Completeness, SetAsideReason};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    clock::TestClock,
    fake::{Asked, Fake, Reply, Script},
};
use crate::{CollectError, Collector, DeviceQuery, Found, HttpLimits, ThreatLockerCollector, ThreatLockerConfig};

pub(crate) const COMPUTERS: &str = "/portalapi/Computer/ComputerGetByAllParameters";
pub(crate) const CHILDREN: &str = "/portalapi/Organization/OrganizationGetChildOrganizationsByParameters";

pub(crate) const MSP: &str = "dd850352-0000-436b-8e41-00000052712c";
pub(crate) const CLIENT: &str = "ac8fa06c-0000-4c44-9c53-00000044e8dd";
pub(crate) const OTHER: &str = "bc8fa06c-0000-4c44-9c53-00000044e8dd";

pub(crate) fn guid(number: usize) -> String {
    format!("c3fde5e9-0000-4558-8408-{number:012x}")
}

pub(crate) fn computer(number: usize) -> Value {
    json!({"computerId": guid(number), "computerName": format!("PC-{number:04} | Marie"), "hostname": format!("PC-{number:04}"),
        "organizationId": CLIENT, "organization": "Müller & Söhne GmbH "})
}

pub(crate) fn computers(numbers: impl IntoIterator<Item = usize>) -> Vec<Value> {
    numbers.into_iter().map(computer).collect()
}

pub(crate) fn child(id: &str, name: &str, parent: &str) -> Value {
    json!({"organizationId": id, "name": name, "parentId": parent, "organizationParents": [{"organizationId": parent}]})
}

/// A page as the vendor cuts it, at most `cap` rows, with the header.
pub(crate) fn page(asked: &Asked, rows: &[Value], cap: usize) -> Reply {
    let size = usize::try_from(asked.json()["pageSize"].as_u64().unwrap()).unwrap().min(cap);
    let number = usize::try_from(asked.json()["pageNumber"].as_u64().unwrap()).unwrap();
    let page: Vec<_> = rows.iter().skip((number - 1) * size).take(size).collect();
    let header = json!({"currentPage": number, "itemsPerPage": size, "totalItems": rows.len(), "totalPages": rows.len().div_ceil(size)});
    Reply::json(serde_json::to_string(&page).unwrap()).with("Pagination", header.to_string())
}

pub(crate) fn instance_with(rows: Vec<Value>) -> Script {
    Script::default().on(COMPUTERS, move |asked, _| page(asked, &rows, 500)).on(CHILDREN, |asked, _| {
        page(asked, &[child(CLIENT, "Müller & Söhne GmbH", MSP), child(OTHER, " Northwind ", MSP)], 500)
    })
}

pub(crate) struct Rig {
    pub(crate) collector: ThreatLockerCollector,
}

impl Rig {
    pub(crate) fn new(fake: &Fake) -> Self {
        Self::with(fake, |_| {})
    }

    pub(crate) fn with(fake: &Fake, change: impl FnOnce(&mut ThreatLockerConfig)) -> Self {
        let mut config = ThreatLockerConfig {
            base_url: crate::vendor_base_url(fake.url.as_str()).unwrap(),
            api_key: "0f".repeat(32).into(),
            organization_id: None,
            page_size: 3,
            limits: HttpLimits { jitter_seed: Some(7), ..HttpLimits::default() },
        };
        change(&mut config);
        Self { collector: ThreatLockerCollector::new(config, TestClock::new()).unwrap() }
    }

    pub(crate) async fn collect(&self) -> Collection {
        self.collector.collect(&()).await.unwrap()
    }
}

fn scoped(organization: &str) -> impl FnOnce(&mut ThreatLockerConfig) {
    let organization = organization.to_uppercase();
    move |config| config.organization_id = Some(organization)
}

#[tokio::test]
async fn requests_carry_the_raw_key_the_scope_and_the_order_by_name_and_go_to_two_paths_only() {
    let fake = instance_with(computers(1..=4)).start().await;
    Rig::with(&fake, scoped(CLIENT)).collect().await;
    for asked in fake.all() {
        assert!([COMPUTERS, CHILDREN].contains(&asked.path.as_str()), "{}", asked.path);
        assert_eq!(asked.method, "POST");
        assert_eq!(asked.headers["authorization"], "0f".repeat(32).as_str());
        assert_eq!(asked.headers["managedorganizationid"], CLIENT.to_uppercase().as_str());
    }
    let body = fake.asked(COMPUTERS)[0].json();
    let expected = json!({"searchText":"","computerGroup":"00000000-0000-0000-0000-000000000000","orderBy":"computername",
        "pageSize":3,"pageNumber":1,"childOrganizations":true,"action":"","isAscending":true,"kindOfAction":"",
        "computerId":"00000000-0000-0000-0000-000000000000","showLastCheckIn":true,"showDeleted":false,"searchBy":1,
        "threatlockerVersion":"All","isExport":false});
    assert_eq!(body, expected);
    assert!(!instance_was_scoped().await, "without a scope no header is sent");
}

async fn instance_was_scoped() -> bool {
    let fake = instance_with(computers(1..=1)).start().await;
    Rig::new(&fake).collect().await;
    fake.all().iter().any(|asked| asked.headers.contains_key("managedorganizationid"))
}

#[tokio::test]
async fn a_base_url_may_end_in_the_portals_own_path() {
    let fake = instance_with(computers(1..=1)).start().await;
    let rig = Rig::with(&fake, |config| config.base_url = format!("{}/portalapi", config.base_url).parse().unwrap());
    assert_eq!(rig.collect().await.observations.len(), 1);
}

#[tokio::test]
async fn organizations_come_from_the_child_list_and_from_rows() {
    let mut rows = computers(1..=1);
    rows.push(json!({"computerId": guid(2), "hostname": "HOME-PC", "organizationId": MSP.to_uppercase(), "organization": "Example MSP"}));
    let fake = instance_with(rows.clone()).start().await;
    let named = |collection: &Collection| -> Vec<(String, Option<String>)> {
        collection.organizations.iter().map(|place| (place.key.clone(), place.name.clone())).collect()
    };
    let name = |text: &str| Some(text.to_owned());
    let collection = Rig::new(&fake).collect().await;
    let all = [
        (CLIENT.into(), name("Müller & Söhne GmbH")),
        (OTHER.into(), name("Northwind")),
        (MSP.into(), name("Example MSP")),
    ];
    assert_eq!(named(&collection), all);

    for status in [403, 404, 500] {
        let fake = instance_with(rows.clone()).on(CHILDREN, move |_, _| Reply::status(status, "{}")).start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!(named(&collection), [all[0].clone(), all[2].clone()], "{status}");
        assert_eq!(collection.completeness, Completeness::Complete, "{status}");
        assert!(
            collection.notes[0].starts_with("child organizations: capability not offered"),
            "{:?}",
            collection.notes
        );
    }
    let fake = instance_with(rows).on(CHILDREN, |_, _| Reply::status(503, "{}")).start().await;
    assert!(super::ninja::reason(&Rig::new(&fake).collect().await).starts_with("child organizations: "));
}

#[tokio::test]
async fn a_scope_that_was_kept_is_complete() {
    let from = |organization: &str| json!({"computerId": guid(9), "hostname": "X", "organizationId": organization});
    let fake = instance_with(vec![computer(1), from(OTHER)]).start().await;
    assert_eq!(
        Rig::with(&fake, scoped(MSP)).collect().await.completeness,
        Completeness::Complete,
        "children of the scope"
    );

    let unlisted = "ffffffff-0000-4c44-9c53-00000044e8dd";
    let fake = instance_with(vec![computer(1), from(unlisted)]).start().await;
    let collection = Rig::with(&fake, scoped(MSP)).collect().await;
    assert_eq!(
        collection.completeness,
        Completeness::Complete,
        "rows may name an organization that the list leaves out"
    );
    assert_eq!(collection.observations.len(), 2);
}

#[tokio::test]
async fn a_scope_that_was_ignored_makes_the_collection_partial() {
    // The key's home is the MSP: its children come back for every scope.
    let other = json!({"computerId": guid(9), "hostname": "X", "organizationId": OTHER, "organization": "Northwind"});
    let fake = instance_with(vec![computer(1), other.clone()]).start().await;
    let collection = Rig::with(&fake, scoped(CLIENT)).collect().await;
    assert!(
        super::ninja::reason(&collection).starts_with("organization scope: the vendor ignored it"),
        "{collection:?}"
    );

    // The key's home is one other client without children.
    let fake = instance_with(vec![other]).on(CHILDREN, |_, _| Reply::json("[]")).start().await;
    let collection = Rig::with(&fake, scoped(CLIENT)).collect().await;
    assert!(super::ninja::reason(&collection).starts_with("organization scope"), "{collection:?}");
}

#[tokio::test]
async fn a_revoked_key_hints_at_the_instance_in_every_framing() {
    for reply in [
        Reply::bare(403, "TOKEN_REVOKED"),
        Reply::status(403, r#"{"Message":"TOKEN_REVOKED"}"#),
        Reply::html(401, "Token revoked."),
        Reply::json(r#"{"StatusCode":403,"LoggerId":"7f0c-1","Message":"TOKEN_REVOKED"}"#),
    ] {
        let text = format!("{reply:?}");
        let fake = instance_with(vec![]).on(COMPUTERS, move |_, _| reply.clone()).start().await;
        let error = Rig::new(&fake).collector.collect(&()).await.unwrap_err();
        assert!(matches!(error, CollectError::WrongRegion { .. }), "{text}: {error:?}");
        assert_eq!(fake.asked(COMPUTERS).len(), 1, "{text}");
    }
}

#[tokio::test]
async fn errors_have_their_number_of_attempts_whatever_the_outer_status() {
    let fault = r#"{"LoggerId":"7f0c-2","StatusCode":500,"Message":"A problem occurred with the request (7f0c-2)"}"#;
    for (reply, attempts, kind) in [
        (Reply::status(500, fault), 3, "VendorFault"),
        (Reply::json(fault), 3, "VendorFault"),
        (Reply::status(503, "{}"), 6, "VendorFault"),
        (Reply::status(429, "{}"), 6, "Throttled"),
        (Reply::html(200, "too many requests"), 6, "Throttled"),
        (Reply::status(401, "{}"), 1, "CredentialsRefused"),
        (Reply::status(417, r#"{"LoggerId":"7f0c","StatusCode":417,"Message":"Invalid Date Range"}"#), 1, "Rejected"),
        (Reply::json(r#"{"LoggerId":"7f0c","StatusCode":400,"Message":"no"}"#), 1, "Rejected"),
        (Reply::json(r#"{"items":[]}"#), 3, "UnexpectedAnswer"),
        (Reply::html(200, "<h1>Portal</h1>"), 3, "UnexpectedAnswer"),
    ] {
        let text = format!("{reply:?}");
        let fake = instance_with(vec![]).on(COMPUTERS, move |_, _| reply.clone()).start().await;
        let error = Rig::new(&fake).collector.collect(&()).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(kind), "{text}: {error:?}");
        assert_eq!(fake.asked(COMPUTERS).len(), attempts, "{text}");
        if text.contains("7f0c-2") {
            assert!(
                error.to_string().contains("incident 7f0c-2") && !error.to_string().contains("problem occurred"),
                "{error}"
            );
        }
    }
}

#[tokio::test]
async fn deleted_and_unreadable_computers_are_set_aside() {
    let long = "x".repeat(256);
    let rows = vec![
        computer(1),
        json!({"computerId": guid(2), "hostname": "GONE", "isDeleted": true}),
        json!({"computerId": guid(3), "computerName": "ONLY-A-LABEL"}),
        json!({"computerId": guid(4), "hostname": 4}),
        json!({"hostname": "NO-ID"}),
        json!({"computerId": guid(6), "hostname": "A", "computerName": long}),
        json!(7),
    ];
    let fake = instance_with(rows).start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!(collection.completeness, Completeness::Complete);
    assert_eq!(collection.observations.len(), 1);
    let aside: Vec<_> = collection
        .set_aside
        .iter()
        .map(|aside| (aside.vendor_device_key.clone(), aside.reason, aside.detail.as_str()))
        .collect();
    let bad = SetAsideReason::Unreadable;
    let expected = [
        (Some(guid(2)), SetAsideReason::NotPresent, "deleted"),
        (Some(guid(3)), bad, "no host name"),
        (Some(guid(4)), bad, "no host name"),
        (None, bad, "no readable id"),
        (Some(guid(6)), bad, "display name of 256 characters, at most 255"),
        (None, bad, "the record is no computer object"),
    ];
    assert_eq!(aside, expected);
}

/// A vendor that searches as it should: by id, else by part of the name.
fn searching(rows: Vec<Value>) -> Script {
    Script::default().on(COMPUTERS, move |asked, _| {
        let body = asked.json();
        let (id, text) = (body["computerId"].as_str().unwrap(), body["searchText"].as_str().unwrap().to_lowercase());
        assert_eq!(body["searchBy"], 1);
        let by_id =
            |row: &&Value| id.starts_with("00000000") || row["computerId"].as_str().unwrap().eq_ignore_ascii_case(id);
        let by_text = |row: &&Value| row["computerName"].as_str().unwrap().to_lowercase().contains(&text);
        let found: Vec<Value> = rows.iter().filter(by_id).filter(by_text).cloned().collect();
        page(asked, &found, 500)
    })
}

const PATIENCE: Duration = Duration::from_secs(20);

async fn found(fake: &Fake, wanted: DeviceQuery) -> Vec<String> {
    match Rig::new(fake).collector.find(&wanted, PATIENCE).await.unwrap() {
        Found::None => Vec::new(),
        Found::One(device) => vec![device.vendor_device_key],
        Found::Key(key) => vec![key],
        Found::Several(keys) => keys,
    }
}

#[tokio::test]
async fn a_computer_is_found_by_id_and_by_host_name_alone() {
    let mut rows = computers(1..=12);
    rows.push(json!({"computerId": guid(90), "computerName": "PC-0001", "hostname": "pc-0001.corp.example"}));
    rows.push(json!({"computerId": guid(91), "computerName": "PC-0001", "hostname": "PC-0001", "isDeleted": true}));
    rows.push(json!({"computerId": guid(92), "computerName": "PC-0001-B", "hostname": "PC-0001-B"}));
    let fake = searching(rows.clone()).start().await;
    assert_eq!(found(&fake, DeviceQuery::Key(guid(5).to_uppercase())).await, [guid(5)]);
    assert_eq!(found(&fake, DeviceQuery::Key(guid(77))).await, [""; 0]);
    assert_eq!(found(&fake, DeviceQuery::Key("PC-0001".into())).await, [""; 0], "no id of this vendor");
    assert_eq!(found(&fake, DeviceQuery::Key(guid(91))).await, [""; 0], "deleted");
    assert_eq!(found(&fake, DeviceQuery::Hostname("pc-0001.CORP | Marie".into())).await, [guid(1), guid(90)]);
    assert_eq!(found(&fake, DeviceQuery::Hostname("PC-00".into())).await, [""; 0]);
    assert_eq!(found(&fake, DeviceQuery::Hostname(" | ".into())).await, [""; 0]);

    let ignoring = instance_with(rows).start().await;
    assert_eq!(found(&ignoring, DeviceQuery::Key(guid(5))).await, [guid(5)], "though the vendor ignored the search");
    assert_eq!(ignoring.asked(COMPUTERS).len(), 1, "and with one request");
    let zero = Script::default().on(COMPUTERS, |_, _| Reply::json("")).start().await;
    assert_eq!(found(&zero, DeviceQuery::Key(guid(5))).await, [""; 0], "zero bytes are no rows");
}

#[tokio::test]
async fn trouble_in_finding_is_an_error_and_never_not_found() {
    let short = |_: &Asked, _| Reply::json("[]").with("Pagination", r#"{"totalItems":1,"totalPages":1}"#);
    let fake = Script::default().on(COMPUTERS, short).start().await;
    assert!(Rig::new(&fake).collector.find(&DeviceQuery::Key(guid(1)), PATIENCE).await.is_err());
    let nameless = json!([{"computerId": guid(1)}]).to_string();
    let fake = Script::default()
        .on(COMPUTERS, move |_, nth| Reply::json(if nth == 1 { nameless.clone() } else { "[]".into() }));
    let error =
        Rig::new(&fake.start().await).collector.find(&DeviceQuery::Key(guid(1)), PATIENCE).await.unwrap_err().error;
    assert!(matches!(error, CollectError::Unreachable { .. } | CollectError::UnexpectedAnswer { .. }), "{error}");
}
