//! GraphQL over HTTP.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use domain::access::Principal;
use futures::future::BoxFuture;
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::watch;

use super::{HttpOptions, Server};
use crate::http::sign_in::{Granted, Login, NotGranted, SignIn, Unidentified};

const JSON: &str = "application/json";
const RESPONSE: &str = "application/graphql-response+json";

#[tokio::test]
async fn the_kind_of_json_decides_the_status_of_a_refused_document() {
    let server = Server::with_defaults().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("query($x: ID!) { hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { count(to: 1) }", "SUBSCRIPTION_NOT_SUPPORTED"),
    ] {
        for (accept, status) in [(JSON, StatusCode::OK), (RESPONSE, StatusCode::BAD_REQUEST)] {
            let answer = server.post_for(accept, query).await;
            assert_eq!((answer.status, answer.code().as_str()), (status, code), "{query} as {accept}");
            assert!(answer.header("content-type").starts_with(accept));
            assert!(answer.json().get("data").is_none(), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn where_precise_statuses_are_on_they_tell_what_can_not_be_executed_and_what_is_partial() {
    let server = Server::start(HttpOptions { precise_statuses: true, ..HttpOptions::default() }).await;
    for (query, status) in [
        ("{ hello }", 200),
        ("{ hello failing }", 294),
        ("{ failingStrictly }", 294),
        ("{", 400),
        ("{ nothing }", 422),
        ("query A { hello } query B { hello }", 422),
        ("query($x: ID!) { hello }", 422),
        ("subscription { count(to: 1) }", 400),
    ] {
        let answer = server.post_for(RESPONSE, query).await;
        assert_eq!(answer.status.as_u16(), status, "{query}");
        assert!(answer.header("content-type").starts_with(RESPONSE));
        let has_data = answer.json().get("data").is_some();
        assert_eq!(has_data, status < 300, "{query}: {}", answer.body);
        let as_before = server.post_for(JSON, query).await;
        assert_eq!((as_before.status, as_before.body), (StatusCode::OK, answer.body), "{query}");
    }
}

#[tokio::test]
async fn failures_of_fields_are_200_with_data_and_a_code() {
    let server = Server::with_defaults().await;
    for (query, code, data) in [
        ("{ hello failing }", "NOT_FOUND", json!({"hello": "hello ", "failing": null})),
        ("{ failingWithoutCode }", "INTERNAL", json!({"failingWithoutCode": null})),
        ("{ failingStrictly }", "INTERNAL", json!(null)),
    ] {
        for accept in [JSON, RESPONSE] {
            let answer = server.post_for(accept, query).await;
            assert_eq!((answer.status, answer.code().as_str()), (StatusCode::OK, code), "{query}");
            assert_eq!(answer.json()["data"], data);
            assert!(answer.json().as_object().unwrap().contains_key("data"));
        }
    }
}

#[tokio::test]
async fn a_value_that_a_scalar_refuses_is_bad_user_input() {
    let server = Server::with_defaults().await;
    let answer = server.post_for(RESPONSE, r#"{ on(date: "2026-02-30") }"#).await;
    assert!(["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&answer.code().as_str()), "{}", answer.body);
}

#[tokio::test]
async fn requests_that_are_not_graphql_are_400_in_json_whatever_is_accepted() {
    let server = Server::with_defaults().await;
    for body in ["", "{", "null", "1", "{}", "[]", r#"[{"query":"{hello}"}]"#, r#"{"query":1}"#] {
        let answer = server.post(body).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::BAD_REQUEST, "BAD_REQUEST"), "{body}");
    }
    let deep = format!("{{\"query\":\"{{hello}}\",\"variables\":{}1{}}}", "{\"a\":".repeat(9000), "}".repeat(9000));
    assert_eq!(server.post(&deep).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_json_bodies_are_taken() {
    let server = Server::with_defaults().await;
    let body = r#"{"query":"mutation { rename(name: \"x\") }"}"#;
    for content_type in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
    ] {
        let answer = server.send("POST /graphql", &[("content-type", content_type)], body).await;
        assert_eq!(answer.code(), "UNSUPPORTED_MEDIA_TYPE", "{content_type}");
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    for content_type in ["application/json", "Application/JSON;charset=\"UTF-8\""] {
        let answer = server.send("POST /graphql", &[("content-type", content_type)], body).await;
        assert_eq!(answer.json()["data"]["rename"], "x", "{content_type}");
    }
    let packed = [("content-type", JSON), ("content-encoding", "gzip")];
    assert_eq!(server.send("POST /graphql", &packed, body).await.code(), "UNSUPPORTED_MEDIA_TYPE");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let server = Server::start(HttpOptions { body_limit: 1000, ..HttpOptions::default() }).await;
    let fits = format!("{:<1000}", r#"{"query":"{ hello }"}"#);
    assert_eq!(server.post(&fits).await.status, StatusCode::OK);
    let answer = server.post(&(fits + " ")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE"));
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_408() {
    let server = Server::start(HttpOptions { body_timeout: Duration::from_millis(20), ..HttpOptions::default() }).await;
    let head = "POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let answer = server.exchange(&format!("{head}content-length: 100\r\n\r\n{{")).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT"));
}

#[tokio::test]
async fn batches_run_in_order_where_they_are_allowed() {
    let server = Server::start(HttpOptions { batch_limit: 2, ..HttpOptions::default() }).await;
    let one = r#"{"query":"{ hello }"}"#;
    let answer = server.post(&format!(r#"[{one}, {{"query":"{{"}}]"#)).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()[0]["data"]["hello"], "hello ");
    assert_eq!(answer.json()[1]["errors"][0]["extensions"]["code"], "GRAPHQL_PARSE_FAILED");
    for batch in [format!("[{one},{one},{one}]"), "[]".to_owned(), "[1]".to_owned()] {
        assert_eq!(server.post(&batch).await.status, StatusCode::BAD_REQUEST, "{batch}");
    }
}

#[tokio::test]
async fn an_operation_that_runs_too_long_is_dropped_and_says_so() {
    let options = HttpOptions { request_timeout: Duration::from_millis(20), ..HttpOptions::default() };
    let mut server = Server::start(options).await;
    for (accept, status) in [(RESPONSE, StatusCode::SERVICE_UNAVAILABLE), (JSON, StatusCode::OK)] {
        let answer = server.post_for(accept, "{ endless }").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "TIMEOUT"));
        assert_eq!(server.dropped.recv().await, Some("query"));
    }
}

/// Never finds out who anybody is, as while the line to the database swallows what is sent.
#[derive(Debug)]
struct Silent;

impl SignIn for Silent {
    fn identify<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Principal, Unidentified>> {
        Box::pin(std::future::pending())
    }

    fn sign_in(&self, _: Login, _: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>> {
        Box::pin(std::future::pending())
    }

    fn refresh(&self, _: SecretString, _: Option<IpAddr>) -> BoxFuture<'_, Result<Granted, NotGranted>> {
        Box::pin(std::future::pending())
    }

    fn sign_out(&self, _: SecretString, _: Option<IpAddr>) -> BoxFuture<'_, Result<(), NotGranted>> {
        Box::pin(std::future::pending())
    }

    fn revocations(&self) -> watch::Receiver<()> {
        watch::Sender::new(()).subscribe()
    }
}

#[tokio::test]
async fn who_asks_while_it_cannot_be_found_out_who_that_is_does_not_wait_for_ever() {
    let request_timeout = Duration::from_millis(20);
    let options = HttpOptions { request_timeout, sign_in: Some(Arc::new(Silent)), ..HttpOptions::default() };
    let server = Server::start(options).await;
    let headers = [("content-type", JSON), ("authorization", "Bearer somebody's")];
    let answer = server.send("POST /graphql", &headers, r#"{"query":"{ hello }"}"#).await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"));
}

#[tokio::test]
async fn a_panic_in_a_resolver_is_an_internal_error_and_tells_nothing() {
    let server = Server::with_defaults().await;
    for (accept, status) in [(RESPONSE, StatusCode::INTERNAL_SERVER_ERROR), (JSON, StatusCode::OK)] {
        let answer = server.post_for(accept, "{ panicking }").await;
        assert_eq!((answer.status, answer.code().as_str()), (status, "INTERNAL"));
        assert!(!answer.body.contains("secret"));
    }
    assert_eq!(server.post_for(JSON, "{ hello }").await.status, StatusCode::OK);
}

#[tokio::test]
async fn get_answers_queries_only() {
    let server = Server::with_defaults().await;
    let answer = server.send("GET /graphql?query=%7Bhello%7D", &[("accept", RESPONSE)], "").await;
    assert_eq!((answer.status, answer.json()["data"]["hello"].as_str()), (StatusCode::OK, Some("hello ")));
    let answer = server.send("GET /graphql?query=mutation%7Brename(name:%22x%22)%7D", &[("accept", JSON)], "").await;
    assert_eq!((answer.status, answer.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert_eq!(answer.code(), "METHOD_NOT_ALLOWED");
    assert_eq!(server.send("GET /graphql", &[], "").await.code(), "BAD_REQUEST");
    assert_eq!(server.send("DELETE /graphql", &[], "").await.header("allow"), "GET, HEAD, POST");
}

#[tokio::test]
async fn a_get_from_a_page_of_another_site_is_refused() {
    let server = Server::with_defaults().await;
    let headers = [("accept", JSON), ("sec-fetch-site", "cross-site")];
    let answer = server.send("GET /graphql?query=%7Bhello%7D", &headers, "").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::FORBIDDEN, "FOREIGN_ORIGIN"));
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_421_on_every_route() {
    let server = Server::with_defaults().await;
    for line in ["GET /healthz", "GET /graphql", "POST /graphql", "GET /elsewhere"] {
        let answer = server.send(line, &[("host", "evil.example.com")], "").await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{line}");
        assert_eq!(answer.code(), "MISDIRECTED_REQUEST");
    }
    let server = Server::start(HttpOptions { loopback_only: false, ..HttpOptions::default() }).await;
    assert_eq!(server.send("GET /healthz", &[("host", "hub.example.com")], "").await.body, "ok");
}

#[tokio::test]
async fn health_is_ok_and_unknown_addresses_are_404_in_json() {
    let server = Server::with_defaults().await;
    let answer = server.send("GET /healthz", &[], "").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "ok"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let answer = server.send("GET /nothing", &[], "").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::NOT_FOUND, "NOT_FOUND"));
}

#[tokio::test]
async fn browsers_get_the_playground_and_its_files() {
    let server = Server::with_defaults().await;
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8"), ("sec-fetch-site", "cross-site")];
    let page = server.send("GET /graphql?query=%7Bhello%7D", &browser, "").await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("script-src 'self'"));
    assert_eq!(page.header("cache-control"), "no-cache");
    let script = page.body.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let file = server.send(&format!("GET {script}"), &[], "").await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
    assert!(file.header("cache-control").contains("immutable"));
    for path in ["/graphql/assets/nothing.js", "/graphql/assets/../index.html", "/graphql/assets/%2e%2e/index.html"] {
        assert_eq!(server.send(&format!("GET {path}"), &[], "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_playground_can_be_left_out() {
    let server = Server::start(HttpOptions { playground: false, ..HttpOptions::default() }).await;
    let answer = server.send("GET /graphql?query=%7Bhello%7D", &[("accept", "text/html")], "").await;
    assert_eq!(answer.json()["data"]["hello"], "hello ");
    assert_eq!(server.send("GET /", &[], "").await.status, StatusCode::NOT_FOUND);
}
