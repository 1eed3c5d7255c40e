//! Nights and what is said of them.

use proptest::prelude::*;

use super::*;

fn day() -> NaiveDate {
    "2026-03-02".parse().unwrap()
}

fn evidence(last: Option<RunEnd>, stored: Option<i64>) -> VendorEvidence {
    VendorEvidence {
        vendor: Vendor::Ninja,
        date: day(),
        last: last.map(|end| (end, "so it ended".to_owned())),
        is_working: false,
        stored,
        recent: vec![100; 7],
        unreadable: None,
    }
}

/// The kinds of trouble that are found.
fn troubles(seen: &VendorEvidence, scope: Scope) -> Vec<&'static str> {
    let judged = judge_vendor(seen, &VerificationSettings::default(), scope);
    judged.iter().filter(|(_, how)| how.is_trouble()).map(|(concern, _)| concern.kind.code()).collect()
}

fn how(seen: &VendorEvidence, kind: AlertKind, scope: Scope) -> Judgement {
    let judged = judge_vendor(seen, &VerificationSettings::default(), scope);
    judged.into_iter().find(|(concern, _)| concern.kind == kind).unwrap().1
}

#[test]
fn the_last_collection_decides_and_a_day_without_one_is_missing_after_the_night() {
    let none: &[&str] = &[];
    for (last, stored, at_night, after_batch) in [
        (Some(RunEnd::Completed), Some(100), none, none),
        (Some(RunEnd::Failed), None, &["collection_failed"], &["collection_failed"]),
        (Some(RunEnd::Failed), Some(100), &["collection_failed"], &["collection_failed"]),
        (Some(RunEnd::Partial), None, &["collection_partial"], &["collection_partial"]),
        (Some(RunEnd::Held), None, &["collection_held"], &["collection_held"]),
        (Some(RunEnd::Discarded), None, &["snapshot_missing"], &["snapshot_missing"]),
        (Some(RunEnd::Discarded), Some(100), none, none),
        (None, Some(100), none, none),
        (None, None, &["snapshot_missing"], none),
        (Some(RunEnd::Completed), None, &["snapshot_missing"], &["snapshot_missing"]),
    ] {
        let seen = evidence(last, stored);
        assert_eq!(troubles(&seen, Scope::Night), at_night, "{last:?} {stored:?}");
        assert_eq!(troubles(&seen, Scope::Batch), after_batch, "{last:?} {stored:?}");
    }
}

#[test]
fn what_may_still_come_is_unknown() {
    let waiting = VendorEvidence { is_working: true, ..evidence(None, None) };
    assert_eq!(how(&waiting, AlertKind::SnapshotMissing, Scope::Night), Judgement::Unknown);
    assert_eq!(how(&evidence(None, None), AlertKind::SnapshotMissing, Scope::Batch), Judgement::Unknown);
    assert_eq!(how(&evidence(None, None), AlertKind::SizeImplausible, Scope::Night), Judgement::Unknown);
    assert_eq!(how(&evidence(None, None), AlertKind::SetAside, Scope::Night), Judgement::Unknown);
}

#[test]
fn a_size_is_plausible_near_the_median_of_the_last_days() {
    for (devices, recent, expected) in [
        (100, vec![100; 7], false),
        (120, vec![100; 7], false),
        (121, vec![100; 7], true),
        (80, vec![100; 7], false),
        (79, vec![100; 7], true),
        (0, vec![100; 7], true),
        (79, vec![100; 2], false),
        (79, vec![], false),
        (9, vec![4; 7], false),
        (10, vec![4; 7], true),
        (6, vec![0; 7], true),
        (100, vec![100, 100, 100, 1000], false),
    ] {
        let seen = VendorEvidence { recent, ..evidence(Some(RunEnd::Completed), Some(devices)) };
        assert_eq!(troubles(&seen, Scope::Night) == ["size_implausible"], expected, "{devices} {:?}", seen.recent);
    }
    let unset = VerificationSettings { size_percent: 0, ..VerificationSettings::default() };
    let judged = judge_vendor(&evidence(Some(RunEnd::Completed), Some(0)), &unset, Scope::Night);
    assert!(judged.iter().all(|(_, how)| !how.is_trouble()));
}

#[test]
fn unreadable_records_above_the_limit_are_trouble() {
    for (unreadable, expected) in [(0, false), (20, false), (21, true)] {
        let seen = VendorEvidence { unreadable: Some(unreadable), ..evidence(Some(RunEnd::Completed), Some(100)) };
        assert_eq!(troubles(&seen, Scope::Night) == ["set_aside"], expected, "{unreadable}");
    }
}

#[test]
fn checks_are_to_run_and_not_to_be_skipped() {
    for (last, expected, at_night, after_batch) in [
        (Some(CheckEnd::Completed), Expected::All, Some(false), Some(false)),
        (Some(CheckEnd::Completed), Expected::None, Some(false), Some(false)),
        (Some(CheckEnd::Skipped), Expected::All, Some(true), Some(true)),
        (Some(CheckEnd::Skipped), Expected::Some, Some(false), Some(false)),
        (Some(CheckEnd::Skipped), Expected::None, None, None),
        (Some(CheckEnd::Failed), Expected::Some, Some(true), Some(true)),
        (Some(CheckEnd::Failed), Expected::None, Some(true), Some(true)),
        (None, Expected::All, Some(true), None),
        (None, Expected::Some, Some(true), None),
        (None, Expected::None, None, None),
    ] {
        let last = last.map(|end| (end, "said".to_owned()));
        let seen = ChecksEvidence { date: day(), last, is_working: false, expected, awaits_vendor: false };
        for (scope, expected) in [(Scope::Night, at_night), (Scope::Batch, after_batch)] {
            assert_eq!(is_trouble(&seen, scope), expected, "{seen:?} {scope:?}");
        }
        let working = ChecksEvidence { is_working: true, last: None, ..seen };
        assert_eq!(is_trouble(&working, Scope::Night), None);
    }
}

/// Whether the checks are in trouble; `None` where it can't be told.
fn is_trouble(seen: &ChecksEvidence, scope: Scope) -> Option<bool> {
    let judged = judge_checks(seen, scope).1;
    (judged != Judgement::Unknown).then(|| judged.is_trouble())
}

#[test]
fn checks_that_were_skipped_before_the_night_is_over_may_still_run() {
    for (end, expected) in
        [(CheckEnd::Skipped, None), (CheckEnd::Failed, Some(true)), (CheckEnd::Completed, Some(false))]
    {
        let last = Some((end, "said".to_owned()));
        let (date, expects) = (day(), Expected::All);
        let seen = ChecksEvidence { date, last, is_working: false, expected: expects, awaits_vendor: true };
        assert_eq!(is_trouble(&seen, Scope::Batch), expected, "{end:?}");
        assert_eq!(is_trouble(&seen, Scope::Night), Some(end != CheckEnd::Completed), "{end:?}");
    }
}

#[test]
fn open_exceptions_jump_upwards_only_and_only_where_the_past_is_known() {
    for (open, before, expected) in [
        (Some(15), vec![10; 14], Some(false)),
        (Some(16), vec![10; 14], Some(true)),
        (Some(0), vec![1000; 14], Some(false)),
        (Some(9999), vec![10; 4], Some(false)),
        (None, vec![10; 14], None),
    ] {
        let seen = OpenCounts { exception_type: ExceptionType::StaleDevice, open, before };
        let judged = judge_counts(&seen).1;
        assert_eq!((judged != Judgement::Unknown).then(|| judged.is_trouble()), expected, "{seen:?}");
    }
}

proptest! {
    #[test]
    fn a_vendors_day_has_one_trouble_at_most(
        end in prop::option::of(prop::sample::select(vec![
            RunEnd::Completed, RunEnd::Partial, RunEnd::Held, RunEnd::Discarded, RunEnd::Failed,
        ])),
        stored in prop::option::of(0_i64..1000),
        is_working in any::<bool>(),
        at_night in any::<bool>(),
    ) {
        let scope = if at_night { Scope::Night } else { Scope::Batch };
        let seen = VendorEvidence { is_working, ..evidence(end, stored) };
        let judged = judge_vendor(&seen, &VerificationSettings::default(), scope);
        let of_day = judged.iter().filter(|(concern, _)| AlertKind::OF_A_DAY.contains(&concern.kind));
        prop_assert!(of_day.filter(|(_, how)| how.is_trouble()).count() <= 1);
    }
}
