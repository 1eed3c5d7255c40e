use serde_json::{Value, json};
use simulator::{Effect, Fault, Gate, RetryAfter, Vendor, When};

use crate::client::{Answer, Client};

async fn struck(effect: Effect) -> (Answer, Answer) {
    let client = Client::plain(5, 5).await;
    client.simulator.with_switches(|switches| switches.faults.push(Fault::new(effect)));
    (client.ninja("/v2/devices").await, client.computers(10, 1).await)
}

#[tokio::test]
async fn throttling_comes_in_all_its_forms() {
    let (bare, other) = struck(Effect::Throttled(RetryAfter::Absent)).await;
    assert_eq!((bare.status.as_u16(), bare.json()), (429, json!({"resultCode": "TOO_MANY_REQUESTS"})));
    assert!(!bare.headers.contains_key("retry-after") && bare.headers.contains_key("x-nj-request-id"));
    assert_eq!((other.status.as_u16(), &other.json()["StatusCode"]), (429, &json!(429)));
    let (seconds, _) = struck(Effect::Throttled(RetryAfter::Seconds(7))).await;
    assert_eq!(seconds.headers["retry-after"], "7");
    let at = chrono::DateTime::from_timestamp(1_788_246_000, 0).unwrap();
    let (date, _) = struck(Effect::Throttled(RetryAfter::At(at))).await;
    assert_eq!(date.headers["retry-after"], "Tue, 01 Sep 2026 07:00:00 GMT");
    let (html, _) = struck(Effect::Html).await;
    assert_eq!(
        (html.status.as_u16(), &html.headers["content-type"]),
        (200, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(html.text.contains("Too many requests"));
}

#[tokio::test]
async fn bodies_come_empty_wrong_and_cut() {
    let (empty, _) = struck(Effect::EmptyBody).await;
    assert_eq!((empty.status.as_u16(), empty.text.as_str()), (200, ""));
    let (ninja, threatlocker) = struck(Effect::ErrorObject).await;
    assert_eq!((ninja.status.as_u16(), &ninja.json()["resultCode"]), (200, &json!("FAILURE")));
    assert_eq!((threatlocker.status.as_u16(), &threatlocker.json()["StatusCode"]), (200, &json!(500)));
    for effect in [Effect::InvalidJson, Effect::Truncated] {
        let (ninja, threatlocker) = struck(effect).await;
        for answer in [ninja, threatlocker] {
            assert_eq!(answer.status, 200);
            assert!(serde_json::from_str::<Value>(&answer.text).is_err());
        }
    }
}

#[tokio::test]
async fn status_codes_have_the_vendors_bodies() {
    let (ninja, threatlocker) = struck(Effect::Status(401)).await;
    assert_eq!((&ninja.json()["error_code"], &threatlocker.json()["Message"]), (&json!(10), &json!("Unauthorized")));
    let (ninja, threatlocker) = struck(Effect::Status(500)).await;
    assert_eq!((ninja.status.as_u16(), threatlocker.status.as_u16()), (500, 500));
    assert!(threatlocker.json()["LoggerId"].is_string());
}

#[tokio::test]
async fn a_broken_connection_is_an_error_and_not_a_short_page() {
    let client = Client::plain(5, 0).await;
    client.simulator.with_switches(|switches| switches.faults.push(Fault::new(Effect::Broken)));
    let body = match client.try_ninja("/v2/devices").await {
        Ok(response) => response.text().await,
        Err(error) => Err(error),
    };
    assert!(body.is_err());
}

#[tokio::test]
async fn an_oversize_body_has_the_size_asked_for() {
    let (answer, _) = struck(Effect::Oversize(200_001)).await;
    assert_eq!((answer.text.len(), answer.json()), (200_001, json!([])));
}

#[tokio::test]
async fn a_fault_keeps_to_its_path_vendor_and_calls() {
    let client = Client::plain(5, 5).await;
    client.simulator.with_switches(|switches| {
        switches.faults.push(Fault::new(Effect::Status(500)).of(Vendor::Ninja).on("/v2/devices").when(When::Nth(2)));
        switches.faults.push(Fault::new(Effect::Status(404)).on("/computer/").times(1));
    });
    let statuses = [
        client.ninja("/v2/devices").await.status.as_u16(),
        client.ninja("/api/v2/devices").await.status.as_u16(),
        client.ninja("/v2/devices").await.status.as_u16(),
        client.ninja("/v2/organizations").await.status.as_u16(),
        client.computers(1, 1).await.status.as_u16(),
        client.computers(1, 1).await.status.as_u16(),
    ];
    assert_eq!(statuses, [200, 500, 200, 200, 404, 200]);
    let recorded: Vec<Option<u16>> = client.simulator.requests().iter().map(|request| request.status).collect();
    assert_eq!(recorded, statuses.map(Some));
}

#[tokio::test]
async fn a_gate_holds_a_page_until_it_is_released() {
    let client = Client::plain(5, 0).await;
    let gate = Gate::closed();
    client.simulator.with_switches(|switches| switches.faults.push(Fault::new(Effect::Held(gate.clone()))));
    let release = async {
        gate.arrived(1).await;
        let waiting = client.simulator.requests()[0].status;
        gate.release(1);
        waiting
    };
    let (answer, waiting) = tokio::join!(client.ninja("/v2/devices"), release);
    assert_eq!((answer.rows().len(), waiting), (5, None));
    gate.open();
    assert_eq!(client.ninja("/v2/devices").await.status, 200);
}

#[tokio::test]
async fn stopping_ends_what_waits_and_then_refuses() {
    let client = Client::plain(5, 0).await;
    let gate = Gate::closed();
    client.simulator.with_switches(|switches| switches.faults.push(Fault::new(Effect::Held(gate.clone()))));
    let Client { running, http, token, .. } = client;
    let url = format!("{}/v2/devices", running.ninja_url());
    let stop = async {
        gate.arrived(1).await;
        running.stop().await;
    };
    let (answer, ()) = tokio::join!(http.get(&url).bearer_auth(&token).send(), stop);
    assert_eq!(answer.unwrap().status(), 503);
    assert!(http.get(&url).send().await.unwrap_err().is_connect());
}
