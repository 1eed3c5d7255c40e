//! The round that every fault of a vendor goes through: a complete day is stored, the fleet moves on, the fault strikes
//! the next collection of the same day, and then it is over. Whatever the fault is, the same four things must hold.

use std::collections::BTreeSet;

use chrono::Days;
use domain::vendor::Vendor;
use serde_json::{Value, json};

use crate::{World, text, vendor_name};

const SNAPSHOT: &str = "id date vendor vendorDeviceKey hostname canonicalHostname displayName
    organization { id name } vendorOrganization { key name } location { key name }
    deviceType billing spareReason status vendorDeviceType nodeClass chassis lastOnline agentInstalledAt storedAt
    os { name architecture build releaseId } hardware { serialNumber model memoryGib volumes tpmVersion }
    network { macAddresses ipAddresses publicIp lastUser } protection { computerGroup securityMode agentVersion }";

const DATES: &str = "{ availableDates(first: 500) { date complete deviceCount
    vendors { vendor date deviceCount collectedAt } } }";

/// All that a dashboard shows of what is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The snapshots of the vendor's day.
    pub snapshots: Vec<Value>,
    /// The dates that can be asked for.
    pub dates: Value,
    /// The machines, also those that are gone.
    pub devices: Vec<Value>,
}

impl World {
    /// What a dashboard shows of a vendor's n-th day, which must be stored.
    pub async fn see(&self, vendor: Vendor, day: u64) -> Seen {
        let of_day = format!("date: \"{}\", filter: {{ vendor: {{ eq: {} }} }}", self.day(day), vendor_name(vendor));
        let machine = "id hostname present lastSeen organization { name } sources { vendorDeviceKey present lastSeen }";
        Seen {
            snapshots: self.graphql.every("snapshots", &of_day, SNAPSHOT).await,
            dates: self.graphql.query(DATES).await["availableDates"].clone(),
            devices: self.graphql.every("devices", "filter: { presence: ANY }", machine).await,
        }
    }

    /// The vendor's ids of the devices that are present, as the simulated vendor has them now.
    pub fn present_keys(&self, vendor: Vendor) -> BTreeSet<String> {
        let approved = |row: &&Value| row["approvalStatus"].as_str().is_none_or(|status| status == "APPROVED");
        self.simulator.view(|vendors| match vendor {
            Vendor::Ninja => {
                let rows = vendors.ninja_devices();
                rows.iter().filter(approved).filter_map(|row| Some(row["id"].as_i64()?.to_string())).collect()
            }
            Vendor::ThreatLocker => {
                let rows = vendors.threatlocker_computers();
                let present = rows.iter().filter(|row| row["isDeleted"] != true);
                present.filter_map(|row| Some(row["computerId"].as_str()?.to_lowercase())).collect()
            }
        })
    }
}

impl Seen {
    /// The vendor's ids of the devices that are shown.
    pub fn keys(&self) -> BTreeSet<String> {
        self.snapshots.iter().map(|row| text(row, "vendorDeviceKey").to_owned()).collect()
    }
}

/// How a collection under a fault must end, and a part of what the hub must say of it.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// `FAILED`, `PARTIAL`, `HELD` or `COMPLETED`.
    pub status: &'static str,
    /// Words of the run's message.
    pub says: &'static str,
}

impl Told {
    /// It fails, and the message names this.
    pub const fn failed(says: &'static str) -> Self {
        Self { status: "FAILED", says }
    }

    /// It is partial, and the message names this.
    pub const fn partial(says: &'static str) -> Self {
        Self { status: "PARTIAL", says }
    }

    /// It is complete all the same.
    pub const fn completed() -> Self {
        Self { status: "COMPLETED", says: " devices, " }
    }
}

/// One fault of one vendor, from the complete day before it to the good collection after it.
#[derive(Debug)]
pub struct FaultRound<'w> {
    world: &'w World,
    vendor: Vendor,
    before: Seen,
}

impl<'w> FaultRound<'w> {
    /// Stores the first day of the vendor; then the fleet moves on while the day stays.
    pub async fn begin(world: &'w World, vendor: Vendor) -> Self {
        world.simulator.set_day(world.day(0));
        let first = world.collect_by_order(vendor).await;
        assert_eq!(first["status"], "COMPLETED", "{vendor}: {first:#}");
        let before = world.see(vendor, 0).await;
        assert_eq!(before.keys(), world.present_keys(vendor), "{vendor}: the day before the fault");
        world.simulator.set_day(world.day(0) + Days::new(1));
        world.clock.advance(std::time::Duration::from_mins(1));
        Self { world, vendor, before }
    }

    /// Collects under the fault: the day shows the last complete collection, the dates that can be asked for are the
    /// same, the run tells what happened and no secret, and its batch agrees.
    pub async fn collect(&self, told: Told) -> Value {
        let at_start = self.world.present_keys(self.vendor);
        let batch = self.world.collect_by_order(self.vendor).await;
        self.check(&batch, told, &at_start).await;
        batch
    }

    /// The four claims, of a batch that has ended, when these devices were present at its start.
    pub async fn check(&self, batch: &Value, told: Told, at_start: &BTreeSet<String>) {
        let vendor = self.vendor;
        let run = &batch["runs"][0];
        let after = self.world.see(vendor, 0).await;
        if told.status == "COMPLETED" {
            self.check_day(&after, run, at_start);
        } else {
            assert_eq!(after, self.before, "{vendor}: something visible changed\n{batch:#}");
            assert_eq!(run["rowsStored"], 0, "{vendor}: {batch:#}");
        }
        assert_eq!(days(&after.dates), days(&self.before.dates), "{vendor}: {batch:#}");
        assert_eq!(run["status"], told.status, "{vendor}: {batch:#}");
        let failed = told.status == "FAILED";
        let words = text(run, if failed { "error" } else { "message" });
        assert!(words.contains(told.says), "{vendor}: the run does not say `{}`: {batch:#}", told.says);
        assert_eq!(run["collection"].is_null(), failed, "{vendor}: {batch:#}");
        assert_eq!(batch["status"], told.status, "{vendor}: the batch differs from its run: {batch:#}");
        assert_eq!(batch["error"], run["error"], "{vendor}: {batch:#}");
        assert_eq!(batch["durationSeconds"], run["durationSeconds"], "{vendor}: {batch:#}");
        self.shows_no_secret(batch);
    }

    /// The fault is over: the next collection stores the day as the vendor has it now.
    pub async fn recovers(self) {
        self.world.simulator.set_switches(simulator::Switches::default());
        self.world.simulator.edit(simulator::World::forget_edits);
        let batch = self.world.collect_by_order(self.vendor).await;
        assert_eq!(batch["status"], "COMPLETED", "{}: not over after the fault: {batch:#}", self.vendor);
        let after = self.world.see(self.vendor, 0).await;
        assert_eq!(after.keys(), self.world.present_keys(self.vendor), "{}", self.vendor);
        assert_ne!(after.snapshots, self.before.snapshots, "{}: nothing was replaced", self.vendor);
    }

    /// What the hub shows of the complete day before the fault: for a round that goes on in a world that was changed.
    pub fn into_before(self) -> Seen {
        self.before
    }

    /// Goes on after [`into_before`](Self::into_before).
    pub const fn resume(world: &'w World, vendor: Vendor, before: Seen) -> Self {
        Self { world, vendor, before }
    }

    /// The day is this collection: with all that were present from its start to its end, and none that never were.
    fn check_day(&self, after: &Seen, run: &Value, at_start: &BTreeSet<String>) {
        let (vendor, at_end) = (self.vendor, self.world.present_keys(self.vendor));
        let (aside, shown) = (unreadable(run), after.keys());
        let throughout: BTreeSet<String> = at_start & &at_end;
        assert_eq!(&(&throughout - &aside) - &shown, BTreeSet::new(), "{vendor}: missing\n{run:#}");
        assert_eq!(&(&shown - at_start) - &at_end, BTreeSet::new(), "{vendor}: never present\n{run:#}");
        assert_eq!(&shown & &aside, BTreeSet::new(), "{vendor}: set aside and shown\n{run:#}");
        assert_eq!(run["rowsStored"], after.snapshots.len(), "{vendor}: {run:#}");
        assert_ne!(after.snapshots, self.before.snapshots, "{vendor}: nothing was replaced");
    }

    fn shows_no_secret(&self, batch: &Value) {
        let shown = batch.to_string();
        let ours = self.world.simulator.credentials();
        let tokens = self.world.simulator.requests().into_iter().filter_map(|request| {
            request.header("authorization").and_then(|value| value.split_whitespace().last()).map(str::to_owned)
        });
        let secrets = [ours.client_secret, ours.refresh_token, ours.threatlocker_api_key].into_iter().chain(tokens);
        for secret in secrets {
            assert!(!shown.contains(&secret), "{}: the run shows `{secret}`: {shown}", self.vendor);
        }
    }
}

/// The vendor's ids of the records that a run could not read.
fn unreadable(run: &Value) -> BTreeSet<String> {
    let aside = run["collection"]["setAside"].as_array().into_iter().flatten();
    let unreadable = aside.filter(|record| record["reason"] == "UNREADABLE");
    unreadable.filter_map(|record| record["vendorDeviceKey"].as_str().map(str::to_owned)).collect()
}

/// The dates and their vendors, without counts, which a complete collection may change.
fn days(dates: &Value) -> Value {
    let days = dates.as_array().into_iter().flatten().map(|day| {
        let vendors = day["vendors"].as_array().into_iter().flatten().map(|vendor| vendor["vendor"].clone());
        json!([day["date"], day["complete"], vendors.collect::<Vec<_>>()])
    });
    days.collect()
}
