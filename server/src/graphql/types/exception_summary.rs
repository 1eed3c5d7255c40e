//! How many exceptions there are.

use async_graphql::{Context, Object, SimpleObject};
use chrono::NaiveDate;

use super::{Date, ExceptionType, Organization, Severity, scalars::count};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::OrganizationId,
    pagination::{Connection, PageArguments, page_cost, page_of_slice},
};

/// Numbers of exceptions that can be added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExceptionTally {
    /// Open ones.
    pub open: i64,
    /// Snoozed ones.
    pub snoozed: i64,
    /// Resolved ones.
    pub resolved: i64,
    /// The day the oldest of the open ones was first found.
    pub oldest_open: Option<NaiveDate>,
}

impl ExceptionTally {
    fn and(self, other: Self) -> Self {
        Self {
            open: self.open + other.open,
            snoozed: self.snoozed + other.snoozed,
            resolved: self.resolved + other.resolved,
            oldest_open: [self.oldest_open, other.oldest_open].into_iter().flatten().min(),
        }
    }
}

/// The exceptions of one type, severity and organization.
#[derive(Clone, Copy, Debug)]
pub struct SummaryGroup {
    /// Type.
    pub exception_type: domain::checks::ExceptionType,
    /// Severity.
    pub severity: domain::checks::Severity,
    /// Organization.
    pub organization_id: Option<i64>,
    /// How many.
    pub tally: ExceptionTally,
}

/// Numbers of exceptions.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionCounts {
    tally: ExceptionTally,
    day: NaiveDate,
}

/// Numbers of exceptions, each as `exceptions` lists them for that status.
#[Object]
impl ExceptionCounts {
    /// How many are open and not snoozed.
    async fn open(&self) -> i32 {
        count(self.tally.open)
    }

    /// How many are open and snoozed.
    async fn snoozed(&self) -> i32 {
        count(self.tally.snoozed)
    }

    /// How many are resolved.
    async fn resolved(&self) -> i32 {
        count(self.tally.resolved)
    }

    /// How many there are of any status.
    async fn total(&self) -> i32 {
        count(self.tally.open + self.tally.snoozed + self.tally.resolved)
    }

    /// The day on which the oldest of the open ones was first found; null when none is open.
    async fn oldest_open(&self) -> Option<Date> {
        self.tally.oldest_open.map(Date)
    }

    /// The age of the oldest of the open ones in days; null when none is open.
    async fn oldest_age_days(&self) -> Option<i32> {
        self.tally.oldest_open.map(|found| count((self.day - found).num_days().max(0)))
    }
}

/// The exceptions of one type.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ExceptionTypeCounts {
    /// The kind of trouble.
    #[graphql(name = "type")]
    exception_type: ExceptionType,
    /// How many.
    counts: ExceptionCounts,
}

/// The exceptions of one severity.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub struct ExceptionSeverityCounts {
    /// How bad they are.
    severity: Severity,
    /// How many.
    counts: ExceptionCounts,
}

/// The exceptions of one organization, or of one type in it.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionGroup {
    organization_id: Option<i64>,
    exception_type: Option<domain::checks::ExceptionType>,
    counts: ExceptionCounts,
}

/// The exceptions of one organization, or of one type in it.
#[Object]
impl ExceptionGroup {
    /// The client; null for exceptions about devices that are in none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// The kind of trouble; null where all kinds are counted together.
    #[graphql(name = "type")]
    async fn exception_type(&self) -> Option<ExceptionType> {
        self.exception_type.map(Into::into)
    }

    /// How many.
    async fn counts(&self) -> ExceptionCounts {
        self.counts
    }
}

/// How many exceptions there are.
#[derive(Clone, Debug)]
pub struct ExceptionSummary {
    /// The groups that have exceptions.
    pub groups: Vec<SummaryGroup>,
    /// The day up to which ages count.
    pub day: NaiveDate,
}

/// How many exceptions there are, in all and by type, severity and organization.
#[Object]
impl ExceptionSummary {
    /// All of them.
    async fn counts(&self) -> ExceptionCounts {
        self.of(|_| true)
    }

    /// By type, in the order of the documentation; types without exceptions are left out.
    async fn by_type(&self) -> Vec<ExceptionTypeCounts> {
        let types = domain::checks::ExceptionType::ALL.into_iter();
        let counted = types.map(|wanted| (wanted, self.of(|group| group.exception_type == wanted)));
        let some = counted.filter(|(_, counts)| counts.tally != ExceptionTally::default());
        some.map(|(wanted, counts)| ExceptionTypeCounts { exception_type: wanted.into(), counts }).collect()
    }

    /// By severity, the worst first; severities without exceptions are left out.
    async fn by_severity(&self) -> Vec<ExceptionSeverityCounts> {
        let severities = domain::checks::Severity::ALL.into_iter().rev();
        let counted = severities.map(|wanted| (wanted, self.of(|group| group.severity == wanted)));
        let some = counted.filter(|(_, counts)| counts.tally != ExceptionTally::default());
        some.map(|(wanted, counts)| ExceptionSeverityCounts { severity: wanted.into(), counts }).collect()
    }

    /// By organization, in the order in which organizations became known; what is in none comes last.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_organization(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ExceptionGroup>, Fault> {
        let groups = self.gathered(|group| (place_of(group.organization_id), 0), |_| None);
        page("exceptionSummary/organization", &groups, &PageArguments { first, after, last, before })
    }

    /// By organization and type, in the same order.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_organization_and_type(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ExceptionGroup>, Fault> {
        let number = |group: &SummaryGroup| {
            let place = domain::checks::ExceptionType::ALL.iter().position(|known| *known == group.exception_type);
            place.and_then(|place| i64::try_from(place).ok()).unwrap_or(i64::MAX)
        };
        let place = |group: &SummaryGroup| (place_of(group.organization_id), number(group));
        let groups = self.gathered(place, |group| Some(group.exception_type));
        page("exceptionSummary/organization/type", &groups, &PageArguments { first, after, last, before })
    }
}

type Placed = ((i64, i64), ExceptionGroup);

impl ExceptionSummary {
    fn of(&self, wanted: impl Fn(&SummaryGroup) -> bool) -> ExceptionCounts {
        let tally = self
            .groups
            .iter()
            .filter(|group| wanted(group))
            .fold(ExceptionTally::default(), |sum, group| sum.and(group.tally));
        ExceptionCounts { tally, day: self.day }
    }

    /// One row for the groups that share a place, sorted by it.
    fn gathered(
        &self,
        place: impl Fn(&SummaryGroup) -> (i64, i64),
        exception_type: impl Fn(&SummaryGroup) -> Option<domain::checks::ExceptionType>,
    ) -> Vec<Placed> {
        let mut rows = std::collections::BTreeMap::<(i64, i64), ExceptionGroup>::new();
        for group in &self.groups {
            let row = rows.entry(place(group)).or_insert_with(|| ExceptionGroup {
                organization_id: group.organization_id,
                exception_type: exception_type(group),
                counts: ExceptionCounts { tally: ExceptionTally::default(), day: self.day },
            });
            row.counts.tally = row.counts.tally.and(group.tally);
        }
        rows.into_iter().collect()
    }
}

fn page(list: &str, rows: &[Placed], arguments: &PageArguments) -> Result<Connection<ExceptionGroup>, Fault> {
    let page = page_of_slice(list, rows, |(place, _)| *place, arguments)?;
    Ok(page.show(|rows| rows.into_iter().map(|(_, group)| group).collect()))
}

/// Where an organization stands in the order; what is in none comes last.
fn place_of(organization_id: Option<i64>) -> i64 {
    organization_id.unwrap_or(i64::MAX)
}
