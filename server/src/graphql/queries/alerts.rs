//! `alerts`.

use async_graphql::{Context, InputObject, Object};
use entity::alert;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            AlertKindFilter, DateTimeFilter, Filter, Joined, OrderDirection, SeverityFilter, VendorFilter, condition,
            one_of,
        },
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::{Alert, AlertKind},
    },
    inventory::Reference,
};

/// Asks about alerts. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AlertFilter {
    /// Whether it is not over yet.
    open: Option<bool>,
    /// By the kind of trouble.
    kind: Option<AlertKindFilter>,
    /// By how bad it is.
    severity: Option<SeverityFilter>,
    /// By the vendor that it is about; alerts about checks and exception types have none, and match no vendor.
    vendor: Option<VendorFilter>,
    /// By when it was found.
    opened_at: Option<DateTimeFilter>,
    /// By when it was found to be over.
    closed_at: Option<DateTimeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<AlertFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<AlertFilter>>,
    /// This filter does not hold.
    not: Option<Box<AlertFilter>>,
}

impl Filter for AlertFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use alert::Column;
        let open = self.open.map(|open| if open { Column::ClosedAt.is_null() } else { Column::ClosedAt.is_not_null() });
        let kinds = self.kind.as_ref().and_then(AlertKindFilter::values);
        let severities = self.severity.as_ref().and_then(SeverityFilter::values);
        let ranks = |known: Vec<_>| known.into_iter().map(|severity| domain::checks::Severity::from(severity).rank());
        let vendors = self.vendor.as_ref().and_then(|asked| asked.on_some(Column::VendorId, reference));
        Ok(Condition::all()
            .add_option(open)
            .add_option(kinds.map(|kinds| one_of(Column::Kind, kinds.into_iter().map(AlertKind::code))))
            .add_option(severities.map(|known| one_of(Column::Severity, ranks(known))))
            .add_option(vendors)
            .add_option(self.opened_at.as_ref().map(|asked| asked.on(Column::OpenedAt)).transpose()?)
            .add_option(self.closed_at.as_ref().map(|asked| asked.on(Column::ClosedAt)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AlertQueries;

#[Object]
impl AlertQueries {
    /// Troubles with nights and collections, the newest first.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which alerts; null is all.")] filter: Option<AlertFilter>,
    ) -> Result<Connection<Alert>, Fault> {
        use alert::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let newest_first = Order::new("alerts", Column::OpenedAt, Column::Id, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, Alert).await
    }
}
