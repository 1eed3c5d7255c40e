//! `jobBatches` and `jobRuns`: found by what they are, what ordered them and when.

use harness::{Backend, World};
use rstest::rstest;
use serde_json::Value;
use server::inventory::jobs::Trigger;

async fn world(backend: Backend) -> World {
    let world = World::small_on(backend).start().await;
    world.night(0).await;
    world.move_to(1);
    world
        .graphql
        .query("mutation { startCollection(input: { vendors: [NINJA], runChecks: false }) { alreadyRunning } }")
        .await;
    world.settle().await;
    world.inventory.retain(Trigger::CommandLine, "test").await.unwrap();
    world
}

async fn names(world: &World, filter: &str) -> Vec<String> {
    let runs = world.graphql.every("jobRuns", &format!("filter: {filter}"), "name").await;
    let mut names: Vec<String> = runs.iter().map(|run| run["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

async fn batches(world: &World, filter: &str) -> Vec<usize> {
    let batches = world.graphql.every("jobBatches", &format!("filter: {filter}"), "runs { name }").await;
    let mut sizes: Vec<usize> = batches.iter().map(|batch| batch["runs"].as_array().map_or(0, Vec::len)).collect();
    sizes.sort_unstable();
    sizes
}

#[rstest]
#[tokio::test]
async fn runs_are_found_by_vendor_name_trigger_status_and_time(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = world(backend).await;
    let first_night = "endedAt: { lte: \"2026-03-02T12:00:00Z\" }";
    for (filter, found) in [
        ("{ vendor: { eq: NINJA } }", vec!["ninja-collector", "ninja-collector"]),
        ("{ not: { vendor: { in: [NINJA, THREATLOCKER] } } }", vec!["cross-vendor-checks", "retention"]),
        ("{ name: { eq: \"retention\" } }", vec!["retention"]),
        ("{ name: { in: [] } }", vec![]),
        ("{ trigger: { eq: MUTATION } }", vec!["ninja-collector"]),
        ("{ not: { trigger: { in: [MUTATION, COMMAND_LINE] } } }", vec![]),
        (
            &format!("{{ {first_night}, status: {{ eq: COMPLETED }} }}"),
            vec!["cross-vendor-checks", "ninja-collector", "threatlocker-collector"],
        ),
        ("{ endedAt: { isNull: true } }", vec![]),
    ] {
        assert_eq!(names(&world, filter).await, found, "{filter}");
    }
}

#[rstest]
#[tokio::test]
async fn batches_are_found_by_what_they_run(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = world(backend).await;
    for (filter, sizes) in [
        ("{ vendor: { eq: NINJA } }", vec![1, 3]),
        ("{ vendor: { eq: THREATLOCKER } }", vec![3]),
        ("{ not: { vendor: { eq: NINJA } } }", vec![1]),
        ("{ jobName: { eq: \"cross-vendor-checks\" } }", vec![3]),
        ("{ jobName: { in: [\"retention\", \"cross-vendor-checks\"] } }", vec![1, 3]),
        ("{ trigger: { eq: COMMAND_LINE }, createdAt: { gte: \"2026-03-03T00:00:00Z\" } }", vec![1]),
    ] {
        assert_eq!(batches(&world, filter).await, sizes, "{filter}");
    }
    let told: Value =
        world.graphql.query("{ jobRuns { nodes { attempts { number outcome } estimatedCompletion } } }").await;
    let runs = told["jobRuns"]["nodes"].as_array().unwrap();
    assert!(
        runs.iter().all(|run| run["attempts"] == serde_json::json!([{ "number": 1, "outcome": "ENDED" }])),
        "{told:#}"
    );
}
