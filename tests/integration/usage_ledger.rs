//! Whatever happened, the ledger says what the days say: over random histories of both vendors, for every window and
//! scope, with and without the days themselves.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use collectors::{CollectError, Collector, DeviceQuery, Found, Progress, Unanswered};
use domain::{
    billing::Billing,
    collection::{Collection, Completeness},
    observation::{Hardware, Network, Observation, OperatingSystem, Place, Protection},
    usage::Scope,
    vendor::Vendor,
};
use harness::{Backend, World, collect_on, vendor_name};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rstest::rstest;
use serde_json::json;

use crate::usage_oracle::{Asked, Oracle, client, drop_day, roll_up};

/// Nights that are collected; the days between are missing. The fifth is the last of its month.
const NIGHTS: [u64; 7] = [0, 1, 3, 20, 28, 33, 34];
const DEVICES: usize = 20;

/// Where a device is on a night, and as what.
#[derive(Clone, Copy, Debug)]
struct State {
    client: Option<u8>,
    billing: Billing,
}

fn any_state() -> impl Strategy<Value = State> {
    let billing = prop::sample::select(Billing::ALL.to_vec());
    (prop::option::of(0_u8..4), billing).prop_map(|(client, billing)| State { client, billing })
}

/// A device over the nights: as it always is, away, or as something else.
fn any_device() -> impl Strategy<Value = Vec<Option<State>>> {
    any_state().prop_flat_map(|usual| {
        let night = prop_oneof![4 => Just(Some(usual)), 2 => Just(None), 2 => any_state().prop_map(Some)];
        prop::collection::vec(night, NIGHTS.len())
    })
}

/// The devices of both vendors over the nights.
fn histories(seed: u8) -> Vec<Vec<Vec<Option<State>>>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let fleets = prop::collection::vec(prop::collection::vec(any_device(), DEVICES), Vendor::ALL.len());
    fleets.new_tree(&mut runner).unwrap().current()
}

/// A vendor that lists what it is told.
#[derive(Clone, Debug)]
struct Script {
    vendor: Vendor,
    listed: Arc<Mutex<Vec<Observation>>>,
}

#[async_trait]
impl Collector for Script {
    fn vendor(&self) -> Vendor {
        self.vendor
    }

    async fn collect(&self, _progress: &dyn Progress) -> Result<Collection, CollectError> {
        let (vendor, observations) = (self.vendor, self.listed.lock().unwrap().clone());
        let completeness = Completeness::Complete;
        Ok(Collection { vendor, observations, organizations: vec![], set_aside: vec![], completeness, notes: vec![] })
    }

    async fn find(&self, _wanted: &DeviceQuery, _within: Duration) -> Result<Found, Unanswered> {
        Ok(Found::None)
    }
}

fn observation(vendor: Vendor, number: usize, state: State) -> Observation {
    let place = |client: u8| Place { key: format!("o{client}"), name: Some(format!("Client {client}")) };
    Observation {
        vendor,
        vendor_device_key: format!("{}{number}", vendor.slug()),
        hostname: format!("{}-{number}", vendor.slug()),
        display_name: (state.billing == Billing::Spare).then(|| format!("spare {number}")),
        organization: state.client.map(place),
        location: None,
        device_status: None,
        node_class: (state.billing != Billing::Unknown).then(|| "WINDOWS_WORKSTATION".into()),
        vendor_device_type: None,
        chassis: None,
        last_online: None,
        agent_installed_at: None,
        os: OperatingSystem::default(),
        hardware: Hardware::default(),
        network: Network::default(),
        protection: Protection::default(),
        payload: "{}".into(),
    }
}

/// A world in which this history has been collected. Client 3 is the MSP itself.
async fn lived(backend: Backend, seed: u8) -> World {
    let rules = |rules: &mut server::inventory::Rules| {
        rules.internal_organizations = vec!["client 3".into()];
        rules.held_below_percent = 0;
    };
    let world = World::on(backend).rules(rules).start().await;
    let scripts = Vendor::ALL.map(|vendor| Script { vendor, listed: Arc::default() });
    let collectors = scripts.clone().map(|script| Arc::new(script) as Arc<dyn Collector>);
    let scripted = world.inventory.clone().with_collectors(collectors);
    let histories = histories(seed);
    for (index, night) in NIGHTS.into_iter().enumerate() {
        for (script, devices) in scripts.iter().zip(&histories) {
            let there = devices.iter().enumerate().filter_map(|(number, states)| Some((number, states[index]?)));
            // One never changes, so that no list is empty.
            let always = (DEVICES, State { client: Some(0), billing: Billing::Billable });
            let listed = there.chain([always]).map(|(number, state)| observation(script.vendor, number, state));
            *script.listed.lock().unwrap() = listed.collect();
        }
        world.move_to(night);
        let report = collect_on(&scripted, &Vendor::ALL, false).await;
        assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    }
    world
}

/// Every window, looked at in a third of the ways to look: at one vendor or at all, in every scope. Answers how many
/// changes were told of all organizations.
async fn check_everything(world: &World, oracle: &Oracle) -> usize {
    let internal = HashSet::from([client(world, "Client 3").await]);
    let one = client(world, "Client 1").await;
    let scopes = [
        Scope::default(),
        Scope { internal: internal.clone(), only: None },
        Scope { internal: HashSet::new(), only: Some(one) },
        Scope { internal, only: Some(one) },
    ];
    let vendors = [Some(Vendor::Ninja), Some(Vendor::ThreatLocker), None];
    let mut told = 0;
    for (index, (from, to)) in oracle.windows().into_iter().enumerate() {
        for (number, scope) in scopes.iter().enumerate() {
            let vendor = vendors[(index + number) % vendors.len()];
            let answer = oracle.check(world, &Asked { vendor, from, to, scope: scope.clone() }).await;
            if *scope == Scope::default() {
                told += answer.changes.len() + answer.transitions.len();
            }
        }
    }
    told
}

#[rstest]
#[tokio::test]
async fn every_window_of_a_random_history_is_told_as_its_days_tell_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(1, 2)] seed: u8,
) {
    let world = lived(backend, seed).await;
    let oracle = Oracle::read(&world).await;
    assert!(check_everything(&world, &oracle).await > 500, "a history in which nothing happens tells nothing");
}

#[rstest]
#[tokio::test]
async fn an_alias_is_one_for_all_days_and_the_books_still_balance(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = lived(backend, 3).await;
    let before = check_everything(&world, &Oracle::read(&world).await).await;
    let alias = "mutation($vendor: VendorName!) { setOrganizationAlias(input: { vendor: $vendor, vendorSiteKey: \"o2\",
        name: \"Client 1\" }) { changed userErrors { message } } }";
    for vendor in Vendor::ALL {
        let answer = world.graphql.ask(alias, json!({ "vendor": vendor_name(vendor) })).await;
        assert_eq!(answer.data()["setOrganizationAlias"]["changed"], true);
    }
    let after = check_everything(&world, &Oracle::read(&world).await).await;
    assert!(after < before, "moves between two sites of one client are none");
}

#[rstest]
#[tokio::test]
async fn days_whose_snapshots_are_gone_are_told_as_before(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = lived(backend, 4).await;
    let oracle = Oracle::read(&world).await;
    let told = check_everything(&world, &oracle).await;
    // The oldest first, as retention goes; then March is rolled up, and nothing is left but the newest day.
    drop_day(&world, world.day(0)).await;
    drop_day(&world, world.day(1)).await;
    assert_eq!(check_everything(&world, &oracle).await, told);
    roll_up(&world, world.day(28), world.day(29)).await;
    for night in [3, 20, 28, 33] {
        drop_day(&world, world.day(night)).await;
    }
    assert_eq!(check_everything(&world, &oracle).await, told);
}
