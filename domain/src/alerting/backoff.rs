//! When a message that could not be delivered is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_hours(1);

/// How long to wait after the `made`-th attempt, from 1: thirty seconds, doubled each time up to an hour, and a random part
/// of a quarter less or more, so that what failed together does not come back together. `dice` is from 0 to 1.
pub fn wait_after(made: u32, dice: f64) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32.checked_shl(made.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST);
    let dice = if dice.is_finite() { dice.clamp(0.0, 1.0) } else { 0.5 };
    doubled.mul_f64(0.75 + dice / 2.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let seconds: Vec<u64> = (0..=10).map(|made| wait_after(made, 0.5).as_secs()).collect();
        assert_eq!(seconds, [30, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
    }

    #[test]
    fn a_dozen_attempts_take_hours() {
        let all: Duration = (1..12).map(|made| wait_after(made, 0.0)).sum();
        assert!(all > Duration::from_hours(3), "{all:?}");
    }

    proptest! {
        #[test]
        fn a_wait_is_within_a_quarter_of_its_step(made in any::<u32>(), dice in any::<f64>()) {
            let wait = wait_after(made, dice);
            prop_assert!(wait >= FIRST.mul_f64(0.74) && wait <= LONGEST.mul_f64(1.26));
        }
    }
}
