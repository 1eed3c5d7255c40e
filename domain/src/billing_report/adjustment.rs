//! What closed months have to be corrected by.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::billing_report::{LeftOut, Month, Units, line::name_key};

/// By how much an organization was billed wrongly in a closed month, as it is known now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// The closed month that it corrects.
    pub month: Month,
    /// The organization's name as billed; its name now if it was not billed then. `None` for the devices in none.
    pub name: Option<String>,
    /// The organization; `None` for the devices in none.
    #[serde(rename = "organization")]
    pub organization_id: Option<i64>,
    /// More than billed; negative for less.
    pub units: Units,
}

/// A closed month: what was billed, what later closed months corrected already, and what the same month counts now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedFigures {
    /// As billed, with the name as billed.
    pub billed: BTreeMap<Option<i64>, (Option<String>, Units)>,
    /// The sum of the adjustments that closed months hold.
    pub adjusted: BTreeMap<Option<i64>, Units>,
    /// The MSP's own organizations when it was closed: they were not billed.
    pub left_out: Vec<LeftOut>,
    /// The MSP's own organizations, now or then. What is billed to whom was decided when the month was closed; an
    /// organization that became internal since, or is none any more, is no error of that month.
    pub own: BTreeSet<i64>,
    /// As it counts now; `None` when it can't be counted any more, so that nothing is corrected by accident.
    pub live: Option<BTreeMap<Option<i64>, Units>>,
}

/// What is still to correct: `live - billed - adjusted`, where that is not nothing. So no correction is made twice, and
/// one that comes after another corrects the rest. `name_now` names an organization that had no line then.
pub fn adjustments(
    closed: &BTreeMap<Month, ClosedFigures>,
    name_now: impl Fn(Option<i64>) -> Option<String>,
) -> Vec<Adjustment> {
    let mut found: Vec<Adjustment> =
        closed.iter().flat_map(|(month, figures)| of_month(*month, figures, &name_now)).collect();
    found.sort_by(|one, other| {
        (one.month, name_key(one.name.as_deref()), one.organization_id).cmp(&(
            other.month,
            name_key(other.name.as_deref()),
            other.organization_id,
        ))
    });
    found
}

fn of_month(
    month: Month,
    figures: &ClosedFigures,
    name_now: &impl Fn(Option<i64>) -> Option<String>,
) -> Vec<Adjustment> {
    let Some(live) = &figures.live else { return Vec::new() };
    let lines: BTreeSet<Option<i64>> =
        live.keys().chain(figures.billed.keys()).chain(figures.adjusted.keys()).copied().collect();
    let is_own = |line: &Option<i64>| line.is_some_and(|id| figures.own.contains(&id));
    let adjust = |line: Option<i64>| {
        let billed = figures.billed.get(&line);
        let of = |units: &BTreeMap<Option<i64>, Units>| units.get(&line).copied().unwrap_or_default();
        let units = of(live) - billed.map_or(Units::ZERO, |(_, units)| *units) - of(&figures.adjusted);
        let name = billed.map_or_else(|| name_now(line), |(name, _)| name.clone());
        Adjustment { month, name, organization_id: line, units }
    };
    lines
        .into_iter()
        .filter(|line| !is_own(line))
        .map(adjust)
        .filter(|adjustment| !adjustment.units.is_zero())
        .collect()
}
