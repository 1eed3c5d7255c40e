//! A list is whole only when its end was proved: pages that repeat, move, or come in other sizes than asked for.

use domain::vendor::Vendor;
use harness::{Backend, FaultRound, Told, World};
use rstest::rstest;
use serde_json::json;
use simulator::{
    CursorName, EmptyList, FleetPlan, IdOrder, NinjaSwitches, PaginationHeader, Paging, Switches, ThreatLockerSwitches,
};

fn paging(world: &World, paging: Paging) {
    world.simulator.with_switches(|switches| {
        switches.ninja.paging = paging;
        switches.threatlocker.paging = paging;
    });
}

#[rstest]
#[tokio::test]
async fn a_page_repeated_for_ever_leaves_the_run_partial(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let whys = [(Vendor::Ninja, "a page without larger ids than before"), (Vendor::ThreatLocker, "rows seen")];
    for (vendor, why) in whys {
        let round = FaultRound::begin(&world, vendor).await;
        paging(&world, Paging { page_repeat_at: Some(2), ..Paging::default() });
        round.collect(Told::partial(why)).await;
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_fleet_of_exactly_whole_pages_is_read_whole(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(10, 30)] devices: usize,
) {
    let world = World::on(backend).plan(FleetPlan::plain(devices, devices)).page_size(10).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let batch = round.collect(Told::completed()).await;
        assert_eq!(batch["runs"][0]["rowsStored"], devices, "{vendor}");
        round.recovers().await;
    }
}

#[rstest]
#[case::one_comes(Paging { insert_row_between_pages: 1, ..Paging::default() })]
#[case::one_goes(Paging { delete_row_between_pages: 1, ..Paging::default() })]
#[tokio::test]
async fn rows_that_come_or_go_between_pages_are_not_missed(
    #[case] between: Paging,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let before = world.present_keys(vendor);
        paging(&world, between);
        round.collect(Told::completed()).await;
        let now = world.present_keys(vendor);
        assert_ne!(now, before, "{vendor}: the fleet did not change while it was read");
        assert_eq!(world.see(vendor, 0).await.keys(), now, "{vendor}");
        round.recovers().await;
    }
}

/// Whether the one that came or the one that went is shown is nobody's promise; those that stayed are.
#[rstest]
#[tokio::test]
async fn a_row_that_comes_as_another_goes_hides_none_that_stayed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        let before = world.present_keys(vendor);
        paging(&world, Paging { insert_row_between_pages: 1, delete_row_between_pages: 1, ..Paging::default() });
        round.collect(Told::completed()).await;
        assert_eq!(world.present_keys(vendor).difference(&before).count(), 1, "{vendor}: none came");
        assert_eq!(before.difference(&world.present_keys(vendor)).count(), 1, "{vendor}: none went");
        round.recovers().await;
    }
}

/// ThreatLocker's pages shift with every row, so a list that never rests proves nothing.
#[rstest]
#[tokio::test]
async fn a_list_that_never_rests_leaves_the_run_partial(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let round = FaultRound::begin(&world, Vendor::ThreatLocker).await;
    paging(&world, Paging { insert_row_between_pages: 100, ..Paging::default() });
    round.collect(Told::partial("rows came or went while the pages were read")).await;
    round.recovers().await;
}

fn ninja(change: impl FnOnce(&mut NinjaSwitches)) -> Switches {
    let mut switches = Switches::default();
    change(&mut switches.ninja);
    switches
}

fn threatlocker(change: impl FnOnce(&mut ThreatLockerSwitches)) -> Switches {
    let mut switches = Switches::default();
    change(&mut switches.threatlocker);
    switches
}

#[rstest]
#[case::small_pages(threatlocker(|it| it.page_cap = Some(7)))]
#[case::large_pages(threatlocker(|it| it.overfill = 3))]
#[case::no_header(threatlocker(|it| it.pagination_header = PaginationHeader::Off))]
#[case::lower_case_header(threatlocker(|it| it.pagination_header = PaginationHeader::Lowercase))]
#[case::stale_header(threatlocker(|it| it.pagination_header = PaginationHeader::Stale))]
#[case::malformed_header(threatlocker(|it| it.pagination_header = PaginationHeader::Malformed))]
#[case::empty_list_is_nothing(threatlocker(|it| it.empty = EmptyList::ZeroBytes))]
#[case::shuffled_ids(ninja(|it| it.ids = IdOrder::Shuffled))]
#[case::changing_cursors(ninja(|it| it.cursor_name = CursorName::Changing))]
#[tokio::test]
async fn pages_of_another_kind_are_read_whole(#[case] switches: Switches) {
    let world = World::small_on(Backend::Sqlite).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.simulator.set_switches(switches.clone());
        let batch = round.collect(Told::completed()).await;
        assert_eq!(batch["runs"][0]["collection"]["reasons"], json!([]), "{vendor}: {batch:#}");
        round.recovers().await;
    }
}
