//! The books of a window say what the comparison of its two days says, whatever happened between.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{tests::*, *};

fn place(holding: &Holding) -> Place {
    Place { organization_id: holding.organization_id, billing: holding.billing }
}

/// How many devices each organization has on a day.
fn counted(day: &[Holding]) -> BTreeMap<Option<i64>, u64> {
    day.iter().fold(BTreeMap::new(), |mut counts, holding| {
        *counts.entry(holding.organization_id).or_default() += 1;
        counts
    })
}

/// One flow per device that was touched inside the window: there on one of two neighbouring days, or another on them. A
/// device that ends as it began is among them.
fn flows(histories: &[Vec<Option<Holding>>]) -> Vec<Flow> {
    let touched = histories.iter().filter(|states| states.windows(2).any(|pair| pair[0] != pair[1]));
    let side = |state: Option<&Option<Holding>>| state.copied().flatten().as_ref().map(place);
    touched.map(|states| Flow { before: side(states.first()), after: side(states.last()), devices: 1 }).collect()
}

proptest! {
    #[test]
    fn the_books_say_what_the_comparison_of_the_days_says(histories in histories(5), scope in scope()) {
        let (start, end) = (on(0, &histories), on(4, &histories));
        let expected = compare(&start, &end, &scope);
        let balance = balance(&counted(&start), &flows(&histories), &scope).unwrap();
        prop_assert_eq!(balance.unchanged, expected.unchanged);
        prop_assert_eq!(balance.by_organization, expected.by_organization);
        prop_assert_eq!(balance.total, expected.total);
    }

    #[test]
    fn flows_that_are_alike_may_come_together(histories in histories(5), scope in scope()) {
        let start = counted(&on(0, &histories));
        let single = flows(&histories);
        let mut together: Vec<Flow> = Vec::new();
        for flow in &single {
            match together.iter_mut().find(|known| (known.before, known.after) == (flow.before, flow.after)) {
                Some(known) => known.devices += 1,
                None => together.push(*flow),
            }
        }
        prop_assert_eq!(balance(&start, &together, &scope).unwrap(), balance(&start, &single, &scope).unwrap());
    }
}

#[test]
fn more_devices_than_there_were_can_not_leave() {
    let gone = Flow { before: Some(place(&billable(1, 5))), after: None, devices: 3 };
    for had in [0, 2] {
        let start = BTreeMap::from([(Some(5), had)]);
        let refused = balance(&start, &[gone], &everything()).unwrap_err();
        assert_eq!(refused.to_string(), format!("3 devices of organization Some(5) changed, and it had {had}"));
    }
    assert!(balance(&BTreeMap::new(), &[gone], &everything()).is_err());
    assert_eq!(balance(&BTreeMap::from([(Some(5), 3)]), &[gone], &everything()).unwrap().total.removed, 3);
}
