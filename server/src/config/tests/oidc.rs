//! Settings of sign-in by an OpenID Connect issuer.

use secrecy::ExposeSecret;

use super::{from_environment, from_file, refusal};

const TENANT: &str = "https://login.microsoftonline.com/6f1c3a52-0f2b-4f0e-8a39-1d2c3b4a5f60/v2.0";

fn with<'a>(others: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("HUB_SIGN_IN", "on"),
        ("HUB_PUBLIC_URL", "https://hub.example.com"),
        ("HUB_OIDC_ISSUER", TENANT),
        ("HUB_OIDC_CLIENT_ID", "a client"),
    ];
    let is_other = |name: &str| others.iter().any(|(other, _)| *other == name);
    usual.into_iter().filter(|(name, _)| !is_other(name)).chain(others.iter().copied()).collect()
}

#[test]
fn an_issuer_has_usual_settings_beside_its_name() {
    let oidc = from_environment(&with(&[])).unwrap().sign_in.unwrap().oidc.unwrap();
    assert_eq!(
        (oidc.issuer.as_str(), oidc.client_id.as_str(), oidc.client_secret.is_none()),
        (TENANT, "a client", true)
    );
    assert_eq!(oidc.redirect_uri(), "https://hub.example.com/auth/oidc/callback");
    assert_eq!((oidc.scopes.as_str(), oidc.name_claim.as_str()), ("openid profile email", "preferred_username"));
    assert_eq!((oidc.roles.claim.as_str(), oidc.roles.admin), ("roles", vec!["InventoryHub.Admin".to_owned()]));
    let set = with(&[
        ("HUB_OIDC_CLIENT_SECRET", "a secret"),
        ("HUB_OIDC_SCOPES", "openid groups"),
        ("HUB_OIDC_NAME_CLAIM", "upn"),
        ("HUB_OIDC_ROLE_CLAIM", "groups"),
        ("HUB_OIDC_ADMINS", "a; b"),
        ("HUB_OIDC_VIEWERS", "everybody"),
    ]);
    let oidc = from_environment(&set).unwrap().sign_in.unwrap().oidc.unwrap();
    assert_eq!(oidc.client_secret.unwrap().expose_secret(), "a secret");
    assert_eq!((oidc.scopes.as_str(), oidc.name_claim.as_str()), ("openid groups", "upn"));
    let roles = (oidc.roles.claim, oidc.roles.admin, oidc.roles.technician, oidc.roles.viewer);
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let expected =
        ("groups".to_owned(), texts(&["a", "b"]), texts(&["InventoryHub.Technician"]), texts(&["everybody"]));
    assert_eq!(roles, expected);
    assert!(from_file("sign_in = \"on\"\npublic_url = \"https://hub.example.com\"").is_ok());
}

#[test]
fn what_would_let_in_anybody_or_nobody_is_refused() {
    for (name, value, expected) in [
        ("HUB_OIDC_ISSUER", "http://issuer.example", "https URL"),
        ("HUB_OIDC_ISSUER", "issuer.example", "https URL"),
        ("HUB_OIDC_ISSUER", "https://user@issuer.example", "https URL"),
        ("HUB_OIDC_ISSUER", "https://issuer.example/?a=b", "https URL"),
        ("HUB_OIDC_ISSUER", "https://login.microsoftonline.com/common/v2.0", "HUB_OIDC_TENANTS"),
        ("HUB_OIDC_ISSUER", "https://login.microsoftonline.com/organizations/v2.0", "HUB_OIDC_TENANTS"),
        ("HUB_OIDC_ISSUER", "", "HUB_OIDC_ISSUER is missing"),
        ("HUB_OIDC_CLIENT_ID", "", "HUB_OIDC_CLIENT_ID is missing"),
        ("HUB_PUBLIC_URL", "", "HUB_PUBLIC_URL is missing"),
        ("HUB_PUBLIC_URL", "http://hub.example.com", "an origin without a path"),
        ("HUB_PUBLIC_URL", "https://hub.example.com/hub", "an origin without a path"),
        ("HUB_OIDC_SCOPES", "profile email", "`openid` among them"),
        ("HUB_SIGN_IN", "off", "HUB_SIGN_IN=on"),
    ] {
        let told = refusal(from_environment(&with(&[(name, value)])));
        assert!(told.contains(expected), "{name}={value}: {told}");
    }
    let many = [("HUB_OIDC_ISSUER", "https://login.microsoftonline.com/common/v2.0"), ("HUB_OIDC_TENANTS", "a;b")];
    assert_eq!(from_environment(&with(&many)).unwrap().sign_in.unwrap().oidc.unwrap().tenants, ["a", "b"]);
    let here = [("HUB_OIDC_ISSUER", "http://127.0.0.1:8080/realms/x"), ("HUB_PUBLIC_URL", "http://localhost:5400")];
    assert!(from_environment(&with(&here)).is_ok());
}
