//! `BillingReport`: what a month is billed as.

use std::{collections::BTreeMap, sync::Arc};

use async_graphql::{Enum, Object};
use chrono::Datelike;
use domain::billing_report::{Adjustment, BilledChange, ChangeKind, Line, Report};

use super::{
    BillingAdjustment, BillingChange, BillingDifference, BillingFigures, BillingGap, BillingLine, Date, Month,
    MonthClosing, scalars::count,
};
use crate::{
    graphql::{
        errors::Fault,
        pagination::{Connection, PageArguments, page_cost, page_of_slice},
    },
    inventory::billing::{Billed, Closing},
};

/// How final a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum BillingReportStatus {
    /// The month is not over: the numbers are those of its last stored day so far.
    Provisional,
    /// The month is over and nobody closed it: corrections still change it.
    Open,
    /// It was closed, and is what was billed.
    Closed,
}

/// A report, as billed or as it counts now.
#[derive(Clone, Debug)]
pub struct BillingReport {
    billed: Arc<Billed>,
    live: bool,
}

impl BillingReport {
    pub(in crate::graphql) fn new(billed: Arc<Billed>) -> Self {
        Self { billed, live: false }
    }

    pub(super) fn report(&self) -> &Report {
        match &self.billed.live {
            Some(live) if self.live => live,
            _ => &self.billed.report,
        }
    }

    /// The same month as it counts now, where that is known.
    pub(super) fn as_live(&self) -> Self {
        Self { billed: Arc::clone(&self.billed), live: true }
    }

    fn frozen(&self) -> Option<&Closing> {
        self.billed.closing.as_ref().filter(|_| !self.live)
    }
}

/// A month by organization. Ninja decides what is billed; the MSP's own organizations are left out.
#[Object]
impl BillingReport {
    /// The month.
    async fn month(&self) -> Month {
        self.report().month.into()
    }

    /// How final it is.
    async fn status(&self) -> BillingReportStatus {
        match (self.billed.provisional, self.frozen()) {
            (_, Some(_)) => BillingReportStatus::Closed,
            (true, None) => BillingReportStatus::Provisional,
            (false, None) => BillingReportStatus::Open,
        }
    }

    /// The day whose devices are billed: Ninja's last complete stored day of the month.
    async fn date(&self) -> Date {
        self.report().counted_on.into()
    }

    /// ThreatLocker's last complete stored day of the month; null when it has none.
    async fn threatlocker_date(&self) -> Option<Date> {
        self.report().threatlocker_on.map(Date)
    }

    /// The first day of highest and average: the first of the month, or the first day that was ever stored.
    async fn counted_from(&self) -> Date {
        self.report().span.from.into()
    }

    /// The last day of highest and average: the last of the month; `date` while the month is not over.
    async fn counted_to(&self) -> Date {
        self.report().span.to.into()
    }

    /// The days between, both included, without a complete collection of Ninja. Each counts as the day before it.
    async fn missing_days(&self) -> Vec<Date> {
        self.report().missing_days.iter().copied().map(Date).collect()
    }

    /// The sums of the lines, column by column; adjustments are not in them.
    async fn totals(&self) -> BillingFigures {
        BillingFigures(self.report().total())
    }

    /// A line for each organization that has anything to tell, by name; the devices in no organization come last.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn lines(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<BillingLine>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let page = page_of_slice("billingLines", &self.report().lines, line_place, &arguments)?;
        Ok(page.show(|lines| lines.into_iter().map(|line| BillingLine::new(self.clone(), line)).collect()))
    }

    /// What was added and removed, by day and device. `changesFrozen` tells whether they are those that were billed.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn changes(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<BillingChange>, Fault> {
        page_of_changes(&self.report().changes, &PageArguments { first, after, last, before })
    }

    /// Whether `changes` are those that `added` and `removed` were billed by. False while the month is not closed, and for a
    /// month that was closed before changes were kept: they are what the ledger tells now, and may not add up to its lines.
    async fn changes_frozen(&self) -> bool {
        self.frozen().is_some_and(Closing::has_changes)
    }

    /// Corrections of closed months before this one, to be billed with it, by month and name. A closed month shows those
    /// that were billed with it; as it counts now it has none.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn adjustments(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<BillingAdjustment>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let page = page_of_slice("billingAdjustments", &self.report().adjustments, adjustment_place, &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(BillingAdjustment).collect()))
    }

    /// Names of the MSP's own organizations, which are not billed.
    async fn left_out(&self) -> Vec<&str> {
        self.report().left_out.iter().map(|own| own.name.as_str()).collect()
    }

    /// What the invoice of the whole month lacks, whichever client was asked for; `closeMonth` refuses while there is any,
    /// unless it is forced. Of a closed month, what it was closed over.
    async fn gaps(&self) -> Vec<BillingGap> {
        self.report().gaps.iter().map(Into::into).collect()
    }

    /// Who closed it; null while nobody did.
    async fn closing(&self) -> Option<MonthClosing> {
        self.frozen().cloned().map(MonthClosing)
    }

    /// The closed month as it counts now; null for one that is not closed, or can't be counted any more.
    async fn live(&self) -> Option<BillingReport> {
        let has_live = self.billed.live.is_some() && !self.live;
        has_live.then(|| self.as_live())
    }

    /// The organizations that count otherwise now than they were billed, by name; empty while the month is not closed.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn differences(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<BillingDifference>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let place = |difference: &BillingDifference| difference.line().map_or((String::new(), 0), line_place);
        Ok(page_of_slice("billingDifferences", &differences(self), place, &arguments)?.show(|rows| rows))
    }

    /// How many calendar days highest and average are of.
    async fn counted_days(&self) -> i32 {
        count(self.report().span.days())
    }
}

/// Both lines of every organization that has two that count otherwise, or only one.
fn differences(shown: &BillingReport) -> Vec<BillingDifference> {
    let billed = &shown.billed;
    let Some(live) = &billed.live else { return Vec::new() };
    let mut pairs: BTreeMap<Option<i64>, (Option<&Line>, Option<&Line>)> = BTreeMap::new();
    for line in &billed.report.lines {
        pairs.entry(line.organization_id).or_default().0 = Some(line);
    }
    for line in &live.lines {
        pairs.entry(line.organization_id).or_default().1 = Some(line);
    }
    let nothing = Line::default();
    let differ = |(as_billed, live): &(Option<&Line>, Option<&Line>)| {
        !as_billed.unwrap_or(&nothing).counts_as(live.unwrap_or(&nothing))
    };
    let found = pairs.into_values().filter(differ).map(|(as_billed, live)| BillingDifference {
        report: BillingReport { live: false, ..shown.clone() },
        as_billed: as_billed.cloned(),
        live: live.cloned(),
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|one, other| one.line().map(Line::place).cmp(&other.line().map(Line::place)));
    found
}

/// Those without a name come last.
fn line_place(line: &Line) -> (String, i64) {
    (place_of_name(line.name.as_deref()), line.organization_id.unwrap_or_default())
}

fn adjustment_place(adjustment: &Adjustment) -> (String, i64) {
    let name = place_of_name(adjustment.name.as_deref());
    (format!("{} {name}", adjustment.month), adjustment.organization_id.unwrap_or_default())
}

fn place_of_name(name: Option<&str>) -> String {
    name.map_or_else(|| "1".to_owned(), |name| format!("0{name}"))
}

/// A device changes two lines of one day at most, the one that it leaves first.
pub(super) fn page_of_changes(
    changes: &[BilledChange],
    arguments: &PageArguments,
) -> Result<Connection<BillingChange>, Fault> {
    let place = |change: &BilledChange| {
        let second = i64::from(change.change.kind == ChangeKind::MovedIn);
        (i64::from(change.change.day.num_days_from_ce()), change.change.identity_id * 2 + second)
    };
    let page = page_of_slice("billingChanges", changes, place, arguments)?;
    Ok(page.show(|rows| rows.into_iter().map(BillingChange).collect()))
}
