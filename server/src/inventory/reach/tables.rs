//! What somebody who may see some organizations sees of each table. What belongs to no organization is nobody's of them.
//!
//! In the SQL, `{base}` is where the tables are, and `{ids}` the organizations. A table without `{base}` is the view of it:
//! what is said of sites and devices once holds for all that belong to them.

use entity::{device_identity, exception, month_end_day, snapshot_day, usage_transition};
use sea_orm::{EntityTrait, IdenStatic, Iterable};

/// What is seen of a table.
#[derive(Clone, Copy, Debug)]
pub enum Sight {
    /// All: it tells of no client.
    Whole,
    /// Nothing.
    Nothing,
    /// The rows for which this holds.
    Rows(&'static str),
    /// The same, with other values in some columns.
    Changed(fn() -> Vec<String>, &'static [(&'static str, &'static str)], &'static str),
    /// What this query finds, whose columns are those of the table.
    Found(&'static str),
}

use Sight::{Changed, Found, Nothing, Rows, Whole};

fn columns<E: EntityTrait>() -> Vec<String> {
    E::Column::iter().map(|column| column.as_str().to_owned()).collect()
}

/// Every table there is; a later one may use the views of earlier ones.
pub const TABLES: [(&str, Sight); 56] = [
    ("vendor", Whole),
    ("device_type", Whole),
    ("billing_status", Whole),
    // It tells that something was stored, and not what.
    ("stored_version", Whole),
    ("organization", Rows("id IN ({ids})")),
    ("site", Rows("organization_id IN ({ids})")),
    (
        "site_alias",
        Rows(
            "EXISTS (SELECT 1 FROM site WHERE site.vendor_id = t.vendor_id AND site.vendor_site_key = t.vendor_site_key)",
        ),
    ),
    // Their old names may be those of other clients.
    ("site_alias_event", Nothing),
    ("device", Rows("organization_id IN ({ids})")),
    // Where a vendor filed it that day counts, not whose it is now.
    ("device_snapshot", Rows("site_id IN (SELECT id FROM site)")),
    // What leaves the reach is gone, and what comes into it is new. What has left is called as it was called here.
    (
        "usage_transition",
        Changed(
            columns::<usage_transition::Entity>,
            &[
                (
                    "hostname",
                    "CASE WHEN NOT t.is_there OR t.to_site_id IN (SELECT id FROM site) THEN t.hostname ELSE COALESCE(\
                     (SELECT s.hostname FROM device_snapshot s WHERE s.device_identity_id = t.device_identity_id \
                      ORDER BY s.snapshot_date DESC LIMIT 1), \
                     (SELECT i.vendor_device_key FROM {base}.device_identity i WHERE i.id = t.device_identity_id)) END",
                ),
                ("was_there", "CASE WHEN t.from_site_id IN (SELECT id FROM site) THEN t.was_there ELSE FALSE END"),
                ("from_site_id", "CASE WHEN t.from_site_id IN (SELECT id FROM site) THEN t.from_site_id END"),
                (
                    "from_device_type_id",
                    "CASE WHEN t.from_site_id IN (SELECT id FROM site) THEN t.from_device_type_id END",
                ),
                (
                    "from_billing_status_id",
                    "CASE WHEN t.from_site_id IN (SELECT id FROM site) THEN t.from_billing_status_id END",
                ),
                ("is_there", "CASE WHEN t.to_site_id IN (SELECT id FROM site) THEN t.is_there ELSE FALSE END"),
                ("to_site_id", "CASE WHEN t.to_site_id IN (SELECT id FROM site) THEN t.to_site_id END"),
                ("to_device_type_id", "CASE WHEN t.to_site_id IN (SELECT id FROM site) THEN t.to_device_type_id END"),
                (
                    "to_billing_status_id",
                    "CASE WHEN t.to_site_id IN (SELECT id FROM site) THEN t.to_billing_status_id END",
                ),
            ],
            "t.from_site_id IN (SELECT id FROM site) OR t.to_site_id IN (SELECT id FROM site)",
        ),
    ),
    // Where a vendor ever filed it counts, not whose machine it is; what it is linked to now is told with that machine only.
    (
        "device_identity",
        Changed(
            columns::<device_identity::Entity>,
            &[
                ("device_id", "CASE WHEN t.device_id IN (SELECT id FROM device) THEN t.device_id END"),
                ("link_rule", "CASE WHEN t.device_id IN (SELECT id FROM device) THEN t.link_rule END"),
                ("link_evidence", "CASE WHEN t.device_id IN (SELECT id FROM device) THEN t.link_evidence END"),
            ],
            "EXISTS (SELECT 1 FROM device_snapshot s WHERE s.device_identity_id = t.id) \
             OR EXISTS (SELECT 1 FROM usage_transition u WHERE u.device_identity_id = t.id)",
        ),
    ),
    (
        "device_move",
        Rows(
            "to_device_id IN (SELECT id FROM device) \
             AND (from_device_id IS NULL OR from_device_id IN (SELECT id FROM device))",
        ),
    ),
    ("device_payload", Nothing),
    ("link_key", Nothing),
    (
        "link_candidate",
        Rows(
            "identity_id IN (SELECT id FROM device_identity WHERE device_id IS NOT NULL) \
             AND candidate_id IN (SELECT id FROM device_identity WHERE device_id IS NOT NULL)",
        ),
    ),
    (
        "link_decision",
        Rows(
            "lower_identity_id IN (SELECT id FROM device_identity WHERE device_id IS NOT NULL) \
             AND higher_identity_id IN (SELECT id FROM device_identity WHERE device_id IS NOT NULL)",
        ),
    ),
    // Details name other devices and their clients, and their text can be searched.
    (
        "exceptions",
        Changed(
            columns::<exception::Entity>,
            &[("details", "{no_details}"), ("details_text", "t.hostname")],
            "t.organization_id IN ({ids})",
        ),
    ),
    ("exception_event", Rows("exception_id IN (SELECT id FROM exceptions)")),
    ("exception_period", Rows("exception_id IN (SELECT id FROM exceptions)")),
    (
        "exception_identity",
        Rows("exception_id IN (SELECT id FROM exceptions) AND device_identity_id IN (SELECT id FROM device_identity)"),
    ),
    ("daily_counts", Rows("site_id IN (SELECT id FROM site)")),
    (
        "daily_totals",
        Found(
            "SELECT MIN(id) AS id, snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, \
             CAST(SUM(cnt) AS BIGINT) AS cnt FROM daily_counts \
             GROUP BY snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason",
        ),
    ),
    ("month_end_counts", Rows("site_id IN (SELECT id FROM site)")),
    (
        "month_end_totals",
        Found(
            "SELECT MIN(id) AS id, month_end_date, vendor_id, device_type_id, billing_status_id, spare_reason, \
             CAST(SUM(cnt) AS BIGINT) AS cnt FROM month_end_counts \
             GROUP BY month_end_date, vendor_id, device_type_id, billing_status_id, spare_reason",
        ),
    ),
    (
        "snapshot_day",
        Changed(
            columns::<snapshot_day::Entity>,
            &[(
                "device_count",
                "CAST((SELECT COALESCE(SUM(c.cnt), 0) FROM daily_counts c \
                 WHERE c.snapshot_date = t.snapshot_date AND c.vendor_id = t.vendor_id) AS BIGINT)",
            )],
            "1 = 1",
        ),
    ),
    (
        "month_end_day",
        Changed(
            columns::<month_end_day::Entity>,
            &[(
                "device_count",
                "CAST((SELECT COALESCE(SUM(c.cnt), 0) FROM month_end_counts c \
                 WHERE c.month_end_date = t.month_end_date AND c.vendor_id = t.vendor_id) AS BIGINT)",
            )],
            "1 = 1",
        ),
    ),
    ("sync", Rows("device_identity_id IN (SELECT id FROM device_identity WHERE device_id IS NOT NULL)")),
    // What the hub does, for all clients together.
    ("sync_turn", Nothing),
    ("change_log", Nothing),
    ("collection", Nothing),
    ("set_aside_record", Nothing),
    ("held_collection", Nothing),
    ("held_device", Nothing),
    ("vendor_lease", Nothing),
    ("job_batches", Nothing),
    ("job_runs", Nothing),
    ("job_attempt", Nothing),
    ("schedule_slot", Nothing),
    ("schedule_pause", Nothing),
    ("alert", Nothing),
    ("alert_delivery", Nothing),
    // What all clients are billed, under one hash.
    ("closed_month", Nothing),
    ("closed_month_line", Nothing),
    ("closed_month_adjustment", Nothing),
    ("closed_month_change", Nothing),
    // Who may use the hub, and what they did.
    ("app_user", Nothing),
    ("user_organization", Nothing),
    ("user_identity", Nothing),
    ("taken_state", Nothing),
    ("session", Nothing),
    ("refresh_token", Nothing),
    ("api_token", Nothing),
    ("api_token_organization", Nothing),
    ("audit_event", Nothing),
    ("seaql_migrations", Nothing),
];
