use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn stored(vendor: Vendor, text: &str) -> StoredDay {
    StoredDay { vendor, date: day(text), dropped: false }
}

fn ninja(days: &[&str]) -> Vec<StoredDay> {
    days.iter().map(|text| stored(Vendor::Ninja, text)).collect()
}

fn counted(vendor: Vendor, month_end: &str, on: &str) -> MonthEnd {
    MonthEnd { vendor, month_end: day(month_end), counted: day(on) }
}

fn keeping(days: u32, today: &str) -> Window {
    Window { today: day(today), days: Some(days) }
}

/// Why each vendor's day of each date is kept.
fn told(verdicts: &[Verdict]) -> Vec<(String, Vec<Option<Kept>>)> {
    let kept = |verdict: &Verdict| verdict.vendors.iter().map(|day| day.kept).collect();
    verdicts.iter().map(|verdict| (verdict.date.to_string(), kept(verdict))).collect()
}

fn row(date: &str, kept: &[Option<Kept>]) -> (String, Vec<Option<Kept>>) {
    (date.to_owned(), kept.to_vec())
}

#[test]
fn a_month_ends_on_its_calendar_last_day() {
    for (date, end) in [
        ("2026-01-01", "2026-01-31"),
        ("2026-02-28", "2026-02-28"),
        ("2028-02-01", "2028-02-29"),
        ("2026-12-31", "2026-12-31"),
        ("2026-11-21", "2026-11-30"),
    ] {
        assert_eq!(month_end(day(date)), day(end), "{date}");
    }
}

#[test]
fn the_window_holds_as_many_days_as_are_kept_today_included() {
    let days = ninja(&["2026-01-01", "2026-01-02", "2026-03-06", "2026-03-07"]);
    let counted = [counted(Vendor::Ninja, "2026-01-31", "2026-01-02")];
    let verdicts = decide(&days, &counted, keeping(65, "2026-03-07"));
    let window = Some(Kept::InWindow);
    let expected = [
        row("2026-01-01", &[None]),
        row("2026-01-02", &[window]),
        row("2026-03-06", &[window]),
        row("2026-03-07", &[window]),
    ];
    assert_eq!(told(&verdicts), expected);
    let for_ever = decide(&days, &counted, Window { today: day("2026-03-07"), days: None });
    assert!(for_ever.iter().all(|verdict| !verdict.goes()));
}

#[test]
fn the_two_newest_days_of_a_vendor_stay_however_old_they_are() {
    let days = ninja(&["2026-01-01", "2026-01-02", "2026-01-03"]);
    let counted = [counted(Vendor::Ninja, "2026-01-31", "2026-01-03")];
    let verdicts = decide(&days, &counted, keeping(35, "2027-01-01"));
    let newest = Some(Kept::Newest);
    let expected = [row("2026-01-01", &[None]), row("2026-01-02", &[newest]), row("2026-01-03", &[newest])];
    assert_eq!(told(&verdicts), expected);
}

#[test]
fn a_day_of_a_month_that_is_not_counted_by_its_last_stored_day_stays() {
    let mut days = ninja(&["2026-01-01", "2026-01-30", "2026-02-01", "2026-05-01", "2026-05-02"]);
    let window = keeping(35, "2026-05-02");
    let kept = |days: &[StoredDay], counted: &[MonthEnd]| {
        let verdicts = decide(days, counted, window);
        verdicts.iter().map(|verdict| verdict.vendors[0].kept).collect::<Vec<_>>()
    };
    let (inside, not_counted) = (Some(Kept::InWindow), Some(Kept::NotCounted));
    assert_eq!(kept(&days, &[]), [not_counted, not_counted, not_counted, inside, inside]);
    let january = |on| counted(Vendor::Ninja, "2026-01-31", on);
    assert_eq!(kept(&days, &[january("2026-01-01")])[..2], [not_counted, not_counted]);
    assert_eq!(kept(&days, &[january("2026-01-30")]), [None, None, not_counted, inside, inside]);
    // Its last day may be dropped already: what was counted by it stands.
    days[1].dropped = true;
    assert_eq!(kept(&days, &[january("2026-01-30")]), [None, not_counted, inside, inside]);
}

#[test]
fn a_date_goes_for_all_its_vendors_or_for_none() {
    let mut days = ninja(&["2026-01-01", "2026-01-02", "2026-04-01", "2026-04-02"]);
    days.push(stored(Vendor::ThreatLocker, "2026-01-01"));
    let counted =
        [counted(Vendor::Ninja, "2026-01-31", "2026-01-02"), counted(Vendor::ThreatLocker, "2026-01-31", "2026-01-01")];
    let verdicts = decide(&days, &counted, keeping(35, "2026-04-02"));
    let expected = row("2026-01-01", &[Some(Kept::OtherVendor), Some(Kept::Newest)]);
    assert_eq!(told(&verdicts)[0], expected);
    assert!(verdicts[1].goes());
}

#[test]
fn a_month_is_due_once_it_is_over_and_again_when_its_last_day_is_another() {
    let days = ninja(&["2026-01-05", "2026-01-30", "2026-02-03"]);
    let january = |on| counted(Vendor::Ninja, "2026-01-31", on);
    assert_eq!(due_month_ends(&days, &[], day("2026-01-31")), []);
    assert_eq!(due_month_ends(&days, &[], day("2026-02-01")), [january("2026-01-30")]);
    assert_eq!(due_month_ends(&days, &[january("2026-01-05")], day("2026-02-28")), [january("2026-01-30")]);
    assert_eq!(due_month_ends(&days, &[january("2026-01-30")], day("2026-02-28")), []);
    let mut dropped = days;
    dropped[1].dropped = true;
    assert_eq!(due_month_ends(&dropped, &[], day("2026-02-28")), [], "nothing is there to count it by");
}

fn history() -> impl Strategy<Value = Vec<StoredDay>> {
    let offsets = || proptest::collection::btree_set(0u64..400, 0..60);
    (offsets(), offsets()).prop_map(|(ninja, threatlocker)| {
        let of = |vendor, offsets: BTreeSet<u64>| {
            let date = |offset| day("2025-11-15") + chrono::Days::new(offset);
            offsets.into_iter().map(move |offset| StoredDay { vendor, date: date(offset), dropped: false })
        };
        of(Vendor::Ninja, ninja).chain(of(Vendor::ThreatLocker, threatlocker)).collect()
    })
}

/// What a run leaves: months that are due are counted, if `counts` says so, and what may go is dropped.
fn run(days: &mut [StoredDay], counted: &mut Vec<MonthEnd>, window: Window, counts: bool) -> Vec<NaiveDate> {
    if counts {
        for due in due_month_ends(days, counted, window.today) {
            counted.retain(|known| (known.vendor, known.month_end) != (due.vendor, due.month_end));
            counted.push(due);
        }
    }
    let gone: Vec<NaiveDate> =
        decide(days, counted, window).iter().filter(|verdict| verdict.goes()).map(|verdict| verdict.date).collect();
    for day in days.iter_mut().filter(|day| gone.contains(&day.date)) {
        day.dropped = true;
    }
    gone
}

proptest! {
    #[test]
    fn what_goes_is_old_counted_and_not_the_newest(
        mut days in history(), start in 0u64..450, nights in 1u64..40, keep in FEWEST_DAYS..90, counts: bool,
    ) {
        let (before, mut counted) = (days.clone(), Vec::new());
        for night in 0..nights {
            let today = day("2025-11-15") + chrono::Days::new(start + night * 3);
            let window = Window { today, days: Some(keep) };
            let gone = run(&mut days, &mut counted, window, counts);
            prop_assert!(counts || gone.is_empty(), "nothing goes uncounted");
            for date in gone {
                prop_assert!((today - date).num_days() >= i64::from(keep));
                for lost in before.iter().filter(|stored| stored.date == date) {
                    let newer = before.iter().filter(|other| other.vendor == lost.vendor && other.date > date).count();
                    prop_assert!(newer >= NEWEST_KEPT, "{lost:?} is among the newest");
                    let of_month = before.iter().filter(|other| {
                        other.vendor == lost.vendor && month_end(other.date) == month_end(date)
                    });
                    let last = of_month.map(|other| other.date).max().unwrap();
                    let proof = MonthEnd { vendor: lost.vendor, month_end: month_end(date), counted: last };
                    prop_assert!(counted.contains(&proof), "{lost:?} is of a month that is not counted");
                }
            }
            prop_assert_eq!(run(&mut days, &mut counted, window, counts), Vec::<NaiveDate>::new(), "twice is once");
        }
    }

    #[test]
    fn every_date_has_one_verdict_for_all_and_a_reason_to_stay(days in history(), start in 0u64..450) {
        let today = day("2025-11-15") + chrono::Days::new(start);
        let counted = due_month_ends(&days, &[], today);
        for verdict in decide(&days, &counted, Window { today, days: Some(FEWEST_DAYS) }) {
            prop_assert!(verdict.goes() || verdict.vendors.iter().all(|day| day.kept.is_some()));
            let own = |day: &VendorVerdict| !matches!(day.kept, None | Some(Kept::OtherVendor));
            prop_assert!(verdict.goes() || verdict.vendors.iter().any(own), "somebody's own reason");
        }
    }
}
