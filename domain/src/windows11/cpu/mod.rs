//! Whether a processor is on Microsoft's lists, by its name.
//!
//! The lists are data: families in the order in which a name is compared with them, each with its model numbers
//! ([`amd`], [`arm`], [`intel`]). They say by family and generation what Microsoft's pages say by model or series:
//!
//! - Intel: <https://learn.microsoft.com/en-us/windows-hardware/design/minimum/supported/windows-11-24h2-supported-intel-processors>
//! - AMD: <https://learn.microsoft.com/en-us/windows-hardware/design/minimum/supported/windows-11-24h2-supported-amd-processors>
//! - Qualcomm: <https://learn.microsoft.com/en-us/windows-hardware/design/minimum/supported/windows-11-24h2-supported-qualcomm-processors>
//! - the lists of Windows 11 before 24H2, at the same place without `24h2-`: a machine that runs Windows 11 on a processor
//!   of theirs is offered 24H2, and the newer pages are for makers of new machines
//! - `HardwareReadiness.ps1`, Microsoft's own test: <https://aka.ms/HWReadinessScript>
//!
//! Rules section 11 stands above them: what it names by generation is listed from that generation on, later models of the
//! family included. Where it and the lists differ is told in `docs/windows11.md`. A name that is not understood is not
//! enough data: nobody's processor is refused because its name is odd.

mod amd;
mod arm;
mod family;
mod intel;
mod model;
#[cfg(test)]
mod tests;
mod words;

use self::{family::Listing, words::Name};
use super::{
    Finding, Requirement,
    finding::{Advice, said},
};

/// Where a processor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// On the lists.
    Listed {
        /// The family it is of.
        family: &'static str,
    },
    /// Known, and on none of the lists.
    NotListed {
        /// The family it is of.
        family: &'static str,
    },
    /// On the lists in few machines only.
    ListedIn {
        /// The models of machines, folded.
        machines: &'static [&'static str],
    },
    /// A virtual processor: what counts is the host's, which nobody told.
    Virtual,
    /// The family is known, and which model it is cannot be read.
    NoModel {
        /// The family it is of.
        family: &'static str,
    },
    /// The name says nothing.
    Unknown,
}

/// Words that only processors of virtual machines have in their names.
const VIRTUAL_WORDS: [&str; 6] = ["qemu", "kvm", "kvm64", "tcg", "virtual", "virtualapple"];

/// Where a processor of this name stands.
pub fn standing(name: &str) -> Standing {
    let name = Name::read(name);
    if name.words.iter().any(|word| VIRTUAL_WORDS.contains(&word.as_str())) {
        return Standing::Virtual;
    }
    let mut families = amd::FAMILIES.iter().chain(arm::FAMILIES).chain(intel::FAMILIES);
    let Some((family, listing)) = families.find_map(|family| Some((family, family.listing(&name)?))) else {
        return Standing::Unknown;
    };
    match listing {
        Listing::Yes => Standing::Listed { family: family.name },
        Listing::No => Standing::NotListed { family: family.name },
        Listing::OnlyIn(machines) => Standing::ListedIn { machines },
        Listing::Unread => Standing::NoModel { family: family.name },
    }
}

/// Judges the processor of a machine by its name and, for the few that count in certain machines only, by the machine's
/// model.
pub(super) fn requirement(cpu: Option<&str>, machine: Option<&str>) -> Finding {
    let Some(name) = said(cpu) else {
        return unread(None, "no processor was reported".to_owned());
    };
    match standing(name) {
        Standing::Listed { .. } => Finding::met(Requirement::Processor, name),
        Standing::NotListed { family } => {
            not_listed(name, format!("the processor ({family}) is on none of Microsoft's lists"))
        }
        Standing::ListedIn { machines } => in_machine(name, said(machine), machines),
        Standing::Virtual => {
            unread(Some(name), "a virtual processor: what counts is the processor of the host".to_owned())
        }
        Standing::NoModel { family } => unread(Some(name), format!("which model of {family} it is was not reported")),
        Standing::Unknown => unread(Some(name), "the name of the processor is not known".to_owned()),
    }
}

fn in_machine(name: &str, machine: Option<&str>, machines: &[&str]) -> Finding {
    let listed = |machine: &str| {
        let machine = crate::text::fold(machine);
        machines.iter().any(|listed| machine.contains(listed))
    };
    match machine.map(listed) {
        Some(true) => Finding::met(Requirement::Processor, name),
        Some(false) => not_listed(
            name,
            format!("Microsoft supports this processor in these machines only: {}", machines.join(", ")),
        ),
        None => unread(
            Some(name),
            format!("it counts in these machines only, and the model was not reported: {}", machines.join(", ")),
        ),
    }
}

fn not_listed(name: &str, reason: String) -> Finding {
    let remedy =
        "No setting helps: plan to replace the machine (or its processor, where the board takes a listed one).";
    Finding::not_met(Requirement::Processor, name, Advice::new(reason, remedy))
}

fn unread(name: Option<&str>, reason: String) -> Finding {
    let remedy =
        "Let the agent take a new inventory of the device, or compare the processor with Microsoft's lists by hand.";
    Finding::not_enough_data(Requirement::Processor, name, Advice::new(reason, remedy))
}
