//! What roles may do, what restricted users may see, and what is recorded of it.

use std::collections::BTreeSet;

use domain::access::{Reach, Role};
use entity::organization;
use harness::{Answer, Backend, Guarded, World};
use rstest::rstest;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};

/// The root fields of a kind, as the schema tells them.
async fn root_fields(door: &Guarded, token: &str, kind: &str) -> Vec<String> {
    let answer = door.ask(token, &format!("{{ __schema {{ {kind} {{ fields {{ name }} }} }} }}")).await;
    let fields = answer.data()["__schema"][kind]["fields"].as_array().unwrap().clone();
    fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
}

/// Whether the operation is refused for who asks, and not for what it says.
fn is_forbidden(answer: &Answer) -> bool {
    answer.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
}

const WORK: [&str; 13] = [
    "syncDevice",
    "syncDevices",
    "resolveException",
    "reopenException",
    "assignException",
    "commentOnException",
    "snoozeException",
    "changeExceptions",
    "startCollection",
    "cancelJob",
    "retryJob",
    "linkIdentities",
    "separateIdentities",
];

/// What everybody may use, whatever they may see.
const OWN: &str = "changeOwnPassword";

#[tokio::test]
async fn each_role_may_use_its_mutations_and_no_others() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let mutations = root_fields(&door, &admin, "mutationType").await;
    assert!(mutations.len() > WORK.len());
    let of_tech = [WORK.as_slice(), &[OWN]].concat();
    for (name, may) in
        [("viewer", vec![OWN]), ("tech", of_tech), ("admin", mutations.iter().map(String::as_str).collect())]
    {
        let token = door.sign_in(name).await.access;
        for mutation in &mutations {
            // Without its input: whoever may use it is told that this is missing.
            let answer = door.ask(&token, &format!("mutation {{ {mutation} {{ __typename }} }}")).await;
            assert_eq!(!is_forbidden(&answer), may.contains(&mutation.as_str()), "{name} {mutation}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn a_right_can_not_be_got_by_another_way_of_writing() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let token = door.sign_in("viewer").await.access;
    let input = "(input: { month: \"2026-01\" }) { userErrors { code } }";
    for query in [
        format!("mutation {{ harmless: closeMonth{input} }}"),
        format!("mutation {{ ... on Mutation {{ closeMonth{input} }} }}"),
        format!("mutation {{ ...F }} fragment F on Mutation {{ ...G }} fragment G on Mutation {{ closeMonth{input} }}"),
        format!("mutation {{ __typename closeMonth{input} }}"),
        format!("query Q {{ viewer {{ name }} }} mutation M {{ closeMonth{input} }}"),
    ] {
        let body = json!({ "query": query, "operationName": query.starts_with("query Q").then_some("M") });
        assert!(is_forbidden(&door.post("/graphql", &body, Some(&token)).await), "{query}");
    }
    for query in
        ["{ users { nodes { name } } }", "{ auditEvents { nodes { actor } } }", "{ apiTokens { nodes { name } } }"]
    {
        assert!(is_forbidden(&door.ask(&token, query).await), "{query}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_status_of_one_where_the_status_speaks() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let token = door.sign_in("viewer").await.access;
    let request = harness::http_client().post(door.url()).bearer_auth(&token);
    let request = request.header("accept", "application/graphql-response+json");
    let answer = request.json(&json!({ "query": "{ users { totalCount } }" })).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
}

#[rstest]
#[tokio::test]
async fn a_restricted_user_works_on_its_exceptions_and_changes_and_follows_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let door = world.guarded().await;
    let own = organization::Entity::find().one(world.rows()).await.unwrap().unwrap();
    door.user("client", Role::Admin, Reach::Organizations(BTreeSet::from([own.id]))).await;
    let token = door.sign_in("client").await.access;
    let viewer = door.ask(&token, "{ viewer { organizations { name } } }").await;
    assert_eq!(viewer.data()["viewer"]["organizations"], json!([{ "name": own.name }]));
    for field in root_fields(&door, &token, "mutationType").await {
        let answer = door.ask(&token, &format!("mutation {{ {field} {{ __typename }} }}")).await;
        let may = WORK[2..7].contains(&field.as_str()) || field == OWN;
        assert_eq!(is_forbidden(&answer), !may, "{field}: {}", answer.body);
    }
    let mut socket = harness::Socket::connect(&door.url(), None).await.unwrap();
    let payload = json!({ "authorization": format!("Bearer {token}") });
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    let admin = door.sign_in("admin").await.access;
    let batch =
        door.ask(&admin, "{ jobBatches { nodes { id } } }").await.data()["jobBatches"]["nodes"][0]["id"].clone();
    let subscriptions = root_fields(&door, &token, "subscriptionType").await;
    assert_eq!(subscriptions, ["jobProgress", "jobs"]);
    for (follow, field) in [("jobProgress(batchId: $batch)", "jobProgress"), ("jobs", "jobs")] {
        let variable = if field == "jobs" { "" } else { "($batch: ID!)" };
        let query = format!("subscription{variable} {{ {follow} {{ name }} }}");
        socket.subscribe(field, &query, json!({ "batch": batch })).await;
        assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], "FORBIDDEN", "{field}");
        let body = json!({ "query": query, "variables": { "batch": batch } });
        let events = harness::http_client().post(door.url()).bearer_auth(&token).header("accept", "text/event-stream");
        let told = events.json(&body).send().await.unwrap().text().await.unwrap();
        assert!(told.contains("FORBIDDEN") && !told.contains("collector"), "{field}: {told}");
    }
}

#[rstest]
#[tokio::test]
async fn what_is_done_is_recorded_and_stays(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    let door = world.guarded().await;
    let viewer = door.sign_in("viewer").await.access;
    door.try_password("admin", "a wrong password").await;
    door.try_password("a password typed as a name", "x").await;
    let admin = door.sign_in("admin").await.access;
    let pause = "mutation { pauseSchedule(input: { name: \"none\" }) { userErrors { message } } }";
    door.ask(&viewer, pause).await;
    // The client asks for nothing of the refusal, and gets nothing of it.
    let refused = "mutation { a: revokeApiToken(input: { name: \"none\" }) { apiToken { name } } }";
    assert_eq!(door.ask(&admin, refused).await.data(), &json!({ "a": { "apiToken": null } }));
    let create = "mutation { createUser(input: { name: \"new\", password: \"a very new password\", role: VIEWER }) \
                  { user { name } } }";
    assert_eq!(door.ask(&admin, create).await.data()["createUser"]["user"]["name"], "new");
    assert_eq!(door.export_status(&viewer, "devices.csv").await, 200);
    let head = harness::http_client().head(format!("{}/export/devices.csv", door.origin)).bearer_auth(&viewer);
    assert_eq!(head.send().await.unwrap().status().as_u16(), 200, "nothing is taken away");
    assert_eq!(door.export_status(&viewer, "devices.csv?token=secret&table=secret").await, 400);
    let file = r#"exceptions.csv?asOf=2026-03-02&filter={"type":{"eq":"MISSING_NINJA"}}"#;
    assert_eq!(door.export_status(&viewer, file).await, 200);
    let rows = json!(r#"asOf 2026-03-02, filter {"type":{"eq":"MISSING_NINJA"}}"#);
    let events = "{ auditEvents(first: 100) { nodes { actor address kind operation target outcome detail } } }";
    world.rest().await;
    let answer = door.ask(&admin, events).await;
    let nodes = answer.data()["auditEvents"]["nodes"].as_array().unwrap().clone();
    let event = |actor: &str, kind: &str, operation: &str, (target, outcome, detail): (Value, &str, Value)| {
        json!({ "actor": actor, "address": "127.0.0.1", "kind": kind, "operation": operation, "target": target,
                "outcome": outcome, "detail": detail })
    };
    let null = || Value::Null;
    let expected = [
        event("viewer", "EXPORT", "exceptions.csv", (rows, "DONE", null())),
        event("viewer", "EXPORT", "devices.csv", (null(), "REFUSED", json!("the request"))),
        event("viewer", "EXPORT", "devices.csv", (null(), "DONE", null())),
        event("admin", "MUTATION", "createUser", (json!("name new, password given, role VIEWER"), "DONE", null())),
        event("admin", "MUTATION", "revokeApiToken", (json!("name none"), "REFUSED", json!("NOT_FOUND"))),
        event("viewer", "MUTATION", "pauseSchedule", (json!("name none"), "REFUSED", json!("FORBIDDEN"))),
        event("admin", "SIGN_IN", "signIn", (null(), "DONE", null())),
        event("(unknown)", "SIGN_IN", "signIn", (null(), "REFUSED", null())),
        event("admin", "SIGN_IN", "signIn", (null(), "REFUSED", null())),
        event("viewer", "SIGN_IN", "signIn", (null(), "DONE", null())),
    ];
    assert_eq!(nodes.iter().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    let replace = match backend {
        Backend::Sqlite => {
            "REPLACE INTO audit_event (id, at, actor, kind, operation, outcome) \
             SELECT id, at, 'nobody', kind, operation, outcome FROM audit_event"
        }
        Backend::Postgres => "TRUNCATE audit_event",
    };
    for change in ["UPDATE audit_event SET actor = 'nobody'", "DELETE FROM audit_event", replace] {
        let writer = world.inventory.database().writer();
        let error = writer.execute_unprepared(change).await.unwrap_err().to_string();
        assert!(error.contains("what was done stays as it was recorded"), "{error}");
    }
}

#[tokio::test]
async fn recording_takes_nothing_of_what_a_document_may_cost() {
    let limited = World::small_on(Backend::Sqlite).graphql_limits(|limits| (limits.aliases, limits.depth) = (0, 2));
    let world = limited.start().await;
    let query = "mutation { pauseSchedule(input: { schedule: \"none\" }) { __typename } }";
    let answer = world.graphql.ask(query, json!({})).await;
    assert_eq!(answer.data(), &json!({ "pauseSchedule": { "__typename": "SchedulePayload" } }));
    let row = world.recorded().await.remove(0);
    assert_eq!((row.outcome.as_str(), row.detail.as_deref()), ("refused", Some("NOT_FOUND")));
}

#[tokio::test]
async fn no_secret_is_recorded_or_stored() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await;
    let create = "mutation { createApiToken(input: { name: \"s\", role: VIEWER, expiresAt: \"2026-12-01T00:00:00Z\" }) \
                  { token } }";
    let service = door.ask(&admin.access, create).await.data()["createApiToken"]["token"].as_str().unwrap().to_owned();
    let variables = json!({ "input": { "name": "viewer", "password": "a very secret password" } });
    let change = "mutation($input: ChangeUserInput!) { changeUser(input: $input) { user { name } } }";
    let body = json!({ "query": change, "variables": variables });
    door.post("/graphql", &body, Some(&admin.access)).await.data();
    let rows = world.recorded().await;
    let row = rows.iter().find(|row| row.operation == "changeUser").unwrap();
    assert_eq!(row.target.as_deref(), Some("name viewer, password given"));
    let everything = format!(
        "{rows:?}{:?}{:?}{:?}",
        entity::app_user::Entity::find().all(world.rows()).await.unwrap(),
        entity::refresh_token::Entity::find().all(world.rows()).await.unwrap(),
        entity::api_token::Entity::find().all(world.rows()).await.unwrap(),
    );
    for secret in ["a very secret password", harness::PASSWORD, &admin.access, &admin.refresh, &service] {
        assert!(!everything.contains(secret));
    }
}

/// The operations, targets, outcomes and details that were recorded last, the oldest first.
async fn recorded(world: &World, count: usize) -> Vec<(String, Option<String>, String, Option<String>)> {
    let mut rows = world.recorded().await;
    let last = rows.split_off(rows.len().saturating_sub(count));
    last.into_iter().map(|row| (row.operation, row.target, row.outcome, row.detail)).collect()
}

#[rstest]
#[tokio::test]
async fn nothing_that_is_written_into_a_mutation_keeps_it_from_being_recorded(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let mutation = "mutation($n: String!) { a: createUser(input: { name: \"first\", password: \"a very long password\", \
                    role: VIEWER }) { user { name } } b: revokeApiToken(input: { name: $n }) { userErrors { code } } \
                    c: changeUser(input: { name: $n, role: ADMIN }) { userErrors { code } } }";
    let body = json!({ "query": mutation, "variables": { "n": "vi\u{0}ewer" } });
    let answer = door.post("/graphql", &body, Some(&admin)).await;
    assert_eq!(answer.data()["c"]["userErrors"][0]["code"], "NOT_FOUND", "no user is called so");
    let row = |operation: &str, target: &str, outcome: &str, detail: Option<&str>| {
        (operation.to_owned(), Some(target.to_owned()), outcome.to_owned(), detail.map(str::to_owned))
    };
    let expected = [
        row("createUser", "name first, password given, role VIEWER", "done", None),
        row("revokeApiToken", "name viewer", "refused", Some("NOT_FOUND")),
        row("changeUser", "name viewer, role ADMIN", "refused", Some("NOT_FOUND")),
    ];
    assert_eq!(recorded(&world, 3).await, expected);
    let unknown = "x".repeat(300);
    let viewer = door.sign_in("viewer").await.access;
    assert!(is_forbidden(&door.ask(&viewer, &format!("mutation {{ {unknown} {{ a }} }}")).await));
    let refused = recorded(&world, 1).await.remove(0);
    assert_eq!((refused.0, refused.2), ("x".repeat(100), "refused".to_owned()));
}

#[rstest]
#[tokio::test]
async fn what_is_recorded_is_what_was_done_however_it_is_written(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let before = recorded(&world, 1).await;
    for forged in [
        "mutation { a: revokeApiToken(input: { name: \"none\" }) { userErrors { code } } ... on Mutation { \
         a: changeUser(input: { name: \"viewer\", role: ADMIN }) { userErrors { code } } } }",
        "mutation { changeUser(input: { name: \"viewer\", role: ADMIN }) { ... on UserPayload { \
         hubRecordedRefusals: user { name } } } }",
        "mutation { ...F ...F } fragment F on Mutation { changeUser(input: { name: \"viewer\", role: ADMIN }) \
         { user { name } } }",
    ] {
        let answer = door.ask(&admin, forged).await;
        assert_eq!(answer.body["errors"][0]["extensions"]["code"], "GRAPHQL_VALIDATION_FAILED", "{}", answer.body);
    }
    assert_eq!(recorded(&world, 1).await, before, "what is refused as a document is not begun");
    let by_default = "mutation($i: ChangeUserInput! = { name: \"viewer\", role: TECHNICIAN, disabled: false }) \
                      { changeUser(input: $i) { user { role } } }";
    assert_eq!(door.ask(&admin, by_default).await.data()["changeUser"]["user"]["role"], "TECHNICIAN");
    let (_, target, outcome, _) = recorded(&world, 1).await.remove(0);
    assert_eq!((target.as_deref(), outcome.as_str()), (Some("disabled false, name viewer, role TECHNICIAN"), "done"));
    let by_variable = json!({ "query": "mutation($r: Role!) { changeUser(input: { name: \"viewer\", role: $r }) { user { role } } }",
                              "variables": { "r": "ADMIN" } });
    door.post("/graphql", &by_variable, Some(&admin)).await.data();
    assert_eq!(recorded(&world, 1).await.remove(0).1.as_deref(), Some("name viewer, role ADMIN"));
}
