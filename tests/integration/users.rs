//! Users and API tokens, as admins change them; and who is behind a WebSocket.

use std::time::Duration;

use harness::{Backend, Guarded, LONG, PASSWORD, Socket, World, http_client};
use reqwest::Response;
use rstest::rstest;
use serde_json::{Value, json};
use tokio::time::timeout;

const VIEWER: &str = "{ viewer { name role } }";

async fn change(door: &Guarded, token: &str, mutation: &str, input: Value) -> Value {
    let type_name = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let of = match mutation {
        "createUser" | "changeUser" => "user { name role disabledAt organizations { name } }",
        "createApiToken" => "apiToken { name role lastUsedAt } token",
        _ => "apiToken { name revokedAt }",
    };
    let query = format!(
        "mutation($input: {type_name}!) {{ {mutation}(input: $input) {{ {of} userErrors {{ code field }} }} }}"
    );
    let answer = door.post("/graphql", &json!({ "query": query, "variables": { "input": input } }), Some(token)).await;
    answer.data()[mutation].clone()
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("none")
}

#[rstest]
#[tokio::test]
async fn what_a_user_may_do_changes_at_once(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let made = json!({ "name": "Ann", "password": PASSWORD, "role": "VIEWER" });
    assert_eq!(change(&door, &admin, "createUser", made.clone()).await["user"]["role"], "VIEWER");
    let again =
        change(&door, &admin, "createUser", json!({ "name": "ANN", "password": PASSWORD, "role": "ADMIN" })).await;
    assert_eq!(code(&again), "NAME_TAKEN");
    let ann = door.sign_in("ann").await;
    change(&door, &admin, "changeUser", json!({ "name": "ann", "role": "TECHNICIAN" })).await;
    let viewer = door.ask(&ann.access, VIEWER).await;
    assert_eq!(viewer.data()["viewer"], json!({ "name": "Ann", "role": "TECHNICIAN" }));
    change(&door, &admin, "changeUser", json!({ "name": "ann", "organizationIds": [] })).await;
    let nothing = door.ask(&ann.access, "{ viewer { organizations { name } } }").await;
    assert_eq!(nothing.data()["viewer"]["organizations"], json!([]));
    let disabled = change(&door, &admin, "changeUser", json!({ "name": "ann", "disabled": true })).await;
    assert!(disabled["user"]["disabledAt"].is_string());
    assert_eq!(door.ask(&ann.access, VIEWER).await.status, 401);
    assert_eq!(door.refresh(&ann.refresh).await.status, 401);
    assert_eq!(door.try_password("ann", PASSWORD).await.status, 401);
    change(&door, &admin, "changeUser", json!({ "name": "ann", "disabled": false })).await;
    assert_eq!(door.refresh(&ann.refresh).await.status, 401, "a session that was ended stays so");
    let ann = door.sign_in("ann").await;
    change(&door, &admin, "changeUser", json!({ "name": "ann", "password": "another long password" })).await;
    assert_eq!(door.ask(&ann.access, VIEWER).await.status, 401);
    assert_eq!(door.try_password("ann", PASSWORD).await.status, 401);
    assert_eq!(door.try_password("ann", "another long password").await.status, 200);
}

#[rstest]
#[tokio::test]
async fn somebody_who_may_do_everything_is_always_left(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    for input in [
        json!({ "name": "admin", "disabled": true }),
        json!({ "name": "admin", "role": "TECHNICIAN" }),
        json!({ "name": "admin", "organizationIds": [] }),
    ] {
        assert_eq!(code(&change(&door, &admin, "changeUser", input.clone()).await), "LAST_ADMIN", "{input}");
    }
    change(&door, &admin, "changeUser", json!({ "name": "tech", "role": "ADMIN" })).await;
    // By a service: whoever was demoted first could not demote the other.
    let service = json!({ "name": "service", "role": "ADMIN", "expiresAt": "2026-12-01T00:00:00Z" });
    let service = change(&door, &admin, "createApiToken", service).await["token"].as_str().unwrap().to_owned();
    let (one, other) = tokio::join!(
        change(&door, &service, "changeUser", json!({ "name": "admin", "role": "VIEWER" })),
        change(&door, &service, "changeUser", json!({ "name": "tech", "role": "VIEWER" })),
    );
    let refused = [&one, &other].into_iter().filter(|payload| code(payload) == "LAST_ADMIN").count();
    assert_eq!(refused, 1, "{one} {other}");
}

#[tokio::test]
async fn inputs_that_make_no_sense_are_refused_by_field() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let user = |name: &str, password: &str| json!({ "name": name, "password": password, "role": "VIEWER" });
    for (mutation, input, expected) in [
        ("createUser", user("", PASSWORD), "BAD_INPUT"),
        ("createUser", user("token:x", PASSWORD), "BAD_INPUT"),
        ("createUser", user("short", "short"), "BAD_INPUT"),
        ("createUser", user("long", &"x".repeat(1025)), "BAD_INPUT"),
        ("changeUser", json!({ "name": "nobody" }), "NOT_FOUND"),
        ("changeUser", json!({ "name": "no\u{0}body" }), "NOT_FOUND"),
        ("changeUser", json!({ "name": "tech", "organizationIds": [], "seesEverything": true }), "BAD_INPUT"),
        ("createApiToken", json!({ "name": "t", "role": "VIEWER", "expiresAt": "2020-01-01T00:00:00Z" }), "BAD_INPUT"),
        ("createApiToken", json!({ "name": "t", "role": "VIEWER", "expiresAt": "2099-01-01T00:00:00Z" }), "BAD_INPUT"),
        ("revokeApiToken", json!({ "name": "nothing" }), "NOT_FOUND"),
    ] {
        assert_eq!(code(&change(&door, &admin, mutation, input.clone()).await), expected, "{mutation} {input}");
    }
}

#[rstest]
#[tokio::test]
async fn an_api_token_is_good_until_it_ends_or_is_taken_away(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let admin = door.sign_in("admin").await.access;
    let mut tokens = Vec::new();
    for (name, expires) in [("short", "2026-03-02T12:00:00Z"), ("long", "2026-12-01T00:00:00Z")] {
        let input = json!({ "name": name, "role": "TECHNICIAN", "expiresAt": expires });
        let made = change(&door, &admin, "createApiToken", input).await;
        let token = made["token"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
        let viewer = door.ask(&token, VIEWER).await;
        assert_eq!(viewer.data()["viewer"], json!({ "name": format!("token:{name}"), "role": "TECHNICIAN" }));
        tokens.push(token);
    }
    let used = "{ apiTokens { nodes { name lastUsedAt } } }";
    let mut looks = 0;
    loop {
        let listed = door.ask(&admin, used).await.data()["apiTokens"]["nodes"].clone();
        if listed.as_array().unwrap().iter().all(|token| token["lastUsedAt"].is_string()) {
            break;
        }
        looks += 1;
        assert!(looks < 5000, "the use is never noted: {listed}");
        tokio::task::yield_now().await;
    }
    let taken = change(&door, &admin, "revokeApiToken", json!({ "name": "LONG" })).await;
    assert!(taken["apiToken"]["revokedAt"].is_string());
    assert_eq!(door.ask(&tokens[1], VIEWER).await.status, 401);
    assert_eq!(door.ask(&tokens[0], VIEWER).await.status, 200);
    world.clock.set("2026-03-02T12:00:00Z".parse().unwrap());
    assert_eq!(door.ask(&tokens[0], VIEWER).await.status, 401);
}

async fn init(door: &Guarded, payload: Value) -> Socket {
    let mut socket = Socket::connect(&door.url(), None).await.unwrap();
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    socket
}

async fn following(door: &Guarded, token: &str) -> Socket {
    let mut socket = init(door, json!({ "authorization": format!("Bearer {token}") })).await;
    assert_eq!(socket.hear().await, json!({ "type": "connection_ack" }));
    socket.subscribe("1", "subscription { jobs { name } }", json!({})).await;
    socket
}

#[rstest]
#[tokio::test]
async fn a_websocket_is_closed_when_who_is_behind_it_may_not_be_any_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    assert_eq!(init(&door, json!({})).await.close_code().await, 4401);
    assert_eq!(init(&door, json!({ "authorization": "Bearer x.y.z" })).await.close_code().await, 4403);
    let tokens = door.sign_in("viewer").await;
    let mut signed_out = following(&door, &tokens.access).await;
    door.post("/auth/logout", &json!({}), Some(&tokens.access)).await;
    assert_eq!(signed_out.close_code().await, 4403);
    let tokens = door.sign_in("viewer").await;
    let mut changed = following(&door, &tokens.access).await;
    let admin = door.sign_in("admin").await.access;
    change(&door, &admin, "changeUser", json!({ "name": "viewer", "organizationIds": [] })).await;
    assert_eq!(changed.close_code().await, 4403);
    let mut expired = following(&door, &door.sign_in("tech").await.access).await;
    world.clock.advance(Duration::from_mins(15));
    assert_eq!(expired.close_code().await, 4403);
}

/// Follows jobs by events.
async fn followed(door: &Guarded, token: &str) -> Response {
    let request = http_client().post(door.url()).bearer_auth(token).header("accept", "text/event-stream");
    request.json(&json!({ "query": "subscription { jobs { name } }" })).send().await.unwrap()
}

#[rstest]
#[tokio::test]
async fn events_end_when_who_is_behind_them_may_not_be_any_more(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    assert_eq!(followed(&door, "x.y.z").await.status().as_u16(), 401);
    let tokens = door.sign_in("viewer").await;
    let signed_out = followed(&door, &tokens.access).await;
    door.post("/auth/logout", &json!({}), Some(&tokens.access)).await;
    let expired = followed(&door, &door.sign_in("tech").await.access).await;
    world.clock.advance(Duration::from_mins(15));
    for stream in [signed_out, expired] {
        assert_eq!(stream.status().as_u16(), 200);
        // To its end: a subscription that goes on has none.
        let told = timeout(LONG, stream.text()).await.unwrap().unwrap();
        assert!(!told.contains("event:"), "{told}");
    }
}
