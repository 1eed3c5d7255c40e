//! `startCollection`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::vendor::Vendor;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{JobBatch, VendorName},
    },
    inventory::{Inventory, batches::Order, jobs::Trigger},
};

/// What to collect.
#[derive(Clone, Debug, InputObject)]
pub struct StartCollectionInput {
    /// The vendors to collect; null is every one that is configured.
    vendors: Option<Vec<VendorName>>,
    /// Whether to run the cross-vendor checks afterwards.
    #[graphql(default = true)]
    run_checks: bool,
    /// Whether to collect anew although these vendors are being collected: the order then waits until they are free. Without
    /// it the order that is at work is the answer. What is held or partial is judged alike either way.
    #[graphql(default)]
    force: bool,
}

impl StartCollectionInput {
    fn vendors(&self, inventory: &Inventory) -> Result<Vec<Vendor>, UserError> {
        let is_wanted = |vendor: &Vendor| match &self.vendors {
            Some(named) => named.iter().any(|name| Vendor::from(*name) == *vendor),
            None => inventory.is_configured(*vendor),
        };
        let wanted: Vec<Vendor> = Vendor::ALL.into_iter().filter(is_wanted).collect();
        if let Some(missing) = wanted.iter().find(|vendor| !inventory.is_configured(**vendor)) {
            return Err(UserError::not_configured(*missing));
        }
        match (wanted.is_empty(), self.vendors.is_some()) {
            (true, true) => {
                Err(UserError::about("vendors", UserErrorCode::BadInput, "name at least one vendor, or leave it out"))
            }
            (true, false) => Err(UserError::new(UserErrorCode::VendorNotConfigured, "no vendor is configured")),
            (false, _) => Ok(wanted),
        }
    }
}

/// What came of an order to collect.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct StartCollectionPayload {
    /// The order; follow it by `jobProgress`. Null when it was refused.
    batch: Option<JobBatch>,
    /// Whether another order was at work whose open runs will do all of this: nothing new was started, and `batch` is that
    /// order.
    already_running: bool,
    /// Why nothing was ordered; empty when it was.
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StartCollectionMutation;

#[Object]
impl StartCollectionMutation {
    /// Orders a collection of today and returns at once. A day that was collected already is collected once more.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn start_collection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to collect.")] input: StartCollectionInput,
    ) -> Result<StartCollectionPayload, Fault> {
        let vendors = match input.vendors(ctx.inventory()) {
            Ok(vendors) => vendors,
            Err(error) => {
                return Ok(StartCollectionPayload { user_errors: vec![error], ..StartCollectionPayload::default() });
            }
        };
        let order = Order {
            vendors,
            run_checks: input.run_checks,
            check_date: None,
            trigger: Trigger::Mutation,
            requested_by: ctx.principal().name().to_owned(),
        };
        let hub = ctx.inventory();
        let started = if input.force { hub.start_batch_anew(order).await? } else { hub.start_batch(order).await? };
        let already_running = started.already_running;
        Ok(StartCollectionPayload { batch: Some(JobBatch(started.batch)), already_running, user_errors: Vec::new() })
    }
}
