//! Every transition by a person, then what holds over any sequence of them.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;

fn day(day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, day).unwrap()
}

/// Ann, on the 10th.
fn ann() -> By<'static> {
    By { actor: "ann", today: day(10) }
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with are options")]
fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn resolve(verdict: Verdict) -> Change {
    Change::Resolve { verdict, note: None }
}

fn reopen() -> Change {
    Change::Reopen { note: None }
}

fn assign(to: &str) -> Change {
    Change::Assign { to: (!to.is_empty()).then(|| to.to_owned()) }
}

fn snooze(until: Option<NaiveDate>) -> Change {
    Change::Snooze { until }
}

fn open() -> Work {
    Work::default()
}

fn resolved(how: Resolution, accepted_until: Option<NaiveDate>) -> Work {
    Work { resolved: Some(Resolved { how: Some(how), accepted_until }), ..open() }
}

/// Kind, from and to of the event.
fn ruled(work: &Work, change: &Change) -> Option<(EventKind, Option<String>, Option<String>)> {
    match rule(work, change, ann()) {
        Ruling::Changed { event, .. } => Some((event.kind, event.from, event.to)),
        Ruling::Unchanged | Ruling::Refused(_) => None,
    }
}

#[test]
fn what_changes_says_from_which_value_to_which() {
    let until = Verdict::Accepted { until: Some(day(20)) };
    let (anns, asleep) = (Work { assigned_to: text("Ann"), ..open() }, Work { snoozed_until: Some(day(12)), ..open() });
    for (work, change, expected) in [
        (open(), resolve(Verdict::Fixed), (EventKind::Resolved, None, text("FIXED"))),
        (open(), resolve(until), (EventKind::Resolved, None, text("ACCEPTED"))),
        (open(), resolve(Verdict::FalsePositive), (EventKind::Resolved, None, text("FALSE_POSITIVE"))),
        (resolved(Resolution::Fixed, None), reopen(), (EventKind::Reopened, text("FIXED"), None)),
        (resolved(Resolution::Verified, None), reopen(), (EventKind::Reopened, text("VERIFIED"), None)),
        (open(), assign("Ann"), (EventKind::Assigned, None, text("Ann"))),
        (anns.clone(), assign("Ben"), (EventKind::Assigned, text("Ann"), text("Ben"))),
        (anns, assign(""), (EventKind::Unassigned, text("Ann"), None)),
        (resolved(Resolution::Fixed, None), assign("Ann"), (EventKind::Assigned, None, text("Ann"))),
        (open(), snooze(Some(day(10))), (EventKind::Snoozed, None, text("2026-03-10"))),
        (asleep.clone(), snooze(Some(day(11))), (EventKind::Snoozed, text("2026-03-12"), text("2026-03-11"))),
        (asleep, snooze(None), (EventKind::Woken, text("2026-03-12"), None)),
    ] {
        assert_eq!(ruled(&work, &change), Some(expected), "{work:?} {change:?}");
    }
}

#[test]
fn what_was_so_already_is_no_change() {
    let over = Work { snoozed_until: Some(day(9)), ..open() };
    let latest = Some(Latest { actor: "ann".into(), note: text("called") });
    let said = Work { note: text("called"), latest, ..open() };
    let noted = Work { resolved: resolved(Resolution::Fixed, None).resolved, ..said.clone() };
    for (work, change) in [
        (resolved(Resolution::Fixed, None), resolve(Verdict::Fixed)),
        (resolved(Resolution::Accepted, Some(day(20))), resolve(Verdict::Accepted { until: Some(day(20)) })),
        (open(), reopen()),
        (open(), assign("")),
        (Work { assigned_to: text("Ann"), ..open() }, assign("Ann")),
        (said, Change::Comment { text: "called".into() }),
        (noted, Change::Resolve { verdict: Verdict::Fixed, note: text("called") }),
        (Work { snoozed_until: Some(day(12)), ..open() }, snooze(Some(day(12)))),
        (open(), snooze(None)),
        (over, snooze(None)),
        (resolved(Resolution::Fixed, None), snooze(None)),
    ] {
        assert_eq!(rule(&work, &change, ann()), Ruling::Unchanged, "{work:?} {change:?}");
    }
}

#[test]
fn the_words_of_another_person_and_words_of_long_ago_are_said() {
    let latest = |actor: &str, note: &str| Some(Latest { actor: actor.to_owned(), note: text(note) });
    let of = |latest| Work { note: text("called"), latest, ..open() };
    let done = Work { latest: latest("ben", "new disk"), ..resolved(Resolution::Fixed, None) };
    let comment = Change::Comment { text: "called".into() };
    for (work, change) in [
        (of(latest("ben", "called")), comment.clone()),
        (of(Some(Latest { actor: "ann".into(), note: None })), comment.clone()),
        (of(None), comment),
        (done.clone(), Change::Resolve { verdict: Verdict::Fixed, note: text("new disk") }),
        (done, Change::Resolve { verdict: Verdict::Fixed, note: text("and new memory") }),
        (open(), Change::Reopen { note: text("still there") }),
    ] {
        let Ruling::Changed { work: after, event } = rule(&work, &change, ann()) else { panic!("{work:?} {change:?}") };
        assert_eq!((event.kind, after.resolved), (EventKind::Commented, work.resolved));
        assert_eq!(after.note, event.note);
    }
}

#[test]
fn what_is_resolved_is_not_resolved_otherwise_nor_put_to_sleep() {
    let unknown = Work { resolved: Some(Resolved { how: None, accepted_until: None }), ..open() };
    for (work, change) in [
        (resolved(Resolution::Fixed, None), resolve(Verdict::FalsePositive)),
        (resolved(Resolution::Accepted, None), resolve(Verdict::Accepted { until: Some(day(20)) })),
        (resolved(Resolution::Verified, None), resolve(Verdict::Fixed)),
        (unknown, resolve(Verdict::Fixed)),
        (resolved(Resolution::Fixed, None), snooze(Some(day(12)))),
    ] {
        let refused = Ruling::Refused(Refusal::AlreadyResolved);
        assert_eq!(rule(&work, &change, ann()), refused, "{work:?} {change:?}");
    }
}

#[test]
fn the_latest_word_stays_until_there_is_a_newer_one() {
    let said = Work { note: text("first"), ..open() };
    for (change, kept) in [
        (resolve(Verdict::Fixed), "first"),
        (assign("Ann"), "first"),
        (Change::Resolve { verdict: Verdict::Fixed, note: text("second") }, "second"),
        (Change::Comment { text: "third".into() }, "third"),
    ] {
        let Ruling::Changed { work, .. } = rule(&said, &change, ann()) else { panic!("{change:?}") };
        assert_eq!(work.note.as_deref(), Some(kept), "{change:?}");
    }
}

#[test]
fn codes_read_back_as_what_they_were() {
    for kind in EventKind::ALL {
        assert_eq!(EventKind::from_code(kind.code()), Some(kind));
    }
    for how in Resolution::ALL {
        assert_eq!(Resolution::from_code(how.code()), Some(how));
    }
}

#[test]
fn an_acceptance_that_is_over_says_so_when_it_reopens() {
    let event = Event::found_again(Some(Resolution::Accepted), Some(day(4)));
    assert_eq!(event.note.unwrap(), "it was accepted until 2026-03-04, which is over, and it is still there");
    assert_eq!((event.from, event.accepted_until), (text("ACCEPTED"), Some(day(4))));
}

fn changes() -> impl Strategy<Value = Change> {
    let note = proptest::option::of("[a-c]");
    let days = || proptest::option::of((10_u32..14).prop_map(day));
    let verdict = prop_oneof![
        Just(Verdict::Fixed),
        Just(Verdict::FalsePositive),
        days().prop_map(|until| Verdict::Accepted { until }),
    ];
    prop_oneof![
        (verdict, note.clone()).prop_map(|(verdict, note)| Change::Resolve { verdict, note }),
        note.clone().prop_map(|note| Change::Reopen { note }),
        note.prop_map(|to| Change::Assign { to }),
        "[a-c]".prop_map(|text| Change::Comment { text }),
        days().prop_map(|until| Change::Snooze { until }),
    ]
}

proptest! {
    #[test]
    fn a_change_made_twice_is_made_once(history in proptest::collection::vec(changes(), 0..8), last in changes()) {
        let mut work = Work::default();
        for change in history.iter().chain([&last]) {
            if let Ruling::Changed { work: next, event } = rule(&work, change, ann()) {
                prop_assert!(next != work, "{change:?} changed nothing");
                prop_assert!(event.kind.field().is_none() || event.from != event.to);
                prop_assert!(next.resolved.is_none() || next.snoozed_until.is_none(), "asleep and resolved");
                work = next;
            }
        }
        let again = rule(&work, &last, ann());
        prop_assert!(!matches!(again, Ruling::Changed { .. }), "{:?}", again);
    }
}
