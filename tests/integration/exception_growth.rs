//! Opening very many exceptions at once: PostgreSQL looks up by its index each one that another row refers to, though it
//! planned that while the table was small.

use harness::{Backend, World};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement};
use simulator::FleetPlan;

/// Rows of exceptions that were read from end to end until now.
async fn rows_read_in_order(world: &World) -> i64 {
    // What a connection counted is seen by others when it says so.
    world.rows().execute_unprepared("SELECT pg_stat_force_next_flush()").await.unwrap();
    let sql = "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'exceptions'";
    let row = world.rows().query_one_raw(Statement::from_string(DatabaseBackend::Postgres, sql)).await.unwrap();
    row.unwrap().try_get_by_index(0).unwrap()
}

#[tokio::test]
async fn hundreds_of_new_exceptions_are_not_read_from_end_to_end_for_every_row_about_them() {
    // The first check finds a few, which PostgreSQL reads as they lie; a later one finds hundreds.
    let plan = FleetPlan { organizations: 12, ninja_devices: 1600, threatlocker_devices: 60, ..FleetPlan::default() };
    let world = World::on(Backend::Postgres).plan(plan).page_size(1000).start().await;
    world.night(0).await;
    let found = world.graphql.query("{ exceptions { totalCount } }").await;
    let found = found["exceptions"]["totalCount"].as_i64().unwrap();
    assert!(found > 800, "only {found} exceptions: too few to tell");
    let writer = world.inventory.database().writer();
    writer.execute_unprepared("SELECT pg_stat_force_next_flush()").await.unwrap();
    let read = rows_read_in_order(&world).await;
    // Each is referred to by its identities, its event and its period.
    assert!(read < found * 100, "{read} rows were read for {found} exceptions");
}
