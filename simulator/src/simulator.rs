use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::fleet::{Census, Fleet};
use crate::http::{Recorded, RequestLog, Running};
use crate::ninja::cursor::Cursors;
use crate::ninja::oauth::{CLIENT_ID, CLIENT_SECRET, Tokens};
use crate::plan::FleetPlan;
use crate::switches::{Strike, Switches, Vendor};
use crate::threatlocker::routes::API_KEY;
use crate::world::World;

/// Both vendors, sharing one world. Clones are handles to the same simulator.
#[derive(Clone)]
pub struct Simulator(Arc<Inner>);

struct Inner {
    world: RwLock<World>,
    switches: Mutex<Switches>,
    tokens: Mutex<Tokens>,
    cursors: Mutex<Cursors>,
    log: Mutex<RequestLog>,
    ticks: AtomicU64,
    inserted: AtomicU64,
}

/// What a client needs to be let in. All values are made up and look it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// `NINJA_CLIENT_ID`.
    pub client_id: String,
    /// `NINJA_CLIENT_SECRET`.
    pub client_secret: String,
    /// `NINJA_REFRESH_TOKEN`: the one that works now.
    pub refresh_token: String,
    /// `THREATLOCKER_API_KEY`.
    pub threatlocker_api_key: String,
    /// `THREATLOCKER_ORGANIZATION_ID`: the parent organization that the key belongs to.
    pub organization_id: String,
}

impl Simulator {
    /// The vendors as they are on that day.
    #[expect(clippy::needless_pass_by_value, reason = "a simulator is made from a plan as a whole")]
    pub fn new(plan: FleetPlan, day: NaiveDate) -> Self {
        Self(Arc::new(Inner {
            world: RwLock::new(World::new(Fleet::at(&plan, day))),
            switches: Mutex::default(),
            tokens: Mutex::new(Tokens::new()),
            cursors: Mutex::default(),
            log: Mutex::default(),
            ticks: AtomicU64::new(0),
            inserted: AtomicU64::new(0),
        }))
    }

    /// Listens there; port 0 takes a free one.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(self, listen: SocketAddr) -> io::Result<Running> {
        Running::start(self, listen).await
    }

    /// The day it is.
    pub fn day(&self) -> NaiveDate {
        self.world().fleet().day()
    }

    /// Moves the world to a day, earlier or later. Changes by hand stay.
    pub fn set_day(&self, day: NaiveDate) {
        self.world_mut().move_to(day);
    }

    /// The switches as they stand.
    pub fn switches(&self) -> Switches {
        lock(&self.0.switches).clone()
    }

    /// Replaces all switches; `Switches::default()` is a good day.
    pub fn set_switches(&self, switches: Switches) {
        *lock(&self.0.switches) = switches;
    }

    /// Changes some switches.
    pub fn with_switches(&self, change: impl FnOnce(&mut Switches)) {
        change(&mut lock(&self.0.switches));
    }

    /// Changes single records by hand.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.world_mut();
        let result = change(&mut world);
        world.changed();
        result
    }

    /// Looks at the records: to pick one to change, or to compare with what a client has made of them.
    pub fn view<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.world())
    }

    /// The truth about the day, changes by hand aside.
    pub fn census(&self) -> Census {
        self.world().fleet().census()
    }

    /// The latest 4096 requests, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.0.log).recent()
    }

    /// How many requests there were, by vendor and path with numbers replaced: `/ninja/v2/device/{id}`,
    /// `/threatlocker/Computer/ComputerGetByAllParameters`.
    pub fn request_counts(&self) -> BTreeMap<String, u64> {
        lock(&self.0.log).counts()
    }

    /// Starts counting anew.
    pub fn forget_requests(&self) {
        lock(&self.0.log).forget();
    }

    /// What a client needs to be let in.
    pub fn credentials(&self) -> Credentials {
        Credentials {
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            refresh_token: self.tokens().refresh_token().to_owned(),
            threatlocker_api_key: API_KEY.to_owned(),
            organization_id: self.world().parent_guid(),
        }
    }

    /// Makes every access token of Ninja invalid, as an administrator can at any moment.
    pub fn revoke_access_tokens(&self) {
        self.tokens().revoke_access();
    }

    /// Makes Ninja's refresh token invalid; the new one is in [`Simulator::credentials`].
    pub fn revoke_refresh_token(&self) {
        self.tokens().replace_refresh();
    }

    pub(crate) fn world(&self) -> RwLockReadGuard<'_, World> {
        self.0.world.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn world_mut(&self) -> RwLockWriteGuard<'_, World> {
        self.0.world.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        lock(&self.0.tokens)
    }

    pub(crate) fn cursors(&self) -> MutexGuard<'_, Cursors> {
        lock(&self.0.cursors)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.0.log)
    }

    /// Counts requests, for data that moves while one pages.
    pub(crate) fn tick(&self) -> u64 {
        self.0.ticks.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn strike(&self, vendor: Vendor, path: &str) -> Strike {
        Strike::of(&mut lock(&self.0.switches).faults, vendor, path)
    }

    /// What the switches let happen after a page of devices that was not the last. `next` is the first device of the
    /// next page.
    pub(crate) fn between_device_pages(&self, next: i64) {
        let (insert, delete) = {
            let paging = &mut lock(&self.0.switches).ninja.paging;
            (take(&mut paging.insert_row_between_pages), take(&mut paging.delete_row_between_pages))
        };
        if insert {
            self.edit(|world| world.add_ninja_device(newcomer(world.device_list().highest_id() + 1)));
        }
        if delete {
            self.edit(|world| world.ninja_device(next).remove());
        }
    }

    /// What the switches let happen after a page of computers that was not the last. `first` is its first computer.
    pub(crate) fn between_computer_pages(&self, first: &str) {
        let (insert, delete) = {
            let paging = &mut lock(&self.0.switches).threatlocker.paging;
            (take(&mut paging.insert_row_between_pages), take(&mut paging.delete_row_between_pages))
        };
        if insert {
            let number = self.0.inserted.fetch_add(1, Ordering::Relaxed);
            self.edit(|world| {
                let organization = world.fleet().organizations()[0].guid.clone();
                world.add_computer(new_computer(number, &organization));
            });
        }
        if delete {
            self.edit(|world| world.threatlocker_computer(first).remove());
        }
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Simulator").field("day", &self.day()).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that panics inside a closure must not take the simulator down with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn take(left: &mut u32) -> bool {
    let any = *left > 0;
    *left = left.saturating_sub(1);
    any
}

fn newcomer(id: i64) -> Value {
    json!({
        "id": id, "organizationId": 5, "locationId": 9, "nodeClass": "WINDOWS_WORKSTATION", "nodeRoleId": 201,
        "approvalStatus": "APPROVED", "offline": false, "systemName": format!("NEW-{id}"), "deviceType": "AgentDevice",
    })
}

fn new_computer(number: u64, organization: &str) -> Value {
    let name = format!("000-NEW-{number}");
    json!({
        "computerId": format!("0a0a0a0a-0000-4000-8000-{number:012x}"), "computerName": name, "hostname": name,
        "organizationId": organization, "organization": "Example MSP Internal", "isDeleted": false, "osType": 1,
        "dateAdded": "2026-01-01T00:00:00Z", "lastCheckin": "2026-01-01T00:00:00Z", "action": "Secure",
    })
}
