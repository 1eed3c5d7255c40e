//! A large fleet of which one in fifty devices changes in a night.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{Days, NaiveDate};
use collectors::{CollectError, Collector, DeviceQuery, Found, Progress, Unanswered};
use domain::{
    clock::BusinessZone,
    collection::{Collection, Completeness},
    observation::Observation,
    vendor::Vendor,
};
use harness::{Backend, TestClock, TestDatabase, World};
use server::inventory::Inventory;

use crate::scale::{managed, organization, run};

/// Devices of the fleet.
pub(crate) const DEVICES: usize = 100_000;
/// The night before the changes; they are seen on the next.
pub(crate) const DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date that exists");

/// What is asked: summary and first page.
pub(crate) const QUESTION: &str = r#"{ usageChanges(vendor: NINJA, from: "2026-03-02", to: "2026-03-03") { unchanged
    totals { start added movedIn removed movedOut end billingChanged }
    byOrganization(first: 50) { nodes { organization { name } totals { start end } } }
    changes(first: 50) { totalCount nodes { kind date hostname fromOrganization { name } toOrganization { name } } } } }"#;

/// Collects the fleet on both nights.
pub(crate) async fn collect_two_nights(database: &TestDatabase) -> anyhow::Result<()> {
    let opened = database.open().await?;
    opened.migrate().await?;
    let clock = Arc::new(TestClock::at_night_of(DAY));
    let rules = World::on(Backend::Sqlite).into_rules();
    let zone = BusinessZone::default();
    let inventory = Inventory::open(opened, Arc::clone(&clock) as Arc<_>, zone, rules).await?;
    for night in 0..2 {
        clock.set_night_of(DAY + Days::new(night));
        let fleet = Arc::new(Fleet { has_changed: night > 0 }) as Arc<dyn Collector>;
        run(&inventory.clone().with_collectors([fleet]), vec![Vendor::Ninja], false).await?;
    }
    Ok(())
}

#[derive(Clone, Copy, Debug)]
struct Fleet {
    has_changed: bool,
}

#[async_trait]
impl Collector for Fleet {
    fn vendor(&self) -> Vendor {
        Vendor::Ninja
    }

    async fn collect(&self, _progress: &dyn Progress) -> Result<Collection, CollectError> {
        let listed = (0..DEVICES).map(managed);
        let observations = if self.has_changed { listed.enumerate().map(changed).collect() } else { listed.collect() };
        let (vendor, completeness) = (Vendor::Ninja, Completeness::Complete);
        Ok(Collection { vendor, observations, organizations: vec![], set_aside: vec![], completeness, notes: vec![] })
    }

    async fn find(&self, _wanted: &DeviceQuery, _within: Duration) -> Result<Found, Unanswered> {
        Ok(Found::None)
    }
}

/// One in fifty: half of them move, a quarter becomes spare, a quarter is another machine.
fn changed((number, mut observation): (usize, Observation)) -> Observation {
    match number % 200 {
        0 | 50 => observation.organization = Some(organization(number / 250 + 1)),
        100 => observation.display_name = Some(format!("spare {number}")),
        150 => observation.vendor_device_key = format!("new{number}"),
        _ => {}
    }
    observation
}
