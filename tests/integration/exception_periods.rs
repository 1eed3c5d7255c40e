//! The periods in which an exception was open agree with its row and its history, whatever people and nights do.

use entity::{exception, exception_event, exception_period};
use harness::{Backend, World};
use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use rstest::rstest;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use simulator::FleetPlan;

/// How many worlds, and how much happens in each.
const CASES: usize = 3;
const STEPS: usize = 24;

/// Something that happens in a world.
#[derive(Clone, Debug)]
enum Happening {
    /// A person does something to one exception.
    Change(usize, &'static str, Value),
    /// A person does something to all that are open.
    ChangeAll(Value),
    /// Devices become strangers, as many as this; the others are what they were.
    Strangers(usize),
    /// Checks run again on the same data.
    Rerun,
    /// The day is collected again.
    Recollect,
    /// Some days pass, and a night comes.
    Night(u64),
}

fn happenings() -> impl Strategy<Value = Happening> {
    let until = || (0_u32..6).prop_map(|days| json!(format!("2026-03-{:02}", 2 + days)));
    let resolution = prop_oneof![Just("FIXED"), Just("ACCEPTED"), Just("FALSE_POSITIVE")];
    let change = prop_oneof![
        resolution.clone().prop_map(|how| ("resolveException", json!({ "resolution": how, "note": "done" }))),
        until().prop_map(|day| ("resolveException", json!({ "resolution": "ACCEPTED", "acceptedUntil": day }))),
        Just(("reopenException", json!({}))),
        Just(("reopenException", json!({ "note": "no" }))),
        until().prop_map(|day| ("snoozeException", json!({ "until": day }))),
        Just(("assignException", json!({ "assignee": "Ann" }))),
        Just(("commentOnException", json!({ "comment": "hm" }))),
    ];
    prop_oneof![
        6 => (0_usize..4, change).prop_map(|(which, (mutation, input))| Happening::Change(which, mutation, input)),
        1 => resolution.prop_map(|how| Happening::ChangeAll(json!({ "resolve": { "resolution": how } }))),
        1 => Just(Happening::ChangeAll(json!({ "reopen": {} }))),
        2 => (0_usize..4).prop_map(Happening::Strangers),
        1 => Just(Happening::Rerun),
        1 => Just(Happening::Recollect),
        3 => (1_u64..3).prop_map(Happening::Night),
    ]
}

async fn happen(world: &World, day: &mut u64, happening: Happening) {
    world.clock.advance(std::time::Duration::from_mins(1));
    match happening {
        Happening::Change(which, mutation, mut input) => {
            let all = world.graphql.strangers().await;
            input["id"] = all[which % all.len()]["id"].clone();
            world.graphql.change(mutation, input).await;
        }
        Happening::ChangeAll(change) => {
            let ids: Vec<Value> = world.graphql.strangers().await.iter().map(|row| row["id"].clone()).collect();
            world.graphql.change_many(json!({ "ids": ids }), change).await;
        }
        Happening::Strangers(count) => {
            world.simulator.edit(simulator::World::forget_edits);
            world.estrange(count);
        }
        Happening::Rerun => drop(world.collect(&[], true).await),
        Happening::Recollect => world.collect_again().await,
        Happening::Night(days) => {
            *day += days;
            world.night(*day).await;
        }
    }
}

/// What every exception's row, periods and history say together.
async fn all_agree(world: &World, story: &[Happening]) {
    for row in exception::Entity::find().all(world.rows()).await.unwrap() {
        let periods = exception_period::Entity::find()
            .filter(exception_period::Column::ExceptionId.eq(row.id))
            .order_by_asc(exception_period::Column::Id)
            .all(world.rows())
            .await
            .unwrap();
        let events = exception_event::Entity::find()
            .filter(exception_event::Column::ExceptionId.eq(row.id))
            .all(world.rows())
            .await
            .unwrap();
        let count = |kinds: &[&str]| events.iter().filter(|event| kinds.contains(&event.kind.as_str())).count();
        let told = format!("{row:#?}\n{periods:#?}\n{story:#?}");
        assert_eq!(usize::try_from(row.version).unwrap(), events.len(), "{told}");
        assert_eq!(periods.len(), count(&["found", "reopened"]), "{told}");
        let closed: Vec<_> = periods.iter().filter(|period| period.closed_on.is_some()).collect();
        assert_eq!(closed.len(), count(&["resolved", "verified"]), "{told}");
        assert_eq!(periods.len() - closed.len(), usize::from(!row.resolved), "{told}");
        assert_eq!(periods[0].opened_on, row.date_found, "{told}");
        assert!(periods.iter().all(|period| period.closed_on.is_none_or(|end| end >= period.opened_on)), "{told}");
        assert!(periods.windows(2).all(|pair| pair[0].closed_on.is_some_and(|end| end <= pair[1].opened_on)), "{told}");
        if row.resolved {
            let last = periods.last().unwrap();
            assert_eq!((last.closed_on, last.closed_at), (row.resolved_date, row.resolved_at), "{told}");
            assert_eq!((&last.resolution, &last.resolved_by), (&row.resolution, &row.resolved_by), "{told}");
            assert_eq!((last.accepted_until, row.snoozed_until), (row.accepted_until, None), "{told}");
        } else {
            assert_eq!((&row.resolution, row.resolved_date, row.accepted_until), (&None, None, None), "{told}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn row_periods_and_history_agree_whatever_happens(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut runner = TestRunner::deterministic();
    let stories = proptest::collection::vec(happenings(), STEPS);
    for _ in 0..CASES {
        let story = stories.new_tree(&mut runner).unwrap().current();
        let world = World::on(backend).plan(FleetPlan::plain(8, 6)).start().await;
        world.estrange(3);
        world.night(0).await;
        let mut day = 0;
        for (number, happening) in story.iter().enumerate() {
            happen(&world, &mut day, happening.clone()).await;
            all_agree(&world, &story[..=number]).await;
        }
    }
}
