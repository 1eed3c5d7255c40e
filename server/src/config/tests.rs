//! Every key from every source: what it becomes, and with which sentence it is refused.

mod alerts;
mod oidc;

use std::io::{Error, ErrorKind};

use chrono::TimeDelta;
use domain::{
    checks::ExceptionType,
    schedule::{Grace, Misfire},
};

use super::*;

/// Files that "exist".
type Files<'a> = &'a [(&'a str, &'a str)];

fn load_from(flags: &Flags, environment: &[(&str, &str)], files: Files<'_>) -> Result<Settings, ConfigError> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let read = |path: &Path| {
        let found = files.iter().find(|(name, _)| Path::new(name) == path);
        found.map(|(_, text)| (*text).to_owned()).ok_or_else(|| Error::from(ErrorKind::NotFound))
    };
    load_with(flags, &environment, &read)
}

fn from_environment(environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    load_from(&Flags::default(), environment, &[])
}

fn from_file(text: &str) -> Result<Settings, ConfigError> {
    load_from(&Flags::default(), &[], &[(DEFAULT_FILE, text)])
}

fn schedules(settings: &Settings) -> Vec<(&str, &str, Misfire)> {
    let told =
        settings.schedules.iter().map(|Schedule { name, timing, .. }| (*name, timing.cron.as_str(), timing.misfire));
    told.collect()
}

#[track_caller]
fn refusal(settings: Result<Settings, ConfigError>) -> String {
    settings.expect_err("it must be refused").to_string()
}

#[test]
fn without_any_source_the_documented_defaults_hold() {
    let settings = from_environment(&[]).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:5400");
    assert_eq!(settings.data_dir, PathBuf::from("data"));
    assert_eq!(settings.zone.0.name(), "America/Chicago");
    assert!(matches!(&settings.database, DatabaseUrl::Sqlite(path) if path == Path::new("data/inventory-hub.sqlite")));
    assert_eq!((settings.held_below_percent, settings.lease_seconds), (80, 45));
    assert!(settings.internal_organizations.is_empty());
    assert_eq!(settings.checks, CheckSettings::default());
    assert_eq!((settings.checks.stale_after_days, settings.checks.switched_off.len()), (30, 0));
    assert!(settings.node_class_rules.is_empty() && settings.allowed_origins.is_empty());
    assert_eq!((settings.log.as_deref(), settings.log_format), (None, LogFormat::Text));
    let expected = [
        ("ninja", "10 2 * * *", Misfire::Once(Grace::RestOfDay)),
        ("threatlocker", "31 2 * * *", Misfire::Once(Grace::RestOfDay)),
        ("checks", "0 3 * * *", Misfire::Once(Grace::RestOfDay)),
        ("retention", "30 3 * * *", Misfire::Once(Grace::RestOfDay)),
        ("verification", "0 4 * * *", Misfire::Once(Grace::RestOfDay)),
    ];
    assert_eq!(schedules(&settings), expected);
    assert_eq!(settings.retention_days, Some(65));
    assert!(settings.vendors.ninja.is_none() && settings.vendors.threatlocker.is_none());
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let file = [(DEFAULT_FILE, "listen = \"127.0.0.1:1\"\nlog = \"warn\"\ntime_zone = \"UTC\"")];
    let environment = [("HUB_LISTEN", "127.0.0.1:2"), ("HUB_LOG", "debug")];
    let flags = Flags { listen: Some("127.0.0.1:3".to_owned()), ..Flags::default() };
    let settings = load_from(&flags, &environment, &file).unwrap();
    assert_eq!(settings.listen.port(), 3);
    assert_eq!(settings.log.as_deref(), Some("debug"));
    assert_eq!(settings.zone.0.name(), "UTC");
}

#[test]
fn every_key_of_the_file_is_read() {
    let text = r#"
        listen = "[::1]:5401"
        data_dir = "/var/lib/hub"
        time_zone = "Europe/London"
        held_below_percent = 50
        internal_organizations = ["Our Own, Inc.", " second "]
        lease_seconds = 90
        retention_days = 400
        log = "info,server=debug"
        log_format = "json"
        allowed_origins = ["https://hub.example.com"]
        [schedule]
        ninja = "5 4 * * *"
        ninja_grace_minutes = 90
        threatlocker_misfire = "skip"
        checks = "off"
        retention = "45 4 * * *"
        retention_misfire = "all 7"
        retention_grace_minutes = "day"
        [checks]
        switched_off = ["STALE_DEVICE", "duplicate_tl"]
        stale_after_days = 45
        exempt_spare_locations = ["Depot"]
        [node_class_rules]
        HYPERV_VMM_GUEST = "guest"
        [ninja]
        base_url = "eu"
        [threatlocker]
        api_base_url = "https://t.example"
        organization_id = "an-organization"
    "#;
    let environment = [("NINJA_CLIENT_ID", "id"), ("NINJA_CLIENT_SECRET", "s"), ("THREATLOCKER_API_KEY", "k")];
    let settings = load_from(&Flags::default(), &environment, &[(DEFAULT_FILE, text)]).unwrap();
    assert_eq!((settings.listen.to_string().as_str(), settings.zone.0.name()), ("[::1]:5401", "Europe/London"));
    assert_eq!((settings.held_below_percent, settings.lease_seconds), (50, 90));
    assert_eq!(settings.internal_organizations, ["Our Own, Inc.", "second"]);
    assert_eq!(settings.checks.exempt_spare_locations, ["Depot"]);
    assert_eq!(settings.checks.stale_after_days, 45);
    let off: Vec<_> = settings.checks.switched_off.iter().copied().collect();
    assert_eq!(off, [ExceptionType::DuplicateTl, ExceptionType::StaleDevice]);
    assert_eq!(settings.allowed_origins, ["https://hub.example.com"]);
    assert_eq!((settings.log.as_deref(), settings.log_format), (Some("info,server=debug"), LogFormat::Json));
    assert_eq!(settings.node_class_rules["HYPERV_VMM_GUEST"], NodeClassRule::Guest);
    let expected = [
        ("ninja", "5 4 * * *", Misfire::Once(Grace::For(TimeDelta::minutes(90)))),
        ("threatlocker", "31 2 * * *", Misfire::Skip),
        ("retention", "45 4 * * *", Misfire::All { most: 7, grace: Grace::RestOfDay }),
        ("verification", "0 4 * * *", Misfire::Once(Grace::RestOfDay)),
    ];
    assert_eq!(schedules(&settings), expected);
    assert_eq!(settings.retention_days, Some(400));
    assert_eq!(settings.vendors.ninja.unwrap().base_url.host_str(), Some("eu.ninjarmm.com"));
    let threatlocker = settings.vendors.threatlocker.unwrap();
    assert_eq!(threatlocker.base_url.host_str(), Some("t.example"));
    assert_eq!(threatlocker.organization_id.as_deref(), Some("an-organization"));
    assert!(matches!(settings.database, DatabaseUrl::Sqlite(path) if path.starts_with("/var/lib/hub")));
}

#[test]
fn metrics_traces_and_the_time_to_stop_are_set_in_the_file_or_the_environment() {
    let defaults = from_environment(&[]).unwrap();
    assert_eq!((defaults.metrics, defaults.stop_seconds, defaults.traces.is_none()), (true, 30, true));
    let text = "metrics = \"off\"\nstop_seconds = 5\n[traces]\nendpoint = \"https://otel.example/base/\"\nservice_name = \"hub-a\"";
    let environment = [("OTEL_EXPORTER_OTLP_HEADERS", "x-key=planted-key=1, x-tenant=7,")];
    let settings = load_from(&Flags::default(), &environment, &[(DEFAULT_FILE, text)]).unwrap();
    assert_eq!((settings.metrics, settings.stop_seconds), (false, 5));
    let traces = settings.traces.unwrap();
    assert_eq!(
        (traces.traces_url().as_str(), traces.service_name.as_str()),
        ("https://otel.example/base/v1/traces", "hub-a")
    );
    let headers: Vec<_> = traces.headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    assert_eq!(headers, [("x-key", "planted-key=1"), ("x-tenant", "7")]);
    assert!(!format!("{traces:?}").contains("planted-key"), "{traces:?}");
}

#[test]
fn settings_of_watching_that_make_no_sense_are_refused_without_their_secrets() {
    for (name, value) in [
        ("HUB_METRICS", "sometimes"),
        ("HUB_STOP_SECONDS", "3601"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://user:planted-key@otel.example"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "otel.example:4318"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "planted-key"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "bad name=planted-key"),
    ] {
        let refused = refusal(from_environment(&[(name, value)]));
        assert!(refused.starts_with(&format!("{name}: expected ")) && !refused.contains("planted-key"), "{refused}");
    }
    let in_file = refusal(from_file("[traces]\nheaders = \"x-key=planted-key\""));
    assert!(in_file.contains("secrets belong in the environment") && !in_file.contains("planted-key"), "{in_file}");
}

#[test]
fn the_door_is_set_in_the_file_or_the_environment() {
    let text = r#"
        [graphql]
        max_selections = 5
        max_depth = 6
        max_complexity = 7
        max_aliases = 8
        max_directives = 9
        introspection = "off"
        documents = "trusted-only"
        documents_manifest = "documents.json"
        [http]
        batch_limit = 3
        precise_statuses = "on"
        body_limit = 2048
        request_timeout_seconds = 4
        header_timeout_seconds = 5
        write_timeout_seconds = 6
        max_connections = 7
        playground = "off"
        rate_limit = 60
        rate_limit_burst = 10
        trusted_proxies = ["127.0.0.1", "fd00::/8"]
        [tls]
        certificate = "c.pem"
        key = "k.pem"
    "#;
    let files = [(DEFAULT_FILE, text), ("documents.json", "{\"a\": \"{ b }\"}")];
    let edge = load_from(&Flags::default(), &[], &files).unwrap().edge;
    let limits = edge.limits;
    let found = (limits.selections, limits.depth, limits.complexity, limits.aliases, limits.directives);
    assert_eq!((found, limits.introspection), ((5, 6, 7, 8, 9), false));
    assert_eq!(
        (edge.batch_limit, edge.body_limit, edge.request_timeout.as_secs(), edge.playground),
        (3, 2048, 4, false)
    );
    assert!(edge.precise_statuses);
    let clients = edge.connections;
    assert_eq!((clients.header_timeout.as_secs(), clients.write_timeout.as_secs(), clients.most), (5, 6, 7));
    let rate = edge.rate_limit.unwrap();
    assert_eq!((rate.per_minute.get(), rate.burst.get()), (60, 10));
    let proxies: Vec<_> = edge.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["127.0.0.1/32", "fd00::/8"]);
    assert!(edge.tls.is_some() && format!("{:?}", edge.documents).contains("trusted: 1, only: true"), "{edge:?}");
    let usual = from_environment(&[]).unwrap().edge;
    assert_eq!(usual.limits, crate::graphql::GraphqlLimits::default());
    assert!(usual.rate_limit.is_none() && usual.tls.is_none() && usual.playground && usual.trusted_proxies.is_empty());
    assert!(usual.principal_rate_limit.is_none() && !usual.precise_statuses);
    let per_user = from_environment(&[("HUB_RATE_LIMIT_PER_USER", "30")]).unwrap().edge;
    assert_eq!(per_user.principal_rate_limit.unwrap().burst.get(), 30);
    let burst = from_environment(&[("HUB_RATE_LIMIT", "30")]).unwrap().edge.rate_limit.unwrap().burst;
    assert_eq!(burst.get(), 30);
}

#[test]
fn settings_of_the_door_that_make_no_sense_are_refused_by_key() {
    for (key, value, expected) in [
        ("HUB_MAX_SELECTIONS", "0", "from 1 to 1000000"),
        ("HUB_MAX_DEPTH", "33", "from 1 to 32"),
        ("HUB_MAX_COMPLEXITY", "much", "a whole number"),
        ("HUB_MAX_ALIASES", "-1", "a whole number"),
        ("HUB_MAX_DIRECTIVES", "1.5", "a whole number"),
        ("HUB_INTROSPECTION", "yes", "on or off"),
        ("HUB_DOCUMENTS", "some", "any or trusted-only"),
        ("HUB_DOCUMENTS", "trusted-only", "with a manifest in HUB_DOCUMENTS_MANIFEST"),
        ("HUB_DOCUMENTS_MANIFEST", "absent.json", "can't be read"),
        ("HUB_PERSISTED_QUERIES", "1000000", "from 0 to 100000"),
        ("HUB_BATCH_LIMIT", "101", "from 0 to 100"),
        ("HUB_BODY_LIMIT", "10", "from 1024"),
        ("HUB_PRECISE_STATUSES", "422", "on or off"),
        ("HUB_REQUEST_TIMEOUT_SECONDS", "0", "from 1 to 3600"),
        ("HUB_HEADER_TIMEOUT_SECONDS", "0", "from 1 to 300"),
        ("HUB_WRITE_TIMEOUT_SECONDS", "3601", "from 1 to 3600"),
        ("HUB_MAX_CONNECTIONS", "0", "from 1 to 1000000"),
        ("HUB_PLAYGROUND", "1", "on or off"),
        ("HUB_RATE_LIMIT", "often", "a whole number"),
        ("HUB_RATE_LIMIT_BURST", "0", "from 1"),
        ("HUB_RATE_LIMIT_PER_USER", "many", "a whole number"),
        ("HUB_TRUSTED_PROXIES", "10.0.0.0/40", "addresses or networks"),
    ] {
        let told = refusal(from_environment(&[(key, value)]));
        assert!(told.contains(key) && told.contains(expected), "{key}={value}: {told}");
    }
    for (set, missing) in [("HUB_TLS_CERTIFICATE", "HUB_TLS_KEY"), ("HUB_TLS_KEY", "HUB_TLS_CERTIFICATE")] {
        let told = refusal(from_environment(&[(set, "a.pem")]));
        assert_eq!(told, format!("TLS is set up by half: {missing} is missing"));
    }
    for (manifest, expected) in [("[]", "no JSON object"), ("{\"a\": \"{\"}", "the document a is no GraphQL")] {
        let files = [("m.json", manifest)];
        let told = refusal(load_from(&Flags::default(), &[("HUB_DOCUMENTS_MANIFEST", "m.json")], &files));
        assert!(told.contains("HUB_DOCUMENTS_MANIFEST") && told.contains(expected), "{told}");
    }
}

#[test]
fn lists_in_the_environment_are_separated_by_semicolons() {
    let settings = from_environment(&[("HUB_INTERNAL_ORGANIZATIONS", "Our Own, Inc.; ;second;")]).unwrap();
    assert_eq!(settings.internal_organizations, ["Our Own, Inc.", "second"]);
}

#[test]
fn checks_are_set_from_the_environment_too_and_it_wins_over_the_file() {
    let file = [(DEFAULT_FILE, "[checks]\nstale_after_days = 45\nswitched_off = [\"MISSING_TL\"]")];
    let environment =
        [("HUB_CHECKS_SWITCHED_OFF", "STALE_DEVICE; duplicate_ninja ;"), ("HUB_EXEMPT_SPARE_LOCATIONS", "ES Spare")];
    let settings = load_from(&Flags::default(), &environment, &file).unwrap();
    let off: Vec<_> = settings.checks.switched_off.iter().copied().collect();
    assert_eq!(off, [ExceptionType::DuplicateNinja, ExceptionType::StaleDevice]);
    assert_eq!(settings.checks.stale_after_days, 45);
    assert_eq!(settings.checks.exempt_spare_locations, ["ES Spare"]);
    assert_eq!(from_environment(&[("HUB_STALE_AFTER_DAYS", "1")]).unwrap().checks.stale_after_days, 1);
}

#[test]
fn exempt_spare_locations_are_read_from_their_old_place_and_not_from_two() {
    let settings = from_file("exempt_spare_locations = [\"Depot\"]").unwrap();
    assert_eq!(settings.checks.exempt_spare_locations, ["Depot"]);
    let twice = "exempt_spare_locations = [\"A\"]\n[checks]\nexempt_spare_locations = [\"B\"]";
    let message = refusal(from_file(twice));
    assert!(message.starts_with("exempt_spare_locations in "), "{message}");
    assert!(message.contains("checks.exempt_spare_locations in "), "{message}");
}

#[test]
fn bad_settings_of_checks_are_refused_by_key() {
    for (key, value, expected) in [
        ("HUB_CHECKS_SWITCHED_OFF", "STALE", "\"STALE\" is none of them"),
        ("HUB_CHECKS_SWITCHED_OFF", "STALE_DEVICE, MISSING_TL", "MISSING_NINJA, DUPLICATE_TL"),
        ("HUB_STALE_AFTER_DAYS", "0", "from 1 to 3650"),
        ("HUB_STALE_AFTER_DAYS", "4000", "from 1 to 3650"),
        ("HUB_STALE_AFTER_DAYS", "a month", "a whole number"),
    ] {
        let message = refusal(from_environment(&[(key, value)]));
        assert!(message.starts_with(key) && message.contains(expected), "{message}");
    }
    for (text, key) in [
        ("[checks]\nstale_after_days = -3", "checks.stale_after_days in "),
        ("[checks]\nswitched_off = [\"NOTHING\"]", "checks.switched_off in "),
        ("[checks]\nswitched_off = \"STALE_DEVICE\"", "checks.switched_off in "),
        ("[checks]\nstale_after = 3", "did you mean checks.stale_after_days?"),
    ] {
        let message = refusal(from_file(text));
        assert!(message.contains(key), "{message}");
    }
}

#[test]
fn blank_counts_as_not_set_and_switches_schedules_off() {
    let settings = from_environment(&[
        ("HUB_LISTEN", " "),
        ("DB_DSN", ""),
        ("DB_DSN_FILE", ""),
        ("HUB_CONFIG", ""),
        ("NINJA_CLIENT_ID", ""),
        ("HUB_SCHEDULE_NINJA", ""),
        ("HUB_SCHEDULE_CHECKS", "OFF"),
    ])
    .unwrap();
    assert_eq!(settings.listen.port(), 5400);
    let on = |settings: &Settings| settings.schedules.iter().map(|schedule| schedule.name).collect::<Vec<_>>();
    assert_eq!(on(&settings), ["threatlocker", "retention", "verification"]);
    assert!(settings.vendors.ninja.is_none());
    assert_eq!(from_environment(&[("HUB_RETENTION_DAYS", "OFF")]).unwrap().retention_days, None);
    let text = "listen = \"\"\n[schedule]\nninja = \"\"\nchecks_misfire = \" \"\nchecks_grace_minutes = \"\"";
    let settings = from_file(text).unwrap();
    assert_eq!(
        (settings.listen.port(), on(&settings)),
        (5400, vec!["threatlocker", "checks", "retention", "verification"])
    );
    assert_eq!(settings.schedules[1].timing.misfire, Misfire::default());
}

#[test]
fn databases_are_told_apart_by_their_scheme() {
    for (url, expected) in [
        ("sqlite:hub.db", "hub.db"),
        ("sqlite://hub.db", "hub.db"),
        ("sqlite:///var/lib/hub.db", "/var/lib/hub.db"),
        ("postgres://me:secret@db/hub", "postgres://me:secret@db/hub"),
        ("postgresql://db/hub?sslmode=require", "postgres://db/hub?sslmode=require"),
        ("postgresql+psycopg2://me@db:5433/hub", "postgres://me@db:5433/hub"),
        ("postgresql:///hub?host=/run/postgresql", "postgres:///hub?host=/run/postgresql"),
    ] {
        for name in ["DB_DSN", "DATABASE_URL"] {
            let found = match from_environment(&[(name, url)]).unwrap().database {
                DatabaseUrl::Sqlite(path) => path.to_str().unwrap().to_owned(),
                DatabaseUrl::Postgres(url) => url.expose_secret().to_owned(),
            };
            assert_eq!(found, expected, "{name}={url}");
        }
    }
    let both = from_environment(&[("DB_DSN", "sqlite:first"), ("DATABASE_URL", "sqlite:second")]).unwrap();
    assert!(matches!(both.database, DatabaseUrl::Sqlite(path) if path == Path::new("first")));
    let flags = Flags { database: Some(SecretString::from("sqlite:flag")), ..Flags::default() };
    let flag = load_from(&flags, &[("DB_DSN", "sqlite:first")], &[]).unwrap();
    assert!(matches!(flag.database, DatabaseUrl::Sqlite(path) if path == Path::new("flag")));
}

#[test]
fn a_secret_may_be_in_a_file() {
    let files =
        [("/run/secrets/ninja", "two words \n"), ("/run/secrets/dsn", "postgres://me:pw@db/hub\r\n"), ("/empty", "\n")];
    let environment = [
        ("NINJA_CLIENT_ID", "id"),
        ("NINJA_CLIENT_SECRET_FILE", "/run/secrets/ninja"),
        ("DB_DSN_FILE", "/run/secrets/dsn"),
    ];
    let settings = load_from(&Flags::default(), &environment, &files).unwrap();
    assert!(settings.vendors.ninja.unwrap().client_secret.expose_secret().starts_with("two words"));
    assert!(
        matches!(settings.database, DatabaseUrl::Postgres(url) if url.expose_secret() == "postgres://me:pw@db/hub")
    );
    for (environment, sentence) in [
        (
            vec![("NINJA_CLIENT_SECRET", "x"), ("NINJA_CLIENT_SECRET_FILE", "/run/secrets/ninja")],
            "NINJA_CLIENT_SECRET and NINJA_CLIENT_SECRET_FILE are both set; keep one",
        ),
        (vec![("DB_DSN_FILE", "/nowhere")], "DB_DSN_FILE: the file /nowhere can't be read"),
        (vec![("DB_DSN_FILE", "/empty")], "DB_DSN_FILE: expected a secret in the file /empty, which is empty"),
    ] {
        assert_eq!(refusal(load_from(&Flags::default(), &environment, &files)), sentence);
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    for (name, nearest) in [
        ("HUB_LISTN", "HUB_LISTEN"),
        ("HUB_TIMEZONE", "HUB_TIME_ZONE"),
        ("NINJA_CLIENT_SECRETS", "NINJA_CLIENT_SECRET"),
        ("THREATLOCKER_BASE_URL", "THREATLOCKER_API_BASE_URL"),
        ("HUB_LISTEN_FILE", "HUB_LISTEN"),
        ("HUB_CONFG", "HUB_CONFIG"),
    ] {
        let sentence = refusal(from_environment(&[(name, "")]));
        assert_eq!(sentence, format!("{name} is no setting of the hub; did you mean {nearest}?"));
    }
    for name in ["HUB_TEST_POSTGRES", "PATH", "DB_DSN_OLD"] {
        assert!(from_environment(&[(name, "x")]).is_ok(), "{name}");
    }
    for (text, sentence) in [
        ("lisen = \"x\"", "lisen in inventory-hub.toml line 1 is no setting of the hub; did you mean listen?"),
        (
            "[schedule]\nninj = \"off\"",
            "schedule.ninj in inventory-hub.toml line 2 is no setting of the hub; did you mean schedule.ninja?",
        ),
        ("[node_class_rule]\nX = \"guest\"", "node_class_rule.X in inventory-hub.toml line 2 is no setting"),
        ("[listen]\nport = 1", "listen.port in inventory-hub.toml line 2 is no setting"),
    ] {
        let found = refusal(from_file(text));
        assert!(found.starts_with(sentence), "{found}");
    }
}

#[test]
fn bad_values_are_refused_with_what_would_be_good() {
    for (name, value, expected) in [
        ("HUB_LISTEN", "5400", "an address with a port"),
        ("HUB_LISTEN", "hub.example.com:5400", "an address with a port"),
        ("HUB_TIME_ZONE", "Central", "the IANA name of a time zone"),
        ("HUB_HELD_BELOW_PERCENT", "101", "a whole number from 0 to 100"),
        ("HUB_HELD_BELOW_PERCENT", "-1", "a whole number from 0 to 100"),
        ("HUB_HELD_BELOW_PERCENT", "80%", "a whole number from 0 to 100"),
        ("HUB_LEASE_SECONDS", "1", "a whole number from 5 to 86400"),
        ("HUB_RETENTION_DAYS", "34", "a whole number from 35 to 36500, or off"),
        ("HUB_RETENTION_DAYS", "0", "a whole number from 35 to 36500, or off"),
        ("HUB_RETENTION_DAYS", "for ever", "a whole number from 35 to 36500, or off"),
        ("HUB_LOG", "info,server=loud", "a tracing filter"),
        ("HUB_LOG_FORMAT", "xml", "text or json"),
        ("HUB_ALLOWED_ORIGINS", "https://a.example/path", "origins without a path"),
        ("HUB_ALLOWED_ORIGINS", "a.example", "origins without a path"),
        ("HUB_SCHEDULE_NINJA", "at night", "a cron text of five fields"),
        ("HUB_SCHEDULE_NINJA", "10 2 * *", "a cron text of five fields"),
        ("HUB_SCHEDULE_NINJA", "0 10 2 * * *", "a cron text of five fields"),
        ("HUB_SCHEDULE_NINJA", "0 0 31 4 *", "a cron text of a"),
        ("HUB_SCHEDULE_NINJA_MISFIRE", "twice", "skip, once, or all and how many at most (1 to 100)"),
        ("HUB_SCHEDULE_NINJA_MISFIRE", "all", "skip, once, or all and how many"),
        ("HUB_SCHEDULE_CHECKS_MISFIRE", "all 0", "skip, once, or all and how many"),
        ("HUB_SCHEDULE_CHECKS_MISFIRE", "all 101", "skip, once, or all and how many"),
        ("HUB_SCHEDULE_RETENTION_GRACE_MINUTES", "0", "whole minutes from 1 to 10080, or day"),
        ("HUB_SCHEDULE_RETENTION_GRACE_MINUTES", "2h", "whole minutes from 1 to 10080, or day"),
    ] {
        let sentence = refusal(from_environment(&[(name, value)]));
        assert!(sentence.starts_with(&format!("{name}: expected {expected}")), "{sentence}");
        assert!(sentence.ends_with(&format!(", found \"{value}\"")), "{sentence}");
    }
    for (text, sentence) in [
        ("listen = 5400", "listen in inventory-hub.toml line 1: expected an address with a port"),
        ("listen = [\"a\"]", "listen in inventory-hub.toml line 1: expected one value, not a list"),
        ("listen = true", "listen in inventory-hub.toml line 1: expected a text"),
        (
            "internal_organizations = \"one\"",
            "internal_organizations in inventory-hub.toml line 1: expected a list of texts",
        ),
        (
            "internal_organizations = [1]",
            "internal_organizations in inventory-hub.toml line 1: expected a list of texts",
        ),
        (
            "[node_class_rules]\nX = \"gast\"",
            "node_class_rules.X in inventory-hub.toml line 2: expected \"billable\", \"guest\"",
        ),
        ("listen = \"a\"\nlog = ", "inventory-hub.toml line 2: "),
        ("\n\ntime_zone = \"Central\"", "time_zone in inventory-hub.toml line 3: expected the IANA name"),
        (
            "[schedule]\n# a comment\nninja = \"10 2 * * *\"\nchecks = \"25 * *\"",
            "schedule.checks in inventory-hub.toml line 4: expected a cron text of five fields",
        ),
        (
            "schedule.ninja = \"10 2 * * *\"\nschedule.ninja_misfire = \"never\"",
            "schedule.ninja_misfire in inventory-hub.toml line 2: expected skip, once",
        ),
        (
            "\n[schedule]\nninja_misfire = \"skip\"\nninja_grace_minutes = 5",
            "schedule.ninja_grace_minutes in inventory-hub.toml line 4: expected no grace where",
        ),
        (
            "[ninja]\n\nbase_url = \"http://v.example\"",
            "ninja.base_url in inventory-hub.toml line 3: expected an https",
        ),
    ] {
        let found = refusal(from_file(text));
        assert!(found.starts_with(sentence), "{found}");
    }
}

#[test]
fn an_address_that_others_could_reach_is_refused_with_the_way_out() {
    for address in ["0.0.0.0:5400", "192.168.1.2:5400", "[::]:5400"] {
        let sentence = refusal(from_environment(&[("HUB_LISTEN", address)]));
        assert!(sentence.starts_with(&format!("HUB_LISTEN: {address} is not a loopback address")), "{sentence}");
        assert!(sentence.contains("reverse proxy") && sentence.contains("SSH tunnel"));
    }
    for address in ["localhost:1", "127.0.0.2:5400", "[::1]:0"] {
        assert!(from_environment(&[("HUB_LISTEN", address)]).is_ok(), "{address}");
    }
    let flags = Flags { listen: Some("0.0.0.0:1".to_owned()), ..Flags::default() };
    assert!(refusal(load_from(&flags, &[], &[])).starts_with("--listen: "));
}

#[test]
fn with_sign_in_any_address_is_listened_on() {
    let settings = from_environment(&[("HUB_LISTEN", "0.0.0.0:5400"), ("HUB_SIGN_IN", "on")]).unwrap();
    assert!(settings.sign_in.is_some_and(|sign_in| sign_in.key.is_none() && sign_in.admin_password.is_none()));
    assert!(from_file("listen = \"0.0.0.0:5400\"\nsign_in = \"on\"").is_ok());
    for sign_in in ["off", ""] {
        let refused = from_environment(&[("HUB_LISTEN", "0.0.0.0:5400"), ("HUB_SIGN_IN", sign_in)]);
        assert!(refusal(refused).contains("set HUB_SIGN_IN=on"));
    }
}

#[test]
fn secrets_of_sign_in_that_can_be_guessed_are_refused_and_never_told() {
    for (name, value) in [("HUB_SIGN_IN_KEY", "31 characters are not enough!!!"), ("HUB_ADMIN_PASSWORD", "elevenchars")]
    {
        let sentence = refusal(from_environment(&[("HUB_SIGN_IN", "on"), (name, value)]));
        assert!(sentence.starts_with(name) && !sentence.contains(value), "{sentence}");
    }
    assert!(refusal(from_file("admin_password = \"a long password\"")).contains("secrets belong in the environment"));
}

#[test]
fn a_vendor_set_up_by_half_names_what_is_missing() {
    for (environment, sentence) in [
        (vec![("NINJA_CLIENT_ID", "id")], "Ninja is set up by half: NINJA_CLIENT_SECRET is missing"),
        (vec![("NINJA_CLIENT_SECRET", "s")], "Ninja is set up by half: NINJA_CLIENT_ID is missing"),
        (
            vec![("NINJA_REFRESH_TOKEN", "t")],
            "Ninja is set up by half: NINJA_CLIENT_ID, NINJA_CLIENT_SECRET are missing",
        ),
        (vec![("THREATLOCKER_API_KEY", "k")], "ThreatLocker is set up by half: THREATLOCKER_API_BASE_URL is missing"),
    ] {
        assert_eq!(refusal(from_environment(&environment)), sentence);
    }
    assert!(from_environment(&[("NINJA_BASE_URL", "eu")]).unwrap().vendors.ninja.is_none());
}

#[test]
fn vendors_are_reached_by_https_or_on_this_machine() {
    let ninja =
        |url| from_environment(&[("NINJA_CLIENT_ID", "i"), ("NINJA_CLIENT_SECRET", "s"), ("NINJA_BASE_URL", url)]);
    let threatlocker = |url| from_environment(&[("THREATLOCKER_API_KEY", "k"), ("THREATLOCKER_API_BASE_URL", url)]);
    for (url, good) in [
        ("https://vendor.example", true),
        ("http://127.0.0.1:8080", true),
        ("http://vendor.example", false),
        ("ftp://vendor.example", false),
        ("https://me:hunter2@vendor.example", false),
        ("nonsense", false),
    ] {
        for (name, settings) in [("NINJA_BASE_URL", ninja(url)), ("THREATLOCKER_API_BASE_URL", threatlocker(url))] {
            assert_eq!(settings.is_ok(), good, "{name}={url}");
            if let Err(error) = settings {
                assert!(error.to_string().starts_with(&format!("{name}: expected an https URL")), "{error}");
                assert!(!error.to_string().contains("hunter2"));
            }
        }
    }
    assert_eq!(ninja("").unwrap().vendors.ninja.unwrap().base_url.as_str(), "https://app.ninjarmm.com/");
    let organization = [("THREATLOCKER_API_KEY", "k"), ("THREATLOCKER_API_BASE_URL", "https://t.example")];
    assert!(from_environment(&organization).unwrap().vendors.threatlocker.unwrap().organization_id.is_none());
}

#[test]
fn secrets_in_the_file_are_refused_with_the_place_where_they_belong() {
    for (text, key, name) in [
        ("[ninja]\nclient_id = \"hunter2\"", "ninja.client_id", "NINJA_CLIENT_ID"),
        ("[ninja]\nclient_secret = \"hunter2\"", "ninja.client_secret", "NINJA_CLIENT_SECRET"),
        ("[ninja]\nrefresh_token = \"hunter2\"", "ninja.refresh_token", "NINJA_REFRESH_TOKEN"),
        ("[threatlocker]\napi_key = \"hunter2\"", "threatlocker.api_key", "THREATLOCKER_API_KEY"),
        ("db_dsn = \"hunter2\"", "db_dsn", "DB_DSN"),
        ("database_url = \"hunter2\"", "database_url", "DATABASE_URL"),
    ] {
        let sentence = refusal(from_file(text));
        let line = text.lines().count();
        let belongs = "secrets belong in the environment: set";
        let place = format!("{key} in inventory-hub.toml line {line}: {belongs} {name}, or {name}_FILE");
        assert!(sentence.starts_with(&place), "{sentence}");
    }
}

#[test]
fn no_secret_is_ever_shown() {
    let environment = [
        ("DB_DSN", "postgres://me:hunter2@db/hub"),
        ("NINJA_CLIENT_ID", "id"),
        ("NINJA_CLIENT_SECRET", "hunter2"),
        ("NINJA_REFRESH_TOKEN", "hunter2"),
        ("THREATLOCKER_API_KEY", "hunter2"),
        ("THREATLOCKER_API_BASE_URL", "https://t.example"),
    ];
    let shown = format!("{:?}", from_environment(&environment).unwrap());
    assert!(!shown.contains("hunter2") && shown.contains("t.example"), "{shown}");
    let flags = Flags { database: Some(SecretString::from("hunter2")), ..Flags::default() };
    assert!(!format!("{flags:?}").contains("hunter2"));
    assert_eq!(
        refusal(load_from(&flags, &[], &[])),
        "--database: expected postgres://user@host/database or sqlite://path"
    );
    for url in ["hunter2", "mysql://me:hunter2@db/hub", "sqlite::memory:", "sqlite:", "postgres:hunter2"] {
        let sentence = refusal(from_environment(&[("DATABASE_URL", url)]));
        assert_eq!(sentence, "DATABASE_URL: expected postgres://user@host/database or sqlite://path");
    }
    let broken = refusal(from_file("ninja = { client_secret = \"hunter2\" "));
    assert!(!broken.contains("hunter2"), "{broken}");
}

#[test]
fn a_named_file_must_exist_and_the_default_one_need_not() {
    let flags = Flags { config: Some(PathBuf::from("flag.toml")), ..Flags::default() };
    let files = [("flag.toml", "log = \"warn\""), ("named.toml", "log = \"error\""), (DEFAULT_FILE, "log = \"debug\"")];
    let named = [("HUB_CONFIG", "named.toml")];
    assert_eq!(load_from(&flags, &named, &files).unwrap().log.as_deref(), Some("warn"));
    assert_eq!(load_from(&Flags::default(), &named, &files).unwrap().log.as_deref(), Some("error"));
    assert_eq!(load_from(&Flags::default(), &[], &files).unwrap().log.as_deref(), Some("debug"));
    assert_eq!(refusal(load_from(&flags, &[], &[])), "--config: the file flag.toml can't be read");
    assert_eq!(refusal(load_from(&Flags::default(), &named, &[])), "HUB_CONFIG: the file named.toml can't be read");
}
