//! Secure Boot: the firmware must be able to do it; it need not be on.

use super::{Finding, Requirement, finding::Advice};

/// Judges whether the firmware can do Secure Boot and whether it does. One that does can, whatever else is told; one that
/// is only told to be off may be able to.
pub(super) fn judge(available: Option<bool>, enabled: Option<bool>) -> Finding {
    let requirement = Requirement::SecureBoot;
    match (available, enabled) {
        (_, Some(true)) => Finding::met(requirement, "available, on"),
        (Some(true), Some(false)) => Finding::met(requirement, "available, off"),
        (Some(true), None) => Finding::met(requirement, "available"),
        (Some(false), _) => Finding::not_met(
            requirement,
            "not available",
            Advice::new(
                "Windows says that the firmware cannot do Secure Boot",
                "Look whether the firmware starts Windows in legacy mode (CSM): then convert the disk with mbr2gpt and switch \
                 the firmware to UEFI. A board without UEFI must be replaced.",
            ),
        ),
        (None, Some(false)) => not_reported(Some("off")),
        (None, None) => not_reported(None),
    }
}

fn not_reported(value: Option<&str>) -> Finding {
    let why = Advice::new(
        "nobody reported whether the firmware can do Secure Boot",
        "Run the script that fills the custom fields securebootavailable and securebootenabled of the device in Ninja.",
    );
    Finding::not_enough_data(Requirement::SecureBoot, value, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows11::Outcome::{Met, NotEnoughData, NotMet};

    #[test]
    fn being_able_is_enough_and_silence_is_no_inability() {
        for (available, enabled, expected) in [
            (Some(true), Some(true), Met),
            (Some(true), Some(false), Met),
            (Some(true), None, Met),
            (None, Some(true), Met),
            (Some(false), Some(true), Met),
            (Some(false), Some(false), NotMet),
            (Some(false), None, NotMet),
            (None, Some(false), NotEnoughData),
            (None, None, NotEnoughData),
        ] {
            assert_eq!(judge(available, enabled).outcome, expected, "{available:?} {enabled:?}");
        }
    }
}
