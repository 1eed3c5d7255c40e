//! The systemd unit, the Dockerfile and the compose file: checked by their own tools where these are there, and held
//! against the program's settings everywhere.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use harness::HubCommand;
use serde_json::Value;
use server::config;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../packaging").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(file(name)).unwrap()
}

/// The values of a directive of the unit, commented ones too.
fn directives<'a>(unit: &'a str, name: &str) -> Vec<&'a str> {
    let lines = unit.lines().map(|line| line.trim_start_matches('#'));
    lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix('=')).collect()
}

/// Seconds, written as `50` or `50s`.
fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap()
}

/// The hub knows these settings and takes these values; files of secrets are taken for read.
#[track_caller]
fn accepted(environment: &BTreeMap<String, String>) -> config::Settings {
    let is_file = |name: &str| name.ends_with("_FILE");
    let plain = environment.iter().map(|(name, value)| match name.strip_suffix("_FILE") {
        Some("DB_DSN") => ("DB_DSN".to_owned(), "postgres://hub@127.0.0.1/hub".to_owned()),
        Some(secret) if secret.ends_with("_URL") => (secret.to_owned(), "https://hooks.example.com/x".to_owned()),
        Some(secret) => (secret.to_owned(), "a secret that is long enough".to_owned()),
        None => (name.clone(), value.clone()),
    });
    let given = [
        ("THREATLOCKER_API_BASE_URL", "https://portalapi.example.com"),
        ("HUB_ALERTS_SMTP_HOST", "smtp.example.com"),
        ("HUB_ALERTS_SMTP_USER", "hub"),
        ("HUB_ALERTS_EMAIL_FROM", "hub@example.com"),
        ("HUB_ALERTS_EMAIL_TO", "night@example.com"),
    ];
    let plain = plain.chain(given.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let plain: BTreeMap<_, _> = plain.collect();
    assert!(environment.keys().any(|name| is_file(name)), "secrets come from files: {environment:?}");
    config::load(&config::Flags::default(), &plain).unwrap_or_else(|error| panic!("{error}: {plain:?}"))
}

/// Alerts go to every sink, and Ninja may post.
#[track_caller]
fn can_tell_and_hear(settings: &config::Settings) {
    let sinks = &settings.alerts.sinks;
    assert!(sinks.webhook.is_some() && sinks.slack.is_some(), "{sinks:?}");
    assert!(sinks.email.as_ref().is_some_and(|email| email.credentials.is_some()), "{sinks:?}");
    assert!(settings.ninja_webhook_secret.is_some(), "{settings:?}");
}

/// The lines of a file with those that are there to be uncommented.
fn uncommented(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let code = line.trim_start();
        // A remark has a space after its sign.
        let is_code = code.starts_with('#') && !code.starts_with("# ");
        if is_code { line.replacen('#', "", 1) } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Longer than the program takes to stop: to finish, to hand back, to send the last traces.
#[track_caller]
fn outlasts(patience: u64, settings: &config::Settings) {
    assert!(patience >= settings.stop_seconds + 5 + 5, "{patience} s would kill a hub that stops in order");
}

#[test]
fn the_unit_starts_the_hub_with_settings_that_it_knows_and_lets_it_stop_in_order() {
    let unit = text("inventory-hub.service");
    assert_eq!(directives(&unit, "ExecStart"), ["/usr/local/bin/inventory-hub serve"]);
    let assignments = directives(&unit, "Environment").into_iter().flat_map(str::split_whitespace);
    let environment =
        assignments.filter_map(|one| one.split_once('=')).map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = accepted(&environment.collect());
    can_tell_and_hear(&settings);
    assert_eq!(directives(&unit, "StartLimitIntervalSec"), ["0"], "a database that is away for a night is waited for");
    assert_eq!(directives(&unit, "RestartPreventExitStatus"), ["2"]);
    outlasts(seconds(directives(&unit, "TimeoutStopSec")[0]), &settings);
    for secret in directives(&unit, "LoadCredential") {
        let (name, _) = secret.split_once(':').unwrap();
        assert!(unit.contains(&format!("_FILE=%d/{name}")), "{name} is loaded and not used");
    }
}

#[test]
fn systemd_takes_the_unit_and_finds_it_safe_where_it_is_there() {
    if Command::new("systemd-analyze").arg("--version").output().is_err() {
        println!("systemd-analyze is not on this machine: the unit was only read");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("inventory-hub.service");
    // `verify` wants the program to be there.
    let unit = text("inventory-hub.service")
        .replace("/usr/local/bin/inventory-hub", &HubCommand::program().display().to_string());
    fs::write(&copy, unit).unwrap();
    let verified = Command::new("systemd-analyze").arg("verify").arg(&copy).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    let of_ours: Vec<_> = said.lines().filter(|line| line.contains("inventory-hub.service")).collect();
    assert_eq!(of_ours, Vec::<&str>::new(), "{said}");
    let arguments = ["security", "--offline=true", "--threshold=15", "--no-pager"];
    let judged = Command::new("systemd-analyze").args(arguments).arg(&copy).output().unwrap();
    let report = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(
        judged.status.success(),
        "more exposed than 1.5 of 10:\n{report}\n{}",
        String::from_utf8_lossy(&judged.stderr)
    );
}

#[test]
fn the_image_is_pinned_has_no_root_and_asks_the_hub_how_it_is() {
    let dockerfile = text("Dockerfile");
    let bases: Vec<_> = dockerfile.lines().filter_map(|line| line.strip_prefix("FROM ")).collect();
    assert_eq!(bases.len(), 3, "{bases:?}");
    for base in &bases {
        let image = base.split(' ').next().unwrap();
        let tag = image.rsplit_once(':').map(|(_, tag)| tag).unwrap_or_default();
        assert!(!tag.is_empty() && tag != "latest", "{base} is not pinned");
    }
    let last = dockerfile.rsplit("FROM ").next().unwrap();
    assert!(last.contains("\nUSER 65532:65532\n") && !last.contains("\nRUN "), "{last}");
    let health = last.lines().find(|line| line.starts_with("HEALTHCHECK")).unwrap();
    assert!(health.ends_with(r#"CMD ["/usr/local/bin/inventory-hub", "ready"]"#), "{health}");
    assert!(last.contains("\nCMD [\"serve\"]"), "{last}");
    let rust = fs::read_to_string(file("../Cargo.toml")).unwrap();
    let version = rust.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap().trim_end_matches('"');
    assert!(bases[1].starts_with(&format!("rust:{version}-")), "{} builds with Rust {version}", bases[1]);
    match Command::new("hadolint").arg(file("Dockerfile")).output() {
        Ok(linted) => assert!(linted.status.success(), "{}", String::from_utf8_lossy(&linted.stdout)),
        Err(error) => println!("hadolint is not on this machine: the Dockerfile was only read ({error})"),
    }
}

#[test]
fn the_compose_file_joins_a_hub_and_a_database_that_only_this_machine_reaches() {
    let _: Value = serde_saphyr::from_str(&text("compose.yaml")).unwrap();
    let compose: Value = serde_saphyr::from_str(&uncommented(&text("compose.yaml"))).unwrap();
    let (hub, database) = (&compose["services"]["hub"], &compose["services"]["database"]);
    let environment = hub["environment"].as_object().unwrap().iter();
    let value = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        // `${NAME:-default}`, as compose reads it where NAME is not set.
        let default = text.strip_prefix("${").and_then(|rest| rest.split_once(":-")?.1.strip_suffix('}'));
        default.unwrap_or(text).to_owned()
    };
    let settings = accepted(&environment.map(|(name, given)| (name.clone(), value(given))).collect());
    can_tell_and_hear(&settings);
    for name in fs::read_to_string(file("../.env.example")).unwrap().split(['#', ' ', '=', '\n']) {
        let file = format!("{name}_FILE");
        let is_passed = hub["environment"].get(name).or_else(|| hub["environment"].get(&file)).is_some();
        assert!(!name.starts_with("HUB_ALERTS_") || is_passed || name.ends_with("_FILE"), "{name} is not passed");
    }
    assert!(settings.listen.ip().is_loopback() && hub["network_mode"] == "host", "{hub:#}");
    outlasts(seconds(hub["stop_grace_period"].as_str().unwrap()), &settings);
    assert_eq!(database["ports"], serde_json::json!(["127.0.0.1:5432:5432"]));
    assert_eq!(hub["depends_on"]["database"]["condition"], "service_healthy");
    assert!(database["healthcheck"]["test"].is_array() && hub["read_only"] == true, "{compose:#}");
    for service in [hub, database] {
        for secret in service["secrets"].as_array().unwrap() {
            let source = &compose["secrets"][secret.as_str().unwrap()]["file"];
            assert!(source.as_str().is_some_and(|file| file.starts_with("./secrets/")), "{secret}");
        }
    }
    let ignored = fs::read_to_string(file("../.gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/packaging/secrets"), "secrets must not be committed");
    match Command::new("docker")
        .args(["compose", "--file"])
        .arg(file("compose.yaml"))
        .args(["config", "--quiet"])
        .output()
    {
        Ok(checked) if checked.status.success() => {}
        checked => println!("docker compose can't check it on this machine: the file was only read ({checked:?})"),
    }
}
