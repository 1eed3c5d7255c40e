//! Signing in, staying in and going out.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::access::{Reach, Role};
use futures::future::join_all;
use harness::{Backend, Guarded, Surroundings, Tokens, World};
use rstest::rstest;
use serde_json::json;
use server::http::HttpOptions;

const VIEWER: &str = "{ viewer { name role organizations { name } } }";

#[rstest]
#[tokio::test]
async fn who_signs_in_is_let_in_until_the_token_expires(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let refused = door.post("/graphql", &json!({ "query": VIEWER }), None).await;
    assert_eq!((refused.status, refused.error_code()), (401, "UNAUTHENTICATED"));
    // Names are one in whatever case.
    let tokens = door.sign_in("ADMIN").await;
    let viewer = door.ask(&tokens.access, VIEWER).await;
    assert_eq!(viewer.data()["viewer"], json!({ "name": "admin", "role": "ADMIN", "organizations": null }));
    world.clock.advance(Duration::from_secs(14 * 60 + 59));
    assert_eq!(door.ask(&tokens.access, VIEWER).await.status, 200);
    world.clock.advance(Duration::from_secs(1));
    let expired = door.ask(&tokens.access, VIEWER).await;
    assert_eq!((expired.status, expired.error_code()), (401, "UNAUTHENTICATED"));
    let tokens = Tokens::of(&door.refresh(&tokens.refresh).await);
    assert_eq!(door.ask(&tokens.access, VIEWER).await.status, 200);
    // A refresh token waits a week, and a session lasts a month at most.
    world.clock.advance(Duration::from_hours(7 * 24));
    assert_eq!(door.refresh(&tokens.refresh).await.status, 401);
}

#[rstest]
#[tokio::test]
async fn a_session_ends_after_a_month_however_often_it_is_refreshed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let mut tokens = door.sign_in("viewer").await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_hours(5 * 24 + 20));
        tokens = Tokens::of(&door.refresh(&tokens.refresh).await);
    }
    world.clock.advance(Duration::from_hours(5 * 24));
    assert_eq!(door.refresh(&tokens.refresh).await.status, 401);
}

#[rstest]
#[tokio::test]
async fn of_those_who_refresh_at_once_one_is_first_and_the_session_ends(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let other = Guarded::open(&world.another_server(|_, _| {}).await).await;
    let tokens = door.sign_in("tech").await;
    let doors = [&door, &other, &door, &other, &door, &other];
    let answers = join_all(doors.map(|door| door.refresh(&tokens.refresh))).await;
    let granted: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(granted.len(), 1, "{answers:?}");
    // Nobody can tell who stole it: what the first one got is good for nothing.
    let first = Tokens::of(granted[0]);
    for door in [&door, &other] {
        assert_eq!(door.ask(&first.access, VIEWER).await.status, 401);
        assert_eq!(door.ask(&tokens.access, VIEWER).await.status, 401);
        assert_eq!(door.refresh(&first.refresh).await.status, 401);
    }
    assert_eq!(door.ask(&door.sign_in("tech").await.access, VIEWER).await.status, 200, "other sessions are not ended");
}

#[rstest]
#[tokio::test]
async fn a_refresh_token_that_comes_back_later_ends_the_session(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let stolen = door.sign_in("tech").await;
    let second = Tokens::of(&door.refresh(&stolen.refresh).await);
    let third = Tokens::of(&door.refresh(&second.refresh).await);
    assert_eq!(door.ask(&third.access, VIEWER).await.status, 200);
    assert_eq!(door.refresh(&stolen.refresh).await.status, 401);
    assert_eq!(door.ask(&third.access, VIEWER).await.status, 401);
    assert_eq!(door.refresh(&third.refresh).await.status, 401);
}

#[rstest]
#[tokio::test]
async fn signing_out_counts_at_once_on_every_server(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(true, false)] by_access_token: bool,
) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let other = Guarded::open(&world.another_server(|_, _| {}).await).await;
    let tokens = door.sign_in("viewer").await;
    assert_eq!(other.ask(&tokens.access, VIEWER).await.status, 200);
    let out = if by_access_token {
        // Late, too.
        world.clock.advance(Duration::from_mins(16));
        door.post("/auth/logout", &json!({}), Some(&tokens.access)).await
    } else {
        door.post("/auth/logout", &json!({ "refreshToken": tokens.refresh }), None).await
    };
    assert_eq!(out.status, 204);
    for door in [&door, &other] {
        assert_eq!(door.ask(&tokens.access, VIEWER).await.status, 401);
        assert_eq!(door.refresh(&tokens.refresh).await.status, 401);
    }
    // Twice is no error.
    assert_eq!(door.post("/auth/logout", &json!({ "refreshToken": tokens.refresh }), None).await.status, 204);
}

#[rstest]
#[tokio::test]
async fn guessing_is_slowed_down(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    for name in ["admin", "nobody"] {
        let answers = join_all((0..8).map(|_| door.try_password(name, "a wrong password"))).await;
        let of = |status| answers.iter().filter(|answer| answer.status == status).count();
        assert_eq!((of(401), of(429)), (5, 3), "{name}");
        let told = answers.iter().find(|answer| answer.status == 429).unwrap();
        assert_eq!(told.error_code(), "TOO_MANY_ATTEMPTS");
    }
    // Not even the right password is looked at now; nobody else is kept out.
    assert_eq!(door.try_password("admin", harness::PASSWORD).await.status, 429);
    door.sign_in("viewer").await;
    world.clock.advance(Duration::from_mins(15));
    door.sign_in("admin").await;
}

#[tokio::test]
async fn attempts_are_counted_and_recorded_by_the_address_that_a_trusted_proxy_tells() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let behind_proxy = |options: &mut HttpOptions| options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    let door = Guarded::open_with(&world.inventory, behind_proxy).await;
    door.user("admin", Role::Admin, Reach::Everything).await;
    let attempt = async |address: &str| {
        let request = harness::http_client().post(format!("{}/auth/login", door.origin));
        let given = json!({ "name": "admin", "password": "a wrong password" });
        request.header("x-forwarded-for", address).json(&given).send().await.unwrap().status().as_u16()
    };
    for _ in 0..5 {
        assert_eq!(attempt("192.0.2.1").await, 401);
    }
    assert_eq!([attempt("192.0.2.1").await, attempt("192.0.2.2").await], [429, 401]);
    let admin = door.sign_in("admin").await.access;
    world.rest().await;
    let events = door.ask(&admin, "{ auditEvents(first: 100) { nodes { address outcome } } }").await;
    let nodes = events.data()["auditEvents"]["nodes"].as_array().unwrap().clone();
    let from = |address: &str| nodes.iter().filter(|event| event["address"] == address).count();
    assert_eq!([from("192.0.2.1"), from("192.0.2.2"), from("127.0.0.1")], [5, 1, 1], "{nodes:?}");
}

#[tokio::test]
async fn wrong_names_passwords_and_requests_are_told_alike_and_let_nobody_in() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let unknown = door.try_password("no such name", harness::PASSWORD).await;
    let wrong = door.try_password("admin", "no such password").await;
    assert_eq!((unknown.status, wrong.status), (401, 401));
    assert_eq!(unknown.body, wrong.body);
    for (name, password) in [("", ""), ("admin", ""), ("admin\0", "x"), ("'; --", "x"), ("admin", &"x".repeat(5000))] {
        assert_eq!(door.try_password(name, password).await.status, 401, "{name}");
    }
    for body in [json!([]), json!({}), json!({ "name": "admin" }), json!({ "name": 1, "password": "x" }), json!("x")] {
        let answer = door.post("/auth/login", &body, None).await;
        assert_eq!((answer.status, answer.error_code()), (400, "BAD_REQUEST"), "{body}");
    }
    for path in ["/auth/login", "/auth/refresh", "/auth/logout"] {
        let by_get = harness::http_client().get(format!("{}{path}", door.origin)).send().await.unwrap();
        assert_eq!(by_get.status().as_u16(), 405, "{path}");
        let foreign = harness::http_client().post(format!("{}{path}", door.origin)).json(&json!({}));
        let foreign = foreign.header("origin", "https://evil.example").send().await.unwrap();
        assert_eq!(foreign.status().as_u16(), 403, "{path}");
    }
}

#[tokio::test]
async fn a_token_that_others_made_lets_nobody_in() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let token = door.sign_in("admin").await.access;
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let claims = signed.split_once('.').unwrap().1;
    let unsigned = |algorithm: &str| URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
    for bad in [
        format!("{}.{claims}.", unsigned("none")),
        format!("{}.{claims}.{signature}", unsigned("none")),
        format!("{}.{claims}.{signature}", unsigned("RS256")),
        format!("{signed}."),
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode([0; 32])),
        "ihub_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "x".repeat(4000),
    ] {
        let answer = door.ask(&bad, VIEWER).await;
        assert_eq!((answer.status, answer.error_code()), (401, "UNAUTHENTICATED"), "{bad}");
    }
}

#[tokio::test]
async fn what_needs_nobody_stays_open_and_everything_else_is_closed() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let door = world.guarded().await;
    let status = async |path: &str, accept: &str| {
        let request = harness::http_client().get(format!("{}{path}", door.origin)).header("accept", accept);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status("/healthz", "*/*").await, 200);
    assert_eq!(status("/graphql", "text/html").await, 200, "the playground's page holds no data");
    for path in ["/graphql?query={viewer{name}}", "/export/devices.csv", "/schema.graphql"] {
        assert_eq!(status(path, "*/*").await, 401, "{path}");
    }
}

/// The status of a sign-in as admin at a hub process.
async fn status_of(url: &str, password: &str) -> u16 {
    let login = url.replace("/graphql", "/auth/login");
    let body = json!({ "name": "admin", "password": password });
    harness::http_client().post(login).json(&body).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_first_start_makes_an_admin_and_tells_the_password_once() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let mut first = outside.hub(&["serve"]).set("HUB_SIGN_IN", "on").start();
    let url = first.url().await;
    let line = first.line_with("shown once: ").await;
    let password = line.split_whitespace().last().unwrap().to_owned();
    assert_eq!(status_of(&url, &password).await, 200);
    first.terminate().await;
    first.finish().await.ended_with(0);
    let mut second =
        outside.hub(&["serve"]).set("HUB_SIGN_IN", "on").set("HUB_ADMIN_PASSWORD", "another password").start();
    let url = second.url().await;
    assert_eq!(status_of(&url, &password).await, 200);
    assert_eq!(status_of(&url, "another password").await, 401, "there is a user already");
    second.terminate().await;
    let said = second.finish().await.ended_with(0).said();
    assert!(!said.contains("shown once") && !said.contains(&password), "{said}");
}

#[tokio::test]
async fn the_first_password_may_be_given_and_is_not_told_then() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let given = "a password of our own";
    let hub = outside.hub(&["serve"]).set("HUB_SIGN_IN", "on").set("HUB_ADMIN_PASSWORD", given);
    // Every address, which is refused without sign-in.
    let mut hub = hub.set("HUB_LISTEN", "0.0.0.0:0").start();
    let url = hub.url().await.replace("0.0.0.0", "127.0.0.1");
    assert_eq!(status_of(&url, given).await, 200);
    hub.terminate().await;
    let said = hub.finish().await.ended_with(0).said();
    assert!(!said.contains(given) && !said.contains("shown once"), "{said}");
}

#[rstest]
#[tokio::test]
async fn signing_out_takes_every_token_that_is_shown(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let door = world.guarded().await;
    let tokens = door.sign_in("viewer").await;
    let body = serde_json::json!({ "refreshToken": tokens.refresh });
    let answer = door.post("/auth/logout", &body, Some("what nobody gave")).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    assert_eq!(door.ask(&tokens.access, "{ viewer { name } }").await.status, 401);
    assert_eq!(door.refresh(&tokens.refresh).await.status, 401);
}

#[tokio::test]
async fn a_first_password_that_can_be_none_ends_the_start() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let access = server::access::Access::new(&world.inventory);
    assert!(access.ensure_admin(Some("x".repeat(1025).into())).await.is_err());
    assert!(
        access.ensure_admin(Some("x".repeat(1024).into())).await.unwrap().is_none(),
        "nobody is told what they gave"
    );
    assert!(access.ensure_admin(None).await.unwrap().is_none(), "there is a user");
}
