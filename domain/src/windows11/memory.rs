//! 4 GiB of memory.

use rust_decimal::Decimal;

use super::{Finding, Requirement, finding::Advice};

/// Needed, in GiB.
const NEEDED: Decimal = Decimal::from_parts(4, 0, 0, false, 0);

/// Judges the memory in GiB; zero and less is a report that does not know.
pub(super) fn judge(memory_gib: Option<Decimal>) -> Finding {
    let Some(memory) = memory_gib.filter(|memory| *memory > Decimal::ZERO) else {
        let remedy = "Let the agent take a new inventory of the device.";
        let value = memory_gib.map(shown);
        let why = Advice::new("no memory was reported", remedy);
        return Finding::not_enough_data(Requirement::Memory, value.as_deref(), why);
    };
    if memory >= NEEDED {
        return Finding::met(Requirement::Memory, shown(memory));
    }
    let why = Advice::new(
        format!("{} are less than 4 GiB", shown(memory)),
        "Add memory. If 4 GB are installed and the firmware keeps some of them, look at the modules before buying any.",
    );
    Finding::not_met(Requirement::Memory, shown(memory), why)
}

fn shown(memory: Decimal) -> String {
    format!("{} GiB", memory.normalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows11::Outcome::{Met, NotEnoughData, NotMet};

    #[test]
    fn four_gib_are_enough_and_zero_is_no_report() {
        for (hundredths, expected) in [
            (400, Met),
            (401, Met),
            (1600, Met),
            (399, NotMet),
            (200, NotMet),
            (1, NotMet),
            (0, NotEnoughData),
            (-100, NotEnoughData),
        ] {
            assert_eq!(judge(Some(Decimal::new(hundredths, 2))).outcome, expected, "{hundredths}");
        }
        assert_eq!(judge(None).outcome, NotEnoughData);
        assert_eq!(judge(Some(Decimal::new(1600, 2))).value.as_deref(), Some("16 GiB"));
    }
}
