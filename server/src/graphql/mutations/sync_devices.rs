//! `syncDevices`.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use futures::{StreamExt, stream};

use super::{
    sync_device::{SyncDevicePayload, Wish, patience},
    user_error::{UserError, UserErrorCode},
};
use crate::{
    graphql::{Deadline, types::VendorName},
    inventory::syncing::PATIENCE,
};

/// Devices of one request at most.
const MOST: usize = 100;
/// How many the vendors are asked for at once, by one request.
const AT_ONCE: usize = 4;
/// What is kept of the request's time for storing what the vendors said last, and for the answer.
const STORING: Duration = Duration::from_secs(3);
/// What is kept of it for the answer alone.
const ANSWERING: Duration = Duration::from_secs(1);

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
    /// of a request: those for which nothing is left of it are answered NOT_TRIED, and want another request.
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
    /// Does what `syncDevice` does for several devices, each for itself: one that can't be synced keeps no other from it,
    /// and a fault of the server is that device's alone. Four are asked for at once.
    #[graphql(complexity = "1000 + input.devices.len().saturating_mul(child_complexity)")]
    async fn sync_devices(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which devices.")] input: SyncDevicesInput,
    ) -> SyncDevicesPayload {
        let refused = |error| SyncDevicesPayload { user_errors: vec![error], ..SyncDevicesPayload::default() };
        if !(1..=MOST).contains(&input.devices.len()) {
            let message = format!("1 to {MOST} devices");
            return refused(UserError::about("devices", UserErrorCode::BadInput, message));
        }
        let within = match patience(input.timeout_seconds) {
            Ok(within) => within,
            Err(error) => return refused(error),
        };
        let deadline = ctx.data_opt::<Deadline>().copied();
        let sync = |device: DeviceToSyncInput| async move { sync_in_time(ctx, &device, (within, deadline)).await };
        let results = stream::iter(input.devices).map(sync).buffered(AT_ONCE).collect().await;
        SyncDevicesPayload { results, user_errors: Vec::new() }
    }
}

/// Syncs a device if there is time for it, and says what came of it before the request's time is over.
async fn sync_in_time(
    ctx: &Context<'_>,
    device: &DeviceToSyncInput,
    (within, deadline): (Duration, Option<Deadline>),
) -> SyncDevicePayload {
    let DeviceToSyncInput { vendor, vendor_device_key, hostname } = device;
    let wish = Wish { vendor: *vendor, vendor_device_key: vendor_device_key.as_deref(), hostname: hostname.as_deref() };
    let because = |code, message: &str| SyncDevicePayload::because(UserError::new(code, message));
    let left = deadline.map_or(within, |deadline| deadline.left_but(STORING));
    if left < PATIENCE.0 {
        return because(UserErrorCode::NotTried, "the request's time was over before its turn; ask again");
    }
    let syncing = wish.sync(ctx, within.min(left));
    let synced = match deadline {
        None => Ok(syncing.await),
        Some(deadline) => tokio::time::timeout_at(deadline.less(ANSWERING), syncing).await,
    };
    match synced {
        Ok(Ok(payload)) => payload,
        Ok(Err(fault)) => because(UserErrorCode::Failed, &fault.tell()),
        Err(_elapsed) => {
            because(UserErrorCode::StillRunning, "it goes on, and the request's time is over; `syncs` tells its end")
        }
    }
}
