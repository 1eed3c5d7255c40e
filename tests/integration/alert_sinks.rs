//! What each sink sends, and `testAlert`.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use harness::{Backend, Mailbox, Receiver, Reply, World, allowed, signing_key, text};
use rstest::rstest;
use serde_json::{Value, json};
use server::{
    http::HttpOptions,
    inventory::{alerts::AlertRules, jobs::Trigger},
    sinks::{SinkLimits, SinkSettings, sign},
};
use simulator::FleetPlan;

const TEST: &str = "mutation($input: TestAlertInput!) { testAlert(input: $input) {
    results { sink delivered error } userErrors { code field } } }";

/// A world in which three troubles have begun and are told.
async fn told(backend: Backend, sinks: SinkSettings) -> World {
    let world = World::small_on(backend).sinks(sinks).start().await;
    world.inventory.verify(Trigger::CommandLine, "test").await.unwrap();
    assert_eq!(world.inventory.deliver_due().await.unwrap(), 3);
    world
}

async fn try_sinks(world: &World, input: Value) -> Value {
    world.graphql.ask(TEST, json!({ "input": input })).await.data()["testAlert"].clone()
}

#[rstest]
#[tokio::test]
async fn the_webhook_is_signed_over_its_id_its_instant_and_its_body(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let receiver = Receiver::start().await;
    let key = format!("whsec_{}", STANDARD.encode("twenty-four random bytes"));
    let world = told(backend, receiver.as_webhook(&key)).await;
    let call = receiver.calls().remove(0);
    let (id, at) = (&call.headers["webhook-id"], &call.headers["webhook-timestamp"]);
    assert_eq!(at.parse::<i64>().unwrap(), world.inventory.now().timestamp());
    let expected = sign(&signing_key(&key), id, at.parse().unwrap(), &call.body);
    assert_eq!((&call.headers["webhook-signature"], &call.headers["idempotency-key"]), (&expected, id));
    assert_eq!((call.headers["content-type"].as_str(), call.path.as_str()), ("application/json", "/hook"));
    let number = world.graphql.query("{ alerts(last: 1) { nodes { number } } }").await["alerts"]["nodes"][0].clone();
    let expected = json!({ "id": id, "alerts": [{
        "event": "opened", "alertNumber": number["number"], "kind": "SNAPSHOT_MISSING", "subject": "ninja",
        "severity": "HIGH", "sentence": "Ninja has no complete snapshot of 2026-03-02",
        "openedAt": "2026-03-02T09:10:00Z", "closedAt": null, "details": { "date": "2026-03-02" } }] });
    assert_eq!(call.json(), expected);
}

#[rstest]
#[tokio::test]
async fn slack_is_told_one_line_each(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let receiver = Receiver::start().await;
    told(backend, receiver.as_slack()).await;
    let call = receiver.calls().remove(0);
    assert_eq!(call.path, "/services/T0/B0/x");
    assert_eq!(call.json(), json!({ "text": "[HIGH] Ninja has no complete snapshot of 2026-03-02" }));
}

#[rstest]
#[tokio::test]
async fn a_mail_server_is_handed_a_letter_to_every_receiver(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mailbox = Mailbox::start().await;
    let world = told(backend, mailbox.as_email(Some("the password of mail"))).await;
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 6);
    let said = letters[0].commands.join("\n");
    for part in ["EHLO example.com", "AUTH PLAIN ", "FROM:<hub@example.com>", "TO:<night@example.com>"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let then = letters[1].commands.join("\n");
    assert!(then.contains("TO:<day@example.com>") && !then.contains("EHLO"), "{then}");
    assert_eq!(letters[0].text, letters[1].text);
    let letter = &letters[0];
    let id = world.graphql.query("{ alerts(last: 1) { nodes { deliveries { messageId status } } } }").await;
    let delivery = &id["alerts"]["nodes"][0]["deliveries"][0];
    assert_eq!(delivery["status"], "DELIVERED");
    let id = format!("Message-ID: <{}@example.com>", text(delivery, "messageId"));
    for part in [
        id.as_str(),
        "Subject: Inventory Hub: [HIGH] Ninja has no complete snapshot of 2026-03-02",
        "<hub@example.com>",
        "kind: SNAPSHOT_MISSING\nsubject: ninja\nsince: 2026-03-02T09:10:00+00:00",
    ] {
        // Long headers go on in the next line.
        assert!(letter.text.replace("\n ", " ").contains(part), "{part:?} is not in {}", letter.text);
    }
}

#[rstest]
#[tokio::test]
async fn a_letter_that_is_refused_for_now_is_tried_again(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mailbox = Mailbox::start().await;
    mailbox.answer_sender("451 later, said to the one with the password of mail");
    let world = told(backend, mailbox.as_email(None)).await;
    let tried = world.graphql.query("{ alerts { nodes { deliveries { status lastError } } } }").await;
    let expected = json!({ "status": "PENDING", "lastError": "the mail server refused the message with 451" });
    assert_eq!(tried["alerts"]["nodes"][0]["deliveries"][0], expected);
}

#[rstest]
#[tokio::test]
async fn a_receiver_that_is_refused_keeps_no_other_from_the_letter(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
    #[values(("night@example.com", "day@example.com"), ("day@example.com", "night@example.com"))] who: (&str, &str),
) {
    let (refused, other) = who;
    let mailbox = Mailbox::start().await;
    mailbox.refuse(refused, "550 nobody is called the password of mail");
    let world = told(backend, mailbox.as_email(Some("the password of mail"))).await;
    let letters = mailbox.letters();
    assert_eq!(letters.len(), 3);
    assert!(letters.iter().all(|letter| letter.commands.join("\n").contains(&format!("TO:<{other}>"))), "{letters:?}");
    let rows = world.graphql.query("{ alerts { nodes { deliveries { status lastError attempts } } } }").await;
    let error = format!("not for {refused}: the mail server refused the message with 550");
    let expected = json!([{ "status": "DELIVERED", "lastError": error, "attempts": 1 }]);
    for row in rows["alerts"]["nodes"].as_array().unwrap() {
        assert_eq!(row["deliveries"], expected);
    }
    let tried = try_sinks(&world, json!({})).await;
    assert_eq!(tried["results"], json!([{ "sink": "EMAIL", "delivered": true, "error": error }]));
}

#[tokio::test]
async fn somebody_who_tries_a_sink_does_not_wait_as_long_as_it_may_take() {
    let receiver = Receiver::start().await;
    let limits = SinkLimits { timeout: Duration::from_mins(2), ..allowed() };
    let builder = World::small_on(Backend::Sqlite).sinks(SinkSettings { limits, ..receiver.as_slack() });
    let default = AlertRules::default().trial;
    assert!(default < HttpOptions::default().request_timeout, "{default:?}");
    let world = builder.rules(|rules| rules.alerts.trial = Duration::from_millis(200)).start().await;
    receiver.reply([Reply::Silence]);
    let tried = try_sinks(&world, json!({})).await;
    let expected = json!([{ "sink": "SLACK", "delivered": false, "error": "did not answer in time" }]);
    assert_eq!(tried["results"], expected);
}

#[rstest]
#[tokio::test]
async fn a_test_message_goes_out_at_once_and_says_what_came_of_it(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (receiver, chat, mailbox) = (Receiver::start().await, Receiver::start().await, Mailbox::start().await);
    let sinks = SinkSettings {
        slack: chat.as_slack().slack,
        email: mailbox.as_email(None).email,
        ..receiver.as_webhook("a key to sign with")
    };
    let world = World::on(backend).plan(FleetPlan::plain(2, 2)).sinks(sinks).start().await;
    chat.reply([Reply::Status(404)]);
    let all = try_sinks(&world, json!({})).await;
    let expected = json!({ "userErrors": [], "results": [
        { "sink": "WEBHOOK", "delivered": true, "error": null },
        { "sink": "SLACK", "delivered": false, "error": "answered with HTTP 404" },
        { "sink": "EMAIL", "delivered": true, "error": null } ] });
    assert_eq!(all, expected);
    let message = receiver.calls().remove(0).json();
    assert_eq!(message["alerts"][0]["event"], "test");
    assert_eq!(
        message["alerts"][0]["sentence"],
        "this is a test, sent by local operator: alerts of the hub arrive here"
    );
    assert!(text(&chat.calls().remove(0).json(), "text").starts_with("Test: "));
    assert!(mailbox.letters()[0].text.contains("Test: this is a test"));
    let one = try_sinks(&world, json!({ "sink": "SLACK" })).await;
    assert_eq!(one["results"], json!([{ "sink": "SLACK", "delivered": true, "error": null }]));
    assert_eq!((receiver.calls().len(), chat.calls().len(), mailbox.letters().len()), (1, 2, 2));
    let alerts = world.graphql.query("{ alerts { totalCount } }").await;
    assert_eq!(alerts["alerts"]["totalCount"], 0, "a test is no alert");
}

#[tokio::test]
async fn a_sink_that_is_not_set_up_is_named() {
    let receiver = Receiver::start().await;
    let world = World::small_on(Backend::Sqlite).sinks(receiver.as_slack()).start().await;
    let other = try_sinks(&world, json!({ "sink": "EMAIL" })).await;
    let expected = json!({ "results": [], "userErrors": [{ "code": "NOT_CONFIGURED", "field": ["input", "sink"] }] });
    assert_eq!(other, expected);
    let nowhere = World::small_on(Backend::Sqlite).start().await;
    let none = try_sinks(&nowhere, json!({})).await;
    assert_eq!(none, json!({ "results": [], "userErrors": [{ "code": "NOT_CONFIGURED", "field": null }] }));
}
