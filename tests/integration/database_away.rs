//! A database that is gone for a minute: what was at work is done again once it is back, what was due is not lost, and nothing
//! is recorded as done that was not.

use std::time::Duration;

use domain::vendor::Vendor;
use entity::{collection, job_run};
use harness::{Backend, DatabaseLine, LONG, World, at_the_list, collect_on, text};
use rstest::rstest;
use sea_orm::{ConnectionTrait, EntityTrait, PaginatorTrait};
use serde_json::{Value, json};
use server::scheduler::{Schedule, Scheduler, Work};
use simulator::{Effect, Gate};

async fn run(world: &World) -> Value {
    let query = "{ jobRuns { nodes { name status rowsStored collection { outcome } attempts { outcome } } } }";
    world.graphql.query(query).await["jobRuns"]["nodes"].clone()
}

#[tokio::test]
async fn a_collection_that_comes_home_to_no_database_is_done_again() {
    let (database, line) = DatabaseLine::to_postgres().await;
    let world = World::small_on(Backend::Postgres).start_on(database).await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let batch = text(&world.order(&[Vendor::Ninja]).await["batch"], "id").to_owned();
    gate.arrived(1).await;
    line.cut();
    gate.open();
    world.rest().await;
    line.mend();
    let unknown = json!([{ "name": "ninja-collector", "status": "RUNNING", "rowsStored": 0, "collection": null,
        "attempts": [{ "outcome": null }] }]);
    assert_eq!(run(&world).await, unknown, "nobody could say anything meanwhile");
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 0);
    world.clock.advance(Duration::from_mins(1) + Duration::from_secs(1));
    // Its own server may look again just now, and be the first.
    world.inventory.work_off().await.unwrap();
    world.settle().await;
    let done = json!([{ "name": "ninja-collector", "status": "COMPLETED", "rowsStored": 25,
        "collection": { "outcome": "COMPLETE" }, "attempts": [{ "outcome": "LOST" }, { "outcome": "ENDED" }] }]);
    assert_eq!(run(&world).await, done);
    assert_eq!(world.batch(&batch).await["status"], "COMPLETED");
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1);
    assert_eq!(world.see(Vendor::Ninja, 0).await.keys(), world.present_keys(Vendor::Ninja));
}

#[tokio::test]
async fn what_was_due_while_the_database_was_away_is_ordered_when_it_is_back() {
    let (database, line) = DatabaseLine::to_postgres().await;
    let world = World::small_on(Backend::Postgres).start_on(database).await;
    let at = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let work = Work::Collect(Vendor::Ninja);
    let nightly = Schedule { name: "ninja", timing: "10 2 * * *".parse().unwrap(), work };
    let scheduler = Scheduler::new(world.inventory.clone().with_schedules([nightly]));
    world.clock.set(at("2026-03-02T07:00:00Z"));
    scheduler.tick().await.unwrap();
    line.cut();
    world.clock.set(at("2026-03-02T08:10:00Z"));
    assert!(scheduler.tick().await.is_err(), "the database is away");
    line.mend();
    assert_eq!(job_run::Entity::find().count(world.rows()).await.unwrap(), 0);
    world.clock.set(at("2026-03-02T08:11:00Z"));
    scheduler.tick().await.unwrap();
    world.settle().await;
    let nodes = run(&world).await;
    assert_eq!((nodes.as_array().unwrap().len(), &nodes[0]["status"]), (1, &json!("COMPLETED")), "{nodes:#}");
}

#[tokio::test]
async fn who_asks_once_the_database_is_back_is_answered_although_the_connections_of_before_are_gone() {
    let (database, line) = DatabaseLine::to_postgres().await;
    let world = World::small_on(Backend::Postgres).start_on(database).await;
    world.night(0).await;
    let devices = "{ devices(first: 5) { nodes { hostname organization { name } openExceptions { id } } } }";
    let key = &world.simulator.view(simulator::World::ninja_devices)[0]["organizationId"];
    for round in 0..6 {
        // These connections come back just now, so a read does not ask them.
        let ask = || world.graphql.query(devices);
        let (before, ..) = tokio::join!(ask(), ask(), ask());
        line.cut();
        assert_eq!(world.graphql.ask(devices, json!({})).await.error_code(), "INTERNAL", "round {round}");
        line.mend();
        if round % 2 == 0 {
            let (after, again, _) = tokio::join!(ask(), ask(), ask());
            assert_eq!((&after, &again), (&before, &before), "round {round}");
        } else {
            let wish = format!("vendor: NINJA, vendorSiteKey: \"{key}\", name: \"Round {round}\"");
            let rename = format!("mutation {{ setOrganizationAlias(input: {{ {wish} }}) {{ changed }} }}");
            assert_eq!(world.graphql.query(&rename).await["setOrganizationAlias"]["changed"], true, "round {round}");
        }
    }
}

#[tokio::test]
async fn a_command_waits_for_its_database_and_does_its_work() {
    let (database, line) = DatabaseLine::to_postgres().await;
    let world = World::small_on(Backend::Postgres).start_on(database).await;
    let gate = Gate::closed();
    world.strike(at_the_list(Vendor::Ninja, &Effect::Held(gate.clone())).times(1));
    let cutting = async {
        gate.arrived(1).await;
        line.cut();
        gate.open();
        while world.inventory.is_at_work() {
            tokio::task::yield_now().await;
        }
        // Who asks after the command did is answered after it was: it is away for the command, too.
        for _ in 0..2 {
            assert_eq!(world.graphql.ask("{ jobRuns { totalCount } }", json!({})).await.error_code(), "INTERNAL");
        }
        line.mend();
        world.clock.advance(Duration::from_mins(1) + Duration::from_secs(1));
    };
    let (report, ()) = tokio::join!(collect_on(&world.inventory, &[Vendor::Ninja], false), cutting);
    assert_eq!((report.batch.status.as_str(), report.runs[0].attempt), ("completed", 2), "{:?}", report.runs);
    assert_eq!(collection::Entity::find().count(world.rows()).await.unwrap(), 1);
}

/// From now on no batch can be told that it began.
async fn deafen(world: &World) {
    let sql = match world.backend {
        Backend::Sqlite => {
            "CREATE TRIGGER deaf BEFORE UPDATE OF status ON job_batches WHEN NEW.status = 'running' \
             BEGIN SELECT RAISE(ABORT, 'deaf'); END"
        }
        Backend::Postgres => {
            "CREATE FUNCTION deaf() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'deaf'; END $$; \
             CREATE TRIGGER deaf BEFORE UPDATE ON job_batches FOR EACH ROW WHEN (NEW.status = 'running') \
             EXECUTE FUNCTION deaf()"
        }
    };
    world.inventory.database().writer().execute_unprepared(sql).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_run_that_was_taken_is_done_although_its_batch_could_not_be_told(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    deafen(&world).await;
    let batch = text(&world.order(&[Vendor::Ninja]).await["batch"], "id").to_owned();
    tokio::time::timeout(LONG, world.settle()).await.unwrap();
    assert_eq!(world.batch(&batch).await["status"], "COMPLETED");
    let done = json!([{ "name": "ninja-collector", "status": "COMPLETED", "rowsStored": 25,
        "collection": { "outcome": "COMPLETE" }, "attempts": [{ "outcome": "ENDED" }] }]);
    assert_eq!(run(&world).await, done);
}
