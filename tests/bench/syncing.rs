//! What a sync of one device costs the hub, in a fleet of 10,000 devices at each vendor: a whole request through HTTP and
//! GraphQL, with vendors that answer at once, so that all of it is the hub's own time.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::NaiveDate;
use collectors::{CollectError, Collector, DeviceQuery, Found, Progress, Unanswered};
use domain::{
    clock::{BusinessZone, Clock},
    collection::{Collection, Completeness},
    observation::{Hardware, Observation},
    vendor::Vendor,
};
use harness::{Backend, GraphqlClient, TestClock, TestDatabase, World};
use serde_json::json;
use server::{
    export::Exporter,
    graphql::Api,
    http::{self, HttpOptions},
    inventory::Inventory,
};
use tokio::net::TcpListener;

use crate::scale::{managed, run};

const DEVICES: usize = 10_000;
const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date that exists");
/// Syncs of each kind, each of another device.
const SYNCS: usize = 100;

/// What became of a device at its vendor since the night.
type Change = fn(Observation) -> Observation;

const CHANGES: [(&str, Vendor, Change); 5] = [
    ("Ninja, heard from again", Vendor::Ninja, |seen| Observation { device_status: Some("online".into()), ..seen }),
    ("Ninja, spare now", Vendor::Ninja, |seen| Observation { display_name: Some("spare".into()), ..seen }),
    ("Ninja, another name", Vendor::Ninja, |seen| Observation { hostname: format!("new-{}", seen.hostname), ..seen }),
    ("ThreatLocker, heard from again", Vendor::ThreatLocker, |seen| Observation {
        device_status: Some("active".into()),
        ..seen
    }),
    ("ThreatLocker, another name", Vendor::ThreatLocker, |seen| Observation {
        hostname: format!("new-{}", seen.hostname),
        ..seen
    }),
];

/// A row of the table for every kind of change.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let database = TestDatabase::create(backend).await?;
    let opened = database.open().await?;
    opened.migrate().await?;
    let clock = Arc::new(TestClock::at_night_of(DAY));
    let change: Arc<Mutex<Change>> = Arc::new(Mutex::new(|seen| seen));
    let rules = World::on(Backend::Sqlite).into_rules();
    let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
    let inventory = Inventory::open(opened, shared, BusinessZone::default(), rules).await?;
    let fleet = |vendor| Arc::new(Pairs { vendor, change: Arc::clone(&change) }) as Arc<dyn Collector>;
    let inventory = inventory.with_collectors(Vendor::ALL.map(fleet));
    for night in 0..2 {
        clock.set_night_of(DAY + chrono::Days::new(night));
        run(&inventory, Vendor::ALL.to_vec(), true).await?;
    }
    let graphql = serve(&inventory).await?;
    let mut figures = Vec::new();
    for (kind, (what, vendor, changed)) in CHANGES.into_iter().enumerate() {
        *change.lock().unwrap_or_else(PoisonError::into_inner) = changed;
        let (median, most) = time(&graphql, vendor, kind * SYNCS).await;
        figures.push((
            format!("syncDevice, {DEVICES} devices per vendor, without the vendor's time: {what}: median, 95 %"),
            format!("{median:.1} ms, {most:.1} ms"),
        ));
    }
    Ok(figures)
}

/// Median and 95th percentile in milliseconds.
async fn time(graphql: &GraphqlClient, vendor: Vendor, first: usize) -> (f64, f64) {
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { device { id hostname billing }
        snapshot { id displayName } openedExceptions { id type } closedExceptions { id type }
        userErrors { code message } } }";
    let mut times = Vec::with_capacity(SYNCS);
    for number in first..first + SYNCS {
        let (name, key) = match vendor {
            Vendor::Ninja => ("NINJA", number.to_string()),
            Vendor::ThreatLocker => ("THREATLOCKER", format!("t{number}")),
        };
        let began = Instant::now();
        let answer = graphql.ask(query, json!({ "i": { "vendor": name, "vendorDeviceKey": key } })).await;
        times.push(began.elapsed().as_secs_f64() * 1000.0);
        assert_eq!(answer.data()["syncDevice"]["userErrors"], json!([]), "{key}");
    }
    times.sort_by(f64::total_cmp);
    (times[SYNCS / 2], times[SYNCS * 95 / 100])
}

#[expect(clippy::disallowed_methods, reason = "the served hub ends with the program")]
async fn serve(inventory: &Inventory) -> anyhow::Result<GraphqlClient> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/graphql", listener.local_addr()?);
    let api = Api::new(inventory.clone());
    let exports = Arc::new(Exporter::new(api.clone(), inventory.clone()));
    let router = http::router(api, exports, HttpOptions::default());
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            eprintln!("the measured hub stopped serving: {error}");
        }
    });
    Ok(GraphqlClient::new(url))
}

/// Machines that both vendors list.
#[derive(Clone, Debug)]
struct Pairs {
    vendor: Vendor,
    change: Arc<Mutex<Change>>,
}

impl Pairs {
    fn device(&self, number: usize) -> Observation {
        let seen = managed(number);
        match self.vendor {
            Vendor::Ninja => seen,
            Vendor::ThreatLocker => Observation {
                vendor: Vendor::ThreatLocker,
                vendor_device_key: format!("t{number}"),
                node_class: None,
                vendor_device_type: None,
                display_name: None,
                hardware: if number.is_multiple_of(2) { seen.hardware } else { Hardware::default() },
                ..seen
            },
        }
    }
}

#[async_trait]
impl Collector for Pairs {
    fn vendor(&self) -> Vendor {
        self.vendor
    }

    async fn collect(&self, _progress: &dyn Progress) -> Result<Collection, CollectError> {
        Ok(Collection {
            vendor: self.vendor,
            observations: (0..DEVICES).map(|number| self.device(number)).collect(),
            organizations: Vec::new(),
            set_aside: Vec::new(),
            completeness: Completeness::Complete,
            notes: Vec::new(),
        })
    }

    async fn find(&self, wanted: &DeviceQuery, _within: Duration) -> Result<Found, Unanswered> {
        let DeviceQuery::Key(key) = wanted else { return Ok(Found::None) };
        let Ok(number) = key.trim_start_matches('t').parse() else { return Ok(Found::None) };
        let change = *self.change.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Found::One(Box::new(change(self.device(number)))))
    }
}
