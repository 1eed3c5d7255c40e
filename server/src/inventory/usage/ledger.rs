//! The ledger of a window, in SQL of both databases: what each identity was before, what it became, and on which day.
//!
//! Everything here is text around numbers and days that we write ourselves, so nothing needs binding.

use chrono::NaiveDate;

/// The part of the ledger that a window is about: after the first day, up to the last.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) vendor_ids: Vec<i64>,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

impl Span {
    /// What is true of the rows of `usage_transition AS t` in it.
    pub(super) fn holds(&self) -> String {
        let vendors: Vec<String> = self.vendor_ids.iter().map(ToString::to_string).collect();
        let Self { from, to, .. } = self;
        format!("t.vendor_id IN ({}) AND t.snapshot_date > '{from}' AND t.snapshot_date <= '{to}'", vendors.join(", "))
    }

    /// `step`: the rows in it, with how the identity was last known before each, and how it was at the ends of the span.
    /// One that comes back was last known as it left, if it left inside the span.
    fn steps(&self) -> String {
        let holds = self.holds();
        format!(
            "step AS (SELECT t.vendor_id, t.device_identity_id, t.snapshot_date AS day, t.hostname, t.was_there, \
             t.is_there, o.organization_id AS to_organization_id, t.to_billing_status_id, \
             (t.was_there OR LAG(t.device_identity_id) OVER life IS NOT NULL) AS known, \
             CASE WHEN t.was_there THEN f.organization_id ELSE LAG(f.organization_id) OVER life END AS known_in, \
             CASE WHEN t.was_there THEN t.from_billing_status_id ELSE LAG(t.from_billing_status_id) OVER life END \
             AS known_billing, \
             FIRST_VALUE(t.was_there) OVER life AS started, FIRST_VALUE(f.organization_id) OVER life AS start_in, \
             FIRST_VALUE(t.from_billing_status_id) OVER life AS start_billing, \
             LAST_VALUE(t.is_there) OVER whole AS ended, LAST_VALUE(o.organization_id) OVER whole AS end_in, \
             LAST_VALUE(t.to_billing_status_id) OVER whole AS end_billing, \
             LAST_VALUE(t.hostname) OVER whole AS end_hostname \
             FROM usage_transition t LEFT JOIN site f ON f.id = t.from_site_id LEFT JOIN site o ON o.id = t.to_site_id \
             WHERE {holds} WINDOW life AS (PARTITION BY t.device_identity_id ORDER BY t.snapshot_date), \
             whole AS (PARTITION BY t.device_identity_id ORDER BY t.snapshot_date \
             ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))"
        )
    }

    /// `net`: one row for each identity that has a step, with the days on which it last became what it is at the end.
    fn net(&self) -> String {
        let ends = "vendor_id, device_identity_id, started, start_in, start_billing, ended, end_in, end_billing, \
                    end_hostname";
        format!(
            "{}, net AS (SELECT {ends}, MAX(CASE WHEN NOT was_there THEN day END) AS came_on, MAX(day) AS went_on, \
             MAX(CASE WHEN is_there AND known AND known_in IS DISTINCT FROM to_organization_id \
             AND to_organization_id IS NOT DISTINCT FROM end_in THEN day END) AS moved_on, \
             MAX(CASE WHEN is_there AND known AND known_billing IS DISTINCT FROM to_billing_status_id \
             AND to_billing_status_id IS NOT DISTINCT FROM end_billing THEN day END) AS rebilled_on \
             FROM step GROUP BY {ends})",
            self.steps()
        )
    }

    /// Identities by how they were at the ends of the span; those that are at neither end are left out.
    pub(super) fn flows(&self) -> String {
        let ends = "started, start_in, start_billing, ended, end_in, end_billing";
        format!(
            "WITH {} SELECT CAST(CASE WHEN started THEN 1 ELSE 0 END AS bigint) AS started, start_in, start_billing, \
             CAST(CASE WHEN ended THEN 1 ELSE 0 END AS bigint) AS ended, end_in, end_billing, COUNT(*) AS devices \
             FROM net WHERE started OR ended GROUP BY {ends}",
            self.net()
        )
    }

    /// `change`: how the last day differs from the first, one row for each way in which a device does.
    pub(super) fn net_changes(&self) -> String {
        format!(
            "{}, {WAYS}, change AS (SELECT vendor_id, device_identity_id, end_hostname AS hostname, kind, \
             CASE kind WHEN 0 THEN came_on WHEN 1 THEN went_on WHEN 2 THEN moved_on ELSE rebilled_on END AS day, \
             started AS there_before, start_in AS from_organization_id, start_billing AS from_billing_status_id, \
             ended AS there_after, end_in AS to_organization_id, end_billing AS to_billing_status_id \
             FROM net JOIN way ON (kind = 0 AND ended AND NOT started) OR (kind = 1 AND started AND NOT ended) \
             OR (kind = 2 AND started AND ended AND start_in IS DISTINCT FROM end_in) \
             OR (kind = 3 AND started AND ended AND start_billing IS DISTINCT FROM end_billing))",
            self.net()
        )
    }

    /// `change`: all that happened in the span, one row for each day and way. Whoever comes back elsewhere came and moved.
    pub(super) fn transitions(&self) -> String {
        format!(
            "{}, {WAYS}, change AS (SELECT vendor_id, device_identity_id, hostname, kind, day, \
             kind <> 0 AS there_before, CASE WHEN kind <> 0 THEN known_in END AS from_organization_id, \
             CASE WHEN kind <> 0 THEN known_billing END AS from_billing_status_id, \
             is_there AS there_after, to_organization_id, to_billing_status_id \
             FROM step JOIN way ON (kind = 0 AND NOT was_there) OR (kind = 1 AND NOT is_there) \
             OR (kind = 2 AND is_there AND known AND known_in IS DISTINCT FROM to_organization_id) \
             OR (kind = 3 AND is_there AND known AND known_billing IS DISTINCT FROM to_billing_status_id))",
            self.steps()
        )
    }
}

/// The ways to change, as [`UsageChangeKind`](super::UsageChangeKind) numbers them.
const WAYS: &str = "way AS (SELECT CAST(0 AS bigint) AS kind UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3)";
