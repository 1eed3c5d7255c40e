//! A fortnight of nights around each change of the clocks: vendors fail, servers restart or are away, clocks jump,
//! schedules are paused. What happens comes from a seed; the record must be what `fortnight_model` says.

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    schedule::{Grace, Misfire, Timing},
    vendor::Vendor,
};
use harness::{Backend, World, at_every_call, at_the_list};
use rstest::rstest;
use serde_json::json;
use server::{
    inventory::Inventory,
    scheduler::{Scheduler, Work},
};
use simulator::{Effect, Switches, When};

use crate::fortnight_model::{AUTUMN, DAYS, History, NAMES, Name, Night, Record, SPRING, Season, Vendors, expected};

/// Waiting for a vendor moves the test's clock on; nobody is to be taken for dead for it.
const LEASE: std::time::Duration = std::time::Duration::from_hours(6);

fn schedules() -> [(&'static str, Timing, Work); 4] {
    let timing = |cron: &str, misfire| Timing { cron: cron.parse().unwrap(), misfire };
    let two = Misfire::All { most: 2, grace: Grace::For(TimeDelta::hours(30)) };
    [
        ("ninja", timing("10 2 * * *", Misfire::default()), Work::Collect(Vendor::Ninja)),
        ("threatlocker", timing("30 1 * * *", two), Work::Collect(Vendor::ThreatLocker)),
        ("checks", timing("0 3 * * *", Misfire::default()), Work::Check),
        ("retention", timing("30 3 * * *", Misfire::Skip), Work::Retain),
    ]
}

const fn name_of(name: Name) -> &'static str {
    match name {
        Name::Ninja => "ninja",
        Name::ThreatLocker => "threatlocker",
        Name::Checks => "checks",
        Name::Retention => "retention",
    }
}

/// Numbers from a seed (SplitMix64).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What goes wrong on a day, beside the vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// No server from before the night until this hour.
    AwayUntil(u32),
    /// No server all day.
    Away,
    /// A schedule is paused, until the morning.
    Paused(Name),
    /// In the morning the clock is set back, and the night comes again.
    ClockBack,
    /// Before the night the clock is ahead for a while, in the morning.
    ClockAhead,
}

fn trouble(dice: &mut Dice) -> Trouble {
    match dice.roll(10) {
        0 | 1 => Trouble::AwayUntil([5, 9, 22][usize::try_from(dice.roll(3)).unwrap()]),
        2 => Trouble::Away,
        3 | 4 => Trouble::Paused(NAMES[usize::try_from(dice.roll(4)).unwrap()]),
        5 => Trouble::ClockBack,
        6 => Trouble::ClockAhead,
        _ => Trouble::None,
    }
}

fn vendors(dice: &mut Dice) -> Vendors {
    match dice.roll(8) {
        0 => Vendors::Fails(Name::Ninja),
        1 => Vendors::Fails(Name::ThreatLocker),
        2 => Vendors::HalfWay(Name::Ninja),
        3 => Vendors::HalfWay(Name::ThreatLocker),
        _ => Vendors::Well,
    }
}

/// Two servers on one database, either of which may ask what is due, or both at once.
struct Fortnight {
    season: Season,
    world: World,
    servers: [Inventory; 2],
    dice: Dice,
    history: History,
}

impl Fortnight {
    async fn begin(backend: Backend, season: Season, seed: u64) -> Self {
        let world = World::small_on(backend).rules(|rules| rules.lease = LEASE).timed(schedules()).start().await;
        let servers = [world.inventory.clone(), world.another_server(|_, _| {}).await];
        let mut fortnight = Self { season, world, servers, dice: Dice(seed), history: History::default() };
        // The schedules begin before the first night.
        fortnight.tick(season.at(0, (0, 0, 0))).await;
        fortnight
    }

    /// Somebody asks what is due; a scheduler lives no longer than that, as if its server restarted ever after.
    async fn tick(&mut self, now: DateTime<Utc>) {
        self.world.clock.set(now);
        // Faults count the calls since they were made, and every collection is to meet the same.
        let vendors = self.history.vendors.last().copied().unwrap_or(Vendors::Well);
        self.world.simulator.set_switches(switches(vendors));
        let [one, two] = self.servers.each_ref().map(|server| Scheduler::new(server.clone()));
        match self.dice.roll(4) {
            0 => one.tick().await.unwrap(),
            1 => two.tick().await.unwrap(),
            _ => {
                let (one, two) = tokio::join!(one.tick(), two.tick());
                one.and(two).unwrap();
            }
        }
        // A server that nobody serves works when it is told to.
        for server in &self.servers {
            server.work_off().await.unwrap();
        }
        self.world.settle().await;
        self.history.ticks.push(now);
    }

    async fn tick_at(&mut self, day: u64, times: &[(u32, u32, u32)]) {
        for time in times {
            self.tick(self.season.at(day, *time)).await;
        }
    }

    async fn day(&mut self, day: u64) {
        let vendors = vendors(&mut self.dice);
        // The last day tells how the days before it ended.
        let trouble = if day + 1 < DAYS { trouble(&mut self.dice) } else { Trouble::None };
        self.history.vendors.push(vendors);
        match trouble {
            Trouble::Away => return,
            Trouble::AwayUntil(hour) => {
                self.tick_at(day, &[(0, 10, 0), (hour, 0, 7), (hour, 1, 7)]).await;
            }
            Trouble::Paused(name) => {
                self.tick_at(day, &[(0, 10, 0)]).await;
                let from = self.change("pauseSchedule", name, self.season.at(day, (0, 20, 0))).await;
                self.night(day).await;
                let to = self.change("resumeSchedule", name, self.season.at(day, (5, 30, 0))).await;
                self.history.pauses.push((name, from, to));
            }
            Trouble::ClockBack => {
                self.night(day).await;
                self.night(day).await;
            }
            Trouble::ClockAhead => {
                self.tick_at(day, &[(0, 30, 0), (5, 10, 0), (0, 31, 0)]).await;
                self.night(day).await;
            }
            Trouble::None => self.night(day).await,
        }
        self.tick_at(day, &[(23, 0, 0), (23, 50, 0)]).await;
    }

    /// Every time at which something is due, an hour after what autumn repeats, and any minute of the morning.
    async fn night(&mut self, day: u64) {
        let minute = u32::try_from(self.dice.roll(60)).unwrap();
        self.tick_at(day, &[(1, 30, 20)]).await;
        let repeated = self.season.at(day, (1, 30, 20)) + TimeDelta::hours(1);
        let mut rest =
            [(2, 10, 5), (3, 0, 10), (3, 30, 30), (4, minute, 0)].map(|time| self.season.at(day, time)).to_vec();
        rest.push(repeated);
        rest.sort();
        for now in rest {
            self.tick(now).await;
        }
    }

    async fn change(&self, mutation: &str, name: Name, now: DateTime<Utc>) -> DateTime<Utc> {
        self.world.clock.set(now);
        let name = name_of(name);
        let document =
            format!("mutation {{ {mutation}(input: {{ schedule: \"{name}\" }}) {{ changed userErrors {{ code }} }} }}");
        let payload = self.world.graphql.query(&document).await[mutation].clone();
        assert_eq!(payload, json!({ "changed": true, "userErrors": [] }));
        now
    }

    /// What GraphQL tells of it.
    async fn record(&self) -> Record {
        let slots = self.world.graphql.every(
            "scheduleSlots",
            "",
            "schedule due { at } passedOver run { status } batch { trigger }",
        );
        let nights = slots.await.into_iter().map(|slot| {
            let name = NAMES.into_iter().find(|name| slot["schedule"] == name_of(*name)).unwrap();
            assert!(slot["batch"].is_null() || slot["batch"]["trigger"] == "TIMER", "{slot:#}");
            let became = if slot["run"].is_null() { &slot["passedOver"] } else { &slot["run"]["status"] };
            let due = DateTime::parse_from_rfc3339(slot["due"]["at"].as_str().unwrap()).unwrap().to_utc();
            Night { due, name, became: became.as_str().unwrap().to_owned() }
        });
        let nights = nights.collect();
        let days =
            self.world.graphql.query("{ availableDates(first: 500) { date vendors { vendor deviceCount } } }").await;
        let mut record = Record { nights, ..Record::default() };
        for day in days["availableDates"].as_array().unwrap() {
            let date: chrono::NaiveDate = day["date"].as_str().unwrap().parse().unwrap();
            let number = u64::try_from((date - self.season.first_day).num_days()).unwrap();
            for vendor in day["vendors"].as_array().unwrap() {
                let name = if vendor["vendor"] == "NINJA" { Name::Ninja } else { Name::ThreatLocker };
                let vendor_of = if name == Name::Ninja { Vendor::Ninja } else { Vendor::ThreatLocker };
                assert_eq!(vendor["deviceCount"], self.world.present_keys(vendor_of).len(), "{day:#}");
                record.stored.insert((name, number));
            }
        }
        record
    }
}

fn switches(vendors: Vendors) -> Switches {
    let vendor = |name| if name == Name::Ninja { Vendor::Ninja } else { Vendor::ThreatLocker };
    let faults = match vendors {
        Vendors::Well => vec![],
        Vendors::Fails(name) => vec![at_every_call(vendor(name), &Effect::Status(401))],
        Vendors::HalfWay(name) => vec![at_the_list(vendor(name), &Effect::Status(500)).when(When::From(2))],
    };
    Switches { faults, ..Switches::default() }
}

/// In these seeds the clock is set back, is ahead, or is right on the day of the change, and every trouble happens; in the last,
/// servers are away for two days in a row.
#[rstest]
#[tokio::test]
async fn the_record_of_a_fortnight_is_what_happened(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(SPRING, AUTUMN)] season: Season,
    #[values(3, 13, 37)] seed: u64,
) {
    let mut fortnight = Fortnight::begin(backend, season, seed).await;
    for day in 0..DAYS {
        fortnight.day(day).await;
    }
    let (record, expected) = (fortnight.record().await, expected(season, &fortnight.history));
    let unexpected: Vec<_> = record.nights.difference(&expected.nights).collect();
    let missing: Vec<_> = expected.nights.difference(&record.nights).collect();
    assert!(unexpected.is_empty() && missing.is_empty(), "{unexpected:#?} instead of {missing:#?}");
    assert_eq!(record.stored, expected.stored);
    assert_eq!(record.nights.len(), usize::try_from(DAYS).unwrap() * NAMES.len(), "a slot for every schedule and day");
    // Nothing ran that no slot tells of.
    let passed_over = ["PAUSED", "TOO_LATE", "SUPERSEDED"];
    let taken = record.nights.iter().filter(|night| !passed_over.contains(&night.became.as_str())).count();
    let runs = fortnight.world.graphql.query("{ jobRuns { totalCount } }").await;
    assert_eq!(runs["jobRuns"]["totalCount"], taken);
}
