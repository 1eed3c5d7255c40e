//! `Windows11Readiness`: how many Windows workstations may run Windows 11 24H2.

use std::collections::BTreeMap;

use async_graphql::{Context, Object};
use chrono::NaiveDate;
use domain::windows11::Verdict;

use super::{Date, Organization, scalars::count};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::OrganizationId,
    pagination::{Connection, PageArguments, page_cost, page_of_slice},
};

/// The Windows workstations of one organization with one verdict.
#[derive(Clone, Copy, Debug)]
pub struct Windows11Group {
    /// Organization.
    pub organization_id: Option<i64>,
    /// Verdict; `None` for those that were stored before the hub judged.
    pub verdict: Option<Verdict>,
    /// How many.
    pub devices: i64,
}

/// Windows workstations by verdict.
#[derive(Clone, Debug, Default)]
pub struct Windows11Counts(Vec<Windows11Group>);

impl Windows11Counts {
    fn of(&self, verdict: Option<Verdict>) -> i32 {
        count(self.0.iter().filter(|group| group.verdict == verdict).map(|group| group.devices).sum::<i64>())
    }
}

/// Windows workstations by verdict.
#[Object]
impl Windows11Counts {
    /// How many do not run 24H2, and meet every requirement.
    async fn capable(&self) -> i32 {
        self.of(Some(Verdict::Capable))
    }

    /// How many are known not to meet a requirement.
    async fn not_capable(&self) -> i32 {
        self.of(Some(Verdict::NotCapable))
    }

    /// How many run 24H2 already.
    async fn already_there(&self) -> i32 {
        self.of(Some(Verdict::AlreadyThere))
    }

    /// How many run something newer.
    async fn newer(&self) -> i32 {
        self.of(Some(Verdict::Newer))
    }

    /// Of how many something was not reported that decides.
    async fn not_enough_data(&self) -> i32 {
        self.of(Some(Verdict::NotEnoughData))
    }

    /// How many were stored before the hub judged Windows workstations; the next collection judges them.
    async fn not_judged(&self) -> i32 {
        self.of(None)
    }

    /// How many there are, with whatever verdict or none.
    async fn total(&self) -> i32 {
        count(self.0.iter().map(|group| group.devices).sum::<i64>())
    }
}

/// The Windows workstations of one organization by verdict.
#[derive(Clone, Debug)]
pub struct Windows11OrganizationCounts {
    organization_id: Option<i64>,
    counts: Windows11Counts,
}

/// The Windows workstations of one organization by verdict.
#[Object]
impl Windows11OrganizationCounts {
    /// The client; null for devices that are filed under none.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// How many.
    async fn counts(&self) -> &Windows11Counts {
        &self.counts
    }
}

/// How many Windows workstations may run Windows 11 24H2.
#[derive(Clone, Debug)]
pub struct Windows11Readiness {
    /// The day.
    pub date: NaiveDate,
    /// The groups that have devices.
    pub groups: Vec<Windows11Group>,
}

/// How many Windows workstations may run Windows 11 24H2 on a day, in all and by organization.
#[Object]
impl Windows11Readiness {
    /// The day.
    async fn date(&self) -> Date {
        self.date.into()
    }

    /// All of them.
    async fn counts(&self) -> Windows11Counts {
        Windows11Counts(self.groups.clone())
    }

    /// By organization, in the order in which organizations became known; what is in none comes last.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn by_organization(
        &self,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<Windows11OrganizationCounts>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let rows = self.gathered();
        let page = page_of_slice("windows11Readiness/organization", &rows, |(place, _)| (*place, 0), &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(|(_, row)| row).collect()))
    }
}

impl Windows11Readiness {
    fn gathered(&self) -> Vec<(i64, Windows11OrganizationCounts)> {
        let mut rows = BTreeMap::<i64, Windows11OrganizationCounts>::new();
        for group in &self.groups {
            let organization_id = group.organization_id;
            let row = rows
                .entry(organization_id.unwrap_or(i64::MAX))
                .or_insert_with(|| Windows11OrganizationCounts { organization_id, counts: Windows11Counts::default() });
            row.counts.0.push(*group);
        }
        rows.into_iter().collect()
    }
}
