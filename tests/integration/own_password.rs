//! Changing one's own password; and hashes that were made when passwords were cheaper.

use std::{collections::BTreeSet, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use domain::access::{Reach, Role};
use entity::app_user;
use harness::{Answer, Backend, Guarded, PASSWORD, World};
use rstest::rstest;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

const NEW: &str = "another long password";
const VIEWER: &str = "{ viewer { name } }";

async fn change(door: &Guarded, token: &str, (current, new): (&str, &str)) -> Answer {
    let query = "mutation($input: ChangeOwnPasswordInput!) { changeOwnPassword(input: $input) \
                 { user { name } retryAfterSeconds userErrors { code field } } }";
    let variables = json!({ "input": { "currentPassword": current, "newPassword": new } });
    door.post("/graphql", &json!({ "query": query, "variables": variables }), Some(token)).await
}

fn code(answer: &Answer) -> Value {
    answer.data()["changeOwnPassword"]["userErrors"][0]["code"].clone()
}

#[rstest]
#[tokio::test]
async fn a_new_password_of_ones_own_ends_all_other_sessions(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let (own, other) = (door.sign_in("viewer").await, door.sign_in("viewer").await);
    let somebody = door.sign_in("tech").await;
    let changed = change(&door, &own.access, (PASSWORD, NEW)).await;
    let expected = json!({ "user": { "name": "viewer" }, "retryAfterSeconds": null, "userErrors": [] });
    assert_eq!(changed.data()["changeOwnPassword"], expected);
    assert_eq!(door.ask(&own.access, VIEWER).await.status, 200);
    assert_eq!(door.refresh(&own.refresh).await.status, 200);
    assert_eq!(door.ask(&other.access, VIEWER).await.status, 401);
    assert_eq!(door.refresh(&other.refresh).await.status, 401);
    assert_eq!(door.ask(&somebody.access, VIEWER).await.status, 200, "nobody else is touched");
    assert_eq!(door.try_password("viewer", PASSWORD).await.status, 401);
    assert_eq!(door.try_password("viewer", NEW).await.status, 200);
}

#[rstest]
#[tokio::test]
async fn of_two_who_change_it_at_once_one_is_first(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let (one, other) = (door.sign_in("viewer").await.access, door.sign_in("viewer").await.access);
    let (one, other) = tokio::join!(
        change(&door, &one, (PASSWORD, "the password of the first")),
        change(&door, &other, (PASSWORD, "the password of the second")),
    );
    // The second one finds another password, or is signed out by the first.
    let done = [&one, &other].into_iter().filter(|answer| answer.status == 200 && code(answer).is_null()).count();
    assert_eq!(done, 1, "{one:?} {other:?}");
}

#[tokio::test]
async fn guessing_the_current_password_is_as_slow_as_at_the_door() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let token = door.sign_in("viewer").await.access;
    assert_eq!(code(&change(&door, &token, (PASSWORD, "too short")).await), "BAD_INPUT");
    for _ in 0..5 {
        assert_eq!(code(&change(&door, &token, ("a wrong password", NEW)).await), "WRONG_PASSWORD");
    }
    let waits = change(&door, &token, (PASSWORD, NEW)).await;
    assert_eq!(
        (code(&waits), &waits.data()["changeOwnPassword"]["retryAfterSeconds"]),
        (json!("TOO_MANY_ATTEMPTS"), &json!(900))
    );
    assert_eq!(door.try_password("viewer", PASSWORD).await.status, 429, "it is one count");
    world.clock.advance(Duration::from_mins(15));
    let token = door.sign_in("viewer").await.access;
    assert_eq!(code(&change(&door, &token, (PASSWORD, NEW)).await), Value::Null);
}

#[tokio::test]
async fn everybody_may_who_has_a_password_and_no_password_is_recorded() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    door.user("client", Role::Viewer, Reach::Organizations(BTreeSet::new())).await;
    for name in ["client", "viewer", "tech", "admin"] {
        let token = door.sign_in(name).await.access;
        assert_eq!(code(&change(&door, &token, (PASSWORD, NEW)).await), Value::Null, "{name}");
    }
    let admin = token_of(&door, "admin", NEW).await;
    let create = "mutation { createApiToken(input: { name: \"s\", role: ADMIN, expiresAt: \"2026-12-01T00:00:00Z\" }) { token } }";
    let service = door.ask(&admin, create).await.data()["createApiToken"]["token"].as_str().unwrap().to_owned();
    assert_eq!(code(&change(&door, &service, (PASSWORD, NEW)).await), "NO_PASSWORD");
    let mut rows = world.recorded().await;
    rows.retain(|row| row.operation == "changeOwnPassword");
    let outcomes: Vec<_> = rows.iter().map(|row| (row.actor.as_str(), row.outcome.as_str())).collect();
    let done = ["client", "viewer", "tech", "admin"].map(|name| (name, "done"));
    assert_eq!(outcomes, [done.as_slice(), &[("token:s", "refused")]].concat());
    let told = Some("currentPassword given, newPassword given");
    assert!(rows.iter().all(|row| row.target.as_deref() == told), "{rows:?}");
    let digests: std::collections::BTreeSet<_> = rows.iter().map(|row| row.arguments_digest.clone()).collect();
    assert_eq!(digests.len(), 1, "of passwords not even a digest is kept: {rows:?}");
}

async fn token_of(door: &Guarded, name: &str, password: &str) -> String {
    harness::Tokens::of(&door.try_password(name, password).await).access
}

#[rstest]
#[tokio::test]
async fn a_password_that_was_hashed_too_cheaply_is_hashed_again_when_it_is_known(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let stored = async || {
        let row = app_user::Entity::find().filter(app_user::Column::Name.eq("viewer")).one(world.rows()).await;
        row.unwrap().unwrap().password_hash
    };
    let cheap = cheap();
    let set = format!("UPDATE app_user SET password_hash = '{cheap}' WHERE name = 'viewer'");
    world.inventory.database().writer().execute_unprepared(&set).await.unwrap();
    assert_eq!(door.try_password("viewer", "a wrong password").await.status, 401);
    assert_eq!(stored().await, cheap);
    door.sign_in("viewer").await;
    let again = stored().await;
    assert!(again.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{again}");
    door.sign_in("viewer").await;
    assert_eq!(stored().await, again, "once is enough");
}

/// A hash of [`PASSWORD`] that is too cheap: 1 MiB, one pass.
fn cheap() -> String {
    let parameters = Params::new(1024, 1, 1, None).unwrap();
    let cheap = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
    cheap.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).unwrap().to_string()
}
