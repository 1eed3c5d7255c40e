//! The domain's words as GraphQL enums.

use async_graphql::Enum;

/// A vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum)]
#[graphql(remote = "domain::vendor::Vendor")]
pub enum VendorName {
    /// NinjaOne (NinjaRMM): what is managed. It is the reference: it decides billing, and others are linked to it.
    Ninja,
    /// ThreatLocker: what is protected.
    #[graphql(name = "THREATLOCKER")]
    ThreatLocker,
}

/// The kind of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::device_type::DeviceType")]
pub enum DeviceType {
    /// A server with its own operating system.
    Server,
    /// A desktop or a laptop.
    Workstation,
    /// A machine that runs virtual machines.
    VirtualHost,
    /// A virtual machine, seen through its host.
    VirtualGuest,
    /// Network gear: switches, routers, firewalls, access points.
    Network,
    /// A telephone or a tablet with a mobile operating system.
    Mobile,
    /// A target of cloud monitoring; no machine of the client's.
    Cloud,
    /// Something else that is known: printers, desk telephones, unmanaged things.
    Other,
    /// Nobody said what it is.
    Unknown,
}

/// Whether a device is billed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::billing::Billing")]
pub enum BillingStatus {
    /// It is billed.
    Billable,
    /// It is not billed; the spare reason says why.
    Spare,
    /// A fact that decides is missing, so nobody is billed by accident.
    Unknown,
}

/// Why a device is spare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::billing::SpareReason")]
pub enum SpareReason {
    /// It is a virtual machine, billed through its host.
    VmGuest,
    /// Its display name contains "spare".
    SpareName,
    /// The name of its location contains "spare".
    SpareLocation,
}

/// Whether a Windows workstation may run Windows 11 24H2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::windows11::Verdict")]
pub enum Windows11Verdict {
    /// It does not run 24H2, and meets every requirement.
    Capable,
    /// At least one requirement is known not to be met; whether others are unknown does not matter.
    NotCapable,
    /// It runs 24H2 already, whatever its requirements say.
    AlreadyThere,
    /// It runs something newer than 24H2.
    Newer,
    /// No requirement is known to fail, and at least one was not reported or cannot be read.
    NotEnoughData,
}

/// One thing that Windows 11 24H2 asks of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::windows11::Requirement")]
pub enum Windows11Requirement {
    /// A 64-bit system.
    Architecture,
    /// 4 GiB of memory.
    Memory,
    /// 64 GB on volume C:.
    Storage,
    /// A processor on Microsoft's lists.
    Processor,
    /// A TPM 2.0 that is switched on.
    Tpm,
    /// Firmware that can do Secure Boot; it need not be on.
    SecureBoot,
}

/// Whether a requirement is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::windows11::Outcome")]
pub enum Windows11Outcome {
    /// It is met.
    Met,
    /// It is known not to be met.
    NotMet,
    /// Nobody reported what decides it, or what was reported cannot be read or contradicts itself.
    NotEnoughData,
}

/// How two vendors' records were found to be one machine. The rules are tried in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::linking::LinkRule")]
pub enum LinkRule {
    /// A person linked them, or linked both to the same third record.
    Person,
    /// Both report the same serial number.
    SerialNumber,
    /// Both report the same MAC address.
    MacAddress,
    /// Both have the same host name inside one organization.
    HostnameInOrganization,
    /// One host name is the other cut at 15 characters, inside one organization, and nothing else fits.
    CutHostnameInOrganization,
    /// Both have the same host name, and no other device of either vendor has it.
    UniqueHostname,
}

/// Why a record that was considered for a link was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::linking::Loss")]
pub enum LinkLoss {
    /// A person said that they are two machines.
    Separated,
    /// It fits, but others fit as well, so nothing was guessed.
    FitsEqually,
    /// The same rule found another one that more speaks for.
    NarrowedAway,
    /// An earlier rule found another one.
    EarlierRule,
    /// An earlier rule found several and could not decide, so later rules were not asked.
    EarlierDoubt,
    /// Both report a serial number, and not the same one.
    SerialsDiffer,
    /// It is in another organization, and the host name is not unique.
    NameNotUnique,
    /// Another record has it, and a person said that that one is another machine.
    HasRival,
    /// Only the host name speaks for it, and a stronger rule says that it is another record's.
    Taken,
}

/// What a person said of two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::linking::DecisionKind")]
pub enum LinkDecisionKind {
    /// They are one machine.
    Linked,
    /// They are two machines.
    Separated,
}

/// What kind of trouble an exception is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::checks::ExceptionType")]
pub enum ExceptionType {
    /// A ThreatLocker device that is linked to no Ninja device: protected but not managed.
    MissingNinja,
    /// ThreatLocker lists several devices with one host name in one organization; this is one to remove.
    DuplicateTl,
    /// Ninja and ThreatLocker file the same machine under different organizations.
    SiteMismatch,
    /// ThreatLocker protects a machine that is spare in Ninja.
    SpareMismatch,
    /// People named the same machine differently in Ninja and in ThreatLocker.
    DisplayNameMismatch,
    /// A billable Ninja server or workstation that is linked to no ThreatLocker device: managed but not protected.
    MissingTl,
    /// Ninja lists several devices with one host name or one serial number in one organization; this is one to remove.
    DuplicateNinja,
    /// Several Ninja devices fit a device equally, so it was linked to none.
    AmbiguousMatch,
    /// A vendor still lists a device that it has not heard from for many days.
    StaleDevice,
}

/// How bad an exception is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::checks::Severity")]
pub enum Severity {
    /// Untidy: nobody is harmed by waiting.
    Low,
    /// Wrong, and it costs somebody something.
    Medium,
    /// A machine is unmanaged or unprotected, or a client is billed for another's.
    High,
}

/// How an exception was resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::inventory::exceptions::Resolution")]
pub enum ExceptionResolution {
    /// A person says that it is repaired. If a later complete check still finds it, it reopens.
    Fixed,
    /// A person lives with it, for ever or until a date.
    Accepted,
    /// A person says that the finding is wrong. It stays resolved, whatever later checks find.
    FalsePositive,
    /// A complete check no longer found it.
    Verified,
}

/// What happened to an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::inventory::exceptions::EventKind")]
pub enum ExceptionEventKind {
    /// A check found it for the first time.
    Found,
    /// A person resolved it; `to` says how.
    Resolved,
    /// A person opened it again, or a check found it again; `from` says how it had been resolved, the note says why.
    Reopened,
    /// A complete check no longer found it, and closed it.
    Verified,
    /// It was given to somebody; `to` says whom.
    Assigned,
    /// It was taken from `from` and is nobody's.
    Unassigned,
    /// A person wrote a comment; `note` has it in full.
    Commented,
    /// It was put to sleep; `to` is the last day.
    Snoozed,
    /// It was woken before its last day, `from`.
    Woken,
}

/// The state of a job batch or a job run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::inventory::jobs::JobStatus")]
pub enum JobStatus {
    /// Waits for its turn.
    Queued,
    /// At work.
    Running,
    /// Ended as it should.
    Completed,
    /// Something was missing: what was stored before stands.
    Partial,
    /// Complete, but so much smaller than the last that a person must decide.
    Held,
    /// Ended by a fault.
    Failed,
    /// Ended by a person.
    Cancelled,
    /// Not done, for a reason that is no fault.
    Skipped,
}

/// What ordered a job batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::inventory::jobs::Trigger")]
pub enum JobTrigger {
    /// The scheduler.
    Timer,
    /// A GraphQL mutation.
    Mutation,
    /// The command line.
    CommandLine,
}

impl JobTrigger {
    const ALL: [Self; 3] = [Self::Timer, Self::Mutation, Self::CommandLine];

    pub(in crate::graphql) fn code(self) -> &'static str {
        crate::inventory::jobs::Trigger::from(self).code()
    }

    pub(in crate::graphql) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|trigger| trigger.code() == code)
    }
}

/// What a collection turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum CollectionOutcome {
    /// Every device was seen; it replaced the day's snapshots.
    Complete,
    /// Something is missing; the day's snapshots stayed as they were.
    Partial,
    /// Complete, but so much smaller than the last that a person must apply or discard it.
    Held,
    /// It was held, and a person applied it.
    Applied,
    /// It was held, and a person discarded it.
    Discarded,
    /// It was held, and a newer complete collection was stored before a person decided.
    Outdated,
}

impl CollectionOutcome {
    pub(in crate::graphql) fn from_code(code: &str) -> Option<Self> {
        match code {
            "complete" => Some(Self::Complete),
            "partial" => Some(Self::Partial),
            "held" => Some(Self::Held),
            "applied" => Some(Self::Applied),
            "discarded" => Some(Self::Discarded),
            "outdated" => Some(Self::Outdated),
            _ => None,
        }
    }
}

/// Why a record was left out of a collection's devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum SetAsideReason {
    /// The record could not be read: no id, no host name, a field of the wrong kind, a name that is too long.
    Unreadable,
    /// The vendor says that it is not a present device: pending, staged, decommissioned, deleted.
    NotPresent,
}

impl SetAsideReason {
    pub(in crate::graphql) fn from_code(code: &str) -> Option<Self> {
        match code {
            "unreadable" => Some(Self::Unreadable),
            "not_present" => Some(Self::NotPresent),
            _ => None,
        }
    }
}
