//! Chance without state: a roll is a pure function of a key and a topic, so that any fact of any machine on any day
//! can be asked for in any order and always comes out the same. (The generators of the `rand` crate keep a position
//! and may change their streams between versions; a fleet must do neither.)

/// A source of rolls for one thing: the whole fleet, one machine, one machine on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Luck(u64);

impl Luck {
    pub(crate) fn new(seed: u64) -> Self {
        Self(mix(seed ^ 0x9E37_79B9_7F4A_7C15))
    }

    /// The luck of the `index`-th member of what this one stands for.
    pub(crate) fn of(self, index: u64) -> Self {
        Self(mix(self.0 ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93)))
    }

    /// 64 even bits for one topic.
    pub(crate) fn roll(self, topic: &str) -> u64 {
        let hash = topic
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        mix(self.0 ^ hash)
    }

    /// A whole number in `0..limit` (0 when the limit is 0).
    pub(crate) fn below(self, topic: &str, limit: usize) -> usize {
        let limit = limit.max(1) as u64;
        usize::try_from(self.roll(topic) % limit).unwrap_or(0)
    }

    /// A whole number of `low..high`; `low` when the range is empty.
    pub(crate) fn within(self, topic: &str, low: i32, high: i32) -> i32 {
        let span = u64::try_from(i64::from(high) - i64::from(low)).unwrap_or(0).max(1);
        low.saturating_add(i32::try_from(self.roll(topic) % span).unwrap_or(0))
    }

    /// True in `permille` of a thousand cases.
    pub(crate) fn chance(self, topic: &str, permille: u64) -> bool {
        self.roll(topic) % 1000 < permille
    }

    /// One of the choices.
    pub(crate) fn pick<T: Copy>(self, topic: &str, choices: &[T]) -> T {
        choices[self.below(topic, choices.len())]
    }

    /// Days until something that happens once in `mean` days on average; at least one day.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a waiting time needs no precision"
    )]
    pub(crate) fn wait(self, topic: &str, mean: f64) -> i32 {
        let unit = ((self.roll(topic) >> 11) as f64 + 1.0) / ((1_u64 << 53) as f64 + 1.0);
        (1.0 - unit.ln() * mean).min(1.0e6) as i32
    }
}

fn mix(mut value: u64) -> u64 {
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::Luck;

    #[test]
    fn a_roll_depends_on_seed_member_and_topic_only() {
        let luck = Luck::new(7).of(3);
        assert_eq!(luck.roll("cpu"), Luck::new(7).of(3).roll("cpu"));
        assert_ne!(luck.roll("cpu"), luck.roll("disk"));
        assert_ne!(luck.roll("cpu"), Luck::new(8).of(3).roll("cpu"));
        assert_ne!(luck.roll("cpu"), Luck::new(7).of(4).roll("cpu"));
    }

    #[test]
    fn waiting_times_have_the_mean_asked_for() {
        let total: i64 = (0..10_000).map(|index| i64::from(Luck::new(1).of(index).wait("w", 100.0))).sum();
        assert!((95..107).contains(&(total / 10_000)), "{total}");
    }
}
