//! Names that people gave: labels of machines at both vendors, and the people themselves.

use super::machine::{Machine, Part};
use super::organizations::Organization;
use crate::dice::Luck;

const FIRST: &[&str] = &[
    "Marie", "James", "Zoë", "Ahmed", "Linh", "Søren", "Grace", "José", "Priya", "Walter", "Ines", "Tyler", "Jürgen",
    "Amy",
];
const LAST: &[&str] = &[
    "Durand",
    "Okafor",
    "Nguyen",
    "Landry",
    "Broussard",
    "Müller",
    "Smith",
    "Patel",
    "García",
    "Hebert",
    "Kowalski",
    "Lee",
];
const PLACES: &[&str] = &["Réception – 前台", "Büro Süd", "Salle d'attente", "Kasse №2", "Küche"];

pub(crate) fn person(luck: Luck) -> String {
    format!("{} {}", luck.pick("first name", FIRST), luck.pick("last name", LAST))
}

/// ASCII account name of the same person.
pub(crate) fn account(luck: Luck) -> String {
    let initial = (b'a' + (luck.roll("first name") % 26) as u8) as char;
    let last = luck.below("last name", LAST.len());
    let plain = ["durand", "okafor", "nguyen", "landry", "broussard", "mueller", "smith", "patel", "garcia", "hebert"];
    format!("{initial}.{}", plain.get(last).copied().unwrap_or("lee"))
}

/// Ninja's `displayName`, which most machines lack.
pub(crate) fn ninja_label(machine: &Machine, host: &str, spare: bool) -> Option<String> {
    let luck = machine.luck;
    match machine.part {
        Part::SpareLabel if spare => Some(match luck.below("spare label", 3) {
            0 => format!("SPARE - {host}"),
            1 => format!("{host} (spare)"),
            _ => format!("Spare laptop {}", machine.index),
        }),
        Part::Plain if spare => Some(format!("SPARE {host}")),
        Part::TwoLabels => Some(format!("{}'s computer", person(luck))),
        Part::OneLabel => Some(format!("{host} | {}", person(luck))),
        Part::UnicodeLabel => Some(luck.pick("place", PLACES).to_owned()),
        _ if luck.chance("has a display name", 400) => Some(host.to_owned()),
        _ => None,
    }
}

/// ThreatLocker's `computerName`: the host name unless a person edited it.
pub(crate) fn threatlocker_label(machine: &Machine, host: &str) -> String {
    let labelled = matches!(machine.part, Part::TwoLabels | Part::OneLabel)
        || (machine.part == Part::SpareCloset && machine.luck.chance("label", 300));
    if labelled { format!("{host} | {}", person(machine.luck)) } else { host.to_owned() }
}

/// ThreatLocker's `hostname`: upper case, or as DNS has it.
pub(crate) fn threatlocker_host(machine: &Machine, host: String, home: &Organization) -> String {
    match machine.part {
        Part::Fqdn => format!("{}.{}", host.to_ascii_lowercase(), home.domain()),
        _ if machine.class.is_windows() => host.to_ascii_uppercase(),
        _ => host,
    }
}
