//! What the fields of a page's rows will ask loaders for, read for all rows before they ask.

use async_graphql::{Context, SelectionField};
use entity::device;
use futures::join;

use super::{Device, DeviceSnapshot};
use crate::graphql::{
    context::Hub,
    loaders::{
        DeviceOfIdentity, Found, IdentitiesOfDevice, IdentityId, MachineOfIdentity, OpenExceptionsOfDevice,
        OrganizationId, OrganizationOfSite,
    },
};

/// The fields of this name.
fn named<'f, 'a>(fields: &'f [SelectionField<'a>], name: &'f str) -> impl Iterator<Item = &'f SelectionField<'a>> {
    fields.iter().filter(move |field| field.name() == name)
}

fn is_asked(fields: &[SelectionField<'_>], name: &str) -> bool {
    named(fields, name).next().is_some()
}

/// What is asked of the objects that these fields lead to; `None` where there are no such fields.
fn below<'a>(fields: &[SelectionField<'a>], name: &str) -> Option<Vec<SelectionField<'a>>> {
    is_asked(fields, name)
        .then(|| named(fields, name).flat_map(|field| field.selection_set().collect::<Vec<_>>()).collect())
}

impl DeviceSnapshot {
    /// Of the rows of a page that shows these fields.
    pub(in crate::graphql) async fn preload<'r>(
        ctx: &Context<'_>,
        rows: impl Iterator<Item = &'r Self> + Clone,
        fields: &[SelectionField<'_>],
    ) {
        let identities = || rows.clone().map(|row| row.0.device_identity_id);
        let organizations = async {
            if is_asked(fields, "organization") {
                ctx.preload(rows.clone().filter_map(|row| row.0.site_id).map(OrganizationOfSite)).await;
            }
        };
        let machines = async {
            if let Some(fields) = below(fields, "device") {
                preload_machines(ctx, identities(), &fields).await;
            } else if is_asked(fields, "vendorDeviceKey") {
                ctx.preload(identities().map(IdentityId)).await;
            }
        };
        join!(organizations, machines);
    }
}

/// What vendors' records lead to, with one statement: also the records themselves, and the clients of the devices.
async fn preload_machines(ctx: &Context<'_>, identities: impl Iterator<Item = i64>, fields: &[SelectionField<'_>]) {
    let machines = match ctx.load_all(identities.map(MachineOfIdentity)).await {
        Ok(machines) => machines,
        Err(error) => return tracing::debug!(?error, "no machines were read ahead"),
    };
    let (mut records, mut devices, mut clients) = (Found::new(), Found::new(), Found::new());
    for (MachineOfIdentity(id), machine) in machines {
        if let Some(client) = machine.device.as_ref().and_then(|device| device.organization_id) {
            clients.insert(OrganizationId(client), machine.organization);
        }
        records.insert(IdentityId(id), Some(machine.identity));
        devices.insert(DeviceOfIdentity(id), machine.device);
    }
    ctx.keep(records);
    ctx.keep(clients);
    Device::preload(ctx, devices.values().flatten(), fields).await;
    ctx.keep(devices);
}

impl Device {
    /// Of the rows of a page that shows these fields.
    pub(in crate::graphql) async fn preload<'r>(
        ctx: &Context<'_>,
        rows: impl Iterator<Item = &'r device::Model> + Clone,
        fields: &[SelectionField<'_>],
    ) {
        let organizations = async {
            if is_asked(fields, "organization") {
                ctx.preload(rows.clone().filter_map(|row| row.organization_id).map(OrganizationId)).await;
            }
        };
        let sources = async {
            if is_asked(fields, "sources") {
                ctx.preload(rows.clone().map(|row| IdentitiesOfDevice(row.id))).await;
            }
        };
        let exceptions = async {
            if is_asked(fields, "openExceptions") {
                ctx.preload(rows.clone().map(|row| OpenExceptionsOfDevice(row.id))).await;
            }
        };
        join!(organizations, sources, exceptions);
    }
}
