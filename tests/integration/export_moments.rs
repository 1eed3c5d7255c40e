//! Exports of many rows: all of one moment, in few statements, in bounded number, and whole or visibly broken off.

use domain::access::Principal;
use entity::exception;
use futures::TryStreamExt;
use harness::{Backend, History, World, comma_lines, excel_sheets, write_history};
use rstest::rstest;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, sea_query::Expr};
use serde_json::json;
use server::{
    export::{ExportLimits, Exporter},
    graphql::Api,
    http::{BrokenOff, Content, ExportFile, ExportRefusal, ExportRequest, Exports},
};

/// Ten pages: far more than wait on their way to a reader.
const ROWS: u32 = 5000;

async fn with_history(backend: Backend) -> World {
    let world = World::on(backend).start().await;
    let history = History { exceptions: ROWS, organizations: 20, today: world.day(0) };
    write_history(world.inventory.database().writer(), history).await.unwrap();
    world.take_statements();
    world
}

fn exporter(world: &World, limits: ExportLimits) -> Exporter {
    Exporter::with_limits(Api::new(world.inventory.clone()), world.inventory.clone(), limits)
}

async fn ask(exporter: &Exporter, file: &str) -> Result<ExportFile, ExportRefusal> {
    let parameters = vec![("filter".to_owned(), "{}".to_owned())];
    exporter
        .export(ExportRequest {
            file: file.to_owned(),
            parameters,
            wants_body: true,
            principal: Principal::local_operator(),
            known: Vec::new(),
        })
        .await
}

async fn whole(file: ExportFile) -> Result<Vec<u8>, BrokenOff> {
    let Content::Made(body) = file.content else { panic!("nothing was made") };
    let parts: Vec<_> = body.try_collect().await?;
    Ok(parts.concat())
}

async fn run(world: &World, sql: &str) {
    world.inventory.database().writer().execute_unprepared(sql).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn all_pages_are_of_one_moment(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    let before = world.graphql.csv("exceptions", &[]).await;
    let file = ask(&exporter(&world, ExportLimits::default()), "exceptions.csv").await.unwrap();
    run(&world, "UPDATE exceptions SET hostname = 'changed', date_found = '2020-01-01', resolved = (1 = 1)").await;
    run(&world, "UPDATE organization SET name = 'changed'").await;
    run(&world, "DELETE FROM exception_identity").await;
    world.clock.set_night_of(world.day(400));
    assert_eq!(file.name, "inventory-hub-exceptions-2026-03-02.csv");
    assert_eq!(comma_lines(&whole(file).await.unwrap()), before);
    let after = world.graphql.csv("exceptions", &[]).await;
    assert!(after.iter().all(|line| line["Host name"] == "changed"), "the next one is of its own moment");
    assert_eq!((before.len(), after.len()), (5000, 5000));
}

#[rstest]
#[tokio::test]
async fn a_moment_can_not_write(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let moment = world.inventory.read_moment().await.unwrap();
    assert!(moment.database().writer().execute_unprepared("UPDATE vendor SET name = 'x'").await.is_err());
    assert_eq!(moment.now(), world.inventory.now());
    moment.end_moment().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_page_of_500_rows_takes_a_few_statements(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = with_history(backend).await;
    // A page, its organizations, its devices; then the records and the exceptions of devices.
    for (name, rows, of_a_page) in [("exceptions", 5000, 3), ("devices", 2000, 4)] {
        assert_eq!(world.graphql.csv(name, &[]).await.len(), rows);
        let statements = world.take_statements().len();
        assert_eq!(statements, 1 + of_a_page * rows / 500, "{name}: which version the rows are, and their pages");
    }
}

#[rstest]
#[tokio::test]
async fn an_export_that_fails_on_its_way_is_no_whole_file(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let writer = world.inventory.database().writer();
    let oldest = exception::Entity::find().order_by_asc(exception::Column::DateFound).one(writer).await.unwrap();
    exception::Entity::update_many()
        .col_expr(exception::Column::Type, Expr::value("NONSENSE"))
        .filter(exception::Column::Id.eq(oldest.unwrap().id))
        .exec(writer)
        .await
        .unwrap();
    let broken = world.graphql.download("exceptions.csv", &[]).await;
    assert!(broken.is_err(), "the body ends without its end: {broken:?}");
    let refused = world.graphql.download("exceptions.xlsx", &[]).await.unwrap();
    assert_eq!((refused.status, refused.error()["extensions"].clone()), (500, json!({ "code": "INTERNAL" })));
    assert_eq!(world.graphql.download("devices.csv", &[]).await.unwrap().status, 200, "the hub goes on");
}

#[rstest]
#[tokio::test]
async fn a_client_that_goes_away_ends_the_work_and_makes_room(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let exporter = exporter(&world, ExportLimits { at_once: 1, ..ExportLimits::default() });
    let file = ask(&exporter, "exceptions.csv").await.unwrap();
    let busy = ask(&exporter, "devices.csv").await.err().unwrap();
    assert!(matches!(busy, ExportRefusal::Busy { .. }), "{busy:?}");
    drop(file);
    world.rest().await;
    let statements = world.take_statements().len();
    assert!(statements < 3 * 10, "{statements} is all of it");
    assert!(whole(ask(&exporter, "devices.csv").await.unwrap()).await.is_ok());
    assert!(ask(&exporter, "nothing.csv").await.is_err_and(|refusal| matches!(refusal, ExportRefusal::Unknown(_))));
}

#[rstest]
#[tokio::test]
async fn what_a_sheet_has_no_room_for_goes_on_in_the_next(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = with_history(backend).await;
    let exporter = exporter(&world, ExportLimits { sheet_rows: 2001, ..ExportLimits::default() });
    let sheets = excel_sheets(&whole(ask(&exporter, "exceptions.xlsx").await.unwrap()).await.unwrap());
    let sizes: Vec<_> = sheets.iter().map(|(name, lines)| (name.as_str(), lines.len())).collect();
    assert_eq!(sizes, [("Exceptions", 2000), ("Exceptions 2", 2000), ("Exceptions 3", 1000)]);
    let ids = |lines: &[harness::Line]| lines.iter().map(|line| line["Exception id"].clone()).collect::<Vec<_>>();
    let in_order: Vec<_> = sheets.iter().flat_map(|(_, lines)| ids(lines)).collect();
    assert_eq!(in_order, ids(&world.graphql.csv("exceptions", &[]).await));
}
