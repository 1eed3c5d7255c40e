//! What a hub process needs around it: a database, two vendors, a folder.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
};

use chrono::Timelike;
use domain::clock::Clock;
use server::{clock::SystemClock, config, hub, inventory::Inventory};
use simulator::{FleetPlan, Running, Simulator};

use crate::{Backend, HubCommand, HubProcess, Neighbour, TestClock, TestDatabase, world::FIRST_DAY};

/// A database and simulated vendors, for hubs that run as processes.
#[derive(Debug)]
pub struct Surroundings {
    /// The vendors' world.
    pub simulator: Simulator,
    /// The vendors' listener.
    pub vendors: Running,
    /// The database of every hub here.
    pub database: TestDatabase,
    zone: String,
    settings: BTreeMap<String, String>,
}

impl Surroundings {
    /// A small fleet of 60 Ninja and 40 ThreatLocker devices, and an empty database.
    pub async fn on(backend: Backend) -> Self {
        let plan = FleetPlan { organizations: 6, ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() };
        let simulator = Simulator::new(FleetPlan { first_day: FIRST_DAY, ..plan }, FIRST_DAY);
        let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await;
        let vendors = vendors.unwrap_or_else(|error| panic!("the vendors can't listen: {error}"));
        let database = TestDatabase::create(backend).await;
        let database = database.unwrap_or_else(|error| panic!("no database: {error:?}"));
        Self { simulator, vendors, database, zone: zone_at_noon(), settings: BTreeMap::new() }
    }

    /// The same with a setting of every hub here.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// The environment of a hub here: both vendors, the database, no schedule, any free port.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let credentials = self.simulator.credentials();
        let settings = [
            ("NINJA_BASE_URL", self.vendors.ninja_url()),
            ("NINJA_CLIENT_ID", credentials.client_id),
            ("NINJA_CLIENT_SECRET", credentials.client_secret),
            ("THREATLOCKER_API_BASE_URL", self.vendors.threatlocker_url()),
            ("THREATLOCKER_API_KEY", credentials.threatlocker_api_key),
            ("THREATLOCKER_ORGANIZATION_ID", credentials.organization_id),
            ("DB_DSN", self.database.dsn()),
            ("HUB_DATA_DIR", self.database.folder().join("data").display().to_string()),
            ("HUB_LISTEN", "127.0.0.1:0".to_owned()),
            ("HUB_TIME_ZONE", self.zone.clone()),
            ("HUB_SCHEDULE_NINJA", String::new()),
            ("HUB_SCHEDULE_THREATLOCKER", String::new()),
            ("HUB_SCHEDULE_CHECKS", String::new()),
            ("HUB_SCHEDULE_RETENTION", String::new()),
            ("HUB_SCHEDULE_VERIFICATION", String::new()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value)).into_iter();
        settings.chain(self.settings.clone()).collect()
    }

    /// A hub process that is not started yet.
    pub fn hub(&self, arguments: &[&str]) -> HubCommand {
        HubCommand::new(arguments, self.environment(), self.database.folder().to_owned())
    }

    /// A serving hub process, and where it answers.
    pub async fn serving(&self) -> (HubProcess, String) {
        let mut hub = self.hub(&["serve"]).start();
        let url = hub.url().await;
        (hub, url)
    }

    /// A hub with the same settings inside the test that orders and reads, and works on nothing.
    pub async fn idle_hub(&self, clock: &Arc<TestClock>) -> Inventory {
        let settings = config::load(&config::Flags::default(), &self.environment());
        let settings = settings.unwrap_or_else(|error| panic!("the settings are refused: {error}"));
        let opened = hub::open(&settings, Arc::clone(clock) as Arc<dyn Clock>).await;
        opened.unwrap_or_else(|error| panic!("no hub: {error:?}"))
    }

    /// A hub with the same settings inside the test, whose clock can be set.
    pub async fn neighbour(&self, clock: &Arc<TestClock>) -> Neighbour {
        let neighbour = Neighbour::open(&self.environment(), clock).await;
        neighbour.unwrap_or_else(|error| panic!("no second hub: {error:?}"))
    }
}

/// A zone in which it is noon or a little later, so that no test crosses midnight.
fn zone_at_noon() -> String {
    // The sign of these zones is turned round: Etc/GMT+5 is five hours behind UTC.
    let behind = i64::from(SystemClock.now().hour()) - 12;
    format!("Etc/GMT{behind:+}")
}
