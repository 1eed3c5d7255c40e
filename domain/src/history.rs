//! What changed about one vendor's record over its stored days: each field on its own, against the stored day before.
//!
//! It refuses to guess: a day that is not stored is no absence, and nothing is known from before the vendor's first day.

use chrono::NaiveDate;

/// A field whose changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// Whether the vendor lists the record: `present` or `absent`.
    Presence,
    /// Host name as received.
    Hostname,
    /// The name that people gave it.
    DisplayName,
    /// The vendor's organization, in the vendor's words of the day.
    Organization,
    /// The place inside the organization.
    Location,
    /// Whether it is billed.
    Billing,
    /// Why it is spare.
    SpareReason,
    /// What kind of machine it is.
    DeviceType,
    /// Operating system.
    OperatingSystem,
    /// Build of the operating system.
    OsBuild,
    /// Version of the vendor's agent.
    AgentVersion,
    /// Serial number.
    SerialNumber,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 12] = [
        Self::Presence,
        Self::Hostname,
        Self::DisplayName,
        Self::Organization,
        Self::Location,
        Self::Billing,
        Self::SpareReason,
        Self::DeviceType,
        Self::OperatingSystem,
        Self::OsBuild,
        Self::AgentVersion,
        Self::SerialNumber,
    ];
}

/// What the vendor said of a record on a day: `None` for what it did not say. A field that is not there is not compared.
pub type Facts = Vec<(Field, Option<String>)>;

/// A field that became another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The first stored day with the new value.
    pub date: NaiveDate,
    /// The last stored day with the old value.
    pub previous_date: NaiveDate,
    /// Which field.
    pub field: Field,
    /// The old value; `None` when the vendor did not say.
    pub from: Option<String>,
    /// The new value; `None` when the vendor does not say.
    pub to: Option<String>,
}

/// The changes of a record, the newest first, of one day in the order of [`Field::ALL`]. `days` are all stored days of
/// its vendor, `seen` what was said of it on those that list it; the order of either does not matter.
pub fn changes(days: &[NaiveDate], seen: &[(NaiveDate, Facts)]) -> Vec<FieldChange> {
    let (mut days, mut seen) = (days.to_vec(), seen.iter().collect::<Vec<_>>());
    days.sort_unstable();
    seen.sort_by_key(|(date, _)| *date);
    let on = |date: NaiveDate| seen.binary_search_by_key(&date, |(seen, _)| *seen).ok().map(|at| seen[at]);
    let mut found = Vec::new();
    let mut last_seen = days.first().and_then(|first| on(*first));
    for pair in days.windows(2) {
        let (was, is) = (on(pair[0]), on(pair[1]));
        if was.is_some() != is.is_some() {
            found.push(presence(pair, is.is_some()));
        }
        if let Some(is) = is {
            found.extend(last_seen.into_iter().flat_map(|was| differences(was, is)));
            last_seen = Some(is);
        }
    }
    found.sort_by_key(|change| (std::cmp::Reverse(change.date), change.field));
    found
}

fn presence(pair: &[NaiveDate], is_present: bool) -> FieldChange {
    let word = |present: bool| Some(if present { "present" } else { "absent" }.to_owned());
    FieldChange {
        date: pair[1],
        previous_date: pair[0],
        field: Field::Presence,
        from: word(!is_present),
        to: word(is_present),
    }
}

fn differences(was: &(NaiveDate, Facts), is: &(NaiveDate, Facts)) -> Vec<FieldChange> {
    let before = |field: Field| was.1.iter().find(|(known, _)| *known == field).map(|(_, value)| value);
    let different = is.1.iter().filter_map(|(field, to)| {
        let from = before(*field).filter(|from| *from != to)?;
        Some(FieldChange { date: is.0, previous_date: was.0, field: *field, from: from.clone(), to: to.clone() })
    });
    different.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, number).unwrap()
    }

    fn named(number: u32, name: Option<&str>) -> (NaiveDate, Facts) {
        (day(number), vec![(Field::Hostname, name.map(str::to_owned))])
    }

    fn told(changes: &[FieldChange]) -> Vec<String> {
        let shown = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let line = |change: &FieldChange| {
            let (from, to) = (shown(&change.from), shown(&change.to));
            format!("{} {:?} {from}>{to} since {}", change.date, change.field, change.previous_date)
        };
        changes.iter().map(line).collect()
    }

    #[test]
    fn a_name_is_told_on_the_first_stored_day_that_has_it() {
        let days = [day(1), day(2), day(5)];
        let seen = [named(1, Some("A")), named(2, Some("A")), named(5, None)];
        assert_eq!(told(&changes(&days, &seen)), ["2026-03-05 Hostname A>- since 2026-03-02"]);
    }

    #[test]
    fn who_comes_goes_and_comes_back_with_another_name_is_told_all_of_it() {
        let days = [day(1), day(2), day(3), day(4)];
        let seen = [named(2, Some("A")), named(4, Some("B"))];
        let expected = [
            "2026-03-04 Presence absent>present since 2026-03-03",
            "2026-03-04 Hostname A>B since 2026-03-02",
            "2026-03-03 Presence present>absent since 2026-03-02",
            "2026-03-02 Presence absent>present since 2026-03-01",
        ];
        assert_eq!(told(&changes(&days, &seen)), expected);
    }

    #[test]
    fn the_first_stored_day_is_no_change() {
        assert_eq!(changes(&[day(1)], &[named(1, Some("A"))]), []);
        assert_eq!(changes(&[], &[]), []);
    }

    proptest! {
        #[test]
        fn the_order_of_days_does_not_matter(names in proptest::collection::vec(proptest::option::of("[ab]"), 1..9), turn in 0usize..9) {
            let days: Vec<NaiveDate> = (1..=9).map(day).collect();
            let seen: Vec<_> = (1..).zip(&names).map(|(number, name)| named(number, name.as_deref())).collect();
            let (mut days_turned, mut seen_turned) = (days.clone(), seen.clone());
            days_turned.rotate_left(turn);
            seen_turned.rotate_left(turn % seen.len());
            prop_assert_eq!(changes(&days, &seen), changes(&days_turned, &seen_turned));
        }
    }
}
