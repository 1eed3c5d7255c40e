//! `syncDevice`.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::vendor::Vendor;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::{DeviceId, ExceptionId, SnapshotOn},
        types::{Device, DeviceSnapshot, Exception, VendorName, scalars::count},
    },
    inventory::syncing::{DeviceQuery, PATIENCE, SyncOrder, SyncOutcome, Synced, USUAL_PATIENCE},
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
    /// How many seconds the vendor may take, from 1 to 25; 10 if null. A vendor that throttles or fails is asked again as
    /// long as that lasts.
    timeout_seconds: Option<i32>,
}

/// A device as its vendor knows it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'a> {
    pub(super) vendor: VendorName,
    pub(super) vendor_device_key: Option<&'a str>,
    pub(super) hostname: Option<&'a str>,
}

impl Wish<'_> {
    fn wanted(&self) -> Result<DeviceQuery, UserError> {
        match (self.vendor_device_key, self.hostname) {
            (Some(key), None) => Ok(DeviceQuery::Key(plain("vendorDeviceKey", key)?)),
            (None, Some(hostname)) => Ok(DeviceQuery::Hostname(plain("hostname", hostname)?)),
            _ => {
                let message = "give either `vendorDeviceKey` or `hostname`";
                Err(UserError::new(UserErrorCode::BadInput, message))
            }
        }
    }

    /// Syncs it, or says why not.
    pub(super) async fn sync(&self, ctx: &Context<'_>, within: Duration) -> Result<SyncDevicePayload, Fault> {
        let vendor = Vendor::from(self.vendor);
        if !ctx.inventory().is_configured(vendor) {
            return Ok(SyncDevicePayload::because(UserError::not_configured(vendor)));
        }
        let wanted = match self.wanted() {
            Ok(wanted) => wanted,
            Err(error) => return Ok(SyncDevicePayload::because(error)),
        };
        let requested_by = ctx.principal().name().to_owned();
        let outcome = ctx.inventory().sync_device(SyncOrder { vendor, wanted, within, requested_by }).await?;
        SyncDevicePayload::of(ctx, vendor, outcome).await
    }
}

/// How long the vendor may take, as the input says.
pub(super) fn patience(seconds: Option<i32>) -> Result<Duration, UserError> {
    let (least, most) = PATIENCE;
    let Some(seconds) = seconds else { return Ok(USUAL_PATIENCE) };
    let wanted = u64::try_from(seconds).ok().map(Duration::from_secs).filter(|wanted| (least..=most).contains(wanted));
    let message = format!("from {} to {} seconds", least.as_secs(), most.as_secs());
    wanted.ok_or_else(|| UserError::about("timeoutSeconds", UserErrorCode::BadInput, message))
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
    /// After how many seconds it is worth asking again, with THROTTLED and VENDOR_UNAVAILABLE; null when nobody knows.
    retry_after_seconds: Option<i32>,
    /// Why nothing was synced; empty when it was.
    user_errors: Vec<UserError>,
}

impl SyncDevicePayload {
    pub(super) fn because(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    async fn of(ctx: &Context<'_>, vendor: Vendor, outcome: SyncOutcome) -> Result<Self, Fault> {
        use UserErrorCode::{Ambiguous, NoStoredDay, NotFound, Throttled, VendorUnavailable};
        Ok(match outcome {
            SyncOutcome::Synced(synced) => Self::synced(ctx, &synced).await?,
            SyncOutcome::NotFound => Self::refused(NotFound, format!("{vendor} lists no such device")),
            SyncOutcome::Ambiguous { keys } => {
                let message = format!("{} devices of {vendor} match; name one by `vendorDeviceKey`", keys.len());
                Self { matching_keys: keys, ..Self::refused(Ambiguous, message) }
            }
            SyncOutcome::Unavailable { reason, retry_after } => {
                Self { retry_after_seconds: retry_after.map(seconds), ..Self::refused(VendorUnavailable, reason) }
            }
            SyncOutcome::Throttled { retry_after } => {
                let message = "it is being synced, or was within the last second; the vendor was not asked again";
                Self { retry_after_seconds: Some(seconds(retry_after)), ..Self::refused(Throttled, message) }
            }
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
        Self::because(UserError::new(code, message))
    }
}

/// Rounded up: who comes then does not come too early.
fn seconds(wait: Duration) -> i32 {
    count(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
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
    /// days stay as they are. What the vendor's record of one device does not say (names of organizations and locations,
    /// the chassis of a role, TPM and Secure Boot) stays as it was stored. A device is asked for once a second: whoever
    /// comes sooner is told THROTTLED.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn sync_device(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which device of which vendor.")] input: SyncDeviceInput,
    ) -> Result<SyncDevicePayload, Fault> {
        let SyncDeviceInput { vendor, vendor_device_key, hostname, timeout_seconds } = &input;
        let wish =
            Wish { vendor: *vendor, vendor_device_key: vendor_device_key.as_deref(), hostname: hostname.as_deref() };
        match patience(*timeout_seconds) {
            Ok(within) => wish.sync(ctx, within).await,
            Err(error) => Ok(SyncDevicePayload::because(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(key: Option<&str>, hostname: Option<&str>) -> Option<DeviceQuery> {
        Wish { vendor: VendorName::Ninja, vendor_device_key: key, hostname }.wanted().ok()
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

    #[test]
    fn a_caller_waits_for_one_to_twenty_five_seconds() {
        assert_eq!(patience(None).ok(), Some(Duration::from_secs(10)));
        assert_eq!(patience(Some(1)).ok(), Some(Duration::from_secs(1)));
        assert_eq!(patience(Some(25)).ok(), Some(Duration::from_secs(25)));
        for wrong in [0, -1, 26, i32::MIN, i32::MAX] {
            assert!(patience(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
