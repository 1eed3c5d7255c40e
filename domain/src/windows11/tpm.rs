//! A TPM 2.0 that is switched on.
//!
//! One that is there but switched off does not meet the requirement: Windows Setup and Microsoft's
//! `HardwareReadiness.ps1` (<https://aka.ms/HWReadinessScript>) refuse the machine as it stands. The remedy is a setting of
//! the firmware and no new hardware, and says so.

use super::{
    Finding, Requirement,
    finding::{Advice, said},
};

/// What the reported version says. It is Windows' list of specification, level and revision: `2.0, 0, 1.38`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    TwoOrLater,
    Older,
    /// `No TPM` and `0.0`: what the script writes where Windows sees none.
    NoTpm,
    Unknown,
}

/// Judges what the script in Ninja reports of the TPM. Reports that contradict each other decide nothing.
pub(super) fn judge(has_tpm: Option<bool>, enabled: Option<bool>, version: Option<&str>) -> Finding {
    let value = shown(has_tpm, enabled, said(version));
    let read = said(version).map_or(Version::Unknown, read);
    let value = value.as_deref();
    match (has_tpm, enabled, read) {
        (Some(false), _, Version::TwoOrLater | Version::Older) => contradiction(value),
        (Some(false), ..) | (None, None | Some(false), Version::NoTpm) => not_met(value, ABSENT),
        (_, _, Version::Older) => not_met(value, OLDER),
        (_, Some(false), _) => not_met(value, SWITCHED_OFF),
        // A version can be read of a TPM that Windows sees, so one that is not said to be off is on.
        (_, _, Version::TwoOrLater) => Finding::met(Requirement::Tpm, value.unwrap_or_default()),
        (Some(true), _, Version::NoTpm) | (None, Some(true), Version::NoTpm) => contradiction(value),
        (_, _, Version::Unknown) => Finding::not_enough_data(Requirement::Tpm, value, advice(UNREPORTED)),
    }
}

type Words = (&'static str, &'static str);

const ABSENT: Words = (
    "Windows sees no TPM",
    "Look in the firmware for a TPM that is hidden or switched off (Intel PTT, AMD fTPM). A board that has none must be \
     replaced.",
);
const OLDER: Words = (
    "the TPM is older than 2.0",
    "Look in the firmware for a TPM 2.0 that can be used instead (Intel PTT, AMD fTPM) or for the maker's update of the TPM \
     to 2.0; else the machine must be replaced. Suspend BitLocker first.",
);
const SWITCHED_OFF: Words = (
    "the TPM is switched off",
    "Switch the TPM on in the firmware (Intel PTT, AMD fTPM, Security Device). No new hardware is needed.",
);
const UNREPORTED: Words = (
    "nobody reported the version of the TPM",
    "Run the script that fills the custom fields hastpm, tpmenabled and tpmversion of the device in Ninja, or look at tpm.msc.",
);
const CONTRADICTION: Words = (
    "what was reported of the TPM contradicts itself",
    "Run the script that fills the custom fields hastpm, tpmenabled and tpmversion again, or look at tpm.msc.",
);

fn advice((reason, remedy): Words) -> Advice {
    Advice::new(reason, remedy)
}

fn not_met(value: Option<&str>, words: Words) -> Finding {
    Finding::not_met(Requirement::Tpm, value.unwrap_or_default(), advice(words))
}

fn contradiction(value: Option<&str>) -> Finding {
    Finding::not_enough_data(Requirement::Tpm, value, advice(CONTRADICTION))
}

/// The specification is the first number of the list; later ones count if they are written as a version.
fn read(text: &str) -> Version {
    if text.eq_ignore_ascii_case("no tpm") {
        return Version::NoTpm;
    }
    let mut parts = text.split(',').map(str::trim);
    let first = parts.next().and_then(|part| part.parse::<f64>().ok());
    let also_two = parts.any(|part| part == "2.0");
    match first {
        _ if also_two => Version::TwoOrLater,
        Some(number) if number >= 2.0 => Version::TwoOrLater,
        Some(number) if number > 0.0 => Version::Older,
        Some(0.0) => Version::NoTpm,
        _ => Version::Unknown,
    }
}

/// What was reported, in a few words; `None` when nothing was.
fn shown(has_tpm: Option<bool>, enabled: Option<bool>, version: Option<&str>) -> Option<String> {
    let has = has_tpm.map(|has| if has { "there" } else { "not there" });
    let on = enabled.map(|on| if on { "on" } else { "off" });
    let version = version.map(|version| format!("version {version}"));
    let words: Vec<&str> = [has, on, version.as_deref()].into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::windows11::Outcome::{self, Met, NotEnoughData, NotMet};

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[test]
    fn a_tpm_of_version_two_that_is_not_off_is_enough() {
        for (has_tpm, enabled, version, expected) in [
            (YES, YES, Some("2.0, 0, 1.38"), Met),
            (YES, YES, Some("2.0"), Met),
            (YES, YES, Some("2"), Met),
            (YES, None, Some("2.0, 0, 1.59"), Met),
            (None, None, Some("2.0, 0, 1.59"), Met),
            (YES, YES, Some("1.2, 2.0"), Met),
            (YES, YES, Some("1.2, 2, 3"), NotMet),
            (None, None, Some("1.2"), NotMet),
            (YES, NO, Some("2.0, 0, 1.38"), NotMet),
            (YES, NO, None, NotMet),
            (YES, NO, Some("No TPM"), NotMet),
            (NO, NO, Some("No TPM"), NotMet),
            (NO, None, None, NotMet),
            (NO, YES, Some("0.0"), NotMet),
            (None, None, Some("No TPM"), NotMet),
            (None, None, Some("0.0"), NotMet),
            (None, NO, None, NotMet),
            (YES, YES, None, NotEnoughData),
            (YES, YES, Some(" "), NotEnoughData),
            (YES, YES, Some("Not Supported"), NotEnoughData),
            (YES, YES, Some("No TPM"), NotEnoughData),
            (None, YES, Some("0.0"), NotEnoughData),
            (NO, None, Some("2.0, 0, 1.38"), NotEnoughData),
            (None, YES, None, NotEnoughData),
            (None, None, None, NotEnoughData),
        ] {
            assert_eq!(judge(has_tpm, enabled, version).outcome, expected, "{has_tpm:?} {enabled:?} {version:?}");
        }
    }

    #[test]
    fn one_that_is_off_is_repaired_in_the_firmware() {
        let finding = judge(YES, NO, Some("2.0, 0, 1.38"));
        assert_eq!(finding.value.as_deref(), Some("there, off, version 2.0, 0, 1.38"));
        assert!(finding.remedy.is_some_and(|remedy| remedy.contains("No new hardware")));
    }

    proptest! {
        #[test]
        fn no_version_is_too_odd(has_tpm: Option<bool>, enabled: Option<bool>, version in "\\PC{0,20}") {
            judge(has_tpm, enabled, Some(&version));
        }

        #[test]
        fn silence_never_fails(version in proptest::option::of("[ \\t]{0,3}")) {
            prop_assert_eq!(judge(None, None, version.as_deref()).outcome, Outcome::NotEnoughData);
        }
    }
}
