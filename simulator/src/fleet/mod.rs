//! The simulated world's machines: who is there on a day, under which name and organization, and when it was last
//! heard of. Every fact is a pure function of the plan and the day, so days can be asked for in any order. It refuses
//! to know how a vendor spells any of it: that is the business of `ninja` and `threatlocker`.

mod cast;
mod census;
pub(crate) mod class;
pub(crate) mod hardware;
pub(crate) mod machine;
mod newcomers;
pub(crate) mod organizations;
pub(crate) mod people;
#[cfg(test)]
mod tests;

use chrono::{Datelike, NaiveDate};

use self::cast::Cast;
pub use self::census::Census;
use self::machine::{Approval, Machine, NEVER, Part};
use self::newcomers::Newcomers;
use self::organizations::{ORPHAN_ORGANIZATION, Organization};
use crate::dice::Luck;
use crate::plan::FleetPlan;

/// A UUID made of luck.
pub(crate) fn guid(luck: Luck) -> String {
    let (high, low) = (luck.roll("guid high"), luck.roll("guid low"));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFF,
        0x8000 | ((low >> 48) & 0x3FFF),
        low & 0xFFFF_FFFF_FFFF
    )
}

/// A Ninja device on the fleet's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Device {
    /// Index into the fleet's machines.
    pub(crate) machine: usize,
    pub(crate) id: i64,
    pub(crate) organization: usize,
    pub(crate) organization_id: i64,
    pub(crate) location_id: i64,
    pub(crate) status: Approval,
    /// The full name, before Ninja cuts it.
    pub(crate) host: String,
    pub(crate) display: Option<String>,
    pub(crate) spare: bool,
    /// Nights since the last contact; `None` when there never was one.
    pub(crate) silence: Option<i32>,
    /// No longer listed, still in reports.
    pub(crate) ghost: bool,
}

/// A ThreatLocker row on the fleet's day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Agent {
    pub(crate) machine: usize,
    pub(crate) generation: u8,
    pub(crate) id: String,
    pub(crate) organization: usize,
    /// Its organization is missing from the list of children.
    pub(crate) orphan: bool,
    pub(crate) host: String,
    /// The label in `computerName`.
    pub(crate) label: String,
    /// Day of installation, counted from the first day.
    pub(crate) installed: i32,
    pub(crate) deleted: bool,
    /// A newer installation took its place.
    pub(crate) superseded: bool,
    pub(crate) silence: i32,
}

/// The world on one day.
#[derive(Debug, Clone)]
pub struct Fleet {
    plan: FleetPlan,
    day: NaiveDate,
    luck: Luck,
    organizations: Vec<Organization>,
    machines: Vec<Machine>,
    first_day: usize,
    devices: Vec<Device>,
    agents: Vec<Agent>,
}

/// How long a report still shows a device that Ninja has forgotten, in days.
const GHOST_DAYS: i32 = 3;
/// How long ThreatLocker keeps a deleted row, in days.
const DELETED_DAYS: i32 = 90;

impl Fleet {
    /// The world of that plan on that day, whatever was asked before.
    pub fn at(plan: &FleetPlan, day: NaiveDate) -> Self {
        let luck = Luck::new(plan.seed);
        let organizations = organizations::found(luck, plan.organizations);
        let machines = Cast::new(plan, luck, &organizations).first_day();
        let first_day = machines.len();
        let mut fleet = Self {
            plan: plan.clone(),
            day,
            luck,
            organizations,
            machines,
            first_day,
            devices: Vec::new(),
            agents: Vec::new(),
        };
        fleet.move_to(day);
        fleet
    }

    /// Moves the world to another day, earlier or later. Costs one pass over the machines, not the days between.
    pub fn move_to(&mut self, day: NaiveDate) {
        self.day = day;
        self.admit();
        let devices = self.machines.iter().filter_map(|machine| self.device(machine)).collect();
        let agents = self.machines.iter().flat_map(|machine| self.agents_of(machine)).collect();
        self.devices = devices;
        self.agents = agents;
    }

    /// The day shown.
    pub fn day(&self) -> NaiveDate {
        self.day
    }

    /// The plan it was made from.
    pub fn plan(&self) -> &FleetPlan {
        &self.plan
    }

    /// The truth about the day's troubles.
    pub fn census(&self) -> Census {
        Census::of(self)
    }

    pub(crate) fn luck(&self) -> Luck {
        self.luck
    }

    pub(crate) fn organizations(&self) -> &[Organization] {
        &self.organizations
    }

    pub(crate) fn machine(&self, index: usize) -> &Machine {
        &self.machines[index]
    }

    /// In ascending order of id, ghosts included.
    pub(crate) fn devices(&self) -> &[Device] {
        &self.devices
    }

    pub(crate) fn agents(&self) -> &[Agent] {
        &self.agents
    }

    /// Days since the plan's first day. A fleet that does not evolve stays there for ever.
    pub(crate) fn elapsed(&self) -> i32 {
        if !self.plan.evolve {
            return 0;
        }
        i32::try_from((self.day - self.plan.first_day).num_days()).unwrap_or(NEVER - 1).max(0)
    }

    fn admit(&mut self) {
        let elapsed = self.elapsed();
        let newcomers = Newcomers {
            plan: &self.plan,
            luck: self.luck,
            organizations: &self.organizations,
            first_day: self.first_day,
        };
        let known = self.machines.len() - self.first_day;
        let joining = (known..).map_while(|number| {
            let joined = newcomers.joins(number).filter(|&joined| joined <= elapsed)?;
            Some(newcomers.machine(number, joined))
        });
        let joining: Vec<Machine> = joining.collect();
        self.machines.extend(joining);
    }

    /// The machine's name on the day: its own, or that of the machine it copies.
    pub(crate) fn host_of(&self, machine: &Machine) -> String {
        let named = match machine.part {
            Part::Twin { of, .. } => &self.machines[of],
            _ => machine,
        };
        named.host_on(self.elapsed(), &self.organizations[named.organization])
    }

    fn device(&self, machine: &Machine) -> Option<Device> {
        let elapsed = self.elapsed();
        let listed = machine.known_to_ninja(elapsed);
        let ghost = !listed && machine.in_ninja && machine.known_to_ninja(elapsed.saturating_sub(GHOST_DAYS));
        if !listed && !ghost {
            return None;
        }
        let organization = machine.organization_on(elapsed);
        let home = &self.organizations[organization];
        let spare = machine.spare_on(elapsed);
        let host = self.host_of(machine);
        Some(Device {
            machine: machine.index,
            id: machine.id,
            organization,
            organization_id: if machine.part == Part::Orphan { ORPHAN_ORGANIZATION } else { home.ninja_id },
            location_id: location_of(machine, home, spare),
            status: machine.status,
            display: people::ninja_label(machine, &host, spare),
            host,
            spare,
            silence: machine.silence_on(self.day.num_days_from_ce()),
            ghost,
        })
    }

    fn agents_of(&self, machine: &Machine) -> Vec<Agent> {
        let elapsed = self.elapsed();
        if machine.life.covered == NEVER && machine.life.spare_from == NEVER {
            return Vec::new();
        }
        let installations = machine.installations();
        let shown = installations
            .into_iter()
            .filter(|one| one.installed <= elapsed && elapsed.saturating_sub(one.removed) < DELETED_DAYS);
        shown.map(|one| self.agent(machine, one)).collect()
    }

    fn agent(&self, machine: &Machine, one: machine::Installation) -> Agent {
        let elapsed = self.elapsed();
        let last = elapsed.min(one.replaced).min(one.removed.saturating_sub(1));
        let host = people::threatlocker_host(machine, self.host_of(machine), &self.organizations[machine.organization]);
        let silence = machine.silence_on(self.day.num_days_from_ce()).unwrap_or(0);
        Agent {
            machine: machine.index,
            generation: one.generation,
            id: guid(machine.luck.of(1000 + u64::from(one.generation))),
            organization: machine.threatlocker_organization_on(last.max(0)),
            orphan: !machine.in_ninja && machine.part == Part::Orphan,
            label: people::threatlocker_label(machine, &host),
            host,
            installed: one.installed,
            deleted: one.removed <= elapsed,
            superseded: one.replaced <= elapsed,
            silence: silence.max(elapsed.saturating_sub(last)),
        }
    }
}

fn location_of(machine: &Machine, home: &Organization, spare: bool) -> i64 {
    let shelf = match machine.part {
        Part::SpareCloset if spare => home.closet(),
        Part::SpareStock if spare => home.own_spares(),
        _ if machine.luck.chance("warehouse", 300) => home.warehouse(),
        _ => None,
    };
    shelf.unwrap_or_else(|| home.main_office())
}
