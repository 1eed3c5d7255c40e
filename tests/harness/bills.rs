//! Reading bills and closing months, and days that are dropped as retention drops them.

use chrono::{Datelike, NaiveDate};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use crate::{GraphqlClient, World};

const FIGURES: &str = "endpoints seats start { endpoints seats } highest { endpoints seats }
    average { endpoints seats } added { endpoints seats } removed { endpoints seats }
    threatlockerDevices difference otherEndpoints exceptions { type count effect } explained unexplained";

/// All that is asked of a report, but for what only a closed month has.
fn face() -> String {
    format!(
        "month status date threatlockerDate countedFrom countedTo countedDays missingDays leftOut
        totals {{ {FIGURES} }} lines(first: 100) {{ totalCount nodes {{ name organization {{ id name }} {FIGURES} }} }}
        changes(first: 300) {{ totalCount nodes {{ date kind hostname vendorDeviceKey endpoints seats organizationName
            organization {{ name }} }} }} changesFrozen
        adjustments(first: 50) {{ nodes {{ month name endpoints seats organization {{ name }} }} }}
        gaps {{ kind message vendor date vendorSiteKey name client devices }}"
    )
}

fn report() -> String {
    format!(
        "{} closing {{ closedAt closedBy forcedReason contentHash content format verified }} live {{ {} }}
        differences(first: 50) {{ nodes {{ endpoints seats organization {{ name }} asBilled {{ name endpoints seats }}
            live {{ name endpoints seats }} }} }}",
        face(),
        face()
    )
}

impl GraphqlClient {
    /// What a month is billed as: `bill("2026-03")`.
    pub async fn bill(&self, month: &str) -> Value {
        let query = format!("query($month: Month!) {{ billingReport(month: $month) {{ {} }} }}", report());
        self.ask(&query, json!({ "month": month })).await.data()["billingReport"].clone()
    }

    /// Closes a month; answers the payload.
    pub async fn close_month(&self, input: Value) -> Value {
        let query = format!(
            "mutation($input: CloseMonthInput!) {{ closeMonth(input: $input) {{ closed report {{ {} }}
                gaps {{ kind message vendor date vendorSiteKey name client devices }} userErrors {{ code field message }} }} }}",
            report()
        );
        self.ask(&query, json!({ "input": input })).await.data()["closeMonth"].clone()
    }
}

impl World {
    /// Runs a statement behind the hub's back.
    pub async fn run_sql(&self, sql: &str) -> Result<(), sea_orm::DbErr> {
        self.inventory.database().writer().execute_unprepared(sql).await.map(drop)
    }

    /// Drops every day up to this one, whose month is rolled up first by its last stored day: the last one given here.
    pub async fn drop_days(&self, month_ends: &[NaiveDate]) {
        for end in month_ends {
            let next = end.with_day(1).map(|first| first + chrono::Months::new(1)).unwrap_or_default();
            let last = next.pred_opt().unwrap_or_default();
            let columns = "vendor_id, site_id, device_type_id, billing_status_id, location_name, spare_reason, cnt";
            let statements = [
                // The hub has counted a month that is over when the next one began.
                format!("DELETE FROM month_end_counts WHERE month_end_date = '{last}'"),
                format!(
                    "INSERT INTO month_end_counts (month_end_date, counted_date, {columns}) \
                     SELECT '{last}', snapshot_date, {columns} FROM daily_counts WHERE snapshot_date = '{end}'"
                ),
                format!(
                    "UPDATE snapshot_day SET dropped_at = '2026-12-01 00:00:00+00:00' WHERE snapshot_date <= '{end}'"
                ),
                format!("DELETE FROM device_snapshot WHERE snapshot_date <= '{end}'"),
                format!("DELETE FROM daily_counts WHERE snapshot_date <= '{end}'"),
                format!("DELETE FROM daily_totals WHERE snapshot_date <= '{end}'"),
            ];
            for statement in statements {
                self.run_sql(&statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
            }
        }
    }
}
