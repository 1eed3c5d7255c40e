//! Secrets are in no output, whatever is asked for and whatever goes wrong.

use std::collections::BTreeSet;

use harness::{Backend, Finished, GraphqlClient, Surroundings};
use rstest::rstest;

/// Everything at its loudest, crates that are quiet otherwise included.
const LOUDEST: &str = "trace,sqlx=trace,sea_orm_migration=trace,tokio_cron_scheduler=trace";

/// All that must not be told: credentials, and what the vendors gave for them, as it went over the wire.
fn secrets(outside: &Surroundings) -> BTreeSet<String> {
    let credentials = outside.simulator.credentials();
    let mut secrets =
        BTreeSet::from([credentials.client_secret, credentials.threatlocker_api_key, credentials.refresh_token]);
    for request in outside.simulator.requests() {
        let bearer = request.header("authorization").map(|value| value.trim_start_matches("Bearer ").to_owned());
        let refresh = request.body.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).map(str::to_owned);
        secrets.extend(bearer.into_iter().chain(refresh));
    }
    let dsn = outside.database.dsn();
    let password = dsn.split_once('@').and_then(|(front, _)| Some(front.rsplit_once(':')?.1.to_owned()));
    secrets.extend(password);
    secrets
}

#[track_caller]
fn tells_none_of(finished: &Finished, secrets: &BTreeSet<String>) {
    let said = finished.said();
    for secret in secrets {
        assert!(secret.len() > 8, "{secret:?} could be anywhere");
        let place = said.find(secret.as_str()).map(|place| said[..place].lines().last().unwrap_or_default());
        assert_eq!(place, None, "a secret is told after this");
    }
}

#[rstest]
#[tokio::test]
async fn no_secret_is_logged_or_printed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("text", "json")] format: &str,
) {
    let outside = Surroundings::on(backend).await;
    let refresh = outside.simulator.credentials().refresh_token;
    let mut all = Vec::new();
    for arguments in [
        &["collect", "ninja", "--json"][..],
        &["collect", "ninja"],
        &["collect", "threatlocker", "--json"],
        &["check", "--json"],
        &["held", "list"],
        &["migrate"],
    ] {
        let hub = outside.hub(arguments).set("HUB_LOG", LOUDEST).set("HUB_LOG_FORMAT", format);
        all.push(hub.set("NINJA_REFRESH_TOKEN", &refresh).run().await.ended_with(0));
    }
    let secrets = secrets(&outside);
    assert!(secrets.len() >= 5, "the vendors saw tokens: {}", secrets.len());
    assert!(all[0].stderr.contains("TRACE") && all[0].stderr.contains("hyper"), "{:?}", all[0]);
    for finished in &all {
        tells_none_of(finished, &secrets);
    }
}

#[rstest]
#[tokio::test]
async fn no_secret_is_told_when_a_vendor_refuses_it(#[values("text", "json")] format: &str) {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let planted = ["planted-client-secret", "planted-refresh-token", "planted-api-key"].map(str::to_owned);
    for vendor in ["ninja", "threatlocker"] {
        let hub = outside.hub(&["collect", vendor, "--json"]).set("HUB_LOG", LOUDEST).set("HUB_LOG_FORMAT", format);
        let hub = hub.set("NINJA_CLIENT_SECRET", &planted[0]).set("NINJA_REFRESH_TOKEN", &planted[1]);
        let finished = hub.set("THREATLOCKER_API_KEY", &planted[2]).run().await.ended_with(1);
        tells_none_of(&finished, &BTreeSet::from(planted.clone()));
    }
    let (hub, url) = outside.serving().await;
    let told = GraphqlClient::new(url).query("{ jobRuns { nodes { message error } } }").await.to_string();
    assert!(planted.iter().all(|secret| !told.contains(secret)), "{told}");
    assert!(told.contains("refused") || told.contains("401"), "{told}");
    hub.kill().await;
}

#[tokio::test]
async fn a_rotated_token_is_in_no_table_and_its_file_is_the_owners_alone() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let refresh = outside.simulator.credentials().refresh_token;
    for _ in 0..2 {
        // The second time the first token is used up: the stored one is used.
        outside.hub(&["collect", "ninja"]).set("NINJA_REFRESH_TOKEN", &refresh).run().await.ended_with(0);
    }
    let now = outside.simulator.credentials().refresh_token;
    assert_ne!(now, refresh);
    for name in ["hub.db", "hub.db-wal"] {
        let bytes = std::fs::read(outside.database.folder().join(name)).unwrap_or_default();
        let has = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!has(&now) && !has(&refresh), "{name}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = outside.database.folder().join("data/ninja-refresh-token.json");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0);
    }
}
