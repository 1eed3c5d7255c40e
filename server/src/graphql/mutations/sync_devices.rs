//! `syncDevices`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use futures::{StreamExt, TryStreamExt, stream};

use super::{
    sync_device::{SyncDevicePayload, Wish, patience},
    user_error::{UserError, UserErrorCode},
};
use crate::graphql::{errors::Fault, types::VendorName};

/// Devices of one request at most.
const MOST: usize = 100;
/// How many the vendors are asked for at once, by one request.
const AT_ONCE: usize = 4;

/// One device of a vendor: exactly one of `vendorDeviceKey` and `hostname` is given.
#[derive(Clone, Debug, InputObject)]
pub struct DeviceToSyncInput {
    /// The vendor that is asked.
    vendor: VendorName,
    /// The vendor's own id of the device; null when it is named by host name.
    vendor_device_key: Option<String>,
    /// The host name, compared up to its first `|` or `.`, in any letter case; null when it is named by id.
    hostname: Option<String>,
}

/// Which devices are synced.
#[derive(Clone, Debug, InputObject)]
pub struct SyncDevicesInput {
    /// The devices, 1 to 100 of them.
    devices: Vec<DeviceToSyncInput>,
    /// How many seconds a vendor may take for each of them, from 1 to 25; 10 if null. All have to be done within the time
    /// of a request, so for many devices a slow vendor needs several requests.
    timeout_seconds: Option<i32>,
}

/// What came of several syncs.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct SyncDevicesPayload {
    /// What came of each, in the order of the input; empty when the input was refused.
    results: Vec<SyncDevicePayload>,
    /// Why nothing was tried; empty when each device has its result.
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SyncDevicesMutation;

#[Object]
impl SyncDevicesMutation {
    /// Does what `syncDevice` does for several devices, each for itself: one that can't be synced keeps no other from it.
    /// Four are asked for at once.
    #[graphql(complexity = "1000 + input.devices.len().saturating_mul(child_complexity)")]
    async fn sync_devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which devices.")] input: SyncDevicesInput,
    ) -> Result<SyncDevicesPayload, Fault> {
        let refused = |error| Ok(SyncDevicesPayload { user_errors: vec![error], ..SyncDevicesPayload::default() });
        if !(1..=MOST).contains(&input.devices.len()) {
            let message = format!("1 to {MOST} devices");
            return refused(UserError::about("devices", UserErrorCode::BadInput, message));
        }
        let within = match patience(input.timeout_seconds) {
            Ok(within) => within,
            Err(error) => return refused(error),
        };
        let sync = |device: DeviceToSyncInput| async move {
            let DeviceToSyncInput { vendor, vendor_device_key, hostname } = &device;
            let wish = Wish {
                vendor: *vendor,
                vendor_device_key: vendor_device_key.as_deref(),
                hostname: hostname.as_deref(),
            };
            wish.sync(ctx, within).await
        };
        let results = stream::iter(input.devices).map(sync).buffered(AT_ONCE).try_collect().await?;
        Ok(SyncDevicesPayload { results, user_errors: Vec::new() })
    }
}
