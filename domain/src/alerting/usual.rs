//! The range in which a number usually is, from its last values: median and median absolute deviation, which a single wild
//! day moves neither of.

/// Fewer values than this tell nothing.
const FEWEST: usize = 5;

/// A number that is hardly larger than usual is no jump, however still it was before.
const LEAST_SPREAD: i64 = 5;

/// What a number usually is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsualRange {
    /// Half of the values are at most this.
    pub median: i64,
    /// The largest value that is still usual.
    pub upper: i64,
}

/// The usual range of these values, in any order; `None` while there are fewer than five.
///
/// The upper end is the median and three robust standard deviations (4.5 median absolute deviations), and at least 5 and a
/// fifth of the median above it.
pub fn usual_range(values: &[i64]) -> Option<UsualRange> {
    if values.len() < FEWEST {
        return None;
    }
    let median = median(values);
    let deviations: Vec<i64> = values.iter().map(|value| value.saturating_sub(median).saturating_abs()).collect();
    let spread = (self::median(&deviations).saturating_mul(9) / 2).max(median / 5).max(LEAST_SPREAD);
    Some(UsualRange { median, upper: median.saturating_add(spread) })
}

/// The middle value; of an even number of values the lower of the two. 0 of none.
pub(super) fn median(values: &[i64]) -> i64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_upper_end_follows_the_spread_and_has_a_floor() {
        for (values, expected) in [
            (vec![], None),
            (vec![3; 4], None),
            (vec![0; 5], Some((0, 5))),
            (vec![10; 14], Some((10, 15))),
            (vec![100; 14], Some((100, 120))),
            (vec![96, 98, 100, 102, 104], Some((100, 120))),
            (vec![60, 80, 100, 120, 140], Some((100, 190))),
            (vec![10, 10, 10, 10, 10, 10, 900], Some((10, 15))),
            (vec![1, 2, 3, 4, 5, 6], Some((3, 8))),
        ] {
            let expected = expected.map(|(median, upper)| UsualRange { median, upper });
            assert_eq!(usual_range(&values), expected, "{values:?}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_days_does_not_matter(
            (values, shuffled) in prop::collection::vec(0_i64..10_000, 5..30)
                .prop_flat_map(|values| (Just(values.clone()), Just(values).prop_shuffle())),
        ) {
            prop_assert_eq!(usual_range(&values), usual_range(&shuffled));
        }

        #[test]
        fn most_days_that_were_are_usual(values in prop::collection::vec(0_i64..10_000, 5..30)) {
            let range = usual_range(&values).unwrap();
            let usual = values.iter().filter(|value| **value <= range.upper).count();
            prop_assert!(usual * 2 >= values.len());
            prop_assert!(range.upper >= range.median + LEAST_SPREAD);
        }

        #[test]
        fn one_wild_day_among_still_ones_moves_nothing(
            value in 0_i64..10_000, wild in any::<i64>(), days in 5_usize..30,
        ) {
            let still = vec![value; days];
            let with_wild = [still.clone(), vec![wild]].concat();
            prop_assert_eq!(usual_range(&still), usual_range(&with_wild));
        }
    }
}
