use super::cast::{blank, fate, home, make_stranger};
use super::class::Class;
use super::machine::Machine;
use super::organizations::Organization;
use crate::dice::Luck;
use crate::plan::FleetPlan;

/// Who joins after the first day. The `number`-th newcomer is the same whoever asks, so the fleet of any day can be
/// made without the days before it.
pub(crate) struct Newcomers<'a> {
    pub(crate) plan: &'a FleetPlan,
    pub(crate) luck: Luck,
    pub(crate) organizations: &'a [Organization],
    /// How many machines the first day has.
    pub(crate) first_day: usize,
}

/// Ninja devices that come and go, per device and day.
const TURNOVER: f64 = 0.0011;
/// ThreatLocker machines unknown to Ninja that turn up, per agent and day.
const STRANGERS: f64 = 0.0006;

impl Newcomers<'_> {
    #[expect(clippy::cast_precision_loss, reason = "a rate needs no precision")]
    fn rates(&self) -> (f64, f64) {
        (self.plan.ninja_devices as f64 * TURNOVER, self.plan.threatlocker_devices as f64 * STRANGERS)
    }

    /// The day on which that newcomer joins; `None` when the plan has none.
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "days fit")]
    pub(crate) fn joins(&self, number: usize) -> Option<i32> {
        let (devices, strangers) = self.rates();
        let rate = devices + strangers;
        if !self.plan.evolve || rate <= 0.0 {
            return None;
        }
        Some(1 + (number as f64 / rate).min(1.0e6) as i32)
    }

    pub(crate) fn machine(&self, number: usize, joined: i32) -> Machine {
        let index = self.first_day + number;
        let weight = self.organizations.iter().map(|organization| organization.weight).sum();
        let mut machine = blank(self.luck, index, home(self.organizations, weight, self.luck.of(index as u64)));
        let (devices, strangers) = self.rates();
        machine.life.joined = joined;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a thousand")]
        let share = (1000.0 * strangers / (devices + strangers)) as u64;
        if machine.luck.chance("newcomer is a stranger", share) {
            make_stranger(&mut machine, joined);
            machine.life.retired = joined.saturating_add(machine.luck.wait("left", 40.0));
            return machine;
        }
        machine.class = match machine.luck.below("class", 100) {
            0..8 => Class::WindowsServer,
            8..11 => Class::Mac,
            11..18 => Class::NmsSwitch,
            18..22 => Class::AppleIos,
            _ => Class::WindowsWorkstation,
        };
        let luck = machine.luck;
        let agent = machine.class.is_windows() && self.plan.threatlocker_devices > 0;
        if agent {
            let late = luck.chance("late", 100);
            machine.life.covered = joined + if late { luck.within("lag", 6, 45) } else { luck.within("lag", 0, 3) };
        }
        fate(&mut machine, joined, another(luck, self.organizations.len(), index));
        machine
    }
}

fn another(luck: Luck, count: usize, index: usize) -> usize {
    luck.of(index as u64).below("another", count)
}
