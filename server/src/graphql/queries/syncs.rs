//! `syncs`.

use async_graphql::{Context, InputObject, Object};
use entity::{device_identity, sync};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        filters::{
            DateTimeFilter, Filter, IdFilter, Joined, OrderDirection, SyncOutcomeFilter, SyncTriggerFilter,
            VendorFilter, condition, one_of,
        },
        node_id::NodeId,
        pagination::{Connection, Order, PageArguments, page_cost, page_of_rows},
        types::Sync,
    },
    inventory::{
        Reference,
        syncing::{SyncState, SyncTrigger},
    },
};

/// Asks about syncs. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct SyncFilter {
    /// By the vendor that was asked.
    vendor: Option<VendorFilter>,
    /// By the machine that was synced; a sync that found none has none.
    device: Option<IdFilter>,
    /// By how far it is, or how it ended.
    outcome: Option<SyncOutcomeFilter>,
    /// By what asked for it.
    trigger: Option<SyncTriggerFilter>,
    /// By when it was asked for.
    requested_at: Option<DateTimeFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<SyncFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<SyncFilter>>,
    /// This filter does not hold.
    not: Option<Box<SyncFilter>>,
}

impl Filter for SyncFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        use sync::Column;
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())));
        let outcomes = self.outcome.as_ref().and_then(SyncOutcomeFilter::values);
        let outcomes = outcomes.map(|all| all.into_iter().map(|outcome| SyncState::from(outcome).code()));
        let triggers = self.trigger.as_ref().and_then(SyncTriggerFilter::values);
        let triggers = triggers.map(|all| all.into_iter().map(|trigger| SyncTrigger::from(trigger).code()));
        Ok(Condition::all()
            .add_option(vendors.map(|ids| one_of(Column::VendorId, ids)))
            .add_option(self.device.as_ref().map(of_device).transpose()?)
            .add_option(outcomes.map(|codes| one_of(Column::Outcome, codes)))
            .add_option(triggers.map(|codes| one_of(Column::Trigger, codes)))
            .add_option(self.requested_at.as_ref().map(|asked| asked.on(Column::RequestedAt)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

/// Of the records of these machines. True or false for each row, never unknown: `not` must find those without a machine.
fn of_device(asked: &IdFilter) -> Result<Condition, Fault> {
    use device_identity::{Column, Entity};
    let has_one = || sync::Column::DeviceIdentityId.is_not_null();
    let devices = asked.keys(NodeId::device)?.map(|keys| {
        let records = Entity::find().select_only().column(Column::Id).filter(one_of(Column::DeviceId, keys));
        Condition::all().add(has_one()).add(sync::Column::DeviceIdentityId.in_subquery(records.into_query()))
    });
    let is_null = asked
        .wants_null()
        .map(|wants| Condition::all().add(if wants { sync::Column::DeviceIdentityId.is_null() } else { has_one() }));
    Ok(Condition::all().add_option(devices).add_option(is_null))
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SyncQueries;

#[Object]
impl SyncQueries {
    /// The history of syncs, the newest first. A request that came within a second of another for the same device was not
    /// made, and is not in it.
    #[graphql(complexity = "page_cost(first, last, child_complexity)")]
    async fn syncs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many rows from the start of the range: 1 to 500, 50 if null.")] first: Option<i32>,
        #[graphql(desc = "Only rows after this cursor; null is from the start.")] after: Option<String>,
        #[graphql(desc = "How many rows from the end of the range, instead of `first`: 1 to 500.")] last: Option<i32>,
        #[graphql(desc = "Only rows before this cursor; null is to the end.")] before: Option<String>,
        #[graphql(desc = "Which syncs; null is all.")] filter: Option<SyncFilter>,
    ) -> Result<Connection<Sync>, Fault> {
        use sync::{Column, Entity};
        let arguments = PageArguments { first, after, last, before };
        let rows = Entity::find().filter(condition(filter.as_ref(), ctx.inventory().reference())?);
        let newest_first = Order::new("syncs", Column::RequestedAt, Column::Id, OrderDirection::Desc);
        page_of_rows(ctx.reader(), (rows, newest_first), &arguments, Sync).await
    }
}
