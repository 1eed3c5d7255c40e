//! Instants of the simulated world. They derive from the simulated day and never from the wall clock.

use chrono::{DateTime, Days, NaiveDate, TimeZone, Utc};
use chrono_tz::America::Chicago;

/// An instant with microseconds, which is what both vendors resolve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    micros: i64,
}

impl Moment {
    /// 02:00 in Chicago on that day (03:00 when the clocks skip it): the time at which the world stands still for
    /// the night's collections.
    pub(crate) fn night_of(day: NaiveDate) -> Self {
        let two = day.and_hms_opt(2, 0, 0).unwrap_or_default();
        let three = day.and_hms_opt(3, 0, 0).unwrap_or_default();
        let local = Chicago.from_local_datetime(&two).earliest().or(Chicago.from_local_datetime(&three).earliest());
        Self { micros: local.map_or_else(|| two.and_utc().timestamp_micros(), |at| at.timestamp_micros()) }
    }

    /// The same night `days` days earlier (negative: later).
    pub(crate) fn nights_before(day: NaiveDate, days: i32) -> Self {
        let count = Days::new(u64::from(days.unsigned_abs()));
        let other = if days >= 0 { day.checked_sub_days(count) } else { day.checked_add_days(count) };
        Self::night_of(other.unwrap_or(day))
    }

    pub(crate) fn minus_micros(self, micros: i64) -> Self {
        Self { micros: self.micros.saturating_sub(micros) }
    }

    pub(crate) fn plus_secs(self, secs: i64) -> Self {
        Self { micros: self.micros.saturating_add(secs.saturating_mul(1_000_000)) }
    }

    pub(crate) fn whole_secs(self) -> Self {
        Self { micros: self.micros.div_euclid(1_000_000) * 1_000_000 }
    }

    pub(crate) fn secs(self) -> i64 {
        self.micros.div_euclid(1_000_000)
    }

    pub(crate) fn millis(self) -> i64 {
        self.micros.div_euclid(1000)
    }

    /// Ninja's way: epoch seconds with nine decimals.
    pub(crate) fn epoch_text(self) -> String {
        format!("{}.{:06}000", self.secs(), self.micros.rem_euclid(1_000_000))
    }

    /// ThreatLocker's way: ISO 8601 in UTC with that many decimals, with or without the `Z`.
    pub(crate) fn iso_text(self, decimals: usize, zone: bool) -> String {
        let at: DateTime<Utc> = DateTime::from_timestamp_micros(self.micros).unwrap_or_default();
        let mut text = at.format("%Y-%m-%dT%H:%M:%S").to_string();
        if decimals > 0 {
            let fraction = format!("{:06}", self.micros.rem_euclid(1_000_000));
            text.push('.');
            text.push_str(&fraction[..decimals.min(6)]);
        }
        if zone {
            text.push('Z');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::Moment;

    #[test]
    fn the_night_that_has_no_two_oclock_starts_at_three() {
        let spring = Moment::night_of(NaiveDate::from_ymd_opt(2026, 3, 8).unwrap());
        assert_eq!(spring.iso_text(0, true), "2026-03-08T08:00:00Z");
        let autumn = Moment::night_of(NaiveDate::from_ymd_opt(2026, 11, 2).unwrap());
        assert_eq!(autumn.iso_text(0, false), "2026-11-02T08:00:00");
    }

    #[test]
    fn epochs_have_nine_decimals() {
        let at = Moment::night_of(NaiveDate::from_ymd_opt(2026, 9, 1).unwrap()).minus_micros(1_475_071);
        assert_eq!(at.epoch_text(), "1788245998.524929000");
        assert_eq!(at.iso_text(3, true), "2026-09-01T06:59:58.524Z");
    }
}
