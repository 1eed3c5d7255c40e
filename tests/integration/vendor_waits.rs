//! A vendor that asks to slow down is waited for, as long as it asks and no longer than the limits allow: the clock of
//! the world, on which nobody sleeps, shows for how long.

use std::time::Duration;

use chrono::TimeDelta;
use domain::{clock::Clock, vendor::Vendor};
use harness::{Backend, FaultRound, Told, World, at_the_list, list_path};
use rstest::rstest;
use serde_json::Value;
use simulator::{Effect, RetryAfter};

/// What a collection under a fault took.
struct Spent {
    waited: TimeDelta,
    /// Requests for the list of devices.
    requests: u64,
    batch: Value,
}

async fn collect(world: &World, vendor: Vendor, round: &FaultRound<'_>, told: Told) -> Spent {
    world.simulator.forget_requests();
    let started = world.clock.now();
    let batch = round.collect(told).await;
    let counts = world.simulator.request_counts();
    let path = format!("/{}{}", vendor.slug(), list_path(vendor));
    Spent { waited: world.clock.now() - started, requests: counts[&path], batch }
}

fn throttled(vendor: Vendor, again: RetryAfter) -> simulator::Fault {
    at_the_list(vendor, &Effect::Throttled(again))
}

#[rstest]
#[tokio::test]
async fn throttling_that_passes_is_waited_for_by_seconds_or_until_a_date(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(throttled(vendor, RetryAfter::Seconds(20)).times(2));
        let spent = collect(&world, vendor, &round, Told::completed()).await;
        assert_eq!(spent.waited, TimeDelta::seconds(40), "{vendor}");
        assert_eq!(spent.batch["durationSeconds"], 40, "{vendor}: {:#}", spent.batch);
        round.recovers().await;

        let round = FaultRound::begin(&world, vendor).await;
        let date = world.clock.now() + Duration::from_secs(90);
        world.strike(throttled(vendor, RetryAfter::At(date)).times(1));
        let spent = collect(&world, vendor, &round, Told::completed()).await;
        assert_eq!(spent.waited, TimeDelta::seconds(90), "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn throttling_without_a_time_is_waited_for_by_our_own_backoff(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(throttled(vendor, RetryAfter::Absent).times(3));
        let spent = collect(&world, vendor, &round, Told::completed()).await;
        // At most 1, 2 and 4 seconds, each with full jitter.
        assert!(spent.waited > TimeDelta::zero() && spent.waited <= TimeDelta::seconds(7), "{}", spent.waited);
        round.recovers().await;
    }
}

#[rstest]
#[case::without_a_time(RetryAfter::Absent, 6, 0..=31)]
#[case::by_seconds(RetryAfter::Seconds(100), 6, 500..=500)]
#[case::up_to_the_deadline(RetryAfter::Seconds(250), 3, 500..=500)]
#[case::beyond_the_deadline(RetryAfter::Seconds(3600), 1, 0..=0)]
#[tokio::test]
async fn throttling_for_ever_fails_after_bounded_retries(
    #[case] again: RetryAfter,
    #[case] requests: u64,
    #[case] seconds: std::ops::RangeInclusive<i64>,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(throttled(vendor, again));
        let spent = collect(&world, vendor, &round, Told::failed("slowed down by")).await;
        assert_eq!(spent.requests, requests, "{vendor}");
        assert!(seconds.contains(&spent.waited.num_seconds()), "{vendor}: {}", spent.waited);
        let told = spent.batch["durationSeconds"].as_i64().unwrap();
        assert!(seconds.contains(&told), "{vendor}: {:#}", spent.batch);
        round.recovers().await;
    }
}

/// How often a vendor is asked before its fault is believed.
#[rstest]
#[case::html(Effect::Html, 6, 6)]
#[case::bad_gateway(Effect::Status(502), 6, 6)]
#[case::server_error(Effect::Status(500), 6, 3)]
#[case::no_json(Effect::InvalidJson, 3, 3)]
#[case::unauthorized(Effect::Status(403), 1, 1)]
#[tokio::test]
async fn a_fault_for_ever_is_asked_a_bounded_number_of_times(
    #[case] effect: Effect,
    #[case] of_ninja: u64,
    #[case] of_threatlocker: u64,
) {
    let world = World::small_on(Backend::Sqlite).start().await;
    for (vendor, requests) in [(Vendor::Ninja, of_ninja), (Vendor::ThreatLocker, of_threatlocker)] {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &effect));
        let spent = collect(&world, vendor, &round, Told::failed("")).await;
        assert_eq!(spent.requests, requests, "{vendor}");
        round.recovers().await;
    }
}
