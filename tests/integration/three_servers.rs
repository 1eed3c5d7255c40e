//! Three servers on one PostgreSQL, killed at random while 200 scheduled ticks come: every tick's job runs to its end exactly
//! once in effect. The ticks come faster than time passes, to three schedulers inside the test, while the processes that work
//! on them are killed; of the schedulers, at every tick two end in the middle of taking it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::{DateTime, DurationRound, TimeDelta, Timelike, Utc};
use domain::{clock::Clock, vendor::Vendor};
use entity::{collection, exception, exception_event, job_attempt, job_batch, job_run, schedule_slot};
use harness::{Backend, HubProcess, LONG, Surroundings, TestClock};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter};
use server::{
    clock::SystemClock,
    inventory::Inventory,
    scheduler::{Schedule, Scheduler, Work},
};
use tokio_util::sync::CancellationToken;

/// Minutes that pass for the schedule after its first look: 83 have Ninja's tick, 83 ThreatLocker's, 34 the checks'.
const MINUTES: i64 = 166;
const TICKS: usize = 200;
const KILLS: usize = 10;
const SEED: u64 = 20_261_121;
/// Long against what stalls a loaded machine.
const LEASE: Duration = Duration::from_secs(10);
/// How long after one look at the schedule the next one comes.
const LOOK: Duration = Duration::from_millis(50);
/// Milliseconds within which a scheduler that is to end in the middle of a tick does.
const MOST_OF_A_TICK: u64 = 150;

/// Small random numbers from a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

async fn serve(outside: &Surroundings) -> HubProcess {
    let lease = LEASE.as_secs().to_string();
    let mut hub = outside.hub(&["serve"]).set("HUB_LEASE_SECONDS", lease).set("HUB_LOG", "warn").start();
    hub.url().await;
    hub
}

/// Three hubs with the schedule whose clock is the test's.
async fn schedulers(outside: &Surroundings, clock: &Arc<TestClock>) -> [Inventory; 3] {
    let schedules = [
        ("ninja", "0-58/2 * * * *", Work::Collect(Vendor::Ninja)),
        ("threatlocker", "1-59/2 * * * *", Work::Collect(Vendor::ThreatLocker)),
        ("checks", "*/5 * * * *", Work::Check),
    ];
    let schedules = schedules.map(|(name, cron, work)| Schedule { name, timing: cron.parse().unwrap(), work });
    let servers = [outside.idle_hub(clock).await, outside.idle_hub(clock).await, outside.idle_hub(clock).await];
    servers.map(|server| server.with_schedules(schedules.clone()))
}

/// The three look at the same moments for the slots of these minutes; one ends its tick, each time another, and two may be
/// dropped somewhere in the middle, as the transaction of a process that is killed is. A minute is over when its slots are
/// taken: one run of a schedule waits behind another at most. Answers how many ticks were dropped.
async fn tick_all(servers: &[Inventory; 3], clock: &TestClock, end: DateTime<Utc>) -> usize {
    let mut chance = Chance(SEED);
    let (mut dropped, mut slots) = (0, 0);
    for minute in 0..=MINUTES {
        let now = end - TimeDelta::minutes(MINUTES - minute);
        clock.set(now);
        // The first look begins the schedules.
        slots += if minute == 0 { 0 } else { 1 + usize::from(now.minute().is_multiple_of(5)) };
        loop {
            dropped += tick_once(servers, &mut chance).await;
            wait(LOOK).await;
            if list_taken(servers[0].database().reader().pool()).await.len() == slots {
                break;
            }
        }
    }
    dropped
}

/// Answers how many were dropped.
async fn tick_once(servers: &[Inventory; 3], chance: &mut Chance) -> usize {
    let lives = chance.below(3);
    let ticks = (0..).zip(servers).map(|(number, server)| {
        let scheduler = Scheduler::new(server.clone());
        let limit = if number == lives { LONG } else { Duration::from_millis(chance.below(MOST_OF_A_TICK)) };
        async move { tokio::time::timeout(limit, scheduler.tick()).await }
    });
    let ended = futures::future::join_all(ticks.collect::<Vec<_>>()).await;
    let whole = ended.into_iter().flatten().map(Result::unwrap).count();
    servers.len() - whole
}

async fn list_taken(rows: &DatabaseConnection) -> Vec<schedule_slot::Model> {
    schedule_slot::Entity::find().filter(schedule_slot::Column::BatchId.is_not_null()).all(rows).await.unwrap()
}

async fn open_runs(rows: &DatabaseConnection) -> Vec<job_run::Model> {
    let open = job_run::Entity::find().filter(job_run::Column::EndedAt.is_null());
    open.all(rows).await.unwrap()
}

/// Kills and restarts servers until all ticks have come and everything has ended; answers how many runs each kill cut off.
async fn kill_throughout(
    outside: &Surroundings,
    rows: &DatabaseConnection,
    mut servers: Vec<HubProcess>,
    ticked: &CancellationToken,
) -> Vec<usize> {
    let mut chance = Chance(SEED);
    let mut cut_off = Vec::new();
    loop {
        wait(Duration::from_millis(500 + chance.below(1500))).await;
        // Asked before: what the last tick ordered is among them.
        let is_over = ticked.is_cancelled();
        let open = open_runs(rows).await;
        if is_over && open.is_empty() {
            return cut_off;
        }
        let at_work = running(&open);
        // A run that is lost a third time fails, by design: that is another test. Attempts are counted when they begin, so
        // none can be lost between this look and the kill that would be one too many.
        if cut_off.len() < KILLS && at_work > 0 && open.iter().all(|run| run.attempt < 2) {
            // Once all at once, so that a run is hit for certain.
            let unlucky = if cut_off.len() == KILLS / 2 { servers.len() } else { 1 };
            for _ in 0..unlucky {
                let next = usize::try_from(chance.below(servers.len() as u64)).unwrap();
                servers.swap_remove(next).kill().await;
            }
            servers.extend(futures::future::join_all((0..unlucky).map(|_| serve(outside))).await);
            cut_off.push(at_work);
        }
    }
}

fn running(open: &[job_run::Model]) -> usize {
    open.iter().filter(|run| run.status == "running").count()
}

/// Real processes take real time.
async fn wait(duration: Duration) {
    let _ = tokio::time::timeout(duration, std::future::pending::<()>()).await;
}

/// Until no batch is open.
async fn all_is_over(rows: &DatabaseConnection) {
    let open = || job_batch::Entity::find().filter(job_batch::Column::EndedAt.is_null());
    let looking = async {
        while open().count(rows).await.unwrap() > 0 {
            wait(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

fn by_status<'a>(statuses: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    statuses.fold(BTreeMap::new(), |mut counts, status| {
        *counts.entry(status).or_default() += 1;
        counts
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_ticks_on_three_servers_that_are_killed_take_effect_exactly_once() {
    let outside = Surroundings::on(Backend::Postgres).await;
    for vendor in ["ninja", "threatlocker"] {
        outside.hub(&["collect", vendor]).run().await.ended_with(0);
    }
    let began = SystemClock.now();
    let end = began.duration_trunc(TimeDelta::minutes(10)).unwrap();
    let clock = Arc::new(TestClock::at_night_of(chrono::NaiveDate::MIN));
    let schedulers = schedulers(&outside, &clock).await;
    let rows = schedulers[0].database().reader().pool();
    let servers = vec![serve(&outside).await, serve(&outside).await, serve(&outside).await];
    let ticked = CancellationToken::new();
    let ticking = async {
        let dropped = tick_all(&schedulers, &clock, end).await;
        ticked.cancel();
        dropped
    };
    let (dropped, cut_off) =
        Box::pin(async { tokio::join!(ticking, kill_throughout(&outside, rows, servers, &ticked)) }).await;
    all_is_over(rows).await;

    let slots = list_taken(rows).await;
    let runs = job_run::Entity::find().all(rows).await.unwrap();
    let runs: Vec<_> =
        runs.into_iter().filter(|run| slots.iter().any(|slot| slot.batch_id.as_ref() == Some(&run.batch_id))).collect();
    let attempts = job_attempt::Entity::find().all(rows).await.unwrap();
    let collections = collection::Entity::find().all(rows).await.unwrap();
    let statuses = by_status(runs.iter().map(|run| run.status.as_str()));
    let outcomes = by_status(attempts.iter().map(|attempt| attempt.outcome.as_deref().unwrap_or("open")));
    let takeovers = takeovers(&attempts);
    let seconds = (SystemClock.now() - began).num_seconds();
    println!(
        "seed {SEED}: {} ticks ({dropped} times a scheduler ended in the middle), {} runs {statuses:?}, {} kills that cut off up to {:?} runs, attempts {outcomes:?}, \
         {} collections, take-overs after at most {:.1} s of lost work (lease {} s), {seconds} s in all",
        slots.len(),
        runs.len(),
        cut_off.len(),
        cut_off.iter().max(),
        collections.len(),
        takeovers.iter().max().map_or(0.0, |longest| longest.as_seconds_f64()),
        LEASE.as_secs(),
    );

    assert_eq!((slots.len(), runs.len()), (TICKS, TICKS), "each tick has one run");
    assert_eq!(statuses, BTreeMap::from([("completed", TICKS)]), "none was lost");
    let ended_once = runs.iter().all(|run| {
        let ends = attempts
            .iter()
            .filter(|attempt| attempt.job_id == run.job_id && attempt.outcome.as_deref() == Some("completed"));
        ends.count() == 1
    });
    assert!(ended_once, "a run ended twice, or not at all");
    let collectors = runs.iter().filter(|run| run.vendor_id.is_some()).count();
    assert_eq!(collections.len(), collectors + 2, "a collection was stored twice");
    let mut stored: Vec<i64> = runs.iter().filter_map(|run| run.collection_id).collect();
    stored.sort_unstable();
    stored.dedup();
    assert_eq!(stored.len(), collectors, "two runs stored one collection");
    assert_eq!(cut_off.len(), KILLS);
    assert!(dropped > 0, "no scheduler ended in the middle of a tick");
    assert!(outcomes.contains_key("lost"), "no kill hit a run: {outcomes:?}");
    let opened =
        exception_event::Entity::find().filter(exception_event::Column::Kind.eq("found")).count(rows).await.unwrap();
    assert_eq!(opened, exception::Entity::find().count(rows).await.unwrap(), "an exception was opened twice");
    assert!(takeovers.iter().all(|taken| *taken < TimeDelta::minutes(1)));
}

/// How long after an attempt's beginning the next one began.
fn takeovers(attempts: &[job_attempt::Model]) -> Vec<TimeDelta> {
    let lost = attempts.iter().filter(|attempt| attempt.outcome.as_deref() == Some("lost"));
    let next = |lost: &job_attempt::Model| {
        let next = attempts.iter().find(|next| next.job_id == lost.job_id && next.number == lost.number + 1)?;
        Some(next.began_at - lost.began_at)
    };
    lost.filter_map(next).collect()
}
