//! Instants as vendors spell them, to the microsecond (what PostgreSQL keeps). Nonsense is "not said", never 1970.

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::{Decimal, prelude::ToPrimitive};

use crate::lenient::Exact;

/// Last second of the year 9999: what is later is a sentinel or another unit.
const LAST_SECOND: i64 = 253_402_300_799;

/// Ninja's epoch seconds, with up to nine decimals. Zero and less mean that it never happened.
pub(crate) fn from_epoch_seconds(Exact(seconds): Exact) -> Option<DateTime<Utc>> {
    if seconds <= Decimal::ZERO || seconds > Decimal::from(LAST_SECOND) {
        return None;
    }
    let micros = seconds.checked_mul(Decimal::from(1_000_000))?.trunc().to_i64()?;
    DateTime::from_timestamp_micros(micros)
}

/// ThreatLocker's ISO 8601 with 0 to 9 decimals; without a zone it is UTC. The sentinels of .NET (year 1, year 9999) and
/// everything before 1970 are "not said".
pub(crate) fn from_iso(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let instant = match DateTime::parse_from_rfc3339(text) {
        Ok(instant) => instant.with_timezone(&Utc),
        Err(_) => zoneless(text)?.and_utc(),
    };
    let sentinel = instant.timestamp() <= 0 || instant.timestamp() >= LAST_SECOND - 86_400;
    (!sentinel).then(|| DateTime::from_timestamp_micros(instant.timestamp_micros())).flatten()
}

/// Whether a text is an instant for which UTC had to be assumed.
pub(crate) fn lacks_zone(text: &str) -> bool {
    zoneless(text.trim()).is_some()
}

fn zoneless(text: &str) -> Option<NaiveDateTime> {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn epoch(text: &str) -> Option<DateTime<Utc>> {
        from_epoch_seconds(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn epoch_seconds_keep_every_microsecond() {
        for (text, expected) in [
            ("1743088826.524929000", Some("2025-03-27T15:20:26.524929Z")),
            ("1.743088826524929E9", Some("2025-03-27T15:20:26.524929Z")),
            ("1743088826", Some("2025-03-27T15:20:26Z")),
            ("0", None),
            ("0.000000000", None),
            ("-1.5", None),
            ("1743088826524", None),
            ("1e300", None),
        ] {
            let Ok(exact) = serde_json::from_str(text) else {
                assert_eq!(expected, None, "{text}");
                continue;
            };
            let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(from_epoch_seconds(exact), expected, "{text}");
        }
    }

    #[test]
    fn iso_instants_are_read_with_and_without_decimals_and_zone() {
        for (text, expected) in [
            ("2025-09-06T02:43:00Z", Some("2025-09-06T02:43:00Z")),
            ("2025-09-01T02:15:57.435815Z", Some("2025-09-01T02:15:57.435815Z")),
            ("2025-09-01T02:15:57.4358159Z", Some("2025-09-01T02:15:57.435815Z")),
            ("2025-09-01T02:15:57.4358159", Some("2025-09-01T02:15:57.435815Z")),
            ("2025-09-01T02:15:57", Some("2025-09-01T02:15:57Z")),
            ("2025-09-01T02:15:57+02:00", Some("2025-09-01T00:15:57Z")),
            (" 2025-09-01 02:15:57.5 ", Some("2025-09-01T02:15:57.5Z")),
            ("0001-01-01T00:00:00", None),
            ("9999-12-31T23:59:59.9999999", None),
            ("1970-01-01T00:00:00Z", None),
            ("soon", None),
            ("", None),
        ] {
            let expected = expected.map(|text| text.parse::<DateTime<Utc>>().unwrap());
            assert_eq!(from_iso(text), expected, "{text}");
        }
        assert!(lacks_zone("2025-09-01T02:15:57") && !lacks_zone("2025-09-01T02:15:57Z") && !lacks_zone(""));
    }

    proptest! {
        #[test]
        fn every_nanosecond_spelling_gives_its_microsecond(seconds in 1_i64..LAST_SECOND, nanos in 0_u32..1_000_000_000) {
            let expected = DateTime::from_timestamp(seconds, nanos / 1000 * 1000).unwrap();
            prop_assert_eq!(epoch(&format!("{seconds}.{nanos:09}")), Some(expected));
        }

        #[test]
        fn iso_text_of_any_precision_gives_its_microsecond(
            seconds in 1_i64..4_102_444_800, nanos in 0_u32..1_000_000_000, digits in 1_usize..=9, zone in any::<bool>(),
        ) {
            let instant = DateTime::from_timestamp(seconds, nanos).unwrap();
            let decimals = &format!("{nanos:09}")[..digits];
            let text = format!("{}.{decimals}{}", instant.format("%Y-%m-%dT%H:%M:%S"), if zone { "Z" } else { "" });
            let kept: u32 = format!("{decimals:0<9}").parse().unwrap();
            prop_assert_eq!(from_iso(&text), DateTime::from_timestamp(seconds, kept / 1000 * 1000));
        }
    }
}
