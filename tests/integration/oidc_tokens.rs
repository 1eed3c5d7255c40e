//! ID tokens that are not good, and those that are, whatever they are signed with.

use domain::access::Role;
use entity::app_user;
use harness::{Backend, Browser, Guarded, IssuerKey, Manners, TestIssuer, World};
use rstest::rstest;
use sea_orm::{EntityTrait, PaginatorTrait};
use serde_json::{Value, json};

fn ann() -> Value {
    json!({ "sub": "1", "preferred_username": "ann", "roles": ["InventoryHub.Viewer"] })
}

/// Changes claims, or a header.
type Change = fn(&mut Value);

/// Changes a whole token.
type Touch = fn(String) -> String;

/// Which part of a token is refused.
async fn refusal_after(change: impl FnOnce(&mut Manners)) -> String {
    let (status, told) = outcome_after(change).await;
    assert_eq!(status, 403, "{told:?}");
    let told = told.unwrap_or_default();
    told.strip_prefix("the issuer's token is not good: ").map_or_else(|| panic!("{told}"), str::to_owned)
}

async fn status_after(change: impl FnOnce(&mut Manners)) -> u16 {
    outcome_after(change).await.0
}

/// The status of a sign-in, and what is recorded of it.
async fn outcome_after(change: impl FnOnce(&mut Manners)) -> (u16, Option<String>) {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    issuer.change(change);
    let door = Guarded::open_by(&world.inventory, (issuer.settings(), &world.clock)).await;
    let mut browser = Browser::default();
    let page = browser.sign_in(&door, &issuer, &ann()).await;
    let users = app_user::Entity::find().count(world.rows()).await.unwrap();
    assert_eq!(users, u64::from(page.status == 303), "{page:?}");
    assert_eq!(browser.kept.is_empty(), page.status != 303, "{page:?}");
    let recorded = world.recorded().await.remove(0);
    (page.status, recorded.detail)
}

const OTHER_CLAIMS: [(&str, Change); 16] = [
    ("iss", |claims| claims["iss"] = json!("https://evil.example")),
    ("iss", |claims| claims["iss"] = json!(format!("{}/", claims["iss"].as_str().unwrap()))),
    ("aud", |claims| claims["aud"] = json!("another client")),
    ("aud", |claims| claims["aud"] = json!([])),
    ("aud", |claims| claims["aud"] = json!(["inventory hub", "another client"])),
    ("azp", |claims| claims["azp"] = json!("another client")),
    ("nonce", |claims| claims["nonce"] = json!("another")),
    ("nonce", |claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
    ("exp", |claims| claims["exp"] = json!(claims["iat"].as_i64().unwrap() - 60)),
    ("signature or claims", |claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
    ("iat", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() + 61)),
    ("iat", |claims| claims["iat"] = json!(claims["iat"].as_i64().unwrap() - 601)),
    ("nbf", |claims| claims["nbf"] = json!(claims["iat"].as_i64().unwrap() + 61)),
    ("sub", |claims| claims["sub"] = json!("")),
    ("signature or claims", |claims| claims["sub"] = json!(1)),
    ("at_hash", |claims| claims["at_hash"] = json!("AAAAAAAAAAAAAAAAAAAAAA")),
];

#[tokio::test]
async fn a_token_that_says_something_else_lets_nobody_in() {
    for (part, claims) in OTHER_CLAIMS {
        assert_eq!(refusal_after(|manners| manners.claims = claims).await, part);
    }
}

const TOUCHED: [(&str, Touch); 5] = [
    ("signature or claims", |token| format!("{}.", token.rsplit_once('.').unwrap().0)),
    ("header", |_| "nothing".to_owned()),
    ("header", |_| "..".to_owned()),
    ("signature or claims", |token| token.replace(".ey", ".eyA")),
    ("header", |token| format!("{token}.{token}")),
];

#[tokio::test]
async fn a_token_that_was_touched_lets_nobody_in() {
    for (part, token) in TOUCHED {
        assert_eq!(refusal_after(|manners| manners.token = token).await, part);
    }
}

const OTHER_HEADERS: [(&str, Change); 6] = [
    ("header", |header| header["alg"] = json!("none")),
    ("alg", |header| header["alg"] = json!("ES384")),
    ("alg", |header| header["alg"] = json!("HS256")),
    ("key", |header| header["alg"] = json!("RS256")),
    ("crit", |header| header["crit"] = json!(["b64"])),
    ("kid", |header| header["kid"] = json!("nobody's")),
];

#[tokio::test]
async fn a_header_that_is_not_the_keys_lets_nobody_in() {
    for (part, header) in OTHER_HEADERS {
        assert_eq!(refusal_after(|manners| manners.header = header).await, part);
    }
}

#[tokio::test]
async fn what_is_signed_by_others_lets_nobody_in() {
    let same_name = |manners: &mut Manners| manners.signing = IssuerKey::elliptic("first");
    assert_eq!(status_after(same_name).await, 403);
    let misused = |manners: &mut Manners| manners.signing = manners.signing.misused();
    assert_eq!(status_after(misused).await, 403);
    // Published even: a shared key is no key of an issuer.
    let published = |manners: &mut Manners| {
        manners.signing = manners.signing.misused();
        manners.published = vec![manners.signing.clone()];
    };
    assert_eq!(status_after(published).await, 403);
    let nameless = |manners: &mut Manners| {
        manners.published.push(IssuerKey::elliptic("second"));
        manners.header = |header| drop(header.as_object_mut().unwrap().remove("kid"));
    };
    assert_eq!(status_after(nameless).await, 403, "there must be nothing to choose");
}

#[rstest]
#[case::elliptic("ES256")]
#[case::rsa("RS256")]
#[case::probabilistic("PS256")]
#[tokio::test]
async fn what_the_issuer_signed_lets_in(#[case] algorithm: &'static str) {
    let change = |manners: &mut Manners| {
        if algorithm != "ES256" {
            manners.signing = IssuerKey::rsa("rsa", algorithm);
            manners.published.push(manners.signing.clone());
        }
    };
    assert_eq!(status_after(change).await, 303);
}

#[tokio::test]
async fn little_that_differs_is_let_through() {
    let nameless = |manners: &mut Manners| {
        manners.header = |header| drop(header.as_object_mut().unwrap().remove("kid"));
    };
    assert_eq!(status_after(nameless).await, 303, "one key needs no name");
    let slow_clock = |manners: &mut Manners| {
        manners.claims = |claims| {
            let made = claims["iat"].as_i64().unwrap();
            (claims["iat"], claims["nbf"], claims["exp"]) = (json!(made + 60), json!(made + 60), json!(made - 59));
            claims["aud"] = json!(["inventory hub"]);
            claims["azp"] = json!("inventory hub");
        };
    };
    assert_eq!(status_after(slow_clock).await, 303);
}

#[tokio::test]
async fn a_new_key_is_asked_for_once() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    let door = Guarded::open_by(&world.inventory, (issuer.settings(), &world.clock)).await;
    let asked = || issuer.calls().iter().filter(|call| **call == "keys").count();
    for (name, times) in [("first", 1), ("second", 2), ("second", 2)] {
        if name != "first" && asked() < times {
            issuer.change(|manners| {
                manners.signing = IssuerKey::elliptic(name);
                manners.published = vec![manners.signing.clone()];
            });
        }
        assert_eq!(Browser::default().sign_in(&door, &issuer, &ann()).await.status, 303, "{name}");
        assert_eq!(asked(), times, "{name}");
    }
    issuer.change(|manners| manners.signing = IssuerKey::elliptic("never published"));
    assert_eq!(Browser::default().sign_in(&door, &issuer, &ann()).await.status, 403);
    assert_eq!(asked(), 3);
    // A key that the issuer has taken back is good for an hour at most.
    world.clock.advance(std::time::Duration::from_hours(1));
    assert_eq!(Browser::default().sign_in(&door, &issuer, &ann()).await.status, 403);
    assert_eq!(asked(), 5, "again after the hour, and once for the unknown key");
}

const TENANT: &str = "/6f1c3a52-0f2b-4f0e-8a39-1d2c3b4a5f60/v2.0";

/// Signs somebody in by an issuer of Entra's shape.
async fn by_tenant(path: &str, (tenants, discovery, claims): (&[&str], Change, Change)) -> u16 {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, path).await;
    issuer.change(|manners| (manners.discovery, manners.claims) = (discovery, claims));
    let mut settings = issuer.settings();
    settings.tenants = tenants.iter().map(|tenant| (*tenant).to_owned()).collect();
    let door = Guarded::open_by(&world.inventory, (settings, &world.clock)).await;
    let mut browser = Browser::default();
    let begun = browser.go(&door, "/auth/oidc/login").await;
    if begun.status != 302 {
        return begun.status;
    }
    browser.sign_in(&door, &issuer, &ann()).await.status
}

#[tokio::test]
async fn only_the_people_of_the_tenant_come_in() {
    let own: Change = |claims| claims["tid"] = json!("6f1c3a52-0f2b-4f0e-8a39-1d2c3b4a5f60");
    let others: Change = |claims| claims["tid"] = json!("00000000-0f2b-4f0e-8a39-1d2c3b4a5f60");
    for (claims, status) in [(own, 303), (others, 403), (|_| (), 403)] {
        assert_eq!(by_tenant(TENANT, (&[], |_| (), claims)).await, status);
    }
}

/// Makes the claims those of a tenant, as `iss` tells it and as `tid` tells it.
fn of(claims: &mut Value, (issuer, tid): (&str, &str)) {
    claims["iss"] = json!(claims["iss"].as_str().unwrap().replace("organizations", issuer));
    claims["tid"] = json!(tid);
}

#[tokio::test]
async fn of_an_issuer_of_many_only_the_named_tenants_come_in() {
    let tenants = ["aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"];
    let template: Change = |document| {
        let issuer = document["issuer"].as_str().unwrap().replace("organizations", "{tenantid}");
        document["issuer"] = json!(issuer);
    };
    let named: Change = |claims| {
        of(claims, ("aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000002"));
    };
    let stranger: Change = |claims| {
        of(claims, ("aaaaaaaa-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-000000000003"));
    };
    let pretender: Change = |claims| {
        of(claims, ("aaaaaaaa-0000-4000-8000-000000000003", "aaaaaaaa-0000-4000-8000-000000000001"));
    };
    let untold: Change = |claims| {
        of(claims, ("aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000001"));
        claims["tid"] = Value::Null;
    };
    for (claims, status) in [(named, 303), (stranger, 403), (pretender, 403), (untold, 403)] {
        assert_eq!(by_tenant("/organizations/v2.0", (&tenants, template, claims)).await, status);
    }
    let unchanged = by_tenant("/organizations/v2.0", (&tenants, |_| (), named)).await;
    assert_eq!(unchanged, 502, "an issuer of many that calls itself one of them is another issuer");
}

#[tokio::test]
async fn the_highest_role_counts() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let issuer = TestIssuer::start(&world.clock, "").await;
    let mut settings = issuer.settings();
    settings.roles.claim = "groups".to_owned();
    settings.roles.admin = vec!["hub admins".to_owned()];
    let door = Guarded::open_by(&world.inventory, (settings, &world.clock)).await;
    let person = json!({ "sub": "1", "preferred_username": "ann", "roles": ["hub admins"],
                         "groups": ["InventoryHub.Viewer", "hub admins", 1] });
    assert_eq!(Browser::default().sign_in(&door, &issuer, &person).await.status, 303);
    let user = app_user::Entity::find().one(world.rows()).await.unwrap().unwrap();
    assert_eq!(user.role, Role::Admin.code());
}
