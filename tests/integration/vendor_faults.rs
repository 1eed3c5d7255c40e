//! Whatever a vendor answers, nothing that was stored is lost, and the run says what happened. Every fault goes through
//! the same round (`harness::FaultRound`): one vendor after the other, on both databases.

use domain::vendor::Vendor;
use harness::{Backend, FaultRound, Told, World, at_every_call, at_the_list, collect_on, text, vendor_name};
use rstest::rstest;
use secrecy::SecretString;
use serde_json::{Value, json};
use simulator::{Effect, Revoked, When};

#[rstest]
#[case::unauthorized(Effect::Status(401), "credentials refused by")]
#[case::html(Effect::Html, "slowed down by")]
#[case::server_error(Effect::Status(500), "fault of")]
#[case::cut_json(Effect::Truncated, "JSON that is cut off")]
#[case::no_json(Effect::InvalidJson, "malformed JSON")]
#[case::broken_connection(Effect::Broken, "could not reach")]
#[tokio::test]
async fn a_fault_at_every_call_fails_the_run_and_keeps_the_day(
    #[case] effect: Effect,
    #[case] says: &'static str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_every_call(vendor, &effect));
        round.collect(Told::failed(says)).await;
        round.recovers().await;
    }
}

#[rstest]
#[case::html(Effect::Html)]
#[case::server_error(Effect::Status(500))]
#[case::bad_gateway(Effect::Status(502))]
#[case::cut_json(Effect::Truncated)]
#[case::no_json(Effect::InvalidJson)]
#[case::error_object(Effect::ErrorObject)]
#[case::broken_connection(Effect::Broken)]
#[tokio::test]
async fn a_fault_that_passes_is_waited_for_and_the_run_completes(
    #[case] effect: Effect,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &effect).times(2));
        round.collect(Told::completed()).await;
        round.recovers().await;
    }
}

#[rstest]
#[case::server_error(Effect::Status(500), "fault of")]
#[case::cut_json(Effect::Truncated, "JSON that is cut off")]
#[case::html(Effect::Html, "slowed down by")]
#[tokio::test]
async fn a_fault_after_the_first_page_leaves_the_run_partial(
    #[case] effect: Effect,
    #[case] says: &'static str,
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &effect).when(When::From(2)));
        let batch = round.collect(Told::partial(says)).await;
        let collection = &batch["runs"][0]["collection"];
        assert_eq!(collection["outcome"], "PARTIAL");
        assert!(collection["reasons"][0].as_str().unwrap().contains(says), "{collection:#}");
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn an_error_object_for_a_list_is_no_empty_list(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for (vendor, says) in [(Vendor::Ninja, "an object where a list was expected"), (Vendor::ThreatLocker, "fault of")] {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &Effect::ErrorObject));
        round.collect(Told::failed(says)).await;
        round.recovers().await;
    }
}

/// ThreatLocker may send nothing at all for an empty list, so there it reads as a fleet that is gone, and is held.
#[rstest]
#[tokio::test]
async fn an_empty_body_empties_nothing(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    let held = Told { status: "HELD", says: "0 devices against" };
    for (vendor, told) in [(Vendor::Ninja, Told::failed("an empty body")), (Vendor::ThreatLocker, held)] {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &Effect::EmptyBody));
        round.collect(told).await;
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn an_answer_beyond_the_cap_is_not_taken(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).limits(|limits| limits.max_body_bytes = 1 << 20).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &Effect::Oversize(3 << 20)));
        round.collect(Told::failed("is larger than 1048576 bytes")).await;
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_vendor_that_refuses_connections_fails_the_run(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let before = FaultRound::begin(&world, vendor).await.into_before();
        let refusal = world.vendors_down().await;
        let round = FaultRound::resume(&world, vendor, before);
        let batch = round.collect(Told::failed("could not reach")).await;
        assert!(batch.to_string().contains("refused"), "{batch:#}");
        let before = round.into_before();
        world.vendors_up(refusal).await;
        FaultRound::resume(&world, vendor, before).recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn the_wrong_region_is_named_as_such(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(Revoked::Text, Revoked::Json)] revoked: Revoked,
) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.simulator.with_switches(|switches| {
            switches.ninja.wrong_region = true;
            switches.threatlocker.wrong_region = true;
            switches.threatlocker.revoked = revoked;
        });
        world.simulator.revoke_access_tokens();
        let told = Told::failed("check first that the base URL names the right region or instance");
        round.collect(told).await;
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn a_list_that_is_not_found_is_no_empty_list(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let world = World::small_on(backend).start().await;
    for vendor in Vendor::ALL {
        let round = FaultRound::begin(&world, vendor).await;
        world.strike(at_the_list(vendor, &Effect::Status(404)));
        round.collect(Told::failed("HTTP 404")).await;
        round.recovers().await;
    }
}

#[rstest]
#[tokio::test]
async fn wrong_credentials_are_said_to_be_refused_and_are_not_shown(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let world = World::small_on(backend).start().await;
    let wrong = "not-the-right-one";
    let misled = world.another_server(|ninja, threatlocker| {
        ninja.client_secret = SecretString::from(wrong);
        threatlocker.api_key = SecretString::from(wrong);
    });
    let misled = misled.await;
    // ThreatLocker has one answer for a wrong key and for the wrong instance.
    let says = [(Vendor::Ninja, "credentials refused by"), (Vendor::ThreatLocker, "credentials unknown to")];
    for (vendor, says) in says {
        let round = FaultRound::begin(&world, vendor).await;
        collect_on(&misled, &[vendor], false).await;
        let batch = batch_by_hand(&world, vendor).await;
        round.check(&batch, Told::failed(says), &world.present_keys(vendor)).await;
        assert!(!batch.to_string().contains(wrong), "{batch:#}");
        round.recovers().await;
    }
}

/// The only batch of the vendor that came from the command line.
async fn batch_by_hand(world: &World, vendor: Vendor) -> Value {
    let answer = world.graphql.query(
        "{ jobBatches(first: 100, filter: { trigger: { eq: COMMAND_LINE } }) { nodes { id runs { vendor } } } }",
    );
    let batches = answer.await["jobBatches"]["nodes"].clone();
    let of_vendor = |batch: &&Value| batch["runs"] == json!([{ "vendor": vendor_name(vendor) }]);
    let found: Vec<&Value> = batches.as_array().unwrap().iter().filter(of_vendor).collect();
    assert_eq!(found.len(), 1, "{batches:#}");
    world.batch(text(found[0], "id")).await
}

#[rstest]
#[tokio::test]
async fn ninjas_other_lists_failing_leaves_the_run_partial(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values("organizations", "locations", "queries/custom-fields")] list: &str,
) {
    let world = World::small_on(backend).limits(|limits| limits.max_attempts = 2).start().await;
    let round = FaultRound::begin(&world, Vendor::Ninja).await;
    world.strike(at_every_call(Vendor::Ninja, &Effect::Status(500)).on(&format!("/v2/{list}")));
    round.collect(Told::partial("fault of Ninja")).await;
    round.recovers().await;
}
