//! A typed Rust client: cynic compiles these queries against `schema.graphql`, and they are asked of the real server. A
//! binary of its own, as the whole schema in types takes a while to compile.

mod queries;

use cynic::{GraphQlResponse, MutationBuilder, Operation, QueryBuilder};
use harness::{Backend, World};
use queries::{
    DevicesPage, ExceptionFilter, ExceptionStatus, ExceptionStatusFilter, ExceptionsPage, FilterVariables,
    InputVariables, PageVariables, ResolutionChoice, Resolve, ResolveExceptionInput, Role, UserErrorCode, Vendor,
    Viewing,
};
use serde::{Serialize, de::DeserializeOwned};
use simulator::FleetPlan;

async fn world() -> World {
    let world = World::on(Backend::Sqlite).plan(FleetPlan::plain(12, 8)).start().await;
    world.estrange(3);
    world.night(0).await;
    world
}

/// Asks, and reads the answer into the query's own types.
async fn ask<T: DeserializeOwned, V: Serialize>(world: &World, operation: Operation<T, V>) -> T {
    let request = harness::http_client().post(&world.graphql.url).json(&operation);
    let answer = request.send().await.unwrap_or_else(|error| panic!("no answer: {error}"));
    let answer: GraphQlResponse<T> = answer.json().await.unwrap_or_else(|error| panic!("no GraphQL: {error}"));
    assert!(answer.errors.is_none(), "{:?} to {}", answer.errors, operation.query);
    answer.data.unwrap_or_else(|| panic!("no data: {:?}", answer.errors))
}

#[tokio::test]
async fn devices_with_their_records_are_paged_to_the_end() {
    let world = world().await;
    let (mut devices, mut after) = (Vec::new(), None);
    loop {
        let page = ask(&world, DevicesPage::build(PageVariables { first: Some(5), after })).await.devices;
        devices.extend(page.nodes);
        after = page.page_info.end_cursor;
        if !page.page_info.has_next_page {
            assert_eq!(i32::try_from(devices.len()).unwrap(), page.total_count);
            break;
        }
    }
    let of = |vendor| devices.iter().flat_map(|it| &it.sources).filter(|source| source.vendor == vendor).count();
    assert_eq!((of(Vendor::Ninja), of(Vendor::Threatlocker)), (12, 8));
    assert!(devices.iter().all(|device| !device.id.inner().is_empty() && !device.hostname.is_empty()));
    assert!(devices.iter().any(|device| device.organization.as_ref().is_some_and(|it| !it.name.is_empty())));
    assert!(devices.iter().all(|device| device.first_seen == world.day(0)));
}

#[tokio::test]
async fn an_exception_is_found_resolved_and_refused_the_second_time() {
    let world = world().await;
    let open = ExceptionStatusFilter { eq: Some(ExceptionStatus::Open), is_in: None };
    let variables = || FilterVariables { filter: Some(ExceptionFilter { status: Some(open.clone()) }) };
    let before = ask(&world, ExceptionsPage::build(variables())).await.exceptions;
    let found = &before.nodes[0];
    let input = |version| ResolveExceptionInput {
        id: found.id.clone(),
        expected_version: Some(version),
        resolution: ResolutionChoice::Fixed,
        note: Some("by a typed client".to_owned()),
        accepted_until: None,
    };
    let build = |version| Resolve::build(InputVariables { input: input(version) });
    let payload = ask(&world, build(found.version)).await.resolve_exception;
    let resolved = payload.exception.unwrap();
    assert_eq!((resolved.id, resolved.status), (found.id.clone(), ExceptionStatus::Resolved));
    assert!(payload.user_errors.is_empty() && resolved.version > found.version);
    assert!(resolved.resolved_at.is_some() && resolved.resolved_by.is_some());
    let again = ask(&world, build(found.version)).await.resolve_exception;
    assert_eq!(again.user_errors.iter().map(|error| error.code).collect::<Vec<_>>(), [UserErrorCode::AlreadyResolved]);
    let after = ask(&world, ExceptionsPage::build(variables())).await.exceptions;
    assert_eq!(after.total_count, before.total_count - 1);
}

#[tokio::test]
async fn the_viewer_is_told() {
    let world = world().await;
    let viewer = ask(&world, Viewing::build(())).await.viewer;
    assert_eq!((viewer.name.as_str(), viewer.role), ("local operator", Role::Admin));
    assert!(viewer.organizations.is_none(), "all");
}
