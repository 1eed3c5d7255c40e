//! The default fleet of a month shows every type of exception.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Backend, World, text};
use rstest::rstest;
use simulator::FleetPlan;

#[rstest]
#[tokio::test]
async fn probe(#[values(Backend::Sqlite)] backend: Backend) {
    for plan in [FleetPlan::default(), FleetPlan { organizations: 9, ninja_devices: 260, threatlocker_devices: 200, ..FleetPlan::default() }, FleetPlan { organizations: 6, ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() }, FleetPlan::plain(10, 6), FleetPlan::plain(60, 40)] {
        let world = World::on(backend).plan(plan).page_size(500).start().await;
        for night in [0, 7, 15, 30] {
            world.night(night).await;
            let rows = world.graphql.every("exceptions", "filter: { status: { eq: OPEN } }", "type hostname details").await;
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for row in &rows {
                *counts.entry(text(row, "type").to_owned()).or_default() += 1;
            }
            println!("{night} {counts:?}\n   {:?}", world.simulator.census());
        }
    }
    let _: BTreeSet<u8> = BTreeSet::new();
}
