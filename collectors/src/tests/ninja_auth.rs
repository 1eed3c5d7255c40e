//! Tokens: vendor-apis.md 1.2 and traps 8, 9.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use domain::collection::Completeness;
use secrecy::ExposeSecret;

use super::{
    fake::{Asked, Reply, Script},
    ninja::{DEVICES, MemoryStore, Rig, TOKEN, devices, entities, instance_with},
};
use crate::{CollectError, Collector, FileTokenStore, NinjaConfig, RefreshTokenStore};

fn fleet() -> Script {
    instance_with(devices(1..=2))
}

/// A token URL that replaces the refresh token at each use and refuses a used one.
fn rotating(first: &str) -> impl Fn(&Asked, usize) -> Reply + Send + Sync + 'static {
    let alive = Mutex::new((first.to_owned(), 0));
    move |asked, _| {
        let mut alive = alive.lock().unwrap();
        if asked.form("refresh_token").as_ref() != Some(&alive.0) {
            return Reply::status(400, r#"{"error":"invalid_token"}"#);
        }
        alive.1 += 1;
        alive.0 = format!("rt-{}", alive.1);
        Reply::json(format!(r#"{{"access_token":"at-{}","expires_in":3600,"refresh_token":"{}"}}"#, alive.1, alive.0))
    }
}

fn seeded(seed: &str) -> impl FnOnce(&mut NinjaConfig) {
    let seed = seed.to_owned();
    move |config| config.refresh_token = Some(seed.into())
}

#[tokio::test]
async fn without_a_refresh_token_the_client_credentials_are_used_once_per_life_of_a_token() {
    let fake = fleet().start().await;
    let rig = Rig::new(&fake);
    rig.collect().await;
    rig.collect().await;
    let asked = fake.asked(TOKEN);
    assert_eq!(asked.len(), 1, "one token for both runs");
    assert_eq!(asked[0].form("grant_type").as_deref(), Some("client_credentials"));
    assert_eq!(asked[0].form("scope").as_deref(), Some("monitoring"));
    assert_eq!(asked[0].form("client_secret").as_deref(), Some("client-secret"));
    assert!(!asked[0].headers.contains_key("authorization"), "credentials go in the body");
    rig.clock.advance(TimeDelta::seconds(3539));
    rig.collect().await;
    assert_eq!(fake.asked(TOKEN).len(), 1, "still good");
    rig.clock.advance(TimeDelta::seconds(2));
    rig.collect().await;
    assert_eq!(fake.asked(TOKEN).len(), 2, "renewed shortly before its end");
}

#[tokio::test]
async fn a_replaced_refresh_token_is_stored_and_redeemed_the_next_time() {
    let fake = fleet().on(TOKEN, rotating("seed")).start().await;
    let store = MemoryStore::new(None);
    for expected in ["rt-1", "rt-2", "rt-3"] {
        Rig::with(&fake, store.clone(), seeded("seed")).collect().await;
        assert_eq!(store.token().as_deref(), Some(expected));
    }
    let redeemed: Vec<_> = fake.asked(TOKEN).iter().map(|asked| asked.form("refresh_token").unwrap()).collect();
    assert_eq!(redeemed, ["seed", "rt-1", "rt-2"]);
    assert!(fake.asked(TOKEN).iter().all(|asked| asked.form("scope").is_none()));
}

#[tokio::test]
async fn the_replacement_is_stored_before_the_access_token_is_used_and_kept_when_the_store_refuses() {
    let fake = fleet().on(TOKEN, rotating("rt-0")).start().await;
    let store = MemoryStore::holding("rt-0");
    store.refuse(true);
    let rig = Rig::with(&fake, store.clone(), |_| {});
    let error = rig.collector.collect(&()).await.unwrap_err();
    assert!(matches!(error, CollectError::TokenStore(_)), "{error}");
    assert_eq!(fake.asked(DEVICES).len(), 0, "the access token was not used");
    store.refuse(false);
    rig.collect().await;
    let redeemed: Vec<_> = fake.asked(TOKEN).iter().map(|asked| asked.form("refresh_token").unwrap()).collect();
    assert_eq!(redeemed.first().unwrap(), "rt-0");
    assert!(redeemed.iter().skip(1).all(|token| token != "rt-0"), "the dead one is not redeemed again: {redeemed:?}");
    assert_eq!(store.token(), Some(format!("rt-{}", redeemed.len())));
}

#[tokio::test]
async fn an_answer_without_a_refresh_token_keeps_the_old_one() {
    let fake = fleet().start().await;
    let store = MemoryStore::holding("rt-constant");
    for _ in 0..2 {
        Rig::with(&fake, store.clone(), |_| {}).collect().await;
    }
    assert_eq!(store.token().as_deref(), Some("rt-constant"));
    assert!(fake.asked(TOKEN).iter().all(|asked| asked.form("refresh_token").as_deref() == Some("rt-constant")));
}

#[tokio::test]
async fn a_newly_configured_token_wins_over_the_stored_one_and_an_old_one_does_not() {
    let fake = fleet().on(TOKEN, rotating("seed-a")).start().await;
    let store = MemoryStore::new(None);
    Rig::with(&fake, store.clone(), seeded("seed-a")).collect().await;
    Rig::with(&fake, store.clone(), seeded("seed-a")).collect().await;
    assert_eq!(store.token().as_deref(), Some("rt-2"), "the stored descendant of the configured token goes on");

    let fake = fleet().on(TOKEN, rotating("seed-b")).start().await;
    Rig::with(&fake, store.clone(), seeded("seed-b")).collect().await;
    assert_eq!(fake.asked(TOKEN)[0].form("refresh_token").as_deref(), Some("seed-b"));
    Rig::with(&fake, store.clone(), |_| {}).collect().await;
    assert_eq!(store.token().as_deref(), Some("rt-2"), "a stored token is used though none is configured any more");
}

#[tokio::test]
async fn a_dead_refresh_token_is_refused_once_and_stays_stored() {
    for code in ["invalid_token", "expired_token", "invalid_grant", "invalid_client"] {
        let fake = fleet().on(TOKEN, move |_, _| Reply::status(400, format!(r#"{{"error":"{code}"}}"#))).start().await;
        let store = MemoryStore::holding("rt-0");
        let error = Rig::with(&fake, store.clone(), |_| {}).collector.collect(&()).await.unwrap_err();
        assert!(matches!(&error, CollectError::CredentialsRefused { .. }), "{error}");
        assert!(error.to_string().contains(code) && error.needs_operator(), "{error}");
        assert_eq!(fake.asked(TOKEN).len(), 1, "{code}");
        assert_eq!(store.token().as_deref(), Some("rt-0"));
    }
}

#[tokio::test]
async fn an_unknown_client_hints_at_the_region() {
    let body = r#"{"resultCode":"Client app not exist","incidentId":"WEB_MGMT_SERVICE-123"}"#;
    let fake = fleet().on(TOKEN, move |_, _| Reply::status(404, body)).start().await;
    let error = Rig::new(&fake).collector.collect(&()).await.unwrap_err();
    assert!(matches!(error, CollectError::WrongRegion { .. }), "{error}");
    assert!(error.to_string().contains("WEB_MGMT_SERVICE-123") && error.to_string().contains("region"), "{error}");
    assert_eq!(fake.asked(TOKEN).len(), 1);
}

#[tokio::test]
async fn passing_trouble_at_the_token_url_is_tried_again_and_never_costs_the_token() {
    for trouble in [
        Reply::status(429, r#"{"resultCode":"TOO_MANY_REQUESTS"}"#),
        Reply::status(503, "{}"),
        Reply::html(200, "<h1>Too many requests</h1>"),
        Reply::html(200, "<h1>Sign in to the hotel network</h1>"),
        Reply::html(403, "<h1>Blocked by the proxy</h1>"),
    ] {
        let text = format!("{trouble:?}");
        let rotate = rotating("rt-0");
        let fake = fleet().on(TOKEN, move |asked, nth| if nth < 3 { trouble.clone() } else { rotate(asked, nth) });
        let fake = fake.start().await;
        let store = MemoryStore::holding("rt-0");
        let rig = Rig::with(&fake, store.clone(), |_| {});
        assert_eq!(rig.collect().await.completeness, Completeness::Complete, "{text}");
        assert_eq!(store.token().as_deref(), Some("rt-1"), "{text}");
        assert_eq!(rig.clock.waits().len(), 2, "{text}");
    }
}

#[tokio::test]
async fn trouble_at_the_token_url_that_does_not_pass_leaves_the_token_stored() {
    let fake = fleet().on(TOKEN, |_, _| Reply::html(502, "<h1>Bad gateway</h1>")).start().await;
    let store = MemoryStore::holding("rt-0");
    let error = Rig::with(&fake, store.clone(), |_| {}).collector.collect(&()).await.unwrap_err();
    assert!(matches!(error, CollectError::VendorFault { status: 502, .. }), "{error}");
    assert_eq!(store.token().as_deref(), Some("rt-0"));
    assert_eq!(fake.asked(TOKEN).len(), 6);
}

#[tokio::test]
async fn a_401_brings_a_new_token_once_and_the_call_is_repeated_once() {
    let refusal = || Reply::status(401, r#"{"error":"not_authenticated","error_code":10}"#);
    let fake = fleet()
        .on(TOKEN, |_, nth| Reply::json(format!(r#"{{"access_token":"at-{nth}","expires_in":3600}}"#)))
        .on(DEVICES, move |asked, _| match asked.headers["authorization"].to_str().unwrap() {
            "Bearer at-1" if asked.number("after") > 0 => refusal(),
            _ => entities(asked, &devices(1..=5)),
        });
    let fake = fake.start().await;
    let collection = Rig::new(&fake).collect().await;
    assert_eq!((collection.completeness, collection.observations.len()), (Completeness::Complete, 5));
    assert_eq!(fake.asked(TOKEN).len(), 2);

    let fake = fleet().on(DEVICES, move |_, _| refusal()).start().await;
    let error = Rig::new(&fake).collector.collect(&()).await.unwrap_err();
    assert!(matches!(error, CollectError::CredentialsRefused { .. }), "{error}");
    assert_eq!(fake.asked(DEVICES).len(), 2);
}

#[tokio::test]
async fn many_workers_on_one_store_never_redeem_one_token_twice() {
    let directory = tempfile::tempdir().unwrap();
    let store: Arc<dyn RefreshTokenStore> = Arc::new(FileTokenStore::new(directory.path().join("ninja.json")));
    let fake = fleet().on(TOKEN, rotating("seed")).start().await;
    let rigs: Vec<_> = (0..4).map(|_| Rig::with(&fake, Arc::clone(&store), seeded("seed"))).collect();
    let (a, b, c, d) = tokio::join!(rigs[0].collect(), rigs[1].collect(), rigs[2].collect(), rigs[3].collect());
    assert!([a, b, c, d].iter().all(|collection| collection.completeness == Completeness::Complete));
    let mut redeemed: Vec<_> = fake.asked(TOKEN).iter().map(|asked| asked.form("refresh_token").unwrap()).collect();
    assert_eq!(redeemed.len(), 4);
    redeemed.sort();
    redeemed.dedup();
    assert_eq!(redeemed.len(), 4);
    let kept = store.exclusive().await.unwrap().load().await.unwrap().unwrap();
    assert_eq!(kept.refresh_token.expose_secret(), "rt-4");
    let text = std::fs::read_to_string(directory.path().join("ninja.json")).unwrap();
    assert!(!text.contains("\"seed\""), "the configured token itself is not stored: {text}");
}

#[tokio::test]
async fn a_cancelled_collection_still_stores_the_replaced_token() {
    let fake = fleet().on(TOKEN, rotating("rt-0")).start().await;
    let store = MemoryStore::holding("rt-0");
    let rig = Rig::with(&fake, store.clone(), |_| {});
    tokio::select! {
        biased;
        _ = rig.collector.collect(&()) => panic!("was to be cancelled"),
        () = async {
            // Until the vendor has replaced the token; the answer is still on its way.
            while fake.asked(TOKEN).is_empty() {
                tokio::task::yield_now().await;
            }
        } => {}
    }
    drop(rig);
    // The abandoned exchange holds the store until its token is kept.
    while store.token().as_deref() == Some("rt-0") {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.token().as_deref(), Some("rt-1"));
}

#[tokio::test]
async fn an_answer_without_an_access_token_is_not_asked_for_again() {
    for body in [r#"{"refresh_token":"rt-9"}"#, "[]", "{\"access_token\":\"\"}", "{\"access_tok"] {
        let fake = fleet().on(TOKEN, move |_, _| Reply::json(body)).start().await;
        let error = Rig::new(&fake).collector.collect(&()).await.unwrap_err();
        assert!(matches!(error, CollectError::UnexpectedAnswer { .. }), "{body}: {error}");
        assert_eq!(fake.asked(TOKEN).len(), 1, "{body}");
    }
}

#[tokio::test]
async fn a_replacement_is_kept_even_from_an_answer_that_grants_nothing() {
    let fake = fleet().on(TOKEN, |_, _| Reply::json(r#"{"refresh_token":"rt-9"}"#)).start().await;
    let store = MemoryStore::holding("rt-0");
    assert!(Rig::with(&fake, store.clone(), |_| {}).collector.collect(&()).await.is_err());
    assert_eq!(store.token().as_deref(), Some("rt-9"));
}
