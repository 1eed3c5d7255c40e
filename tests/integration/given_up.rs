//! What was stopped costs nothing more: its statement is ended in the database too.

use std::time::Duration;

use harness::{Backend, LONG, World, http_client};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement, TransactionTrait};
use serde_json::json;
use server::http::HttpOptions;
use simulator::FleetPlan;

const WAITING: &str = "SELECT COUNT(*) AS waiting FROM pg_stat_activity WHERE datname = current_database() \
                       AND wait_event_type = 'Lock' AND state = 'active'";

async fn waiting(observer: &DatabaseConnection) -> i64 {
    let counted = observer.query_one_raw(Statement::from_string(observer.get_database_backend(), WAITING)).await;
    counted.unwrap().unwrap().try_get("", "waiting").unwrap()
}

/// Looks again and again; only a test that has failed waits long.
async fn until(observer: &DatabaseConnection, holds: impl Fn(i64) -> bool) {
    let looking = async { while !holds(waiting(observer).await) {} };
    tokio::time::timeout(LONG, looking).await.unwrap();
}

/// A connection beside the hub's.
async fn observer(world: &World) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(world.database.dsn());
    options.max_connections(2).sqlx_logging(false);
    sea_orm::Database::connect(options).await.unwrap()
}

#[tokio::test]
async fn a_query_that_timed_out_is_ended_in_postgresql() {
    let world = World::on(Backend::Postgres).plan(FleetPlan::plain(4, 2)).start().await;
    let request_timeout = Duration::from_millis(500);
    let hasty = world.door(HttpOptions { request_timeout, ..HttpOptions::default() }).await;
    let observer = observer(&world).await;
    let locking = observer.begin().await.unwrap();
    // As long as the lock is held a statement on the table has no end of its own.
    locking.execute_unprepared("LOCK TABLE device IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let answer = hasty.graphql.ask("{ devices { nodes { id } } }", json!({})).await;
    assert_eq!(answer.error_code(), "TIMEOUT");
    until(&observer, |waiting| waiting == 0).await;
    locking.rollback().await.unwrap();
    world.graphql.query("{ devices { nodes { id } } }").await;
}

#[tokio::test]
async fn a_query_whose_client_hung_up_is_ended_in_postgresql() {
    let world = World::on(Backend::Postgres).plan(FleetPlan::plain(4, 2)).start().await;
    let observer = observer(&world).await;
    let locking = observer.begin().await.unwrap();
    locking.execute_unprepared("LOCK TABLE device IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let query = json!({ "query": "{ devices { nodes { id } } }" });
    let mut asking = Box::pin(http_client().post(&world.graphql.url).json(&query).send());
    let began = until(&observer, |waiting| waiting == 1);
    tokio::select! {
        answer = &mut asking => panic!("answered: {answer:?}"),
        () = began => {}
    }
    drop(asking);
    until(&observer, |waiting| waiting == 0).await;
    locking.rollback().await.unwrap();
}
