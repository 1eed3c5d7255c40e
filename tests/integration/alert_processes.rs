//! Alerts of hub processes: a serving one delivers what another found, and no secret of a sink is told anywhere.

use harness::{Backend, GraphqlClient, HubCommand, LONG, Mailbox, Receiver, Reply, Surroundings};
use rstest::rstest;

const PLANTED: [&str; 4] =
    ["planted-webhook-token", "planted-signing-key", "planted-slack-token", "planted-mail-password"];

const TEST: &str = "mutation { testAlert(input: {}) { results { sink delivered error } userErrors { message } } }";

const ALERTS: &str = "{ alerts { nodes { kind sentence details deliveries { sink status lastError } } } }";

/// A hub whose alerts go to all these, with secrets in every place that has one.
fn with_sinks(hub: HubCommand, receiver: &Receiver, mailbox: &Mailbox) -> HubCommand {
    hub.set("HUB_ALERTS_ALLOW_PRIVATE", "true")
        .set("HUB_ALERTS_WEBHOOK_URL", receiver.url(&format!("hook/{}?token={}", PLANTED[0], PLANTED[0])))
        .set("HUB_ALERTS_WEBHOOK_KEY", PLANTED[1])
        .set("HUB_ALERTS_SLACK_URL", receiver.url(&format!("services/{}", PLANTED[2])))
        .set("HUB_ALERTS_SMTP_HOST", "127.0.0.1")
        .set("HUB_ALERTS_SMTP_PORT", mailbox.port().to_string())
        .set("HUB_ALERTS_SMTP_TLS", "off")
        .set("HUB_ALERTS_SMTP_USER", "hub")
        .set("HUB_ALERTS_SMTP_PASSWORD", PLANTED[3])
        .set("HUB_ALERTS_EMAIL_FROM", "hub@example.com")
        .set("HUB_ALERTS_EMAIL_TO", "night@example.com; day@example.com")
}

#[rstest]
#[tokio::test]
async fn a_serving_hub_delivers_what_another_process_found(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let outside = Surroundings::on(backend).await;
    let (receiver, mailbox) = (Receiver::start().await, Mailbox::start().await);
    with_sinks(outside.hub(&["verify"]), &receiver, &mailbox).run().await.ended_with(0);
    assert!(receiver.calls().is_empty(), "the command line leaves it to the outbox");
    let mut hub = with_sinks(outside.hub(&["serve"]), &receiver, &mailbox).start();
    hub.url().await;
    // Three troubles for the webhook and three for Slack.
    tokio::time::timeout(LONG, receiver.called(6)).await.unwrap();
    hub.terminate().await;
    hub.finish().await.ended_with(0);
    assert_eq!(receiver.calls().len(), 6);
}

#[rstest]
#[tokio::test]
async fn no_secret_of_a_sink_is_logged_or_answered(
    #[values("text", "json")] format: &str,
    #[values(200, 500)] status: u16,
) {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (receiver, mailbox) = (Receiver::start().await, Mailbox::start().await);
    if status == 500 {
        receiver.reply(vec![Reply::Status(500); 20]);
        mailbox.answer_sender(&format!("550 not with {}", PLANTED[3]));
    }
    with_sinks(outside.hub(&["verify"]), &receiver, &mailbox).run().await.ended_with(0);
    let loud = outside.hub(&["serve"]).set("HUB_LOG", "trace,sqlx=trace").set("HUB_LOG_FORMAT", format);
    let mut hub = with_sinks(loud, &receiver, &mailbox).start();
    let graphql = GraphqlClient::new(hub.url().await);
    tokio::time::timeout(LONG, receiver.called(6)).await.unwrap();
    let answers = format!("{} {}", graphql.query(TEST).await, graphql.query(ALERTS).await);
    assert!(answers.contains("\"EMAIL\"") && answers.contains("SNAPSHOT_MISSING"), "{answers}");
    assert_eq!(answers.contains("\"delivered\":true"), status == 200, "{answers}");
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);
    let said = finished.said();
    assert!(said.contains("TRACE") && said.contains("hyper"), "it was loud");
    for secret in PLANTED {
        assert!(!answers.contains(secret), "{secret} is answered: {answers}");
        let place = said.find(secret).map(|place| said[..place].lines().last().unwrap_or_default());
        assert_eq!(place, None, "{secret} is told after this");
    }
    assert!(receiver.calls().iter().any(|call| call.path.contains(PLANTED[0])), "it was used");
}
