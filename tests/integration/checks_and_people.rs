//! Checks and people at the same exceptions: who acts at the same moment, who decides between two nights, who writes to the
//! table by plain SQL.

use domain::vendor::Vendor;
use entity::exception;
use harness::{Backend, LONG, World, text};
use rstest::rstest;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseBackend, EntityTrait, IntoActiveModel, QueryFilter,
    Statement, TransactionTrait, sea_query::Expr,
};
use serde_json::{Value, json};
use simulator::FleetPlan;

const SHOWN: &str = "id type status resolution version lastSeen organization { id name } details";

async fn of_type(world: &World, wanted: &str) -> Vec<Value> {
    world.graphql.every("exceptions", &format!("filter: {{ type: {{ eq: {wanted} }} }}"), SHOWN).await
}

async fn sync(world: &World, key: &str) -> Value {
    world.clock.advance(std::time::Duration::from_secs(1));
    let query = "mutation($i: SyncDeviceInput!) { syncDevice(input: $i) { userErrors { code }
        openedExceptions { id type } closedExceptions { id type } } }";
    let input = json!({ "i": { "vendor": "THREATLOCKER", "vendorDeviceKey": key } });
    world.graphql.ask(query, input).await.data()["syncDevice"].clone()
}

/// Says that the client of an exception's ThreatLocker device is called so.
async fn rename_client(world: &World, exception: &Value, name: &str) {
    let sites = "vendorSiteKey organization { id }";
    let all = world.graphql.every("vendorOrganizations", "filter: { vendor: { eq: THREATLOCKER } }", sites).await;
    let site = all.iter().find(|it| it["organization"]["id"] == exception["organization"]["id"]).unwrap();
    let query = "mutation($i: SetOrganizationAliasInput!) { setOrganizationAlias(input: $i) { changed } }";
    let input = json!({ "vendor": "THREATLOCKER", "vendorSiteKey": site["vendorSiteKey"], "name": name });
    let answer = world.graphql.ask(query, json!({ "i": input })).await;
    assert_eq!(answer.data()["setOrganizationAlias"]["changed"], true);
}

#[rstest]
#[tokio::test]
async fn the_data_of_yesterday_undo_nothing_that_todays_showed(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    let mended = world.estrange(1).remove(0);
    world.night(0).await;
    let gone = of_type(&world, "MISSING_NINJA").await.remove(0);
    world.move_to(1);
    world.collect(&Vendor::ALL, false).await;
    let rows = world.simulator.view(simulator::World::threatlocker_computers);
    let other = rows.iter().find(|row| row["computerId"] != *mended && row["isDeleted"] == false).unwrap();
    let broken = text(other, "computerId");
    world.simulator.edit(|vendors| {
        vendors.forget_edits();
        vendors.rename_computer(broken, "NEWLY-STRANGE");
        vendors.threatlocker_computer(broken).drop_key("serialNumber");
    });
    assert_eq!(sync(&world, &mended).await["closedExceptions"][0]["id"], gone["id"]);
    let opened = sync(&world, broken).await["openedExceptions"].clone();
    let new = opened.as_array().unwrap().iter().find(|it| it["type"] == "MISSING_NINJA").unwrap().clone();
    rename_client(&world, &gone, "Somebody Else").await;
    let standing = |all: &[Value], id: &Value| all.iter().find(|it| it["id"] == *id).unwrap()["status"].clone();
    for when in ["after the alias, by yesterday's data", "after the night"] {
        let all = of_type(&world, "MISSING_NINJA").await;
        assert_eq!(
            (standing(&all, &gone["id"]), standing(&all, &new["id"])),
            (json!("RESOLVED"), json!("OPEN")),
            "{when}"
        );
        world.collect(&[], true).await;
    }
}

#[rstest]
#[tokio::test]
async fn what_stays_resolved_follows_its_client(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    world.estrange(1);
    world.night(0).await;
    let found = of_type(&world, "MISSING_NINJA").await.remove(0);
    world.done("resolveException", json!({ "id": found["id"], "resolution": "ACCEPTED" })).await;
    let before = of_type(&world, "MISSING_NINJA").await.remove(0);
    rename_client(&world, &found, "Elsewhere Inc.").await;
    let after = of_type(&world, "MISSING_NINJA").await.remove(0);
    assert_eq!(text(&after["organization"], "name"), "Elsewhere Inc.");
    assert_eq!(text(&after["details"], "tl_org_name"), "Elsewhere Inc.");
    for field in ["id", "status", "resolution", "version", "lastSeen"] {
        assert_eq!(after[field], before[field], "{field}");
    }
}

/// Waits until the check waits for the row; SQLite's check waits for the whole transaction, before it has read anything.
async fn until_the_check_waits(world: &World) {
    if world.backend == Backend::Sqlite {
        return;
    }
    let sql = "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = Statement::from_string(DatabaseBackend::Postgres, sql);
    while world.rows().query_one_raw(waiting.clone()).await.unwrap().is_none() {
        tokio::task::yield_now().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_check_waits_for_a_person_who_reopens_and_sees_what_was_done(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    world.estrange(1);
    world.night(0).await;
    let found = of_type(&world, "MISSING_NINJA").await.remove(0);
    world.done("resolveException", json!({ "id": found["id"], "resolution": "FALSE_POSITIVE" })).await;
    let person = world.inventory.database().writer().begin().await.unwrap();
    let row =
        exception::Entity::find().filter(exception::Column::Resolved.eq(true)).one(&person).await.unwrap().unwrap();
    let reopened = exception::ActiveModel {
        resolved: Set(false),
        resolution: Set(None),
        resolved_at: Set(None),
        resolved_date: Set(None),
        resolved_by: Set(None),
        ..row.into_active_model()
    };
    exception::Entity::update(reopened).exec(&person).await.unwrap();
    let both = async {
        tokio::join!(world.collect(&[], true), async {
            until_the_check_waits(&world).await;
            person.commit().await.unwrap();
        })
    };
    let (report, ()) = tokio::time::timeout(LONG, both).await.unwrap();
    assert_eq!(report.batch.status, "completed", "{:?}", report.runs);
    let all = of_type(&world, "MISSING_NINJA").await;
    assert_eq!((all.len(), text(&all[0], "status")), (1, "OPEN"));
}

#[rstest]
#[tokio::test]
async fn what_plain_sql_resolved_is_closed_in_trend_list_and_summary_alike_from_the_next_check_on(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::on(backend).plan(FleetPlan::plain(20, 12)).start().await;
    world.estrange(3);
    world.night(0).await;
    let rows = exception::Entity::find().filter(exception::Column::Type.eq("MISSING_NINJA"));
    let ids: Vec<i64> = rows.all(world.rows()).await.unwrap().iter().map(|row| row.id).collect();
    for (id, date) in [(ids[0], Some(world.day(0))), (ids[1], None)] {
        exception::Entity::update_many()
            .col_expr(exception::Column::Resolved, Expr::value(true))
            .col_expr(exception::Column::ResolvedDate, Expr::value(date))
            .col_expr(exception::Column::ResolvedBy, Expr::value("dashboard"))
            .filter(exception::Column::Id.eq(id))
            .exec(world.inventory.database().writer())
            .await
            .unwrap();
    }
    world.night(1).await;
    world.move_to(2);
    let of_type = "type: { eq: MISSING_NINJA }, status: { eq: OPEN }";
    for (date, open, closed) in [("2026-03-02", 2, 1), ("2026-03-03", 1, 1)] {
        let query = format!(
            r#"{{ exceptions(first: 9, asOf: "{date}", filter: {{ {of_type} }}) {{ totalCount }}
                exceptionTrend(from: "{date}", to: "{date}", filter: {{ type: {{ eq: MISSING_NINJA }} }}) {{ closed openAtEnd }} }}"#
        );
        let told = world.graphql.query(&query).await;
        assert_eq!(told["exceptions"]["totalCount"], open, "{date}");
        assert_eq!(told["exceptionTrend"], json!([{ "closed": closed, "openAtEnd": open }]), "{date}");
    }
    let now =
        world.graphql.query(&format!("{{ exceptions(first: 9, filter: {{ {of_type} }}) {{ totalCount }} }}")).await;
    assert_eq!(now["exceptions"]["totalCount"], 1);
}
