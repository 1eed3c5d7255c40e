//! A thousand followers of one order: what they cost in memory, and how soon an update is with them.

use std::net::{Ipv4Addr, SocketAddr};

use chrono::{DateTime, Utc};
use domain::clock::Clock;
use futures::future::join_all;
use harness::{Backend, GraphqlClient, Socket, TestDatabase};
use serde_json::{Value, json};
use server::clock::SystemClock;
use simulator::{Effect, Fault, FleetPlan, Gate, Simulator, Vendor};

use crate::{peak_memory, start_hub};

const FOLLOWERS: usize = 1000;
/// Orders that all of them follow, one after the other.
const ORDERS: usize = 10;

const PROGRESS: &str = "subscription($batch: ID!) { jobProgress(batchId: $batch) { id status progressPercent \
                        pagesFetched rowsStored message error updatedAt estimatedCompletion } }";
const START: &str = "mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { batch { id } } }";

/// Rows of the table: memory, and how long updates took.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let plan = FleetPlan { ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, FleetPlan::default().first_day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    let (hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    let alone = peak_memory(&hub)?;
    let mut sockets = Vec::with_capacity(FOLLOWERS);
    for _ in 0..FOLLOWERS {
        sockets.push(Socket::open(&graphql.url).await);
    }
    let mut waits = Vec::new();
    for order in 0..ORDERS {
        waits.extend(follow(&simulator, &graphql, &mut sockets, order).await);
    }
    waits.sort_by(f64::total_cmp);
    let (median, most) = (waits[waits.len() / 2], waits[waits.len() * 95 / 100]);
    Ok(vec![
        (
            format!("{FOLLOWERS} followers of an order's progress: peak resident memory of the hub, before they came"),
            format!("{} MiB, {alone} MiB", peak_memory(&hub)?),
        ),
        (
            format!("{} updates to them, from the change to the follower: median, 95 %", waits.len()),
            format!("{median:.1} ms, {most:.1} ms"),
        ),
    ])
}

/// Orders a collection that waits at a gate until everybody follows it; the milliseconds that each update after that took.
async fn follow(simulator: &Simulator, graphql: &GraphqlClient, sockets: &mut [Socket], order: usize) -> Vec<f64> {
    let gate = Gate::closed();
    let held = Fault::new(Effect::Held(gate.clone())).of(Vendor::Ninja).on("/v2/devices-detailed").times(1);
    simulator.with_switches(|switches| switches.faults = vec![held]);
    let batch = graphql.query(START).await["startCollection"]["batch"]["id"].clone();
    gate.arrived(1).await;
    let id = order.to_string();
    join_all(sockets.iter_mut().map(|socket| come(socket, &id, &batch))).await;
    gate.open();
    join_all(sockets.iter_mut().map(hear_to_the_end)).await.concat()
}

async fn come(socket: &mut Socket, id: &str, batch: &Value) {
    socket.subscribe(id, PROGRESS, json!({ "batch": batch })).await;
    let first = socket.hear().await;
    assert_eq!(first["payload"]["data"]["jobProgress"]["status"], "RUNNING", "{first:#}");
}

async fn hear_to_the_end(socket: &mut Socket) -> Vec<f64> {
    let mut waits = Vec::new();
    loop {
        let message = socket.hear().await;
        if message["type"] == "complete" {
            return waits;
        }
        let changed = &message["payload"]["data"]["jobProgress"]["updatedAt"];
        let changed: DateTime<Utc> = changed.as_str().unwrap_or_default().parse().unwrap_or_default();
        waits.push((SystemClock.now() - changed).as_seconds_f64() * 1000.0);
    }
}
