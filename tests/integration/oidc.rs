//! Signing in by an OpenID Connect issuer: who comes in, as whom, and with which cookies.

use std::time::Duration;

use domain::access::{Reach, Role};
use entity::{app_user, taken_state, user_identity};
use harness::{Backend, Browser, CLIENT_ID, Guarded, PASSWORD, Surroundings, TestIssuer, World};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

const VIEWER: &str = "{ viewer { name role organizations { name } } }";

fn ann(roles: &[&str]) -> Value {
    json!({ "sub": "248289761001", "preferred_username": "ann@example.com", "roles": roles })
}

async fn opened(world: &World) -> (TestIssuer, Guarded) {
    let issuer = TestIssuer::start(&world.clock, "").await;
    let door = Guarded::open_by(&world.inventory, (issuer.settings(), &world.clock)).await;
    (issuer, door)
}

#[rstest]
#[tokio::test]
async fn whom_the_issuer_vouches_for_is_let_in_with_the_role_that_it_gives(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    let mut browser = Browser::default();
    let page = browser.sign_in(&door, &issuer, &ann(&["Others.Admin", "InventoryHub.Technician"])).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/graphql?a=b"), "{page:?}");
    let token = browser.access_token(&door).await;
    let viewer = json!({ "name": "ann@example.com", "role": "TECHNICIAN", "organizations": null });
    assert_eq!(door.ask(&token, VIEWER).await.data()["viewer"], viewer);
    // Another name, another role: the same user, with the role of now.
    let renamed = json!({ "sub": "248289761001", "preferred_username": "ann.lee", "roles": "InventoryHub.Viewer" });
    assert_eq!(Browser::default().sign_in(&door, &issuer, &renamed).await.status, 303);
    assert_eq!(door.ask(&token, VIEWER).await.data()["viewer"]["role"], "VIEWER");
    assert_eq!(app_user::Entity::find().count(world.rows()).await.unwrap(), 1);
    assert_eq!(issuer.calls(), ["discovery", "keys", "token", "token"], "what it says of itself is kept");
}

#[rstest]
#[tokio::test]
async fn the_last_admin_keeps_the_role_whatever_the_issuer_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    for (role, kept) in [("InventoryHub.Admin", "ADMIN"), ("InventoryHub.Viewer", "ADMIN")] {
        let mut browser = Browser::default();
        assert_eq!(browser.sign_in(&door, &issuer, &ann(&[role])).await.status, 303);
        let token = browser.access_token(&door).await;
        assert_eq!(door.ask(&token, VIEWER).await.data()["viewer"]["role"], kept, "{role}");
    }
    door.user("admin", Role::Admin, Reach::Everything).await;
    let mut browser = Browser::default();
    browser.sign_in(&door, &issuer, &ann(&["InventoryHub.Viewer"])).await;
    let token = browser.access_token(&door).await;
    assert_eq!(door.ask(&token, VIEWER).await.data()["viewer"]["role"], "VIEWER");
    let events = world.recorded().await;
    let told: Vec<_> =
        events.iter().filter(|row| row.operation == "oidcSignIn").map(|row| row.detail.as_deref()).collect();
    assert_eq!(told, [Some("made with the role admin"), None, Some("role admin became viewer")]);
}

#[rstest]
#[tokio::test]
async fn nobody_becomes_a_user_by_having_their_name(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    door.user("Admin", Role::Admin, Reach::Everything).await;
    let first = json!({ "sub": "1", "preferred_username": "bob", "roles": ["InventoryHub.Viewer"] });
    assert_eq!(Browser::default().sign_in(&door, &issuer, &first).await.status, 303);
    for (sub, name) in [("2", "admin"), ("2", "ADMIN"), ("2", "bob"), ("248289761001", "Bob")] {
        let person = json!({ "sub": sub, "preferred_username": name, "email": name, "roles": ["InventoryHub.Admin"] });
        let page = Browser::default().sign_in(&door, &issuer, &person).await;
        assert_eq!(page.status, 403, "{name}: {page:?}");
        assert!(page.text.contains("nobody has said that it is you") && are_forgotten(&page.cookies));
    }
    assert_eq!(user_identity::Entity::find().count(world.rows()).await.unwrap(), 1);
    // Nor has the user who came by the issuer a password, not even an empty one or what is stored for none.
    for password in ["", "none", PASSWORD] {
        assert_eq!(door.try_password("bob", password).await.status, 401, "{password}");
    }
}

#[rstest]
#[tokio::test]
async fn an_admin_may_say_who_somebody_is(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    for (name, role) in [("admin", Role::Admin), ("ann@example.com", Role::Viewer), ("bob", Role::Viewer)] {
        door.user(name, role, Reach::Everything).await;
    }
    let admin = door.sign_in("admin").await.access;
    let say = async |name: &str, subject: &str| {
        let query = "mutation($i: ChangeUserInput!) { changeUser(input: $i) { userErrors { code field } } }";
        let identity = json!({ "issuer": issuer.name(), "subject": subject });
        let variables = json!({ "i": { "name": name, "oidcIdentity": identity } });
        let body = json!({ "query": query, "variables": variables });
        door.post("/graphql", &body, Some(&admin)).await.data()["changeUser"]["userErrors"].clone()
    };
    assert_eq!(Browser::default().sign_in(&door, &issuer, &ann(&["InventoryHub.Technician"])).await.status, 403);
    assert_eq!(say("ann@example.com", "248289761001").await, json!([]));
    assert_eq!(say("ann@example.com", "248289761001").await, json!([]), "twice is no error");
    let refused = json!([{ "code": "BAD_INPUT", "field": ["input", "oidcIdentity"] }]);
    assert_eq!(say("bob", "248289761001").await, refused, "nobody else is the same person");
    assert_eq!(say("bob", "").await, refused);
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&door, &issuer, &ann(&["InventoryHub.Technician"])).await.status, 303);
    let viewer = door.ask(&browser.access_token(&door).await, VIEWER).await;
    assert_eq!(viewer.data()["viewer"]["role"], "TECHNICIAN");
    assert_eq!(door.try_password("ann@example.com", PASSWORD).await.status, 200, "the password is as good as before");
}

fn are_forgotten(cookies: &[String]) -> bool {
    cookies.iter().all(|cookie| cookie.contains("Max-Age=0"))
}

#[rstest]
#[tokio::test]
async fn of_two_who_come_for_the_first_time_at_once_one_user_is_made(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    let (mut one, mut other) = (Browser::default(), Browser::default());
    let person = ann(&["InventoryHub.Viewer"]);
    let pages = tokio::join!(one.sign_in(&door, &issuer, &person), other.sign_in(&door, &issuer, &person));
    assert_eq!((pages.0.status, pages.1.status), (303, 303), "{pages:?}");
    assert_eq!(app_user::Entity::find().count(world.rows()).await.unwrap(), 1);
}

#[tokio::test]
async fn who_has_no_role_or_is_disabled_stays_outside() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    door.user("admin", Role::Admin, Reach::Everything).await;
    for roles in
        [json!(null), json!([]), json!("Admin"), json!(["inventoryhub.admin"]), json!({ "InventoryHub.Admin": 1 })]
    {
        let person = json!({ "sub": "1", "preferred_username": "ann", "roles": roles });
        let page = Browser::default().sign_in(&door, &issuer, &person).await;
        assert_eq!((page.status, page.text.contains("no role")), (403, true), "{roles}: {page:?}");
    }
    assert_eq!(app_user::Entity::find().count(world.rows()).await.unwrap(), 1, "nobody is made who is not let in");
    let mut browser = Browser::default();
    browser.sign_in(&door, &issuer, &ann(&["InventoryHub.Admin"])).await;
    let token = browser.access_token(&door).await;
    let admin = door.sign_in("admin").await.access;
    let disable = "mutation { changeUser(input: { name: \"ann@example.com\", disabled: true }) { user { name } } }";
    assert_eq!(door.ask(&admin, disable).await.data()["changeUser"]["user"]["name"], "ann@example.com");
    assert_eq!(door.ask(&token, VIEWER).await.status, 401);
    let page = Browser::default().sign_in(&door, &issuer, &ann(&["InventoryHub.Admin"])).await;
    assert_eq!((page.status, page.text.contains("disabled")), (403, true), "{page:?}");
}

#[tokio::test]
async fn the_refresh_token_is_in_a_cookie_that_no_script_and_no_other_page_can_use() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let mut browser = Browser::default();
    let url = browser.leave(&door).await;
    let page = browser
        .go(&door, &format!("/auth/oidc/callback?{}", issuer.authorize(&url, &ann(&["InventoryHub.Viewer"]))))
        .await;
    let [kept, forgotten] = page.cookies.as_slice() else { panic!("{page:?}") };
    assert!(kept.starts_with("__Secure-hub-refresh="), "{kept}");
    assert!(kept.ends_with("; Path=/auth; Max-Age=604800; HttpOnly; SameSite=Strict; Secure"), "{kept}");
    assert!(forgotten.starts_with("__Secure-hub-sign-in=; ") && forgotten.contains("Max-Age=0"), "{forgotten}");
    let stolen = browser.clone();
    for origin in [None, Some("https://evil.example"), Some("null")] {
        let page = browser.post(&door, "/auth/refresh", (json!({}), origin)).await;
        assert_eq!(page.status, 403, "{origin:?}");
        let page = browser.post(&door, "/auth/logout", (json!({}), origin)).await;
        assert_eq!(page.status, 403, "{origin:?}");
    }
    let page = browser.post_as_page(&door, "/auth/refresh", json!({})).await;
    assert_eq!((page.status, page.cookies.len()), (200, 1), "{page:?}");
    assert_eq!(page.json()["refreshToken"], Value::Null, "no script gets it");
    // A cookie that comes twice was copied: nobody has the session any more.
    let page = stolen.clone().post_as_page(&door, "/auth/refresh", json!({})).await;
    assert_eq!((page.status, are_forgotten(&page.cookies)), (401, true), "{page:?}");
    assert_eq!(browser.post_as_page(&door, "/auth/refresh", json!({})).await.status, 401);
    assert!(browser.kept.is_empty(), "what is worth nothing is not kept");
    assert_eq!(browser.post_as_page(&door, "/auth/refresh", json!({})).await.status, 401);
}

#[tokio::test]
async fn a_page_may_keep_its_session_in_the_cookie_after_a_password_too_and_end_it() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (_issuer, door) = opened(&world).await;
    door.user("ann", Role::Viewer, Reach::Everything).await;
    let mut browser = Browser::default();
    let login = json!({ "name": "ann", "password": PASSWORD, "inCookie": true });
    let page = browser.post_as_page(&door, "/auth/login", login).await;
    assert_eq!((page.status, page.json()["refreshToken"].clone()), (200, Value::Null));
    let token = browser.access_token(&door).await;
    assert_eq!(door.ask(&token, VIEWER).await.status, 200);
    let page = browser.post_as_page(&door, "/auth/logout", json!({})).await;
    assert_eq!((page.status, browser.kept.len()), (204, 0), "{page:?}");
    assert_eq!(door.ask(&token, VIEWER).await.status, 401);
    let ways = browser.go(&door, "/auth").await.json();
    assert_eq!(ways, json!({ "password": true, "oidc": true }));
}

#[tokio::test]
async fn without_tls_the_cookies_are_not_for_tls_alone() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    let mut settings = issuer.settings();
    settings.public_url = "http://127.0.0.1:5400".parse().unwrap();
    let door = Guarded::open_by(&world.inventory, (settings, &world.clock)).await;
    let mut browser = Browser::default();
    let page = browser.go(&door, "/auth/oidc/login").await;
    let kept = &page.cookies[0];
    assert!(
        kept.starts_with("hub-sign-in=") && kept.ends_with("; Path=/auth/oidc; Max-Age=600; HttpOnly; SameSite=Lax")
    );
    assert_eq!(browser.sign_in(&door, &issuer, &ann(&["InventoryHub.Viewer"])).await.status, 303);
    assert!(browser.kept.contains_key("hub-refresh"));
}

#[tokio::test]
async fn nobody_is_led_away_from_the_hub() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    for place in
        ["//evil.example", "/%5Cevil.example%5C", "https://evil.example", "/.//evil.example", "%2F%2Fevil.example"]
    {
        let page = Browser::default().go(&door, &format!("/auth/oidc/login?returnTo={place}")).await;
        assert!(page.status == 400 && page.location.is_empty() && !page.text.contains("evil"), "{place}: {page:?}");
    }
    let mut browser = Browser::default();
    let page = browser.go(&door, "/auth/oidc/login").await;
    let query = issuer.authorize(&page.location.parse().unwrap(), &ann(&["InventoryHub.Viewer"]));
    let page = browser.go(&door, &format!("/auth/oidc/callback?{query}&returnTo=//evil.example")).await;
    assert_eq!((page.status, page.location.as_str()), (303, "/graphql"));
}

#[rstest]
#[tokio::test]
async fn each_sign_in_and_refusal_is_recorded(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    Browser::default().sign_in(&door, &issuer, &ann(&[])).await;
    let mut browser = Browser::default();
    browser.sign_in(&door, &issuer, &ann(&["InventoryHub.Admin"])).await;
    let token = browser.access_token(&door).await;
    world.rest().await;
    let query = "{ auditEvents(first: 10) { nodes { actor address kind operation outcome detail } } }";
    let events = door.ask(&token, query).await.data()["auditEvents"]["nodes"].clone();
    let event = |actor: &str, outcome: &str, detail: Value| {
        json!({ "actor": actor, "address": "127.0.0.1", "kind": "SIGN_IN", "operation": "oidcSignIn",
                "outcome": outcome, "detail": detail })
    };
    let refused = event("(unknown)", "REFUSED", json!("the issuer gives no role in the hub"));
    assert_eq!(events, json!([event("ann@example.com", "DONE", json!("made with the role admin")), refused]));
}

#[rstest]
#[tokio::test]
async fn an_answer_is_taken_once_on_any_server_and_forgotten_when_it_is_too_old_to_come_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let (issuer, door) = opened(&world).await;
    let elsewhere = world.another_server(|_, _| {}).await;
    let other = Guarded::open_by(&elsewhere, (issuer.settings(), &world.clock)).await;
    let mut browser = Browser::default();
    let url = browser.leave(&door).await;
    let before = browser.clone();
    let place = format!("/auth/oidc/callback?{}", issuer.authorize(&url, &ann(&["InventoryHub.Viewer"])));
    assert_eq!(browser.go(&other, &place).await.status, 303, "begun on one server, ended on another");
    for door in [&door, &other] {
        let again = before.clone().go(door, &place).await;
        assert_eq!((again.status, again.text.contains("Begin again")), (400, true), "{again:?}");
    }
    assert_eq!(issuer.calls().iter().filter(|call| **call == "token").count(), 1);
    world.clock.advance(Duration::from_mins(21));
    Browser::default().sign_in(&door, &issuer, &ann(&["InventoryHub.Viewer"])).await;
    assert_eq!(taken_state::Entity::find().count(world.rows()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_hub_with_an_issuer_in_its_settings_sends_browsers_there() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    let outside = Surroundings::on(Backend::Sqlite).await;
    let hub = outside.hub(&["serve"]).set("HUB_SIGN_IN", "on").set("HUB_ADMIN_PASSWORD", PASSWORD);
    let hub = hub.set("HUB_PUBLIC_URL", "https://hub.example").set("HUB_OIDC_CLIENT_ID", CLIENT_ID);
    let mut hub = hub.set("HUB_OIDC_ISSUER", issuer.name()).start();
    let login = hub.url().await.replace("/graphql", "/auth/oidc/login");
    let answer = harness::http_client().get(login).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer.status().as_u16(), 302);
    assert!(location.starts_with(&format!("{}/authorize?a=b&", issuer.name())), "{location}");
    assert!(location.contains("&redirect_uri=https%3A%2F%2Fhub.example%2Fauth%2Foidc%2Fcallback&"), "{location}");
    hub.terminate().await;
    hub.finish().await.ended_with(0);
}
