//! A year of counts without a year of nights: rows as the hub writes them, by a few statements.

use chrono::NaiveDate;
use sea_orm::DatabaseBackend;

/// The days before this one, counted for this many clients on this many days: statements that write them and tell the
/// planner. Each client is a site of both vendors; a site has four groups of devices, a hundred in all for each client.
pub fn year_of_counts(backend: DatabaseBackend, before: NaiveDate, (organizations, days): (u32, u32)) -> Vec<String> {
    let is_postgres = backend == DatabaseBackend::Postgres;
    let day = if is_postgres {
        format!("(DATE '{before}' - CAST(d.i AS integer))")
    } else {
        format!("date('{before}', (-d.i) || ' days')")
    };
    let instant =
        if is_postgres { "CAST('2026-01-01T09:00:00+00:00' AS timestamptz)" } else { "'2026-01-01T09:00:00+00:00'" };
    let series = |name: &str, count: u32| {
        format!("{name}(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM {name} WHERE i < {count})")
    };
    let (clients, dates) = (series("o", organizations), series("d", days));
    let base = 1_000_000;
    let site = |vendor: &str| format!("{base} + o.i * 2 + {vendor} - 3");
    let mut statements = vec![format!(
        "INSERT INTO organization (id, name, canonical_name) WITH RECURSIVE {clients} \
         SELECT {base} + o.i, 'Client ' || o.i, 'client ' || o.i FROM o"
    )];
    for vendor in ["3", "4"] {
        let (site, group) =
            (site(vendor), "(SELECT 1 AS g UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS k");
        statements.push(format!(
            "INSERT INTO site (id, vendor_id, vendor_site_key, name, canonical_name, organization_id) \
             WITH RECURSIVE {clients} SELECT {site}, {vendor}, 'client-' || o.i, 'Client ' || o.i, 'client ' || o.i, {base} + o.i FROM o"
        ));
        statements.push(format!(
            "INSERT INTO snapshot_day (snapshot_date, vendor_id, collection_id, device_count, collected_at) \
             WITH RECURSIVE {dates} SELECT {day}, {vendor}, 1, {organizations} * 50, {instant} FROM d"
        ));
        // Billed workstations and servers, spare guests, unknown ones; the other vendor decides nothing.
        let billing = if vendor == "3" { "CASE k.g WHEN 3 THEN 2 WHEN 4 THEN 3 ELSE 1 END" } else { "NULL" };
        let billing = if is_postgres { format!("CAST({billing} AS bigint)") } else { billing.to_owned() };
        let reason = if vendor == "3" { "CASE k.g WHEN 3 THEN 'vm_guest' END" } else { "CAST(NULL AS varchar(40))" };
        let types = "(SELECT id FROM device_type WHERE code = CASE k.g WHEN 1 THEN 'workstation' WHEN 2 THEN 'server' \
                     WHEN 3 THEN 'virtual_guest' ELSE 'other' END)";
        statements.push(format!(
            "INSERT INTO daily_counts (snapshot_date, vendor_id, site_id, device_type_id, billing_status_id, \
             location_name, spare_reason, cnt) WITH RECURSIVE {clients}, {dates} \
             SELECT {day}, {vendor}, {site}, {types}, {billing}, 'Site ' || k.g, {reason}, \
             CASE k.g WHEN 1 THEN 35 ELSE 5 END FROM o, d, {group}"
        ));
    }
    statements.push(format!(
        "INSERT INTO daily_totals (snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, cnt) \
         SELECT snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason, SUM(cnt) FROM daily_counts \
         WHERE site_id > {base} GROUP BY snapshot_date, vendor_id, device_type_id, billing_status_id, spare_reason"
    ));
    statements.push(if is_postgres { "ANALYZE".to_owned() } else { "ANALYZE; PRAGMA optimize".to_owned() });
    statements
}
