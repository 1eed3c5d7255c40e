//! Settings as the program meets them: which win, which are refused, and with what words.

use harness::{Backend, Finished, HubCommand, Surroundings, http_client};

/// Ends with 2 and one sentence, which holds all of these texts.
#[track_caller]
fn refused(finished: Finished, texts: &[&str]) {
    let finished = finished.ended_with(2);
    assert_eq!(finished.stdout, "");
    assert_eq!(finished.stderr.lines().count(), 1, "{finished:?}");
    assert!(finished.stderr.starts_with("inventory-hub: "), "{finished:?}");
    for text in texts {
        assert!(finished.stderr.contains(text), "{text:?} is not in {finished:?}");
    }
}

fn write_file(outside: &Surroundings, name: &str, text: &str) -> String {
    let path = outside.database.folder().join(name);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// A listening address that is free now: where settings differ, so does the address that answers.
fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

async fn serves_at(hub: HubCommand, address: &str) {
    let mut hub = hub.start();
    assert_eq!(hub.url().await, format!("http://{address}/graphql"));
    let answer = http_client().get(format!("http://{address}/healthz")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    hub.kill().await;
}

#[tokio::test]
async fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let addresses = [free_address(), free_address(), free_address()];
    write_file(&outside, "inventory-hub.toml", &format!("listen = \"{}\"", addresses[0]));
    let serve = outside.hub(&["serve"]).without("HUB_LISTEN");
    serves_at(serve.clone(), &addresses[0]).await;
    serves_at(serve.set("HUB_LISTEN", &addresses[1]), &addresses[1]).await;
    let flagged = outside.hub(&["serve", "--listen", &addresses[2]]).set("HUB_LISTEN", &addresses[1]);
    serves_at(flagged, &addresses[2]).await;
}

#[tokio::test]
async fn a_blank_variable_is_not_set() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let address = free_address();
    write_file(&outside, "inventory-hub.toml", &format!("listen = \"{address}\"\ntime_zone = \" \""));
    let blank = outside.hub(&["serve"]).set("HUB_LISTEN", "  ").set("HUB_TIME_ZONE", "").set("NINJA_REFRESH_TOKEN", "");
    serves_at(blank.set("DATABASE_URL", ""), &address).await;
}

#[tokio::test]
async fn the_database_is_a_file_in_the_data_directory_unless_told_otherwise() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let folder = outside.database.folder();
    let unset = outside.hub(&["migrate"]).without("DB_DSN").without("HUB_DATA_DIR");
    unset.clone().run().await.ended_with(0);
    assert!(folder.join("data/inventory-hub.sqlite").is_file());
    unset.set("HUB_DATA_DIR", "elsewhere").run().await.ended_with(0);
    assert!(folder.join("elsewhere/inventory-hub.sqlite").is_file());
    let by_url = format!("sqlite://{}", folder.join("by-url.db").display());
    outside.hub(&["migrate"]).without("DB_DSN").set("DATABASE_URL", by_url).run().await.ended_with(0);
    assert!(folder.join("by-url.db").is_file());
    let flagged = outside.hub(&["migrate", "--data-dir", "flagged"]).without("DB_DSN");
    flagged.run().await.ended_with(0);
    assert!(folder.join("flagged/inventory-hub.sqlite").is_file());
}

#[tokio::test]
async fn unknown_keys_are_refused_by_name_with_the_nearest_one() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for (key, nearest) in [
        ("HUB_LISTN", "HUB_LISTEN"),
        ("NINJA_CLIENT_SECRETS", "NINJA_CLIENT_SECRET"),
        ("THREATLOCKER_BASE_URL", "THREATLOCKER_API_BASE_URL"),
    ] {
        let finished = outside.hub(&["migrate"]).set(key, "planted-value").run().await;
        assert!(!finished.said().contains("planted-value"), "{finished:?}");
        refused(finished, &[key, &format!("did you mean {nearest}?")]);
    }
    let file = write_file(&outside, "wrong.toml", "listn = \"127.0.0.1:1\"");
    refused(
        outside.hub(&["serve", "--config", &file]).run().await,
        &["listn in ", "wrong.toml", "did you mean listen?"],
    );
    refused(outside.hub(&["serve"]).set("HUB_CONFIG", "absent.toml").run().await, &["HUB_CONFIG", "absent.toml"]);
    let file = write_file(&outside, "broken.toml", "listen = \"127.0.0.1:1\"\n\nlog = [");
    refused(outside.hub(&["serve", "--config", &file]).run().await, &["broken.toml line 3"]);
}

#[tokio::test]
async fn bad_values_are_refused_by_key_with_what_would_be_good() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for (key, value, expected) in [
        ("HUB_LISTEN", "5400", "an address with a port"),
        ("HUB_TIME_ZONE", "Chicago", "America/Chicago"),
        ("HUB_LEASE_SECONDS", "soon", "a whole number"),
        ("HUB_HELD_BELOW_PERCENT", "101", "from 0 to 100"),
        ("HUB_LOG", "server=loud", "tracing filter"),
        ("HUB_LOG_FORMAT", "xml", "text or json"),
        ("HUB_ALLOWED_ORIGINS", "https://hub.example.com/path", "origins"),
        ("HUB_STALE_AFTER_DAYS", "never", "from 1 to 3650"),
        ("HUB_CHECKS_SWITCHED_OFF", "STALE_DEVICES", "STALE_DEVICE"),
        ("HUB_SCHEDULE_NINJA", "nightly", "HUB_SCHEDULE_NINJA"),
        ("HUB_SCHEDULE_NINJA_MISFIRE", "often", "skip, once, or all"),
    ] {
        refused(outside.hub(&["serve"]).set(key, value).run().await, &[key, expected, value]);
    }
    for (text, line) in [
        ("listen = \"127.0.0.1:0\"\ntime_zone = \"Chicago\"", "time_zone in wrong.toml line 2"),
        ("[schedule]\n\nninja = \"10 2 * *\"", "schedule.ninja in wrong.toml line 3"),
        ("[ninja]\nbase_url = \"http://v.example\"", "ninja.base_url in wrong.toml line 2"),
    ] {
        write_file(&outside, "wrong.toml", text);
        let unset =
            outside.hub(&["serve", "--config", "wrong.toml"]).without("NINJA_BASE_URL").without("HUB_TIME_ZONE");
        refused(unset.without("HUB_SCHEDULE_NINJA").run().await, &[line]);
    }
    for (key, value) in
        [("DB_DSN", "mysql://me:planted-secret@db/hub"), ("NINJA_BASE_URL", "https://me:planted-secret@ninja.example")]
    {
        let finished = outside.hub(&["serve"]).set(key, value).run().await;
        assert!(!finished.said().contains("planted-secret"), "{finished:?}");
        refused(finished, &[key]);
    }
    refused(outside.hub(&["serve", "--listen", "5400"]).run().await, &["--listen"]);
}

#[tokio::test]
async fn addresses_that_others_could_reach_are_refused() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for address in ["0.0.0.0:5400", "[::]:5400", "192.0.2.1:5400"] {
        let finished = outside.hub(&["serve"]).set("HUB_LISTEN", address).run().await;
        refused(finished, &["HUB_LISTEN", address, "is not a loopback address"]);
        let finished = outside.hub(&["demo", "--listen", address]).run().await;
        refused(finished, &["--listen", address]);
    }
}

#[tokio::test]
async fn vendors_in_clear_text_are_refused_unless_they_are_on_this_machine() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    for key in ["NINJA_BASE_URL", "THREATLOCKER_API_BASE_URL"] {
        for url in ["http://vendor.example", "http://192.0.2.1", "http://localhost.vendor.example"] {
            let finished = outside.hub(&["collect", "ninja"]).set(key, url).run().await;
            refused(finished, &[key, "plain http is accepted on this machine only"]);
        }
    }
    outside.hub(&["collect", "ninja"]).run().await.ended_with(0);
}

#[tokio::test]
async fn a_vendor_that_is_not_or_half_set_up_is_refused() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let unset = outside.hub(&["collect", "ninja"]).without("NINJA_");
    refused(unset.run().await, &["Ninja is not configured"]);
    let half = outside.hub(&["serve"]).without("NINJA_CLIENT_SECRET");
    refused(half.run().await, &["Ninja is set up by half", "NINJA_CLIENT_SECRET is missing"]);
    let half = outside.hub(&["serve"]).without("THREATLOCKER_API_BASE_URL");
    refused(half.run().await, &["ThreatLocker is set up by half", "THREATLOCKER_API_BASE_URL is missing"]);
    // The other vendor is none of its business.
    outside.hub(&["collect", "ninja"]).without("THREATLOCKER_").run().await.ended_with(0);
}

#[tokio::test]
async fn secrets_may_be_in_files_that_the_environment_names() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let credentials = outside.simulator.credentials();
    let secret = write_file(&outside, "secret", &format!("{}\n", credentials.client_secret));
    let dsn = write_file(&outside, "dsn", &outside.database.dsn());
    let from_files = outside.hub(&["collect", "ninja"]).without("NINJA_CLIENT_SECRET").without("DB_DSN");
    let from_files = from_files.set("NINJA_CLIENT_SECRET_FILE", &secret).set("DB_DSN_FILE", dsn);
    from_files.run().await.ended_with(0);
    let twice = outside.hub(&["collect", "ninja"]).set("NINJA_CLIENT_SECRET_FILE", &secret);
    refused(twice.run().await, &["NINJA_CLIENT_SECRET and NINJA_CLIENT_SECRET_FILE are both set"]);
    let absent =
        outside.hub(&["collect", "ninja"]).without("NINJA_CLIENT_SECRET").set("NINJA_CLIENT_SECRET_FILE", "absent");
    refused(absent.run().await, &["NINJA_CLIENT_SECRET_FILE", "absent"]);
    let in_toml = write_file(&outside, "inventory-hub.toml", "[ninja]\nclient_secret = \"planted-secret\"");
    let finished = outside.hub(&["collect", "ninja", "--config", &in_toml]).run().await;
    assert!(!finished.said().contains("planted-secret"), "{finished:?}");
    refused(finished, &["ninja.client_secret", "secrets belong in the environment"]);
}
