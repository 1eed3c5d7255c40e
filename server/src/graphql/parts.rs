//! The record of mutations that do several things, each for itself: what came of the parts. One of which nothing was done is
//! refused; of one that was done in part, the record says what was not.
//!
//! What is needed for that is asked for beside what the client selected, as refusals are.

use std::collections::BTreeMap;

use async_graphql::{Name, Pos, Positioned, Value, indexmap::IndexMap, parser::types::Selection};

use super::recording::{codes, leaf};
use crate::access::Outcome;

/// The parts of a mutation, each with its own user errors, or with whether it was delivered.
const RESULTS: &str = "hubRecordedResults";

/// How many were done, and how many were not and why, by the names of the payload's fields; and the names under which they
/// are asked for.
const DONE: [(&str, &str); 2] = [("changed", "hubRecordedChanged"), ("unchanged", "hubRecordedUnchanged")];
const NOT_DONE: [(&str, &str); 3] =
    [("refused", "hubRecordedRefused"), ("conflicts", "hubRecordedConflicts"), ("notFound", "hubRecordedNotFound")];

/// What is asked for of a mutation's payload to know what came of its parts; nothing for one that has none.
pub(super) fn wanted(mutation: &str, pos: Pos) -> Vec<Positioned<Selection>> {
    let of_results = |field| vec![leaf("results", Some(RESULTS), vec![field], pos)];
    match mutation {
        "syncDevices" => of_results(leaf("userErrors", None, vec![leaf("code", None, Vec::new(), pos)], pos)),
        "testAlert" => of_results(leaf("delivered", None, Vec::new(), pos)),
        "changeExceptions" => {
            let counts = DONE.iter().chain(&NOT_DONE);
            counts.map(|(field, alias)| leaf(field, Some(alias), Vec::new(), pos)).collect()
        }
        _ => Vec::new(),
    }
}

/// What came of a mutation whose payload has no user errors.
pub(super) fn outcome(payload: &Value) -> (Outcome, Option<String>) {
    let Value::Object(payload) = payload else { return (Outcome::Done, None) };
    let (done, not_done) = match payload.get(RESULTS) {
        Some(Value::List(results)) => of_results(results),
        _ => of_counts(payload),
    };
    let missing: u64 = not_done.values().sum();
    if missing == 0 {
        return (Outcome::Done, None);
    }
    let told = not_done.iter().map(|(why, times)| format!("{times} {why}")).collect::<Vec<_>>().join(", ");
    let detail = Some(format!("{missing} of {} not done: {told}", done + missing));
    (if done == 0 { Outcome::Refused } else { Outcome::Done }, detail)
}

/// Takes out of a payload what the client did not ask for.
pub(super) fn clean(payload: &mut IndexMap<Name, Value>) {
    for alias in [RESULTS].into_iter().chain(DONE.iter().chain(&NOT_DONE).map(|(_, alias)| *alias)) {
        payload.shift_remove(alias);
    }
}

/// How many were done, and how often which reason kept the others from it.
type Parts = (u64, BTreeMap<String, u64>);

fn of_results(results: &[Value]) -> Parts {
    let (mut done, mut not_done) = (0, BTreeMap::new());
    for result in results {
        match why_not(result) {
            None => done += 1,
            Some(why) => *not_done.entry(why).or_default() += 1,
        }
    }
    (done, not_done)
}

fn why_not(result: &Value) -> Option<String> {
    let Value::Object(result) = result else { return None };
    if result.get("delivered") == Some(&Value::Boolean(false)) {
        return Some("NOT_DELIVERED".to_owned());
    }
    let codes = result.get("userErrors").map(codes).unwrap_or_default();
    (!codes.is_empty()).then(|| codes.join(" "))
}

fn of_counts(payload: &IndexMap<Name, Value>) -> Parts {
    let count = |alias: &str| match payload.get(alias) {
        Some(Value::Number(number)) => number.as_u64().unwrap_or_default(),
        _ => 0,
    };
    let not_done = NOT_DONE.iter().map(|(field, alias)| ((*field).to_owned(), count(alias)));
    (DONE.iter().map(|(_, alias)| count(alias)).sum(), not_done.filter(|(_, times)| *times > 0).collect())
}
