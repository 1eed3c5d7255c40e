//! Years of exceptions without years of nights: rows as the hub writes them, by a few statements.
//!
//! For what needs many exceptions of every kind: filters, orders, plans, figures. The same number gives the same rows on
//! both databases.

use chrono::NaiveDate;
use sea_orm::{ConnectionTrait, DatabaseBackend, DatabaseConnection, DbErr};

/// How much history.
#[derive(Clone, Copy, Debug)]
pub struct History {
    /// How many exceptions.
    pub exceptions: u32,
    /// How many organizations and, times a hundred, devices they are about.
    pub organizations: u32,
    /// The day on which all this is seen.
    pub today: NaiveDate,
}

/// Writes it into tables that are empty but for the vendors; tells the planner.
pub async fn write_history(writer: &DatabaseConnection, history: History) -> Result<(), DbErr> {
    for statement in Dialect(writer.get_database_backend()).statements(history) {
        writer.execute_unprepared(&statement).await?;
    }
    Ok(())
}

#[derive(Clone, Copy)]
struct Dialect(DatabaseBackend);

impl Dialect {
    fn is_postgres(self) -> bool {
        self.0 == DatabaseBackend::Postgres
    }

    /// The day this many days before.
    fn ago(self, today: NaiveDate, days: &str) -> String {
        if self.is_postgres() {
            format!("(DATE '{today}' - CAST({days} AS integer))")
        } else {
            format!("date('{today}', (-({days})) || ' days')")
        }
    }

    fn json(self, text: &str) -> String {
        if self.is_postgres() { format!("CAST({text} AS jsonb)") } else { format!("({text})") }
    }

    fn statements(self, history: History) -> Vec<String> {
        let History { exceptions, organizations, today } = history;
        let devices = organizations * 100;
        let numbers =
            |count: u32| format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) ");
        let columns = |table: &str, columns: &str, count: u32, values: String| {
            let with = numbers(count);
            format!("INSERT INTO {table} ({columns}) {with} SELECT {values} FROM n")
        };
        let mut statements = vec![
            columns(
                "organization",
                "id, name, canonical_name",
                organizations,
                "i, 'Client ' || i, 'client ' || i".to_owned(),
            ),
            columns(
                "device",
                "id, hostname, canonical_hostname, organization_id, present, first_seen_date, last_seen_date",
                devices,
                format!("i, 'DESK-' || i, 'desk-' || i, 1 + i % {organizations}, (i > 0), '2024-01-01', '{today}'"),
            ),
        ];
        for (vendor, offset) in [(3, 0), (4, devices)] {
            statements.push(columns(
                "device_identity",
                "id, vendor_id, vendor_device_key, first_seen_date, last_seen_date, device_id",
                devices,
                format!("i + {offset}, {vendor}, 'key-' || i, '2024-01-01', '{today}', i"),
            ));
        }
        statements.push(self.exceptions(exceptions, organizations, today));
        // About the ThreatLocker record, and for half of them about the Ninja record too.
        let about = "exception_id, device_identity_id";
        statements.push(columns("exception_identity", about, exceptions, format!("i, {devices} + 1 + i % {devices}")));
        let halves = columns("exception_identity", about, exceptions, format!("i, 1 + i % {devices}"));
        statements.push(format!("{halves} WHERE i % 4 > 1"));
        statements.extend(self.periods(today));
        statements.extend(self.events());
        statements.push(if self.is_postgres() { "ANALYZE".to_owned() } else { "ANALYZE; PRAGMA optimize".to_owned() });
        statements
    }

    /// Nine of ten are resolved; one of seven was closed and found again.
    fn exceptions(self, count: u32, organizations: u32, today: NaiveDate) -> String {
        let ago = |days: &str| self.ago(today, days);
        let details = self.json(
            "'{\"organization\":\"Client ' || (i % 200) || '\",\"serial\":\"SN' || (i * 7919) || '\",\"note\":\"Seen on \
             switch ' || (i % 37) || ' port ' || (i % 48) || ', agent 4.' || (i % 9) || '.\"}'",
        );
        let text = "'pc-' || i || chr10 || 'client ' || (i % 200) || chr10 || 'sn' || (i * 7919) || chr10 || \
                    'seen on switch ' || (i % 37) || ' port ' || (i % 48) || ', agent 4.' || (i % 9) || '.'"
            .replace("chr10", if self.is_postgres() { "chr(10)" } else { "char(10)" });
        let (found, closed) = (ago("found"), ago("closed"));
        let snoozed = ago("5 - i % 30");
        format!(
            "INSERT INTO exceptions (id, date_found, type, hostname, details, details_text, resolved, resolved_date, \
             resolved_by, assigned_to, notes, fingerprint, last_seen_date, organization_id, organization_name, resolution, resolved_at, \
             accepted_until, reopened_at, severity, snoozed_until, vendors, version) \
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}), \
             found(i, found) AS (SELECT i, (i * 7) % 700 FROM n), \
             begun(i, found, begun) AS (SELECT i, found, CASE WHEN i % 7 = 0 THEN found / 2 ELSE found END FROM found), \
             closed(i, found, closed) AS (SELECT i, found, CASE WHEN i % 10 <> 0 THEN begun - i % (begun + 1) END FROM begun) \
             SELECT i, {found}, \
             CASE i % 4 WHEN 0 THEN 'MISSING_NINJA' WHEN 1 THEN 'DUPLICATE_TL' WHEN 2 THEN 'SITE_MISMATCH' \
             ELSE 'SPARE_MISMATCH' END, \
             CASE WHEN i % 5 = 0 THEN 'server-' ELSE 'desk-' END || i, {details}, {text}, closed IS NOT NULL, \
             CASE WHEN closed IS NOT NULL THEN {closed} END, \
             CASE WHEN closed IS NOT NULL THEN CASE WHEN i % 4 = 3 THEN 'checks' ELSE 'ann' END END, \
             CASE WHEN i % 3 = 0 THEN 'technician ' || (i % 20) END, \
             CASE WHEN closed IS NOT NULL AND i % 4 <> 3 THEN 'note ' || i END, 'HISTORY:' || i, \
             CASE WHEN closed IS NOT NULL THEN {closed} ELSE {now} END, \
             CASE WHEN i % 11 <> 0 THEN 1 + i % {organizations} END, \
             CASE WHEN i % 11 <> 0 THEN 'client ' || (1 + i % {organizations}) END, \
             CASE WHEN closed IS NOT NULL THEN CASE i % 4 WHEN 0 THEN 'FIXED' WHEN 1 THEN 'ACCEPTED' \
             WHEN 2 THEN 'FALSE_POSITIVE' ELSE 'VERIFIED' END END, \
             {resolved_at}, {none}, {reopened_at}, \
             CASE i % 4 WHEN 0 THEN 3 WHEN 1 THEN 1 WHEN 2 THEN 3 ELSE 2 END, \
             CASE WHEN closed IS NULL AND i % 50 = 0 THEN {snoozed} END, CASE WHEN i % 4 > 1 THEN 24 ELSE 16 END, 1 FROM closed",
            now = ago("0"),
            resolved_at = self.instant("closed IS NOT NULL"),
            reopened_at = self.instant("i % 7 = 0"),
            none = if self.is_postgres() { "CAST(NULL AS date)" } else { "NULL" },
        )
    }

    /// An instant of the past where this holds.
    fn instant(self, condition: &str) -> String {
        let instant = "'2026-01-01T09:00:00+00:00'";
        let typed = if self.is_postgres() { format!("CAST({instant} AS timestamptz)") } else { instant.to_owned() };
        format!("CASE WHEN {condition} THEN {typed} END")
    }

    /// What was found again was closed three quarters of the way back to when it was first found.
    fn periods(self, today: NaiveDate) -> [String; 2] {
        let begun = self.ago(today, "(i * 7) % 700 / 2");
        let closed = self.ago(today, "(i * 7) % 700 - (i * 7) % 700 / 4");
        let at = self.instant("1 = 1");
        let rows = "(SELECT id AS i, exceptions.* FROM exceptions) AS known";
        [
            format!(
                "INSERT INTO exception_period (exception_id, opened_on, opened_at, closed_on, closed_at, resolution, \
                 resolved_by, note) SELECT i, date_found, {at}, {closed}, {at}, 'FIXED', 'ben', 'first note ' || i \
                 FROM {rows} WHERE i % 7 = 0 ORDER BY i"
            ),
            format!(
                "INSERT INTO exception_period (exception_id, opened_on, opened_at, closed_on, closed_at, resolution, \
                 resolved_by, note) SELECT i, CASE WHEN i % 7 = 0 THEN {begun} ELSE date_found END, {at}, \
                 resolved_date, resolved_at, resolution, resolved_by, notes FROM {rows} ORDER BY i"
            ),
        ]
    }

    /// What the rows and the periods say, as the history tells it; the snoozes last.
    fn events(self) -> [String; 4] {
        let at = self.instant("1 = 1");
        let columns = "exception_id, happened_at, happened_on, actor, kind, detail";
        let detail = |text: &str| self.json(text);
        let (found, to, until) = (
            detail("'{}'"),
            detail("'{\"to\":\"' || assigned_to || '\"}'"),
            detail("'{\"to\":\"' || snoozed_until || '\"}'"),
        );
        let resolved =
            detail("'{\"to\":\"' || resolution || '\"' || COALESCE(',\"note\":\"' || note || '\"', '') || '}'");
        [
            format!(
                "INSERT INTO exception_event ({columns}) SELECT exception_id, {at}, opened_on, 'checks', 'found', {found} \
                 FROM exception_period ORDER BY id"
            ),
            format!(
                "INSERT INTO exception_event ({columns}) SELECT exception_id, {at}, closed_on, resolved_by, 'resolved', \
                 {resolved} FROM exception_period WHERE closed_on IS NOT NULL ORDER BY id"
            ),
            format!(
                "INSERT INTO exception_event ({columns}) SELECT id, {at}, date_found, 'ann', 'assigned', {to} \
                 FROM exceptions WHERE assigned_to IS NOT NULL ORDER BY id"
            ),
            format!(
                "INSERT INTO exception_event ({columns}) SELECT id, {at}, date_found, 'ann', 'snoozed', {until} \
                 FROM exceptions WHERE snoozed_until IS NOT NULL ORDER BY id"
            ),
        ]
    }
}
