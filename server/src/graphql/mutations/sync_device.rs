//! `syncDevice`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use collectors::DeviceQuery;
use domain::vendor::Vendor;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceId, ExceptionId, SnapshotOn},
        types::{Device, DeviceSnapshot, Exception, VendorName},
    },
    inventory::syncing::{SyncOutcome, Synced},
};

/// Which device of which vendor: exactly one of `vendorDeviceKey` and `hostname` is given.
#[derive(Clone, Debug, InputObject)]
pub struct SyncDeviceInput {
    /// The vendor that is asked.
    vendor: VendorName,
    /// The vendor's own id of the device; null when it is named by host name.
    vendor_device_key: Option<String>,
    /// The host name, compared up to its first `|` or `.`, in any letter case; null when it is named by id.
    hostname: Option<String>,
}

impl SyncDeviceInput {
    fn wanted(&self) -> Result<DeviceQuery, UserError> {
        match (&self.vendor_device_key, &self.hostname) {
            (Some(key), None) => Ok(DeviceQuery::Key(plain("vendorDeviceKey", key)?)),
            (None, Some(hostname)) => Ok(DeviceQuery::Hostname(plain("hostname", hostname)?)),
            _ => {
                let message = "give either `vendorDeviceKey` or `hostname`";
                Err(UserError::new(UserErrorCode::BadInput, message))
            }
        }
    }
}

/// A name or an id as vendors have them.
fn plain(field: &str, text: &str) -> Result<String, UserError> {
    let text = text.trim();
    let is_plain = !text.is_empty() && text.chars().count() <= 255 && !text.chars().any(char::is_control);
    let message = "1 to 255 characters are needed, and no control characters";
    is_plain.then(|| text.to_owned()).ok_or_else(|| UserError::about(field, UserErrorCode::BadInput, message))
}

/// What came of a sync.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct SyncDevicePayload {
    /// The machine as it is known now; null when nothing was synced.
    device: Option<Device>,
    /// What the vendor says of it now, which is today's snapshot from here on; null when nothing was synced.
    snapshot: Option<DeviceSnapshot>,
    /// Exceptions that opened or reopened by it.
    opened_exceptions: Vec<Exception>,
    /// Exceptions that it closed.
    closed_exceptions: Vec<Exception>,
    /// The vendor's ids of the devices that match, when there are several; else empty.
    matching_keys: Vec<String>,
    /// Why nothing was synced; empty when it was.
    user_errors: Vec<UserError>,
}

impl SyncDevicePayload {
    async fn of(ctx: &Context<'_>, vendor: Vendor, outcome: SyncOutcome) -> Result<Self, Fault> {
        use UserErrorCode::{Ambiguous, NoStoredDay, NotFound, VendorUnavailable};
        Ok(match outcome {
            SyncOutcome::Synced(synced) => Self::synced(ctx, &synced).await?,
            SyncOutcome::NotFound => Self::refused(NotFound, format!("{vendor} lists no such device")),
            SyncOutcome::Ambiguous { keys } => {
                let message = format!("{} devices of {vendor} match; name one by `vendorDeviceKey`", keys.len());
                Self { matching_keys: keys, ..Self::refused(Ambiguous, message) }
            }
            SyncOutcome::Unavailable { reason } => Self::refused(VendorUnavailable, reason),
            SyncOutcome::NoStoredDay => {
                Self::refused(NoStoredDay, format!("today has no complete collection of {vendor} yet"))
            }
        })
    }

    async fn synced(ctx: &Context<'_>, synced: &Synced) -> Result<Self, Fault> {
        let today = SnapshotOn { date: synced.snapshot_date, identity_id: synced.identity_id };
        Ok(Self {
            device: ctx.load(DeviceId(synced.device_id)).await?.map(Device),
            snapshot: ctx.load(today).await?.map(DeviceSnapshot),
            opened_exceptions: exceptions(ctx, &synced.opened).await?,
            closed_exceptions: exceptions(ctx, &synced.closed).await?,
            ..Self::default()
        })
    }

    fn refused(code: UserErrorCode, message: impl Into<String>) -> Self {
        Self { user_errors: vec![UserError::new(code, message)], ..Self::default() }
    }
}

async fn exceptions(ctx: &Context<'_>, ids: &[i64]) -> Result<Vec<Exception>, Fault> {
    let mut rows = ctx.load_all(ids.iter().copied().map(ExceptionId)).await?;
    Ok(ids.iter().filter_map(|id| rows.remove(&ExceptionId(*id))).map(Exception::now).collect())
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SyncDeviceMutation;

#[Object]
impl SyncDeviceMutation {
    /// Asks a vendor for one device, replaces today's snapshot of it, and runs the checks that concern it again. Earlier
    /// days stay as they are.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn sync_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which device of which vendor.")] input: SyncDeviceInput,
    ) -> Result<SyncDevicePayload, Fault> {
        let vendor = Vendor::from(input.vendor);
        if !ctx.inventory().is_configured(vendor) {
            let user_errors = vec![UserError::not_configured(vendor)];
            return Ok(SyncDevicePayload { user_errors, ..SyncDevicePayload::default() });
        }
        match input.wanted() {
            Ok(wanted) => {
                let outcome = ctx.inventory().sync_device(vendor, wanted).await?;
                SyncDevicePayload::of(ctx, vendor, outcome).await
            }
            Err(error) => Ok(SyncDevicePayload { user_errors: vec![error], ..SyncDevicePayload::default() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(key: Option<&str>, hostname: Option<&str>) -> Option<DeviceQuery> {
        let input = SyncDeviceInput {
            vendor: VendorName::Ninja,
            vendor_device_key: key.map(Into::into),
            hostname: hostname.map(Into::into),
        };
        input.wanted().ok()
    }

    #[test]
    fn a_device_is_named_in_exactly_one_way() {
        assert_eq!(wanted(Some(" 12 "), None), Some(DeviceQuery::Key("12".into())));
        assert_eq!(wanted(None, Some("PC")), Some(DeviceQuery::Hostname("PC".into())));
        for (key, hostname) in [
            (None, None),
            (Some("1"), Some("PC")),
            (Some(" "), None),
            (None, Some("a\0b")),
            (None, Some(&*"x".repeat(256))),
        ] {
            assert_eq!(wanted(key, hostname), None, "{key:?} {hostname:?}");
        }
    }
}
