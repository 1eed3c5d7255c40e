//! 64 GB on the system volume.
//!
//! The system volume is the one called `C:`: the reports do not say which volume Windows starts from, and it is `C:` but
//! for machines that somebody built differently on purpose. Where no `C:` is told there is not enough data; other volumes
//! never count, however large they are.
//!
//! The sizes of the text are counted in GiB though they are written `GB` (as the predecessor wrote them), and so does
//! Microsoft count its 64 GB: `HardwareReadiness.ps1` (<https://aka.ms/HWReadinessScript>) divides the size of the system
//! drive by `1GB`, which is 2^30.

use std::str::FromStr;

use rust_decimal::Decimal;

use super::{
    Finding, Requirement,
    finding::{Advice, said},
};

/// Needed, in GiB.
const NEEDED: Decimal = Decimal::from_parts(64, 0, 0, false, 0);

/// Judges the volumes, told as `C:: 475.9GB, D:: 100.0GB`.
pub(super) fn judge(volumes: Option<&str>) -> Finding {
    let Some(volumes) = said(volumes) else {
        return unknown(None, "no volume was reported");
    };
    let Some((name, size)) = system_volume(volumes) else {
        return unknown(Some(volumes), "no volume C: was reported");
    };
    let Some(gib) = size.and_then(gib) else {
        return unknown(Some(name), "the size of volume C: was not reported");
    };
    let value = format!("C: {} GB", gib.normalize());
    if gib >= NEEDED {
        return Finding::met(Requirement::Storage, value);
    }
    let why = Advice::new(
        format!("the system volume has {} GB", gib.normalize()),
        "Enlarge volume C: into free space of its disk, or move Windows to a larger disk.",
    );
    Finding::not_met(Requirement::Storage, value, why)
}

fn unknown(value: Option<&str>, reason: &str) -> Finding {
    let shown: Option<String> = value.map(|text| text.chars().take(200).collect());
    let remedy = "Let the agent take a new inventory of the device, or look at the disks of the device in Ninja.";
    Finding::not_enough_data(Requirement::Storage, shown.as_deref(), Advice::new(reason, remedy))
}

/// Name and size of the volume C:, the first one with a size if it is told twice.
fn system_volume(volumes: &str) -> Option<(&str, Option<&str>)> {
    let entries = volumes.split(',').map(|entry| match entry.rsplit_once(": ") {
        Some((name, size)) => (name.trim(), said(Some(size))),
        None => (entry.trim(), None),
    });
    let mut found: Vec<_> = entries.filter(|(name, _)| is_system(name)).collect();
    found.sort_by_key(|(_, size)| size.is_none());
    found.first().copied()
}

/// `C:`, `C:\`, `c`, or a label with the letter behind it: `Windows (C:)`.
fn is_system(name: &str) -> bool {
    let name = name.trim_end_matches(['\\', '/']).to_ascii_lowercase();
    matches!(name.as_str(), "c" | "c:") || name.ends_with("(c:)")
}

/// The size of `475.9GB`, `0.5TB` or `512MB` in GiB; zero and less is no size.
fn gib(size: &str) -> Option<Decimal> {
    let size = size.trim().to_ascii_uppercase();
    let digits = size.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number = Decimal::from_str(digits.trim()).ok().filter(|number| *number > Decimal::ZERO)?;
    match &size[digits.len()..] {
        "GB" | "GIB" => Some(number),
        "TB" | "TIB" => number.checked_mul(Decimal::from(1024)),
        "MB" | "MIB" => number.checked_div(Decimal::from(1024)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::windows11::Outcome::{Met, NotEnoughData, NotMet};

    #[test]
    fn the_system_volume_alone_decides() {
        for (volumes, expected) in [
            ("C:: 475.9GB, D:: 100.0GB", Met),
            ("D:: 1862.6GB, C:: 237.5GB", Met),
            ("C:: 64.0GB", Met),
            ("c:\\: 64GB", Met),
            ("OS (C:): 0.5TB", Met),
            ("C:: 70000MB", Met),
            ("C:, C:: 100.0GB", Met),
            ("C:: 54.0GB, D:: 1862.6GB", NotMet),
            ("C:: 63.9GB", NotMet),
            ("C:: 0.1GB", NotMet),
            ("C:: 0.0GB", NotEnoughData),
            ("C:", NotEnoughData),
            ("C:, D:: 100.0GB", NotEnoughData),
            ("D:: 475.9GB", NotEnoughData),
            ("C:: much", NotEnoughData),
            ("C:: 475.9", NotEnoughData),
            ("DISC: 475.9GB", NotEnoughData),
            ("", NotEnoughData),
        ] {
            assert_eq!(judge(Some(volumes)).outcome, expected, "{volumes}");
        }
        assert_eq!(judge(None).outcome, NotEnoughData);
        assert_eq!(judge(Some("C:: 54.0GB, D:: 9.0GB")).value.as_deref(), Some("C: 54 GB"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(volumes in "\\PC{0,60}") {
            judge(Some(&volumes));
        }

        #[test]
        fn other_volumes_change_nothing(own in 1_u32..2000, other in 0_u32..9000, first: bool) {
            let (own, other) = (format!("C:: {own}.0GB"), format!("D:: {other}.5GB"));
            let both = if first { format!("{own}, {other}") } else { format!("{other}, {own}") };
            prop_assert_eq!(judge(Some(&both)), judge(Some(&own)));
        }
    }
}
