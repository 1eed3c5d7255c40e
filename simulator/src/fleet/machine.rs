use super::class::Class;
use super::organizations::Organization;
use crate::dice::Luck;

/// A day that never comes.
pub(crate) const NEVER: i32 = i32::MAX;

/// The one thing that is unusual about a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Plain,
    /// Longer than 15 characters, so that Ninja shows the NetBIOS cut.
    LongName,
    /// One of the names every office uses; the number picks it.
    SharedName(usize),
    /// Filed under another client at ThreatLocker.
    WrongOrganization,
    /// Labelled by people at both vendors, differently.
    TwoLabels,
    /// Labelled "HOST | Person" at both vendors.
    OneLabel,
    /// The firmware tells a placeholder for a serial number.
    PlaceholderSerial,
    /// ThreatLocker has the name in lower case with its domain.
    Fqdn,
    /// Its label is not ASCII.
    UnicodeLabel,
    /// Out of contact for weeks.
    Silent,
    /// Enrolled, and never heard of again. Ninja says so with zeros, or by leaving the keys out.
    NeverSeen {
        zeros: bool,
    },
    /// Has the name (and every other time the serial number) of another machine of its organization.
    Twin {
        of: usize,
        same_serial: bool,
    },
    /// Filed under an organization that the list does not hold.
    Orphan,
    /// A Mac that was never named.
    MacLan,
    /// Says "spare" in its display name.
    SpareLabel,
    /// Lies in a client's spare closet.
    SpareCloset,
    /// Lies in the provider's own stock.
    SpareStock,
}

/// Ninja's `approvalStatus`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approval {
    Approved,
    Pending,
    Staged,
    Decommissioned,
}

impl Approval {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::Staged => "STAGED",
            Self::Decommissioned => "DECOMMISSIONED",
        }
    }
}

/// What happens to a machine, in days since the plan's first day. [`NEVER`] where it does not happen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    pub(crate) joined: i32,
    /// When Ninja forgets it.
    pub(crate) retired: i32,
    /// How much later ThreatLocker forgets it.
    pub(crate) retired_lag: i32,
    pub(crate) renamed: i32,
    pub(crate) moved: i32,
    /// The organization it moves to.
    pub(crate) moved_to: usize,
    pub(crate) moved_lag: i32,
    pub(crate) spare_from: i32,
    pub(crate) spare_until: i32,
    /// How long after `spare_from` the ThreatLocker agent goes.
    pub(crate) spare_lag: i32,
    /// When ThreatLocker starts and stops to have it under `wrong_at`.
    pub(crate) wrong_from: i32,
    pub(crate) wrong_until: i32,
    pub(crate) wrong_at: usize,
    /// When the first ThreatLocker agent is installed.
    pub(crate) covered: i32,
    /// When the agent is installed anew, and when somebody deletes the old row.
    pub(crate) reinstalled: i32,
    pub(crate) cleaned: i32,
    /// An older row that was deleted before the first day.
    pub(crate) deleted_before: bool,
}

impl Life {
    /// A life in which nothing happens.
    pub(crate) fn quiet(joined: i32, organization: usize) -> Self {
        Self {
            joined,
            retired: NEVER,
            retired_lag: 0,
            renamed: NEVER,
            moved: NEVER,
            moved_to: organization,
            moved_lag: 0,
            spare_from: NEVER,
            spare_until: NEVER,
            spare_lag: 0,
            wrong_from: NEVER,
            wrong_until: NEVER,
            wrong_at: organization,
            covered: NEVER,
            reinstalled: NEVER,
            cleaned: NEVER,
            deleted_before: false,
        }
    }
}

/// One physical machine and its whole life.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) index: usize,
    /// Ninja's device id.
    pub(crate) id: i64,
    pub(crate) luck: Luck,
    pub(crate) class: Class,
    pub(crate) organization: usize,
    pub(crate) part: Part,
    pub(crate) status: Approval,
    /// False for machines that only ThreatLocker knows.
    pub(crate) in_ninja: bool,
    /// The index of the host a guest runs on.
    pub(crate) parent: Option<usize>,
    pub(crate) life: Life,
}

/// One installation of the ThreatLocker agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) generation: u8,
    pub(crate) installed: i32,
    pub(crate) removed: i32,
    /// When it stopped to check in because a newer one took its place.
    pub(crate) replaced: i32,
}

const SHARED: &[&str] = &["RECEPTION", "FRONTDESK", "SERVER", "ACCOUNTING"];

impl Machine {
    pub(crate) fn spare_on(&self, day: i32) -> bool {
        (self.life.spare_from..self.life.spare_until).contains(&day)
    }

    pub(crate) fn known_to_ninja(&self, day: i32) -> bool {
        self.in_ninja && (self.life.joined..self.life.retired).contains(&day)
    }

    /// The organization that Ninja has it under.
    pub(crate) fn organization_on(&self, day: i32) -> usize {
        if day >= self.life.moved { self.life.moved_to } else { self.organization }
    }

    /// The organization that ThreatLocker has it under: moves arrive late, and sometimes it is simply wrong.
    pub(crate) fn threatlocker_organization_on(&self, day: i32) -> usize {
        if (self.life.wrong_from..self.life.wrong_until).contains(&day) {
            return self.life.wrong_at;
        }
        self.organization_on(day.saturating_sub(self.life.moved_lag))
    }

    /// The machine's own full name. Twins have the name of the machine they copy, which the caller knows.
    pub(crate) fn host_on(&self, day: i32, home: &Organization) -> String {
        match self.part {
            Part::MacLan => "Mac.lan".to_owned(),
            Part::SharedName(number) => SHARED[number % SHARED.len()].to_owned(),
            Part::LongName => format!("{}-{}-CONFERENCE-ROOM", home.code, self.index),
            _ => self.plain_host(day >= self.life.renamed, home),
        }
    }

    fn plain_host(&self, renamed: bool, home: &Organization) -> String {
        let (code, index) = (&home.code, self.index);
        if renamed {
            return format!("{code}-PC-{index:04}");
        }
        if self.class == Class::WindowsWorkstation && self.luck.chance("default name", 250) {
            return format!("DESKTOP-{}{index:04}", (b'A' + (self.luck.roll("letter") % 26) as u8) as char);
        }
        format!("{code}-{}-{index:04}", self.class.stem())
    }

    /// Every installation of the ThreatLocker agent in the machine's life, in the order in which they were made.
    pub(crate) fn installations(&self) -> Vec<Installation> {
        let life = &self.life;
        let gone = life.retired.saturating_add(life.retired_lag);
        let parked = gone.min(life.spare_from.saturating_add(life.spare_lag));
        let mut all = Vec::with_capacity(2);
        if life.deleted_before {
            all.push(Installation { generation: 9, installed: -400, removed: -30, replaced: -31 });
        }
        if life.covered < parked {
            all.push(Installation {
                generation: 0,
                installed: life.covered,
                removed: parked.min(life.cleaned),
                replaced: life.reinstalled,
            });
            if life.reinstalled < parked {
                all.push(Installation { generation: 1, installed: life.reinstalled, removed: parked, replaced: NEVER });
            }
        }
        let back = life.spare_until.saturating_add(1);
        if life.spare_from != NEVER && back < gone {
            all.push(Installation { generation: 2, installed: back, removed: gone, replaced: NEVER });
        }
        all
    }

    /// Days since the last contact on a day counted from the common era; `None` when there never was one.
    pub(crate) fn silence_on(&self, day: i32) -> Option<i32> {
        match self.part {
            Part::NeverSeen { .. } => return None,
            Part::Silent => return Some(self.luck.within("silent", 33, 90)),
            _ => {}
        }
        let shifted = day.saturating_add(self.luck.within("phase", 0, 60));
        let spell = self.luck.of(u64::from(shifted.unsigned_abs() / 60));
        let position = shifted.rem_euclid(60);
        let start = spell.within("start", 1, 30);
        if spell.chance("away", 50) && (start..start + spell.within("length", 6, 30)).contains(&position) {
            return Some(position - start + 1);
        }
        let night = self.luck.of(u64::from(day.unsigned_abs()));
        Some(if night.chance("off tonight", 70) { night.within("nights", 1, 4) } else { 0 })
    }
}
