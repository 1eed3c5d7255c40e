//! `auditEvents`.

use async_graphql::{Context, InputObject, Object};
use entity::audit_event;
use sea_orm::{Condition, EntityTrait, QueryFilter};

use crate::{
    access::{ActKind, Outcome},
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            AuditKindFilter, AuditOutcomeFilter, DateTimeFilter, Filter, Joined, OrderDirection, PrincipalFilter,
            condition, one_of,
        },
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::AuditEvent,
    },
    inventory::Reference,
};

/// Asks about what was done. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AuditEventFilter {
    /// By who did it.
    actor: Option<PrincipalFilter>,
    /// By when it ended.
    at: Option<DateTimeFilter>,
    /// By the kind of thing.
    kind: Option<AuditKindFilter>,
    /// By what came of it.
    outcome: Option<AuditOutcomeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<AuditEventFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<AuditEventFilter>>,
    /// This filter does not hold.
    not: Option<Box<AuditEventFilter>>,
}

impl Filter for AuditEventFilter {
    fn fields(&self, _reference: &Reference) -> Result<Condition, Fault> {
        use audit_event::Column;
        let kinds = self.kind.as_ref().and_then(AuditKindFilter::values);
        let kinds = kinds.map(|all| all.into_iter().map(|kind| ActKind::from(kind).code()));
        let outcomes = self.outcome.as_ref().and_then(AuditOutcomeFilter::values);
        let outcomes = outcomes.map(|all| all.into_iter().map(|outcome| Outcome::from(outcome).code()));
        Ok(Condition::all()
            .add_option(self.actor.as_ref().map(|asked| asked.on(Column::Actor)).transpose()?)
            .add_option(self.at.as_ref().map(|asked| asked.on(Column::At)).transpose()?)
            .add_option(kinds.map(|codes| one_of(Column::Kind, codes)))
            .add_option(outcomes.map(|codes| one_of(Column::Outcome, codes))))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AuditQueries;

#[Object]
impl AuditQueries {
    /// What was done and by whom, the newest first: every mutation, every sign-in, every export. For admins.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which events; null is all.")] filter: Option<AuditEventFilter>,
    ) -> Result<Connection<AuditEvent>, Fault> {
        use audit_event::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let newest_first = Order::new("auditEvents", Column::At, Column::Id, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, AuditEvent).await
    }
}
