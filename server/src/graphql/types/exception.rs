//! `Exception`: a finding with a life.

use async_graphql::{Context, Enum, ID, Object};
use chrono::NaiveDate;
use entity::{exception, exception_event};

use super::{
    Date, DateTime, Device, ExceptionEvent, ExceptionResolution, ExceptionType, Json, Organization, Severity,
    SuggestedLinks,
    scalars::count,
    stored::{known, optional},
};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DevicesOfException, EventsOfException, ExceptionId, OrganizationId, SuggestionsForException},
        node_id::NodeId,
        pagination::{Connection, PageArguments, page_cost, page_of_slice},
        queries::{age_days, status_of},
    },
    inventory::exceptions::Resolution,
};

/// Whether an exception waits for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum ExceptionStatus {
    /// Somebody has to look at it.
    Open,
    /// It is open, and nobody wants to see it before a day to come.
    Snoozed,
    /// It is resolved.
    Resolved,
}

/// An exception, as it is now or as it was at the end of a day.
#[derive(Clone, Debug)]
pub struct Exception(pub exception::Model, pub Option<NaiveDate>);

impl Exception {
    /// As it is now.
    pub fn now(row: exception::Model) -> Self {
        Self(row, None)
    }

    /// The day from which it is looked at.
    fn day(&self, ctx: &Context<'_>) -> NaiveDate {
        self.1.unwrap_or_else(|| ctx.inventory().today())
    }

    /// Whether something had happened by the day from which it is looked at. Events of old have no day; those are of
    /// the day on which they were written.
    fn has_seen(&self, ctx: &Context<'_>, event: &exception_event::Model) -> bool {
        let on = event.happened_on.unwrap_or_else(|| ctx.inventory().zone().date_of(event.happened_at));
        self.1.is_none_or(|day| on <= day)
    }
}

/// Something that a check found wrong, from the day it was found until it is resolved. The same finding is the same
/// exception for ever: found again after it was resolved, it reopens.
#[Object]
impl Exception {
    /// Opaque id, the same for ever. As of a day it has another one, that only says what was then.
    pub(in crate::graphql) async fn id(&self) -> ID {
        self.1.map_or(NodeId::Exception(self.0.id), |day| NodeId::ExceptionAsOf(day, self.0.id)).encode()
    }

    /// The day at whose end it was like this; null when this is how it is now.
    async fn as_of(&self) -> Option<Date> {
        self.1.map(Date)
    }

    /// The same exception as it is now: itself unless it is asked for as of a day.
    async fn current(&self, ctx: &Context<'_>) -> Result<Exception, Fault> {
        if self.1.is_none() {
            return Ok(self.clone());
        }
        let row = ctx.load(ExceptionId(self.0.id)).await?;
        row.map(Self::now).ok_or_else(|| Fault::corrupt("exception", &self.0.id.to_string()))
    }

    /// The kind of trouble.
    #[graphql(name = "type")]
    async fn exception_type(&self) -> Result<ExceptionType, Fault> {
        let read = |code: &str| domain::checks::ExceptionType::from_code(code).map(Into::into);
        known("exception type", &self.0.r#type, read)
    }

    /// How bad it is.
    async fn severity(&self) -> Result<Severity, Fault> {
        let rank = self.0.severity;
        let severity = domain::checks::Severity::from_rank(rank).map(Severity::from);
        severity.ok_or_else(|| Fault::corrupt("severity", &rank.to_string()))
    }

    /// Whether it waits for somebody.
    async fn status(&self, ctx: &Context<'_>) -> ExceptionStatus {
        status_of(&self.0, self.day(ctx))
    }

    /// The canonical host name of the device it is about. As of a day it is today's.
    async fn hostname(&self) -> &str {
        &self.0.hostname
    }

    /// What a technician needs to know; the keys depend on the type. As of a day it is what is known now.
    async fn details(&self) -> Json {
        Json(self.0.details.clone())
    }

    /// The day it was first found.
    async fn date_found(&self) -> Date {
        self.0.date_found.into()
    }

    /// Days since it was first found, up to the day it was resolved if it is, or to the day of `asOf`.
    async fn age_days(&self, ctx: &Context<'_>) -> i32 {
        count(age_days(&self.0, self.day(ctx)))
    }

    /// The last day on which a check found it. As of a day it is that day at most, and no later than its resolution.
    async fn last_seen(&self) -> Date {
        self.0.last_seen_date.into()
    }

    /// How it was resolved; null while it is open.
    async fn resolution(&self) -> Result<Option<ExceptionResolution>, Fault> {
        let code = self.0.resolution.as_deref().filter(|_| self.0.resolved);
        optional("resolution", code, |code| Resolution::from_code(code).map(Into::into))
    }

    /// When it was resolved; null while it is open.
    async fn resolved_at(&self) -> Option<DateTime> {
        self.0.resolved_at.filter(|_| self.0.resolved).map(DateTime)
    }

    /// The day on which it was resolved; null while it is open.
    async fn resolved_date(&self) -> Option<Date> {
        self.0.resolved_date.filter(|_| self.0.resolved).map(Date)
    }

    /// Who resolved it: a person, or `checks`; null while it is open.
    async fn resolved_by(&self) -> Option<&str> {
        self.0.resolved_by.as_deref().filter(|_| self.0.resolved)
    }

    /// The latest note or comment, in at most 10,000 characters; null when there is none. `history` has them all.
    async fn notes(&self) -> Option<&str> {
        self.0.notes.as_deref()
    }

    /// The last day on which it is accepted; null when it is not, or for ever.
    async fn accepted_until(&self) -> Option<Date> {
        self.0.accepted_until.map(Date)
    }

    /// The last day on which nobody wants to see it though it is open; null when it is not snoozed, or not any more.
    async fn snoozed_until(&self, ctx: &Context<'_>) -> Option<Date> {
        let day = self.day(ctx);
        self.0.snoozed_until.filter(|last| !self.0.resolved && *last >= day).map(Date)
    }

    /// The last time it was opened again after it had been resolved; null if that never happened.
    async fn reopened_at(&self) -> Option<DateTime> {
        self.0.reopened_at.map(DateTime)
    }

    /// Who opened it again then: a person, or `checks`; null if that never happened.
    async fn reopened_by(&self) -> Option<&str> {
        self.0.reopened_by.as_deref()
    }

    /// Who works on it; null when nobody does.
    async fn assigned_to(&self) -> Option<&str> {
        self.0.assigned_to.as_deref()
    }

    /// Grows with every change; as of a day it is today's. Give it as `expectedVersion` to change only what you have seen.
    async fn version(&self) -> i32 {
        count(self.0.version)
    }

    /// The client it concerns; null when the device is in none. As of a day it is today's.
    async fn organization(&self, ctx: &Context<'_>) -> Result<Option<Organization>, Fault> {
        match self.0.organization_id {
            Some(id) => Ok(ctx.load(OrganizationId(id)).await?.map(Organization)),
            None => Ok(None),
        }
    }

    /// The device it is about, the first of `devices` where it is about several; null when none is linked.
    async fn device(&self, ctx: &Context<'_>) -> Result<Option<Device>, Fault> {
        let rows = ctx.load(DevicesOfException(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(Device))
    }

    /// The devices it is about.
    async fn devices(&self, ctx: &Context<'_>) -> Result<Vec<Device>, Fault> {
        let rows = ctx.load(DevicesOfException(self.0.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Device).collect())
    }

    /// Who may be the missing counterpart of the records it is about, for a person to link; empty once they are linked, and
    /// for kinds of trouble that no link mends.
    #[graphql(complexity = "500 + child_complexity")]
    async fn suggested_links(&self, ctx: &Context<'_>) -> Result<Vec<SuggestedLinks>, Fault> {
        if !is_mended_by_a_link(&self.0.r#type) {
            return Ok(Vec::new());
        }
        let found = ctx.load(SuggestionsForException(self.0.id)).await?.unwrap_or_default();
        Ok(found.into_iter().map(SuggestedLinks).collect())
    }

    /// Everything that happened to it, the oldest first; as of a day, what had happened by its end.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
    ) -> Result<Connection<ExceptionEvent>, Fault> {
        let arguments = PageArguments { first, after, last, before };
        let mut rows = ctx.load(EventsOfException(self.0.id)).await?.unwrap_or_default();
        rows.retain(|row| self.has_seen(ctx, row));
        let page = page_of_slice("exceptionHistory", &rows, |row| (row.id, 0), &arguments)?;
        Ok(page.show(|rows| rows.into_iter().map(ExceptionEvent).collect()))
    }
}

fn is_mended_by_a_link(exception_type: &str) -> bool {
    use domain::checks::ExceptionType::{AmbiguousMatch, MissingNinja, MissingTl};
    [MissingNinja, MissingTl, AmbiguousMatch].iter().any(|mended| mended.code() == exception_type)
}
