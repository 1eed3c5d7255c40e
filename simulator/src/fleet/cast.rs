//! Who is in the fleet on its first day: exact counts, each machine with its part.

use super::class::Class;
use super::machine::{Approval, Life, Machine, NEVER, Part};
use super::organizations::Organization;
use crate::dice::Luck;
use crate::plan::FleetPlan;

/// How many machines of each sort the first day has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quotas {
    /// Known to both vendors, nothing spare about them.
    pub(crate) covered: usize,
    /// Should have ThreatLocker and have not.
    pub(crate) missing: usize,
    /// Spare at Ninja, still licensed at ThreatLocker.
    pub(crate) licensed_spares: usize,
    pub(crate) spares: usize,
    /// Guests, hosts, network gear, phones.
    pub(crate) others: usize,
    /// Known to ThreatLocker only.
    pub(crate) strangers: usize,
    /// Machines with two ThreatLocker rows.
    pub(crate) reinstalled: usize,
}

impl Quotas {
    /// About 2-4 % in each kind of trouble; the share of agents follows the size of the ThreatLocker fleet, so that a
    /// fleet with half as many ThreatLocker rows as Ninja devices is one with much network gear and not one with half
    /// of its computers forgotten.
    pub(crate) fn of(plan: &FleetPlan) -> Self {
        let (ninja, agents) = (plan.ninja_devices, plan.threatlocker_devices);
        let reinstalled = agents / 40;
        let licensed_spares = (agents * 3 / 100).min(ninja / 20);
        let strangers = agents / 40;
        let missing = ninja / 40;
        let wanted = agents.saturating_sub(reinstalled + licensed_spares + strangers);
        let computers = (wanted + missing).clamp(ninja * 45 / 100, (ninja * 93 / 100).max(1)).min(ninja);
        let covered = wanted.min(computers);
        let reinstalled = reinstalled.min(covered);
        let rest = ninja - computers;
        let licensed_spares = licensed_spares.min(rest);
        let spares = (ninja / 50).min(rest - licensed_spares);
        Self {
            covered,
            missing: computers - covered,
            licensed_spares,
            spares,
            others: rest - licensed_spares - spares,
            strangers: agents - covered - reinstalled - licensed_spares,
            reinstalled,
        }
    }
}

/// A seat in the shuffled first-day cast.
#[derive(Clone, Copy)]
enum Seat {
    Covered,
    Missing,
    LicensedSpare,
    Spare,
    Other(Class),
}

/// Shares of the classes among `others`, in thousandths.
const OTHERS: &[(Class, usize)] = &[
    (Class::VmwareGuest, 200),
    (Class::NmsSwitch, 140),
    (Class::NmsWap, 120),
    (Class::NmsPrinter, 100),
    (Class::NmsFirewall, 80),
    (Class::VmwareHost, 55),
    (Class::AppleIos, 50),
    (Class::HypervGuest, 45),
    (Class::Unmanaged, 40),
    (Class::NmsPhone, 40),
    (Class::Android, 35),
    (Class::HypervHost, 25),
    (Class::AppleIpados, 25),
    (Class::NmsOther, 20),
    (Class::CloudTarget, 18),
    (Class::Unheard, 7),
];

pub(crate) struct Cast<'a> {
    plan: &'a FleetPlan,
    luck: Luck,
    organizations: &'a [Organization],
    weight: usize,
    machines: Vec<Machine>,
    /// How many of each seat were filled, for parts that go by turns.
    covered: usize,
    missing: usize,
    spares: usize,
    last_plain: Option<usize>,
}

impl<'a> Cast<'a> {
    pub(crate) fn new(plan: &'a FleetPlan, luck: Luck, organizations: &'a [Organization]) -> Self {
        let weight = organizations.iter().map(|organization| organization.weight).sum();
        let machines = Vec::with_capacity(plan.ninja_devices + plan.ninja_devices / 16 + 16);
        Self { plan, luck, organizations, weight, machines, covered: 0, missing: 0, spares: 0, last_plain: None }
    }

    /// Everybody who is there on the first day.
    pub(crate) fn first_day(mut self) -> Vec<Machine> {
        let quotas = Quotas::of(self.plan);
        for seat in self.seats(quotas) {
            self.take(seat);
        }
        self.house_guests();
        self.double_agents(quotas.reinstalled);
        for number in 0..quotas.strangers {
            self.stranger(number, -1 - self.luck.of(number as u64).within("stranger", 1, 90));
        }
        if self.plan.unapproved {
            self.unapproved();
        }
        self.machines
    }

    fn seats(&self, quotas: Quotas) -> Vec<Seat> {
        let mut seats = vec![Seat::Covered; quotas.covered];
        seats.extend(vec![Seat::Missing; quotas.missing]);
        seats.extend(vec![Seat::LicensedSpare; quotas.licensed_spares]);
        seats.extend(vec![Seat::Spare; quotas.spares]);
        let (mut share, mut taken) = (0, 0);
        for &(class, thousandths) in OTHERS {
            share += thousandths;
            let upto = (quotas.others * share).div_ceil(1000).min(quotas.others);
            seats.extend(vec![Seat::Other(class); upto - taken]);
            taken = upto;
        }
        for index in (1..seats.len()).rev() {
            seats.swap(index, self.luck.of(index as u64).below("shuffle", index + 1));
        }
        seats
    }

    fn take(&mut self, seat: Seat) {
        let (mut machine, luck) = self.blank();
        machine.life.joined = -luck.within("age", 30, 1500);
        match seat {
            Seat::Covered => self.covered_part(&mut machine),
            Seat::Missing => self.missing_part(&mut machine),
            Seat::LicensedSpare => self.spare_part(&mut machine, true),
            Seat::Spare => self.spare_part(&mut machine, false),
            Seat::Other(class) => machine.class = class,
        }
        if self.plan.evolve {
            self.live(&mut machine);
        }
        self.machines.push(machine);
    }

    fn blank(&self) -> (Machine, Luck) {
        let index = self.machines.len();
        let machine = blank(self.luck, index, self.home(self.luck.of(index as u64)));
        let luck = machine.luck;
        (machine, luck)
    }

    fn home(&self, luck: Luck) -> usize {
        home(self.organizations, self.weight, luck)
    }

    fn covered_part(&mut self, machine: &mut Machine) {
        let turn = self.covered;
        self.covered += 1;
        machine.class = computer(machine.luck);
        machine.life.covered = machine.life.joined + machine.luck.within("cover", 0, 20);
        machine.life.deleted_before = turn % 50 == 7;
        let slot = turn * 37 % 200;
        machine.part = match slot {
            0..6 => Part::LongName,
            6..10 => Part::SharedName(turn),
            10..15 => Part::WrongOrganization,
            15..20 => Part::TwoLabels,
            20..26 => Part::OneLabel,
            26..30 => Part::PlaceholderSerial,
            30..34 => Part::Fqdn,
            34..38 => Part::UnicodeLabel,
            38..42 => Part::Silent,
            _ => Part::Plain,
        };
        match machine.part {
            Part::Plain => self.last_plain = Some(machine.index),
            // Each client has at most one machine of a shared name, or they would be duplicates.
            Part::SharedName(_) => self.share_name(machine, slot - 6 + 4 * (turn / 200)),
            Part::WrongOrganization => {
                machine.life.wrong_from = -400;
                machine.life.wrong_at = self.another(machine, machine.organization);
                if self.plan.evolve {
                    machine.life.wrong_until = machine.luck.within("fixed", 6, 70);
                }
            }
            _ => {}
        }
        if !matches!(machine.part, Part::Plain) {
            machine.class = Class::WindowsWorkstation;
        }
    }

    fn share_name(&self, machine: &mut Machine, number: usize) {
        machine.part = Part::Plain;
        if number / 2 < self.organizations.len() {
            machine.organization = number / 2;
            machine.part = Part::SharedName(number % 2);
        }
    }

    fn another(&self, machine: &Machine, organization: usize) -> usize {
        let count = self.organizations.len();
        if count < 2 {
            return organization;
        }
        (organization + 1 + machine.luck.below("another", count - 1)) % count
    }

    fn missing_part(&mut self, machine: &mut Machine) {
        let turn = self.missing;
        self.missing += 1;
        machine.class = Class::WindowsWorkstation;
        match (turn % 10, self.last_plain) {
            (0 | 3 | 6, Some(of)) => {
                let original = &self.machines[of];
                machine.class = original.class;
                machine.organization = original.organization;
                machine.part = Part::Twin { of, same_serial: turn.is_multiple_of(2) };
                if self.plan.evolve {
                    machine.life.retired = machine.luck.within("untwinned", 4, 240);
                }
            }
            (1, _) => machine.part = Part::Orphan,
            (2, _) => {
                machine.class = Class::Mac;
                machine.part = Part::MacLan;
                machine.organization = turn / 10 % self.organizations.len();
            }
            (4, _) => machine.part = Part::NeverSeen { zeros: (turn / 10).is_multiple_of(2) },
            _ => {
                machine.class = computer(machine.luck);
                if self.plan.evolve && machine.luck.chance("covered late", 600) {
                    machine.life.covered = machine.luck.within("late", 3, 70);
                }
            }
        }
    }

    fn spare_part(&mut self, machine: &mut Machine, licensed: bool) {
        let turn = self.spares;
        self.spares += 1;
        machine.class = Class::WindowsWorkstation;
        machine.life.spare_from = machine.life.joined.max(-300) + 20;
        machine.part = match turn % 4 {
            1 => self.closet(machine, turn),
            3 => {
                machine.organization = 0;
                Part::SpareStock
            }
            _ => Part::SpareLabel,
        };
        if licensed {
            machine.life.covered = machine.life.joined + 1;
            machine.life.spare_lag = NEVER;
        }
        if !self.plan.evolve {
            return;
        }
        if licensed {
            machine.life.spare_lag = machine.luck.within("unlicensed", 3, 60) - machine.life.spare_from;
        }
        if machine.luck.chance("back in use", 400) {
            machine.life.spare_until = machine.luck.within("back", 62, 200);
        }
    }

    fn closet(&self, machine: &mut Machine, turn: usize) -> Part {
        let closets: Vec<usize> =
            self.organizations.iter().filter(|one| one.closet().is_some()).map(|one| one.index).collect();
        if closets.is_empty() {
            return Part::SpareLabel;
        }
        machine.organization = closets[turn / 4 % closets.len()];
        Part::SpareCloset
    }

    /// What chance has in store for a machine that is there on the first day.
    fn live(&self, machine: &mut Machine) {
        let to = self.another(machine, machine.organization);
        fate(machine, 0, to);
    }

    /// Guests run on a host of their own kind and live in its organization.
    fn house_guests(&mut self) {
        for (guest, host) in [(Class::VmwareGuest, Class::VmwareHost), (Class::HypervGuest, Class::HypervHost)] {
            let hosts: Vec<(usize, usize, i32)> = self
                .machines
                .iter()
                .filter(|machine| machine.class == host)
                .map(|machine| (machine.index, machine.organization, machine.life.retired))
                .collect();
            if hosts.is_empty() {
                continue;
            }
            for machine in self.machines.iter_mut().filter(|machine| machine.class == guest) {
                let (parent, organization, retired) = hosts[machine.luck.below("host", hosts.len())];
                machine.parent = Some(parent);
                machine.organization = organization;
                machine.life.moved = NEVER;
                machine.life.retired = machine.life.retired.min(retired);
            }
        }
    }

    /// Gives some covered machines a second ThreatLocker row: the agent was installed anew, the old row is still there.
    fn double_agents(&mut self, count: usize) {
        let mut covered: Vec<usize> = (0..self.machines.len())
            .filter(|&index| self.machines[index].life.covered != NEVER && self.machines[index].life.spare_from > 0)
            .filter(|&index| self.machines[index].life.covered < 0)
            .collect();
        // Plain machines first: one trouble a machine is enough.
        covered
            .sort_by_key(|&index| (self.machines[index].part != Part::Plain, self.machines[index].luck.roll("double")));
        for index in covered.into_iter().take(count) {
            let machine = &mut self.machines[index];
            machine.life.covered = machine.life.covered.min(-40);
            machine.life.reinstalled = -machine.luck.within("reinstalled", 1, 25);
            machine.life.cleaned = if self.plan.evolve { machine.luck.within("cleaned", 3, 50) } else { NEVER };
        }
    }

    fn stranger(&mut self, number: usize, joined: i32) {
        let (mut machine, luck) = self.blank();
        make_stranger(&mut machine, joined);
        if self.plan.evolve {
            machine.life.retired = luck.wait("left", 40.0).max(1);
        }
        if number == 0 {
            machine.part = Part::Orphan;
        }
        self.machines.push(machine);
    }

    fn unapproved(&mut self) {
        let sorts = [(Approval::Pending, 150), (Approval::Staged, 250), (Approval::Decommissioned, 190)];
        for (status, one_in) in sorts {
            for _ in 0..(self.plan.ninja_devices / one_in).max(1) {
                let (mut machine, luck) = self.blank();
                machine.life.joined = -luck.within("age", 2, 400);
                machine.class = Class::WindowsWorkstation;
                machine.status = status;
                self.machines.push(machine);
            }
        }
    }
}

pub(super) fn blank(luck: Luck, index: usize, organization: usize) -> Machine {
    let luck = luck.of(index as u64);
    let number = i64::try_from(index).unwrap_or(0);
    Machine {
        index,
        id: 101 + 3 * number + i64::from(luck.within("id gap", 0, 3)),
        luck,
        class: Class::WindowsWorkstation,
        organization,
        part: Part::Plain,
        status: Approval::Approved,
        in_ninja: true,
        parent: None,
        life: Life::quiet(0, organization),
    }
}

pub(super) fn home(organizations: &[Organization], weight: usize, luck: Luck) -> usize {
    let mut left = luck.below("home", weight);
    for organization in organizations {
        if left < organization.weight {
            return organization.index;
        }
        left -= organization.weight;
    }
    0
}

fn computer(luck: Luck) -> Class {
    match luck.below("computer", 100) {
        0..14 => Class::WindowsServer,
        14..17 => Class::Mac,
        17..19 => Class::LinuxServer,
        19 => Class::LinuxWorkstation,
        _ => Class::WindowsWorkstation,
    }
}

pub(super) fn make_stranger(machine: &mut Machine, joined: i32) {
    machine.in_ninja = false;
    machine.life.joined = joined;
    machine.life.covered = joined;
}

/// Rolls what happens to a machine from the day `from` on. Mean waiting times are in days.
pub(super) fn fate(machine: &mut Machine, from: i32, other_organization: usize) {
    let luck = machine.luck;
    let after = |topic: &str, mean: f64| from.saturating_add(luck.wait(topic, mean));
    let life = &mut machine.life;
    life.retired = life.retired.min(after("retired", 900.0));
    life.retired_lag = if luck.chance("uninstalled late", 350) { luck.within("retired lag", 2, 25) } else { 0 };
    if !matches!(machine.part, Part::Plain) {
        return;
    }
    life.renamed = after("renamed", 1500.0);
    if machine.class.shape() == super::class::Shape::Agent {
        life.moved = after("moved", 2500.0);
        life.moved_to = other_organization;
        life.moved_lag = luck.within("moved lag", 0, 9);
    }
    if life.covered == NEVER {
        return;
    }
    if life.spare_from == NEVER {
        life.spare_from = after("spare", 1800.0);
        life.spare_lag = luck.within("spare lag", 2, 30);
        if luck.chance("back", 600) {
            life.spare_until = life.spare_from.saturating_add(luck.within("parked", 32, 90));
        }
    }
    if life.reinstalled == NEVER {
        life.reinstalled = after("reinstall", 1100.0).max(life.covered.saturating_add(1));
        life.cleaned = life.reinstalled.saturating_add(luck.within("cleanup", 3, 40));
    }
    life.wrong_from = after("misfiled", 2200.0);
    life.wrong_until = life.wrong_from.saturating_add(luck.within("refiled", 3, 45));
    life.wrong_at = other_organization;
}
