//! Who has a file is told that it is the same as long as it is, and gets it anew after whatever changes it.

use std::{sync::Arc, time::Duration};

use domain::access::{Principal, Reach, Role};
use futures::TryStreamExt;
use harness::{Backend, World, http_client, text};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    export::Exporter,
    graphql::Api,
    http::{Content, ExportRequest, Exports},
};
use simulator::FleetPlan;

/// Every export, as people ask for it.
const FILES: [&str; 6] = [
    "devices.csv",
    "exceptions.csv",
    "exceptions.csv?asOf=2026-03-02",
    "usage-changes.csv?vendor=NINJA&from=2026-03-02&to=2026-03-03",
    "billing.csv?month=2026-03",
    "windows11.csv",
];

async fn fetch(world: &World, file: &str, known: Option<&str>) -> (u16, String, String) {
    let address = format!("{}/export/{file}", world.graphql.url.trim_end_matches("/graphql"));
    let mut request = http_client().get(address);
    if let Some(tag) = known {
        request = request.header(IF_NONE_MATCH, tag);
    }
    let answer = request.send().await.unwrap();
    let tag = answer.headers().get(ETAG).map(|tag| tag.to_str().unwrap().to_owned()).unwrap_or_default();
    (answer.status().as_u16(), tag, answer.text().await.unwrap())
}

/// Every file with its tag.
async fn shelf(world: &World) -> Vec<(&'static str, String, String)> {
    let mut shelf = Vec::new();
    for file in FILES {
        let (status, tag, text) = fetch(world, file, None).await;
        assert_eq!(status, 200, "{file}: {text}");
        assert!(!tag.is_empty(), "{file}");
        shelf.push((file, tag, text));
    }
    shelf
}

/// What has become of the files since: one that says something else has another tag, and is sent to who has the old one.
struct Watch<'a> {
    world: &'a World,
    shelf: Vec<(&'static str, String, String)>,
    changed: Vec<String>,
}

impl Watch<'_> {
    async fn after(&mut self, what: &str, expected: &[&str]) {
        let now = shelf(self.world).await;
        for ((file, tag, text), (_, new_tag, new_text)) in self.shelf.iter().zip(&now) {
            let is_other = text != new_text;
            assert!(!is_other || tag != new_tag, "{file} changed by {what} has its old tag");
            assert!(is_other || !expected.contains(file), "{file} was to be changed by {what}");
            let (status, ..) = fetch(self.world, file, Some(tag)).await;
            assert_eq!(status, if tag == new_tag { 304 } else { 200 }, "{file} after {what}");
            if is_other {
                self.changed.push(format!("{file} by {what}"));
            }
        }
        self.shelf = now;
    }
}

async fn world(backend: Backend) -> World {
    let world = World::on(backend).plan(FleetPlan::plain(20, 16)).start().await;
    world.night(0).await;
    world.estrange(4);
    world.night(1).await;
    world.clock.advance(Duration::from_hours(5));
    world
}

#[rstest]
#[tokio::test]
async fn a_file_that_did_not_change_is_not_made_again(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    for (file, tag, _) in shelf(&world).await {
        for file in [file.to_owned(), file.replace(".csv", ".xlsx")] {
            let tag = if file.contains("xlsx") { fetch(&world, &file, None).await.1 } else { tag.clone() };
            world.take_statements();
            let (status, again, body) = fetch(&world, &file, Some(&tag)).await;
            assert_eq!((status, again.as_str(), body.as_str()), (304, tag.as_str(), ""), "{file}");
            assert_eq!(world.take_statements().len(), 1, "{file}: which version the rows are, and no row");
        }
    }
    // What people ask and see, and what they try in vain, changes no file.
    let tag = fetch(&world, "exceptions.csv", None).await.1;
    world.graphql.query("{ vendors { name } }").await;
    let open = world.graphql.strangers().await[0]["id"].clone();
    let outdated = json!({ "id": open, "resolution": "FIXED", "expectedVersion": 999 });
    let vain = world.graphql.change("resolveException", outdated).await;
    assert_ne!(vain["userErrors"], json!([]), "{vain:#}");
    assert_eq!(fetch(&world, "exceptions.csv", Some(&tag)).await.0, 304);
    // What else is asked for is another file.
    for other in ["exceptions.xlsx", "devices.csv", "exceptions.csv?filter={\"type\":{\"eq\":\"MISSING_NINJA\"}}"] {
        assert_eq!(fetch(&world, other, Some(&tag)).await.0, 200, "{other}");
    }
}

#[rstest]
#[tokio::test]
async fn whatever_changes_a_file_changes_its_tag(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let strangers = world.graphql.strangers().await;
    let ids: Vec<&str> = strangers.iter().map(|it| text(it, "id")).collect();
    let mut watch = Watch { world: &world, shelf: shelf(&world).await, changed: Vec::new() };
    for (mutation, input) in [
        ("assignException", json!({ "id": ids[0], "assignee": "Ann" })),
        ("commentOnException", json!({ "id": ids[0], "comment": "looked at" })),
        ("snoozeException", json!({ "id": ids[1], "until": "2026-03-20" })),
        ("resolveException", json!({ "id": ids[0], "resolution": "FIXED", "note": "done" })),
        ("reopenException", json!({ "id": ids[0], "note": "not done" })),
        // The same word twice: one more version of the row, whether it shows or not.
        ("assignException", json!({ "id": ids[0], "assignee": "Ben" })),
        ("assignException", json!({ "id": ids[0], "assignee": "Ann" })),
    ] {
        world.done(mutation, input).await;
        watch.after(mutation, &["exceptions.csv"]).await;
    }
    let many = world.graphql.change_many(json!({ "ids": ids }), json!({ "assign": { "assignee": "Cid" } })).await;
    assert_eq!(many["changed"], ids.len(), "{many:#}");
    watch.after("changeExceptions", &["exceptions.csv"]).await;
    let device = world.simulator.view(|vendors| vendors.ninja_devices()[0]["id"].as_i64().unwrap());
    world.simulator.edit(|vendors| {
        vendors.ninja_device(device).set("displayName", "another name");
    });
    sync(&world, device).await;
    watch.after("syncDevice", &["devices.csv"]).await;
    world.clock.advance(Duration::from_hours(24));
    watch.after("a day that goes by", &["exceptions.csv"]).await;
    world.simulator.edit(|vendors| {
        vendors.ninja_device(device).set("displayName", "a third name");
    });
    world.night(2).await;
    watch.after("a night", &["devices.csv", "exceptions.csv"]).await;
    rename_a_client(&world).await;
    watch.after("setOrganizationAlias", &[]).await;
    for file in FILES {
        // The past is as it was, and March has no bill yet that another day could change less.
        let has_changed = watch.changed.iter().any(|change| change.starts_with(file));
        assert!(has_changed || file.contains('?') || file == "windows11.csv", "{file}: {:?}", watch.changed);
    }
}

async fn sync(world: &World, device: i64) {
    let query = format!(
        "mutation {{ syncDevice(input: {{ vendor: NINJA, vendorDeviceKey: \"{device}\" }}) {{
            device {{ id }} userErrors {{ message }} }} }}"
    );
    let payload = world.graphql.query(&query).await["syncDevice"].clone();
    assert_eq!(payload["userErrors"], json!([]), "{payload:#}");
}

/// Says that one vendor's client is another's.
async fn rename_a_client(world: &World) {
    let sites = world.graphql.every("vendorOrganizations", "", "vendor vendorSiteKey organization { id }").await;
    let of = |vendor: &str| sites.iter().filter(|site| text(site, "vendor") == vendor).cloned().collect::<Vec<Value>>();
    let (here, there) = (of("NINJA"), of("THREATLOCKER"));
    let other = here.iter().find(|site| site["organization"] != there[0]["organization"]).unwrap();
    let query = "mutation($input: SetOrganizationAliasInput!) { setOrganizationAlias(input: $input) { changed } }";
    let key = &there[0]["vendorSiteKey"];
    let input =
        json!({ "vendor": "THREATLOCKER", "vendorSiteKey": key, "organizationId": other["organization"]["id"] });
    let answer = world.graphql.ask(query, json!({ "input": input })).await;
    assert_eq!(answer.data()["setOrganizationAlias"]["changed"], true);
}

#[rstest]
#[tokio::test]
async fn who_may_see_other_organizations_has_another_file(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let tag = fetch(&world, "devices.csv", None).await.1;
    let exporter = Exporter::new(Api::new(world.inventory.clone()), world.inventory.clone());
    let ask = async |reach: Reach| {
        let principal = Principal::new("ann".to_owned(), Role::Viewer, reach);
        let (file, parameters) = ("devices.csv".to_owned(), Vec::new());
        let asked = ExportRequest { file, parameters, wants_body: true, principal, known: vec![tag.clone()] };
        exporter.export(asked).await
    };
    let whole = ask(Reach::Everything).await.unwrap();
    assert!(matches!(whole.content, Content::Known), "a name and a role alone are no other file");
    let some = ask(Reach::Organizations([1].into())).await;
    assert!(
        !matches!(&some, Ok(file) if matches!(file.content, Content::Known)),
        "what others see is not told the same"
    );
    if let Ok(file) = some
        && let Content::Made(body) = file.content
    {
        let parts: Vec<_> = body.try_collect().await.unwrap();
        assert!(!parts.is_empty());
    }
}

#[rstest]
#[tokio::test]
async fn a_server_with_other_settings_has_another_file(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    let version = world.inventory.version().await.unwrap();
    let same = world.another_server(|_, _| {}).await;
    assert_eq!(same.version().await.unwrap(), version, "servers on one database tell the same");
    let rules = World::on(backend).rules(|rules| rules.held_below_percent = 1).into_rules();
    let clock = Arc::clone(&world.clock) as Arc<dyn domain::clock::Clock>;
    let database = world.database.open().await.unwrap();
    let zone = world.inventory.zone();
    let other = server::inventory::Inventory::open(database, clock, zone, rules).await.unwrap();
    assert_ne!(other.version().await.unwrap(), version);
}
