//! `Node`: everything that has an id.

use async_graphql::{Context, ID, Interface};

use super::{
    context::Hub,
    errors::Fault,
    loaders::{
        AlertId, AsOf, BatchId, CollectionId, DeviceId, ExceptionId, ExceptionOn, OrganizationId, RunId, SnapshotOn,
    },
    node_id::NodeId,
    types::{Alert, Device, DeviceAsOf, DeviceSnapshot, Exception, HeldCollection, JobBatch, JobRun, Organization},
};

/// An object that can be read again by its id.
#[derive(Clone, Debug, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque id; give it to `node` to read the object again."))]
pub enum Node {
    /// A machine.
    Device(Device),
    /// A machine as it was on a date.
    DeviceAsOf(DeviceAsOf),
    /// One vendor's record of a device on one day.
    DeviceSnapshot(DeviceSnapshot),
    /// An exception.
    Exception(Exception),
    /// A client.
    Organization(Organization),
    /// A collection that waits for a person.
    HeldCollection(HeldCollection),
    /// An order.
    JobBatch(JobBatch),
    /// One run of an order.
    JobRun(JobRun),
    /// An alert.
    Alert(Alert),
}

/// The object with an id; `None` when there is none (any more).
pub(super) async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Node>, Fault> {
    Ok(match NodeId::decode(id)? {
        NodeId::Device(id) => ctx.load(DeviceId(id)).await?.map(|row| Device(row).into()),
        NodeId::DeviceAsOf(date, identity_id) => {
            DeviceAsOf::find(ctx, AsOf { date, identity_id }).await?.map(Into::into)
        }
        NodeId::DeviceSnapshot(date, identity_id) => {
            ctx.load(SnapshotOn { date, identity_id }).await?.map(|row| DeviceSnapshot(row).into())
        }
        NodeId::Exception(id) => ctx.load(ExceptionId(id)).await?.map(|row| Exception::now(row).into()),
        NodeId::ExceptionAsOf(day, id) => {
            ctx.load(ExceptionOn { day, id }).await?.map(|row| Exception(row, Some(day)).into())
        }
        NodeId::Organization(id) => ctx.load(OrganizationId(id)).await?.map(|row| Organization(row).into()),
        NodeId::HeldCollection(id) => {
            let waits = ctx.load(CollectionId(id)).await?.filter(|row| row.outcome == "held");
            waits.map(|row| HeldCollection(row).into())
        }
        NodeId::JobBatch(id) => ctx.load(BatchId(id)).await?.map(|row| JobBatch(row).into()),
        NodeId::JobRun(id) => ctx.load(RunId(id)).await?.map(|row| JobRun(row).into()),
        NodeId::Alert(id) => ctx.load(AlertId(id)).await?.map(|row| Alert(row).into()),
    })
}
