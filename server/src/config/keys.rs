//! Every key: its name in the environment, its name in the file, and whether it is a secret.

use std::collections::BTreeMap;

use super::{error::ConfigError, schedule};

/// One setting.
pub(super) struct Key {
    /// Its name in the environment, by which the rest of the module calls it.
    pub(super) name: &'static str,
    /// Its dotted name in the file; a secret has one too, so that it can be refused there by name.
    pub(super) in_file: &'static str,
    pub(super) secret: bool,
    /// Whether a blank value switches something off; elsewhere it counts as not set.
    pub(super) blank_says_off: bool,
}

impl Key {
    pub(super) const fn open(name: &'static str, in_file: &'static str) -> Self {
        Self { name, in_file, secret: false, blank_says_off: false }
    }

    pub(super) const fn blank_says_off(name: &'static str, in_file: &'static str) -> Self {
        Self { blank_says_off: true, ..Self::open(name, in_file) }
    }

    const fn secret(name: &'static str, in_file: &'static str) -> Self {
        Self { secret: true, ..Self::open(name, in_file) }
    }
}

const fn open(name: &'static str, in_file: &'static str) -> Key {
    Key::open(name, in_file)
}

const fn secret(name: &'static str, in_file: &'static str) -> Key {
    Key::secret(name, in_file)
}

/// Every setting, those of the schedules too.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    KEYS.iter().chain(schedule::KNOWN.iter().flat_map(|known| &known.keys))
}

/// All settings but those of the schedules, `HUB_CONFIG`, which says where settings are, and `node_class_rules`, which is a
/// table in the file.
/// `exempt_spare_locations` has two places in the file: it was there before the table of the checks.
static KEYS: &[Key] = &[
    open("HUB_LISTEN", "listen"),
    open("HUB_DATA_DIR", "data_dir"),
    open("HUB_SIGN_IN", "sign_in"),
    secret("HUB_SIGN_IN_KEY", "sign_in_key"),
    secret("HUB_ADMIN_PASSWORD", "admin_password"),
    open("HUB_PUBLIC_URL", "public_url"),
    open("HUB_OIDC_ISSUER", "oidc.issuer"),
    open("HUB_OIDC_CLIENT_ID", "oidc.client_id"),
    secret("HUB_OIDC_CLIENT_SECRET", "oidc.client_secret"),
    open("HUB_OIDC_SCOPES", "oidc.scopes"),
    open("HUB_OIDC_TENANTS", "oidc.tenants"),
    open("HUB_OIDC_NAME_CLAIM", "oidc.name_claim"),
    open("HUB_OIDC_ROLE_CLAIM", "oidc.role_claim"),
    open("HUB_OIDC_ADMINS", "oidc.admins"),
    open("HUB_OIDC_TECHNICIANS", "oidc.technicians"),
    open("HUB_OIDC_VIEWERS", "oidc.viewers"),
    open("HUB_TIME_ZONE", "time_zone"),
    open("HUB_HELD_BELOW_PERCENT", "held_below_percent"),
    open("HUB_INTERNAL_ORGANIZATIONS", "internal_organizations"),
    open("HUB_EXEMPT_SPARE_LOCATIONS", "exempt_spare_locations"),
    open("HUB_EXEMPT_SPARE_LOCATIONS", "checks.exempt_spare_locations"),
    open("HUB_CHECKS_SWITCHED_OFF", "checks.switched_off"),
    open("HUB_STALE_AFTER_DAYS", "checks.stale_after_days"),
    open("HUB_LEASE_SECONDS", "lease_seconds"),
    open("HUB_LOG", "log"),
    open("HUB_LOG_FORMAT", "log_format"),
    open("HUB_METRICS", "metrics"),
    open("HUB_STOP_SECONDS", "stop_seconds"),
    open("OTEL_EXPORTER_OTLP_ENDPOINT", "traces.endpoint"),
    secret("OTEL_EXPORTER_OTLP_HEADERS", "traces.headers"),
    open("OTEL_SERVICE_NAME", "traces.service_name"),
    open("HUB_ALLOWED_ORIGINS", "allowed_origins"),
    open("HUB_MAX_SELECTIONS", "graphql.max_selections"),
    open("HUB_MAX_DEPTH", "graphql.max_depth"),
    open("HUB_MAX_COMPLEXITY", "graphql.max_complexity"),
    open("HUB_MAX_ALIASES", "graphql.max_aliases"),
    open("HUB_MAX_DIRECTIVES", "graphql.max_directives"),
    open("HUB_INTROSPECTION", "graphql.introspection"),
    open("HUB_DOCUMENTS", "graphql.documents"),
    open("HUB_DOCUMENTS_MANIFEST", "graphql.documents_manifest"),
    open("HUB_PERSISTED_QUERIES", "graphql.persisted_queries"),
    open("HUB_BATCH_LIMIT", "http.batch_limit"),
    open("HUB_BODY_LIMIT", "http.body_limit"),
    open("HUB_PRECISE_STATUSES", "http.precise_statuses"),
    open("HUB_REQUEST_TIMEOUT_SECONDS", "http.request_timeout_seconds"),
    open("HUB_HEADER_TIMEOUT_SECONDS", "http.header_timeout_seconds"),
    open("HUB_WRITE_TIMEOUT_SECONDS", "http.write_timeout_seconds"),
    open("HUB_MAX_CONNECTIONS", "http.max_connections"),
    open("HUB_PLAYGROUND", "http.playground"),
    open("HUB_RATE_LIMIT", "http.rate_limit"),
    open("HUB_RATE_LIMIT_BURST", "http.rate_limit_burst"),
    open("HUB_RATE_LIMIT_PER_USER", "http.rate_limit_per_user"),
    open("HUB_TRUSTED_PROXIES", "http.trusted_proxies"),
    open("HUB_TLS_CERTIFICATE", "tls.certificate"),
    open("HUB_TLS_KEY", "tls.key"),
    open("HUB_RETENTION_DAYS", "retention_days"),
    open("HUB_ALERTS_SIZE_PERCENT", "alerts.size_percent"),
    open("HUB_ALERTS_SET_ASIDE_OVER", "alerts.set_aside_over"),
    open("HUB_ALERTS_USUAL_DAYS", "alerts.usual_days"),
    open("HUB_ALERTS_ATTEMPTS", "alerts.attempts"),
    open("HUB_ALERTS_DIGEST_OVER", "alerts.digest_over"),
    open("HUB_ALERTS_TIMEOUT_SECONDS", "alerts.timeout_seconds"),
    open("HUB_ALERTS_ALLOW_PRIVATE", "alerts.allow_private"),
    secret("HUB_ALERTS_WEBHOOK_URL", "alerts.webhook_url"),
    secret("HUB_ALERTS_WEBHOOK_KEY", "alerts.webhook_key"),
    secret("HUB_ALERTS_SLACK_URL", "alerts.slack_url"),
    open("HUB_ALERTS_SMTP_HOST", "alerts.smtp_host"),
    open("HUB_ALERTS_SMTP_PORT", "alerts.smtp_port"),
    open("HUB_ALERTS_SMTP_TLS", "alerts.smtp_tls"),
    open("HUB_ALERTS_SMTP_USER", "alerts.smtp_user"),
    secret("HUB_ALERTS_SMTP_PASSWORD", "alerts.smtp_password"),
    open("HUB_ALERTS_EMAIL_FROM", "alerts.email_from"),
    open("HUB_ALERTS_EMAIL_TO", "alerts.email_to"),
    secret("DB_DSN", "db_dsn"),
    secret("DATABASE_URL", "database_url"),
    secret("NINJA_CLIENT_ID", "ninja.client_id"),
    secret("NINJA_CLIENT_SECRET", "ninja.client_secret"),
    secret("NINJA_REFRESH_TOKEN", "ninja.refresh_token"),
    secret("HUB_NINJA_WEBHOOK_SECRET", "ninja.webhook_secret"),
    open("NINJA_BASE_URL", "ninja.base_url"),
    secret("THREATLOCKER_API_KEY", "threatlocker.api_key"),
    open("THREATLOCKER_API_BASE_URL", "threatlocker.api_base_url"),
    open("THREATLOCKER_ORGANIZATION_ID", "threatlocker.organization_id"),
];

/// Names a settings file; read before all others.
pub(super) const CONFIG: &str = "HUB_CONFIG";

/// The table of the file that has no other source.
pub(super) const NODE_CLASS_RULES: &str = "node_class_rules";

/// A value and where it came from.
pub(super) struct Entry {
    /// The key as its source spells it, for messages.
    pub(super) origin: String,
    pub(super) content: Content,
}

/// A value, not yet checked.
pub(super) enum Content {
    Text(String),
    List(Vec<String>),
}

/// What the sources gave, by environment name; later sources replace earlier ones.
#[derive(Default)]
pub(super) struct Given(BTreeMap<&'static str, Entry>);

impl Given {
    pub(super) fn insert(&mut self, name: &'static str, entry: Entry) {
        self.0.insert(name, entry);
    }

    pub(super) fn insert_text(&mut self, name: &'static str, origin: &str, text: String) {
        self.insert(name, Entry { origin: origin.to_owned(), content: Content::Text(text) });
    }

    pub(super) fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        self.0.get(name)
    }
}

/// The refusal of a key, with the most similar of the known ones. `origin` is the key as its source spells it.
pub(super) fn unknown(key: &str, origin: &str, known: impl IntoIterator<Item = String>) -> ConfigError {
    let nearest = known.into_iter().min_by_key(|known| distance(key, known)).unwrap_or_default();
    ConfigError::UnknownKey { key: origin.to_owned(), nearest }
}

/// Letters to insert, remove or replace to make one text of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (place, letter) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], place + 1);
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_edits() {
        for (left, right, expected) in
            [("", "", 0), ("abc", "abc", 0), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)]
        {
            assert_eq!(distance(left, right), expected, "{left} {right}");
        }
    }
}
