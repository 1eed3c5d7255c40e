//! What browsers bring back from an issuer that they should not, and issuers that do not answer as they should.

use std::time::Duration;

use harness::{Backend, Browser, Guarded, Manners, Page, TestIssuer, World};
use serde_json::{Value, json};

fn ann() -> Value {
    json!({ "sub": "1", "preferred_username": "ann", "roles": ["InventoryHub.Viewer"] })
}

async fn opened(world: &World) -> (TestIssuer, Guarded) {
    let issuer = TestIssuer::start(&world.clock, "").await;
    let door = Guarded::open_by(&world.inventory, (issuer.settings(), &world.clock)).await;
    (issuer, door)
}

/// Refused, and nothing of what was sent is shown.
#[track_caller]
fn is_refused(page: &Page, status: u16) {
    assert_eq!((page.status, page.location.as_str()), (status, ""), "{page:?}");
    assert!(!page.text.contains('<') && !page.text.contains("evil"), "{page:?}");
    assert!(page.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{page:?}");
}

#[tokio::test]
async fn what_was_not_begun_here_is_not_ended_here() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let mut browser = Browser::default();
    let url = browser.leave(&door).await;
    let place = format!("/auth/oidc/callback?{}", issuer.authorize(&url, &ann()));
    is_refused(&Browser::default().go(&door, &place).await, 400);
    // Somebody else's answer, in a browser that has begun a sign-in of its own.
    let mut victim = Browser::default();
    victim.leave(&door).await;
    is_refused(&victim.go(&door, &place).await, 400);
    let mut forger = Browser::default();
    forger.kept.insert("__Secure-hub-sign-in".to_owned(), "e30.e30.AAAA".to_owned());
    is_refused(&forger.go(&door, &place).await, 400);
    // An access token is no seal.
    door.user("bob", domain::access::Role::Viewer, domain::access::Reach::Everything).await;
    forger.kept.insert("__Secure-hub-sign-in".to_owned(), door.sign_in("bob").await.access);
    is_refused(&forger.go(&door, &place).await, 400);
    // And a seal is no access token.
    let seal = browser.kept["__Secure-hub-sign-in"].clone();
    assert_eq!(door.ask(&seal, "{ viewer { name } }").await.status, 401);
    for query in ["", "state=a", "code=a", "state=a&state=b&code=c", "state=&code=", "state=%00&code=a"] {
        is_refused(&browser.clone().go(&door, &format!("/auth/oidc/callback?{query}")).await, 400);
    }
    assert!(!issuer.calls().contains(&"token"), "nobody asked the issuer");
    assert_eq!(browser.go(&door, &place).await.status, 303, "the sign-in itself is as good as ever");
}

#[tokio::test]
async fn a_sign_in_that_takes_too_long_is_over() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let mut browser = Browser::default();
    let url = browser.leave(&door).await;
    let place = format!("/auth/oidc/callback?{}", issuer.authorize(&url, &ann()));
    world.clock.advance(Duration::from_mins(10));
    is_refused(&browser.go(&door, &place).await, 400);
}

#[tokio::test]
async fn a_code_that_was_used_is_refused_by_the_issuer_and_told_so() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let mut browser = Browser::default();
    let url = browser.leave(&door).await;
    let used = issuer.authorize(&url, &ann());
    assert_eq!(browser.go(&door, &format!("/auth/oidc/callback?{used}")).await.status, 303);
    // The code of one sign-in with the state of the next.
    let mut next = Browser::default();
    let state = next.leave(&door).await.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let code = used.split('&').next().unwrap();
    is_refused(&next.go(&door, &format!("/auth/oidc/callback?{code}&state={state}")).await, 403);
}

#[tokio::test]
async fn a_code_of_another_sign_in_is_worth_nothing() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let mut attacker = Browser::default();
    let stolen = issuer.authorize(&attacker.leave(&door).await, &ann());
    let mut victim = Browser::default();
    let state = victim.leave(&door).await.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let code = stolen.split('&').next().unwrap();
    // PKCE: it can't be exchanged by who did not begin.
    is_refused(&victim.go(&door, &format!("/auth/oidc/callback?{code}&state={state}")).await, 403);
}

#[tokio::test]
async fn errors_of_the_issuer_are_told_without_its_words() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (_issuer, door) = opened(&world).await;
    for error in ["access_denied", "login_required", "%3Cscript%3Eevil%3C/script%3E", "server_error"] {
        let mut browser = Browser::default();
        browser.leave(&door).await;
        let place = format!("/auth/oidc/callback?error={error}&error_description=%3Cb%3Eevil&state=evil");
        let page = browser.go(&door, &place).await;
        is_refused(&page, 403);
        assert!(browser.kept.is_empty(), "{error}");
    }
}

#[tokio::test]
async fn an_answer_in_the_name_of_another_issuer_is_refused() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let name: String = url::form_urlencoded::byte_serialize(issuer.name().as_bytes()).collect();
    for (iss, status) in [("&iss=https://evil.example", 403), (&*format!("&iss={name}"), 303), ("", 303)] {
        let mut browser = Browser::default();
        let url = browser.leave(&door).await;
        let place = format!("/auth/oidc/callback?{}{iss}", issuer.authorize(&url, &ann()));
        assert_eq!(browser.go(&door, &place).await.status, status, "{iss}");
    }
    issuer.change(|manners| {
        manners.discovery = |document| document["authorization_response_iss_parameter_supported"] = json!(true);
    });
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(Browser::default().sign_in(&door, &issuer, &ann()).await.status, 403, "it says that it always tells");
}

const NOT_TRUSTED: [fn(&mut Manners); 6] = [
    // Another issuer's document.
    |manners| manners.discovery = |document| document["issuer"] = json!("https://evil.example"),
    // Without TLS.
    |manners| {
        manners.discovery = |document| document["token_endpoint"] = json!("http://evil.example/");
    },
    // Without keys.
    |manners| {
        manners.discovery = |document| drop(document.as_object_mut().unwrap().remove("jwks_uri"));
    },
    |manners| {
        manners.discovery = |document| document["authorization_endpoint"] = json!("javascript:evil");
    },
    |manners| manners.ballast = 300 * 1024,
    |manners| manners.redirects = true,
];

#[tokio::test]
async fn an_issuer_that_can_not_be_trusted_is_sent_nobody() {
    for change in NOT_TRUSTED {
        let world = World::small_on(Backend::Sqlite).start().await;
        let (issuer, door) = opened(&world).await;
        issuer.change(change);
        let mut browser = Browser::default();
        is_refused(&browser.go(&door, "/auth/oidc/login").await, 502);
        // It is asked again, and is let off once it is as it should be.
        issuer.change(|manners| {
            manners.discovery = |_| ();
            (manners.ballast, manners.redirects) = (0, false);
        });
        assert_eq!(browser.sign_in(&door, &issuer, &ann()).await.status, 303);
    }
}

#[tokio::test]
async fn an_issuer_that_breaks_or_says_nothing_keeps_nobody_waiting() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    let mut settings = issuer.settings();
    settings.limits.timeout = Duration::from_millis(300);
    let door = Guarded::open_by(&world.inventory, (settings, &world.clock)).await;
    for status in [500, 503, 302] {
        issuer.change(|manners| manners.refuses = Some(status));
        is_refused(&Browser::default().sign_in(&door, &issuer, &ann()).await, 502);
    }
    issuer.change(|manners| (manners.refuses, manners.is_silent) = (None, true));
    is_refused(&Browser::default().sign_in(&door, &issuer, &ann()).await, 502);
    drop(issuer);
    world.clock.advance(Duration::from_hours(1));
    is_refused(&Browser::default().go(&door, "/auth/oidc/login").await, 502);
}

#[tokio::test]
async fn who_fails_too_often_waits() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let (issuer, door) = opened(&world).await;
    let nobody = json!({ "sub": "1", "preferred_username": "ann", "roles": [] });
    for _ in 0..50 {
        is_refused(&Browser::default().sign_in(&door, &issuer, &nobody).await, 403);
    }
    let page = Browser::default().sign_in(&door, &issuer, &ann()).await;
    is_refused(&page, 429);
    assert_eq!(page.retry_after, "900");
    world.clock.advance(Duration::from_mins(15));
    assert_eq!(Browser::default().sign_in(&door, &issuer, &ann()).await.status, 303);
}
