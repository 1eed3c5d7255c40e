use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{Days, NaiveDate};

use super::*;
use crate::{
    billing::Billing,
    checks::ExceptionType::{self, *},
    device_type::DeviceType,
    vendor::Vendor,
};

const FIRST: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();

fn day(number: u64) -> NaiveDate {
    FIRST + Days::new(number - 1)
}

fn units(endpoints: i64, seats: i64) -> Units {
    Units { endpoints, seats }
}

const PC: Standing =
    Standing { organization_id: Some(5), billing: Some(Billing::Billable), device_type: Some(DeviceType::Workstation) };

fn changed(before: Option<Standing>, after: Option<Standing>) -> Vec<(Option<i64>, ChangeKind, Units)> {
    let transition = Transition { day: day(2), identity_id: 1, before, after };
    let found = line_changes(&transition, &HashSet::from([9]));
    found.into_iter().map(|change| (change.organization_id, change.kind, change.units)).collect()
}

#[test]
fn each_way_to_change_a_line_is_told_and_what_changes_none_is_not() {
    let spare = Standing { billing: Some(Billing::Spare), ..PC };
    let server = Standing { device_type: Some(DeviceType::Server), ..PC };
    let at = |organization_id: Option<i64>, standing: Standing| Standing { organization_id, ..standing };
    let here = Some(5);
    for (before, after, expected) in [
        (None, Some(PC), vec![(here, ChangeKind::Came, units(1, 1))]),
        (Some(PC), None, vec![(here, ChangeKind::Left, units(-1, -1))]),
        (None, Some(server), vec![(here, ChangeKind::Came, units(1, 0))]),
        (None, Some(spare), vec![]),
        (Some(PC), Some(spare), vec![(here, ChangeKind::BecameUnbilled, units(-1, -1))]),
        (Some(spare), Some(server), vec![(here, ChangeKind::BecameBillable, units(1, 0))]),
        (Some(server), Some(PC), vec![(here, ChangeKind::TypeChanged, units(0, 1))]),
        (Some(PC), Some(PC), vec![]),
        (
            Some(PC),
            Some(at(None, server)),
            vec![(here, ChangeKind::MovedOut, units(-1, -1)), (None, ChangeKind::MovedIn, units(1, 0))],
        ),
        (Some(PC), Some(at(Some(6), spare)), vec![(here, ChangeKind::MovedOut, units(-1, -1))]),
        (Some(at(Some(9), PC)), Some(PC), vec![(here, ChangeKind::MovedIn, units(1, 1))]),
        (Some(at(Some(9), PC)), None, vec![]),
        (Some(PC), Some(Standing { billing: None, ..PC }), vec![(here, ChangeKind::BecameUnbilled, units(-1, -1))]),
        (Some(PC), Some(Standing { device_type: None, ..PC }), vec![(here, ChangeKind::TypeChanged, units(0, -1))]),
    ] {
        assert_eq!(changed(before, after), expected, "{before:?} {after:?}");
    }
}

fn change(on: u64, endpoints: i64) -> LineChange {
    let (kind, units) = (ChangeKind::Came, units(endpoints, 0));
    LineChange { day: day(on), identity_id: 1, organization_id: Some(5), kind, units }
}

fn course_of(end: i64, changes: &[LineChange], span: Span) -> Course {
    courses(&BTreeMap::from([(Some(5), units(end, 0))]), changes, span)[&Some(5)]
}

#[test]
fn highest_and_average_are_of_the_days_of_the_span_and_a_day_without_collection_counts_as_the_one_before() {
    let march = Span { from: day(1), to: day(31) };
    let quiet = course_of(10, &[], march);
    assert_eq!((quiet.start.endpoints, quiet.highest.endpoints, quiet.device_days.endpoints), (10, 10, 310));
    // Five more from the 11th, all gone on the 21st: twenty days of 10 and ten of 15, and eleven of 10 after.
    let bump = course_of(10, &[change(11, 5), change(21, -5)], march);
    assert_eq!((bump.start.endpoints, bump.highest.endpoints), (10, 15));
    assert_eq!((bump.added.endpoints, bump.removed.endpoints), (5, 5));
    assert_eq!(bump.average_hundredths(march).endpoints, 1161, "360 / 31 = 11.6129");
    // What left before the first day's collection was never there in this month.
    let gone = course_of(3, &[change(1, -7)], march);
    assert_eq!((gone.start.endpoints, gone.highest.endpoints, gone.device_days.endpoints), (10, 3, 93));
    // Who came and went on one day changes nothing but what came and went.
    let same_day = course_of(3, &[change(5, 4), change(5, -4)], march);
    assert_eq!((same_day.highest.endpoints, same_day.added.endpoints, same_day.removed.endpoints), (3, 4, 4));
    let one_day = Span { from: day(31), to: day(31) };
    assert_eq!(course_of(4, &[], one_day).average_hundredths(one_day).endpoints, 400);
}

fn open(exception_type: ExceptionType, line: i64, threatlocker: Option<i64>, ninja: Option<i64>) -> OpenException {
    OpenException {
        exception_type,
        organization_id: Some(line),
        threatlocker,
        ninja,
        unbilled: false,
        ninja_organization_id: None,
    }
}

#[test]
fn each_type_explains_what_it_is_and_a_device_counts_once() {
    let misfiled = OpenException { ninja_organization_id: Some(6), ..open(SiteMismatch, 5, Some(4), Some(14)) };
    let told = explain(&[
        open(MissingNinja, 5, Some(1), None),
        open(DuplicateTl, 5, Some(1), None),
        open(DuplicateTl, 5, Some(2), None),
        open(SpareMismatch, 5, Some(3), Some(13)),
        misfiled.clone(),
        open(MissingTl, 5, None, Some(15)),
        open(DuplicateNinja, 5, None, Some(15)),
        open(StaleDevice, 5, None, Some(15)),
        open(DisplayNameMismatch, 5, Some(7), Some(17)),
    ]);
    let of = |line: i64| -> Vec<(ExceptionType, i64, i64)> {
        told[&Some(line)].values().map(|share| (share.exception_type, share.count, share.effect)).collect()
    };
    let expected = [
        (MissingNinja, 1, 1),
        (DuplicateTl, 2, 1),
        (SiteMismatch, 1, 1),
        (SpareMismatch, 1, 1),
        (DisplayNameMismatch, 1, 0),
        (MissingTl, 1, -1),
        (DuplicateNinja, 1, 0),
        (StaleDevice, 1, 0),
    ];
    assert_eq!(of(5), expected);
    assert_eq!(of(6), [(SiteMismatch, 0, -1)], "the other client has the endpoint without the ThreatLocker device");
    let spare_elsewhere = explain(&[misfiled, open(SpareMismatch, 5, Some(4), Some(14))]);
    assert_eq!(spare_elsewhere.len(), 1, "a spare is no endpoint of the other client");
    assert_eq!(spare_elsewhere[&Some(5)][&SpareMismatch].effect, 1);
    assert_eq!(spare_elsewhere[&Some(5)][&SiteMismatch].effect, 0);
}

#[test]
fn a_device_that_ninja_does_not_bill_is_missing_from_no_endpoints() {
    let misfiled = OpenException { ninja_organization_id: Some(6), ..open(SiteMismatch, 5, Some(4), Some(14)) };
    let effect =
        |told: &BTreeMap<Option<i64>, Explanation>, line| told.get(&Some(line)).map(|it| it[&SiteMismatch].effect);
    let told = explain(std::slice::from_ref(&misfiled));
    assert_eq!((effect(&told, 5), effect(&told, 6)), (Some(1), Some(-1)));
    let told = explain(&[OpenException { unbilled: true, ..misfiled }]);
    assert_eq!((effect(&told, 5), effect(&told, 6)), (Some(1), None));
}

#[test]
fn what_remains_unexplained_is_what_neither_exceptions_nor_other_endpoints_can_be_the_reason_of() {
    for (threatlocker, endpoints, effect, other, expected) in [
        (40, 40, 0, 0, 0),
        (43, 40, 3, 0, 0),
        (43, 40, 1, 0, 2),
        (30, 40, -4, 6, 0),
        (30, 40, -4, 2, -4),
        (30, 40, -4, 50, 0),
        (40, 40, 2, 1, -1),
        (43, 40, 1, 5, 2),
    ] {
        let exceptions = vec![TypeShare { count: 1, effect, exception_type: MissingNinja }];
        let (end, threatlocker) = (units(endpoints, 0), Some(threatlocker));
        let line = Line { end, threatlocker, exceptions, other_endpoints: other, ..Line::default() };
        assert_eq!(line.compared().unexplained, Some(expected), "{threatlocker:?} {endpoints} {effect} {other}");
    }
    assert_eq!(Line { end: units(4, 4), ..Line::default() }.compared().unexplained, None, "nothing to compare with");
}

fn named(id: Option<i64>) -> Option<String> {
    id.map(|id| format!("Client {id}"))
}

#[test]
fn an_adjustment_is_what_is_known_now_less_what_was_billed_and_what_was_corrected_already() {
    let month: Month = "2026-02".parse().unwrap();
    let billed = BTreeMap::from([
        (Some(5), (Some("Old name".to_owned()), units(10, 8))),
        (Some(6), (named(Some(6)), units(4, 4))),
        (None, (None, units(2, 2))),
    ]);
    let live = BTreeMap::from([(Some(5), units(13, 11)), (Some(6), units(4, 4)), (Some(7), units(1, 0))]);
    let adjusted = BTreeMap::from([(Some(5), units(2, 2))]);
    let figures = ClosedFigures { billed, adjusted, live: Some(live), ..ClosedFigures::default() };
    let found = adjustments(&BTreeMap::from([(month, figures.clone())]), named);
    let told: Vec<_> = found.iter().map(|it| (it.organization_id, it.name.as_deref(), it.units)).collect();
    let expected = [
        (Some(7), Some("Client 7"), units(1, 0)),
        (Some(5), Some("Old name"), units(1, 1)),
        (None, None, units(-2, -2)),
    ];
    assert_eq!(told, expected);
    let own = ClosedFigures { own: BTreeSet::from([5, 7]), ..figures.clone() };
    let told = adjustments(&BTreeMap::from([(month, own)]), named);
    assert_eq!(told.len(), 1, "whom to bill was decided when the month was closed: {told:?}");
    let unknown = ClosedFigures { live: None, ..figures };
    assert_eq!(adjustments(&BTreeMap::from([(month, unknown)]), named), []);
}

/// A report with something of everything.
fn full_report() -> Report {
    let share = TypeShare { count: 2, effect: -2, exception_type: MissingTl };
    let line = Line {
        name: Some("Müller \"& Söhne\"\n".to_owned()),
        organization_id: Some(5),
        exceptions: vec![share],
        threatlocker: Some(3),
        ..Line::default()
    };
    let gap = |kind| Gap {
        client: None,
        day: None,
        devices: Some(3),
        kind,
        name: Some("X".to_owned()),
        site_key: Some("k".to_owned()),
        vendor: Vendor::ThreatLocker,
    };
    let month: Month = "2026-03".parse().unwrap();
    Report {
        month,
        counted_on: day(31),
        threatlocker_on: None,
        span: Span { from: day(1), to: day(31) },
        missing_days: vec![day(7)],
        lines: vec![line],
        adjustments: vec![Adjustment { month, name: None, organization_id: None, units: units(-1, 0) }],
        changes: vec![BilledChange {
            change: LineChange { kind: ChangeKind::MovedOut, ..change(4, -1) },
            hostname: "PC-1".to_owned(),
            vendor_device_key: "77".to_owned(),
            organization_name: Some("Acme".to_owned()),
        }],
        left_out: vec![LeftOut { name: "Own".to_owned(), organization_id: Some(9) }],
        gaps: vec![gap(GapKind::UnmappedOrganization), gap(GapKind::MissingDay)],
    }
}

#[test]
fn the_canonical_form_is_that_of_sorted_compact_json() {
    let mut report = full_report();
    for client in [None, Some("Y".to_owned())] {
        report.gaps[0].client = client;
        for format in [ContentFormat::One, ContentFormat::Two] {
            let canonical = Content::of(&report, format).canonical().unwrap();
            // Sorts the members of every object by name, whatever order they are declared in.
            let sorted: BTreeMap<String, serde_json::Value> = serde_json::from_str(&canonical).unwrap();
            assert_eq!(canonical, sorted_json(&serde_json::to_value(&sorted).unwrap()));
        }
    }
}

/// What was closed in a format is verified by it for ever: these texts may never change.
#[test]
fn a_format_is_written_today_as_it_was_written_when_months_were_closed_in_it() {
    let zero = r#"{"endpoints":0,"seats":0}"#;
    let head =
        r#"{"adjustments":[{"month":"2026-03","name":null,"organization":null,"units":{"endpoints":-1,"seats":0}}],"#;
    let days = r#""countedFrom":"2026-03-01","countedOn":"2026-03-31","countedTo":"2026-03-31","#;
    let gap = |kind: &str| {
        format!(r#"{{"day":null,"devices":3,"kind":"{kind}","name":"X","siteKey":"k","vendor":"threatlocker"}}"#)
    };
    let gaps = format!(r#""gaps":[{},{}],"#, gap("UNMAPPED_ORGANIZATION"), gap("MISSING_DAY"));
    let lines = format!(
        r#""lines":[{{"added":{zero},"averageHundredths":{zero},"end":{zero},"exceptions":[{{"count":2,"effect":-2,"type":"MISSING_TL"}}],"highest":{zero},"name":"Müller \"& Söhne\"\n","organization":5,"otherEndpoints":0,"removed":{zero},"start":{zero},"threatlocker":3,"unexplained":null}}],"#
    );
    let tail = format!(r#""missingDays":["2026-03-07"],"month":"2026-03","threatlockerOn":null,"total":{zero}}}"#);
    let change = r#""changes":[{"day":"2026-03-04","deviceKey":"77","hostname":"PC-1","identity":1,"kind":"MOVED_OUT","name":"Acme","organization":5,"units":{"endpoints":-1,"seats":0}}],"#;
    let own = r#""leftOut":[{"name":"Own","organization":9}],"#;
    for (format, expected) in [
        (ContentFormat::One, format!(r#"{head}{days}"format":1,{gaps}"leftOut":["Own"],{lines}{tail}"#)),
        (ContentFormat::Two, format!(r#"{head}{change}{days}"format":2,{gaps}{own}{lines}{tail}"#)),
    ] {
        assert_eq!(Content::of(&full_report(), format).canonical().unwrap(), expected);
        assert_eq!(ContentFormat::from_number(format.number().into()), Some(format));
    }
    assert_eq!(ContentFormat::from_number(3), None);
}

#[test]
fn kinds_of_changes_are_stored_by_codes_that_come_back() {
    for kind in ChangeKind::ALL {
        assert_eq!(ChangeKind::from_code(kind.code()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
    }
    assert_eq!(ChangeKind::from_code("came"), None);
}

fn sorted_json(value: &serde_json::Value) -> String {
    use serde_json::Value::{Array, Object};
    match value {
        Object(members) => {
            let sorted: BTreeMap<&String, String> =
                members.iter().map(|(key, value)| (key, sorted_json(value))).collect();
            let members: Vec<String> =
                sorted.iter().map(|(key, value)| format!("{}:{value}", serde_json::json!(key))).collect();
            format!("{{{}}}", members.join(","))
        }
        Array(items) => format!("[{}]", items.iter().map(sorted_json).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}
