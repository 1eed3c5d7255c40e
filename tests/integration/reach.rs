//! Who may see some organizations sees nothing else, whatever is asked.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use domain::access::{Reach, Role};
use entity::{device_identity, device_snapshot, organization, site};
use harness::{Backend, Everything, Guarded, INTROSPECTION, World};
use rstest::rstest;
use sea_orm::{ConnectionTrait, EntityTrait, Statement};
use serde_json::{Value, json};
use server::{graphql::GraphqlLimits, inventory::reach::TABLES, observing::Observer};

/// Nights of the world.
const NIGHTS: u64 = 3;

/// Root fields that are for restricted users too, with the arguments to ask them with; `D` is the first day, `E` the last,
/// `O` an organization, `M` a device, `X` an exception.
const READ: [(&str, &str); 20] = [
    ("viewer", ""),
    ("devices", "(first: 100)"),
    ("device", "(id: \"M\")"),
    ("devicesAsOf", "(date: \"E\", first: 100)"),
    ("snapshots", "(date: \"E\", first: 100)"),
    ("exceptions", "(first: 100)"),
    ("exception", "(id: \"X\")"),
    ("exceptionTypes", ""),
    ("exceptionSummary", ""),
    ("exceptionTrend", "(from: \"D\", to: \"E\")"),
    ("usageChanges", "(from: \"D\", to: \"E\")"),
    ("availableDates", ""),
    ("organizations", "(first: 100)"),
    ("vendorOrganizations", "(first: 100)"),
    ("counts", "(date: \"E\")"),
    ("countSeries", "(from: \"D\", to: \"E\", interval: DAY)"),
    ("windows11Readiness", "(date: \"E\")"),
    ("windows11Devices", "(date: \"E\", first: 100)"),
    ("node", "(id: \"M\")"),
    ("nodes", "(ids: [\"M\", \"X\", \"O\"])"),
];

/// A world of some nights, its door, and somebody for each organization.
struct Clients {
    world: World,
    door: Guarded,
    organizations: Vec<organization::Model>,
}

impl Clients {
    async fn start(backend: Backend) -> Self {
        let world = World::on(backend).start().await;
        for night in 0..NIGHTS {
            world.night(night).await;
        }
        let limits = GraphqlLimits {
            selections: 1_000_000,
            complexity: 10_000_000,
            aliases: 100_000,
            depth: 32,
            ..GraphqlLimits::default()
        };
        let watched = Arc::new(Observer::new(world.inventory.clone(), true));
        let door = Guarded::open_limited(&world.inventory, limits, |options| {
            options.watched = Some(watched);
            // What it asks for is everything, on one thread and by an unoptimised build.
            options.request_timeout = Duration::from_mins(10);
        })
        .await;
        let organizations = organization::Entity::find().all(world.rows()).await.unwrap();
        for one in &organizations {
            let reach = Reach::Organizations(BTreeSet::from([one.id]));
            door.user(&one.id.to_string(), Role::Admin, reach).await;
        }
        door.user("nobody", Role::Admin, Reach::Organizations(BTreeSet::new())).await;
        door.user("admin", Role::Admin, Reach::Everything).await;
        Self { world, door, organizations }
    }

    async fn token(&self, name: &str) -> String {
        self.door.sign_in(name).await.access
    }

    /// Fills the names in arguments by what this token sees; ids it does not see are those of the first device of all.
    async fn fill(&self, token: &str, arguments: &str) -> String {
        let first = "{ devices(first: 1) { nodes { id } } exceptions(first: 1) { nodes { id } } \
                     organizations(first: 1) { nodes { id } } }";
        let data = self.door.ask(token, first).await.data().clone();
        let id = |list: &str| data[list]["nodes"][0]["id"].as_str().unwrap_or("none").to_owned();
        let days = [("\"D\"", self.world.day(0)), ("\"E\"", self.world.day(NIGHTS - 1))];
        let filled =
            days.iter().fold(arguments.to_owned(), |text, (name, day)| text.replace(name, &format!("\"{day}\"")));
        let ids = [("\"M\"", "devices"), ("\"X\"", "exceptions"), ("\"O\"", "organizations")];
        ids.iter().fold(filled, |text, (name, list)| text.replace(name, &format!("\"{}\"", id(list))))
    }

    /// Texts that tell of each organization's machines, of those of no organization (`None`), and what they are called.
    async fn texts(&self) -> Vec<(Option<i64>, String)> {
        let rows = self.world.rows();
        let sites = site::Entity::find().all(rows).await.unwrap();
        let organization_of = |id: Option<i64>| sites.iter().find(|one| Some(one.id) == id)?.organization_id;
        let identities = device_identity::Entity::find().all(rows).await.unwrap();
        let mut texts: Vec<(Option<i64>, String)> =
            self.organizations.iter().map(|one| (Some(one.id), one.name.clone())).collect();
        texts.extend(sites.iter().map(|one| (one.organization_id, one.name.clone())));
        for row in device_snapshot::Entity::find().all(rows).await.unwrap() {
            let owner = organization_of(row.site_id);
            let key =
                identities.iter().find(|one| one.id == row.device_identity_id).map(|it| it.vendor_device_key.clone());
            let told =
                [Some(row.hostname), Some(row.canonical_hostname), row.display_name, row.serial_number, row.last_user];
            texts.extend(told.into_iter().chain([key]).flatten().map(|text| (owner, text)));
        }
        texts
    }
}

/// What only others than this organization are told by: nothing short, and nothing that is its own too.
fn hidden_from(texts: &[(Option<i64>, String)], organization: Option<i64>) -> BTreeSet<&str> {
    let own: Vec<&str> = texts
        .iter()
        .filter(|(owner, _)| owner.is_some() && *owner == organization)
        .map(|(_, text)| text.as_str())
        .collect();
    let foreign = texts.iter().filter(|(owner, _)| owner.is_none() || *owner != organization);
    let foreign = foreign.map(|(_, text)| text.as_str()).filter(|text| text.len() >= 5);
    foreign.filter(|text| !own.iter().any(|own| own.to_lowercase().contains(&text.to_lowercase()))).collect()
}

fn has_internal_error(answer: &Value) -> bool {
    let errors = answer["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().any(|error| error["extensions"]["code"] == "INTERNAL")
}

#[rstest]
#[tokio::test]
async fn no_field_of_the_schema_tells_of_another_client(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let clients = Clients::start(backend).await;
    let admin = clients.token("admin").await;
    let everything = Everything::of(clients.door.ask(&admin, INTROSPECTION).await.data());
    let texts = clients.texts().await;
    let mut names: Vec<(String, Option<i64>)> =
        clients.organizations.iter().map(|one| (one.id.to_string(), Some(one.id))).collect();
    names.push(("nobody".to_owned(), None));
    let mut seen_by_admin = String::new();
    for (field, arguments) in READ {
        let document = everything.query(field, &clients.fill(&admin, arguments).await, 4);
        let answer = clients.door.ask(&admin, &document).await;
        assert!(answer.body["errors"].is_null(), "{field}: {}", answer.body["errors"]);
        seen_by_admin.push_str(&answer.body.to_string());
    }
    for (name, organization) in names {
        let token = clients.token(&name).await;
        let hidden = hidden_from(&texts, organization);
        assert!(
            hidden.iter().filter(|text| seen_by_admin.contains(**text)).count() > 50,
            "the test knows what to look for"
        );
        for field in everything.fields("Query") {
            let Some((_, arguments)) = READ.iter().find(|(known, _)| *known == field) else {
                let refused = clients.door.ask(&token, &format!("{{ {field} {{ __typename }} }}")).await;
                assert_eq!(refused.body["errors"][0]["extensions"]["code"], "FORBIDDEN", "{field}");
                continue;
            };
            let document = everything.query(&field, &clients.fill(&token, arguments).await, 4);
            let answer = clients.door.ask(&token, &document).await.body;
            assert!(!has_internal_error(&answer), "{name} {field}: {}", answer["errors"]);
            let told = answer.to_string();
            let leaked: Vec<_> = hidden.iter().filter(|text| told.contains(**text)).collect();
            assert!(leaked.is_empty(), "{field} tells {name} of {leaked:?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_client_sees_of_itself_what_an_admin_sees_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let clients = Clients::start(backend).await;
    let admin = clients.token("admin").await;
    let (from, to) = (clients.world.day(0), clients.world.day(NIGHTS - 1));
    let window = format!("from: \"{from}\", to: \"{to}\"");
    let mut devices = 0;
    for one in &clients.organizations {
        let token = clients.token(&one.id.to_string()).await;
        let id = clients.door.ask(&token, "{ organizations { nodes { id } } }").await;
        let id = id.data()["organizations"]["nodes"][0]["id"].clone();
        let of_it = format!("organization: {{ eq: {id} }}");
        let (filter, argument) = (format!("filter: {{ {of_it} }}"), format!("organizationId: {id}"));
        let rest = "totals { devices endpoints seats billable spare }";
        for (field, whole, cut, selection) in [
            (
                "devices",
                format!("(first: 500, {filter})"),
                "(first: 500)".to_owned(),
                "{ totalCount nodes { id hostname } }",
            ),
            (
                "exceptions",
                format!("(first: 500, {filter})"),
                "(first: 500)".to_owned(),
                "{ totalCount nodes { id type hostname } }",
            ),
            (
                "snapshots",
                format!("(date: \"{to}\", first: 500, {filter})"),
                format!("(date: \"{to}\", first: 500)"),
                "{ totalCount nodes { id vendorDeviceKey } }",
            ),
            ("exceptionSummary", format!("({filter})"), String::new(), "{ counts { open snoozed resolved } }"),
            ("counts", format!("(date: \"{to}\", {filter})"), format!("(date: \"{to}\")"), &*format!("{{ {rest} }}")),
            (
                "countSeries",
                format!("({window}, interval: DAY, {filter})"),
                format!("({window}, interval: DAY)"),
                &*format!("{{ date {rest} }}"),
            ),
            ("usageChanges", format!("({window}, {argument})"), format!("({window})"), "{ totals { start end } }"),
            (
                "windows11Readiness",
                format!("(date: \"{to}\", {argument})"),
                format!("(date: \"{to}\")"),
                "{ counts { total capable notCapable } }",
            ),
        ] {
            let by_admin = clients.door.ask(&admin, &format!("{{ {field}{whole} {selection} }}")).await;
            let by_client = clients.door.ask(&token, &format!("{{ {field}{cut} {selection} }}")).await;
            assert_eq!(by_client.data(), by_admin.data(), "{field} of {}", one.name);
            devices += by_admin.data()["devices"]["totalCount"].as_i64().unwrap_or(0);
        }
    }
    assert!(devices > 50, "{devices}");
}

#[rstest]
#[tokio::test]
async fn an_id_of_another_client_is_nobodys(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let clients = Clients::start(backend).await;
    let (own, other) = (&clients.organizations[0], &clients.organizations[1]);
    let (token, others) = (clients.token(&own.id.to_string()).await, clients.token(&other.id.to_string()).await);
    let day = clients.world.day(NIGHTS - 1);
    let list = format!(
        "{{ devices {{ nodes {{ id }} }} exceptions {{ nodes {{ id }} }} organizations {{ nodes {{ id }} }} \
           snapshots(date: \"{day}\") {{ nodes {{ id }} }} devicesAsOf(date: \"{day}\") {{ nodes {{ id }} }} }}"
    );
    let mut listed = clients.door.ask(&others, &list).await.data().as_object().unwrap().clone();
    // Batches and runs belong to no client.
    let common = "{ jobBatches { nodes { id } } jobRuns { nodes { id } } }";
    let admin = clients.token("admin").await;
    listed.extend(clients.door.ask(&admin, common).await.data().as_object().unwrap().clone());
    let by_id = [("devices", "device"), ("exceptions", "exception")];
    let mut asked = 0;
    for (kind, list) in &listed {
        assert_ne!(list["nodes"], json!([]), "{kind}");
        for node in list["nodes"].as_array().unwrap() {
            let id = &node["id"];
            let answer =
                clients.door.ask(&token, &format!("{{ node(id: {id}) {{ id }} nodes(ids: [{id}]) {{ id }} }}")).await;
            assert_eq!(answer.data(), &json!({ "node": null, "nodes": [null] }), "{kind}");
            if let Some((_, field)) = by_id.iter().find(|(list, _)| list == kind) {
                let answer = clients.door.ask(&token, &format!("{{ {field}(id: {id}) {{ id }} }}")).await;
                assert_eq!(answer.data(), &json!({ *field: null }), "{kind}");
            }
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked}");
    let client = &listed["organizations"]["nodes"][0]["id"];
    let filter = format!("filter: {{ organization: {{ eq: {client} }} }}");
    for (list, arguments) in
        [("devices", String::new()), ("exceptions", String::new()), ("snapshots", format!("date: \"{day}\", "))]
    {
        let of_client = format!("{{ {list}({arguments}{filter}) {{ totalCount }} }}");
        let answer = clients.door.ask(&token, &of_client).await;
        assert_eq!(answer.data(), &json!({ list: { "totalCount": 0 } }), "{list} of another client");
        let own = clients.door.ask(&others, &of_client).await;
        assert_ne!(own.data(), answer.data(), "{list} of oneself");
    }
}

#[rstest]
#[tokio::test]
async fn an_exception_is_worked_on_by_its_own_client_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let clients = Clients::start(backend).await;
    let with_exceptions = "{ exceptions { nodes { id } } }";
    let mut found = Vec::new();
    for one in &clients.organizations {
        let token = clients.token(&one.id.to_string()).await;
        let listed = clients.door.ask(&token, with_exceptions).await;
        let id = listed.data()["exceptions"]["nodes"][0]["id"].clone();
        found.extend((!id.is_null()).then_some((token, id)));
    }
    let [(own, id), (other, _), ..] = found.as_slice() else { panic!("two clients have exceptions") };
    for mutation in ["commentOnException", "assignException", "snoozeException", "resolveException", "reopenException"]
    {
        let more = match mutation {
            "commentOnException" => "comment: \"seen\"",
            "assignException" => "assignee: \"Ann\"",
            "snoozeException" => "until: \"2999-01-01\"",
            "resolveException" => "resolution: FIXED",
            _ => "",
        };
        let wish = format!(
            "mutation {{ {mutation}(input: {{ id: {id} {more} }}) \
             {{ outcome userErrors {{ code }} exception {{ id details notes assignedTo }} }} }}"
        );
        let refused = clients.door.ask(other, &wish).await;
        let nothing = json!({ "outcome": "NOT_FOUND", "userErrors": [{ "code": "NOT_FOUND" }], "exception": null });
        assert_eq!(refused.data()[mutation], nothing, "{mutation}");
        let done = clients.door.ask(own, &wish).await.data()[mutation].clone();
        assert_eq!((&done["outcome"], &done["exception"]["id"]), (&json!("CHANGED"), id), "{mutation}: {done}");
        assert_eq!(done["exception"]["details"], json!({}), "details may name other clients' devices");
    }
}

#[rstest]
#[tokio::test]
async fn a_machine_that_left_is_told_by_the_name_it_had_here(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let clients = Clients::start(backend).await;
    let rows = clients.world.rows();
    let sites = site::Entity::find().all(rows).await.unwrap();
    let snapshots = device_snapshot::Entity::find().all(rows).await.unwrap();
    let moved = snapshots.iter().find(|row| row.site_id.is_some()).unwrap();
    let from = sites.iter().find(|one| Some(one.id) == moved.site_id).unwrap();
    let to = sites
        .iter()
        .find(|one| one.vendor_id == from.vendor_id && one.organization_id != from.organization_id)
        .unwrap();
    let last = clients.world.day(NIGHTS - 1);
    let writer = clients.world.inventory.database().writer();
    let about = format!("device_identity_id = {} AND snapshot_date = '{last}'", moved.device_identity_id);
    for statement in [
        format!("DELETE FROM usage_transition WHERE {about}"),
        format!(
            "INSERT INTO usage_transition (vendor_id, snapshot_date, device_identity_id, hostname, was_there, is_there, \
             from_site_id, to_site_id) VALUES ({}, '{last}', {}, 'named-by-the-other', TRUE, TRUE, {}, {})",
            moved.vendor_id, moved.device_identity_id, from.id, to.id
        ),
    ] {
        writer.execute_unprepared(&statement).await.unwrap();
    }
    let question = format!(
        "{{ usageChanges(from: \"{}\", to: \"{last}\") {{ changes(first: 500) {{ nodes {{ kind hostname }} }} }} }}",
        clients.world.day(NIGHTS - 2)
    );
    let (here, there) = (from.organization_id.unwrap().to_string(), to.organization_id.unwrap().to_string());
    let (here, there) = (clients.token(&here).await, clients.token(&there).await);
    let here = clients.door.ask(&here, &question).await.data().to_string();
    let there = clients.door.ask(&there, &question).await.data().to_string();
    assert!(here.contains(&format!("{{\"hostname\":\"{}\",\"kind\":\"REMOVED\"}}", moved.hostname)), "{here}");
    assert!(!here.contains("named-by-the-other"), "{here}");
    assert!(there.contains("{\"hostname\":\"named-by-the-other\",\"kind\":\"ADDED\"}"), "{there}");
}

#[rstest]
#[tokio::test]
async fn files_are_cut_too(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let clients = Clients::start(backend).await;
    let texts = clients.texts().await;
    let (from, to) = (clients.world.day(0), clients.world.day(NIGHTS - 1));
    let changes = format!("usage-changes.csv?from={from}&to={to}");
    for file in ["devices.csv", "exceptions.csv", &changes, "windows11.csv"] {
        let mut rows = 0;
        for one in &clients.organizations {
            let hidden = hidden_from(&texts, Some(one.id));
            let token = clients.token(&one.id.to_string()).await;
            let request = harness::http_client().get(format!("{}/export/{file}", clients.door.origin));
            let answer = request.bearer_auth(&token).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 200, "{file}");
            let told = answer.text().await.unwrap();
            rows += told.lines().count() - 1;
            let leaked: Vec<_> = hidden.iter().filter(|text| told.contains(**text)).collect();
            assert!(leaked.is_empty(), "{file} tells {} of {leaked:?}", one.name);
        }
        assert!(rows > 0, "{file} has rows");
    }
    let token = clients.token(&clients.organizations[0].id.to_string()).await;
    let metrics = harness::http_client().get(format!("{}/metrics", clients.door.origin)).bearer_auth(&token);
    assert_eq!(metrics.send().await.unwrap().status().as_u16(), 403, "metrics tell of all clients");
    assert_eq!(clients.door.export_status(&token, &format!("billing.csv?month={}", from.format("%Y-%m"))).await, 403);
}

#[rstest]
#[tokio::test]
async fn every_table_is_known_to_the_reach_and_none_can_be_written_through_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let system = world.rows().get_database_backend();
    let tables = match backend {
        Backend::Sqlite => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        Backend::Postgres => {
            "SELECT CAST(c.relname AS TEXT) AS name FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace \
             AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        }
    };
    let found = world.rows().query_all_raw(Statement::from_string(system, tables)).await.unwrap();
    let found: BTreeSet<String> = found.iter().map(|row| row.try_get("", "name").unwrap()).collect();
    let known: BTreeSet<String> = TABLES.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert_eq!(found, known);
    let organization = organization::Entity::find().one(world.rows()).await.unwrap().unwrap();
    let reach = Reach::Organizations(BTreeSet::from([organization.id]));
    let within = world.inventory.within(&reach).await.unwrap();
    let database = within.database();
    for (table, _) in TABLES {
        // Whatever it shows, the view has the columns that are read of the table.
        let all = format!("SELECT * FROM \"{table}\"");
        database.reader().query_all_raw(Statement::from_string(system, all)).await.unwrap();
        for connection in [database.reader().pool(), database.writer()] {
            let delete = connection.execute_unprepared(&format!("DELETE FROM \"{table}\"")).await;
            assert!(delete.is_err(), "{table}");
        }
    }
    assert_eq!(organization::Entity::find().all(database.reader()).await.unwrap(), [organization]);
    assert!(within.within(&Reach::Organizations(BTreeSet::new())).await.is_err(), "no reach becomes another one");
}
