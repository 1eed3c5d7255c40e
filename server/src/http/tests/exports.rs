//! Files over HTTP: headers, refusals, and bodies that end as they should or visibly don't.

use std::time::Duration;

use async_graphql::{ErrorExtensionValues, ServerError};
use futures::{StreamExt, future::BoxFuture, stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;
use crate::http::{BrokenOff, Content, ExportFile, ExportRefusal, ExportRequest, Exports};

/// Files for every case.
pub(super) struct Shelf;

impl Exports for Shelf {
    fn export(&self, asked: ExportRequest) -> BoxFuture<'_, Result<ExportFile, ExportRefusal>> {
        Box::pin(async move { find(&asked) })
    }
}

fn find(asked: &ExportRequest) -> Result<ExportFile, ExportRefusal> {
    let part = |text: &str| Ok(text.to_owned().into());
    let version = format!("of {}", asked.principal.name());
    let content = match asked.file.as_str() {
        "whole.csv" if asked.knows(&version) => Content::Known,
        "whole.csv" if asked.wants_body => Content::Made(stream::iter([part("a\r\n"), part("1\r\n")]).boxed()),
        "whole.csv" => Content::NotAsked,
        "broken.csv" => Content::Made(stream::iter([part("a\r\n")]).chain(stream::once(break_off_later())).boxed()),
        "endless.csv" => Content::Made(stream::iter([part("a\r\n")]).chain(stream::pending()).boxed()),
        "echo.csv" => Content::Made(stream::iter([part(&format!("{:?}", asked.parameters))]).boxed()),
        "busy.csv" => return Err(ExportRefusal::Busy { retry_after: Duration::from_secs(7) }),
        "late.csv" => return Err(ExportRefusal::TimedOut(Duration::from_secs(9))),
        "failed.csv" => return Err(ExportRefusal::Failed),
        "bad.csv" => return Err(ExportRefusal::Parameters("no".to_owned())),
        other => {
            let graphql = other.strip_prefix("code-").map(|code| ExportRefusal::Graphql(coded(code)));
            return Err(graphql.unwrap_or_else(|| ExportRefusal::Unknown(other.to_owned())));
        }
    };
    Ok(ExportFile { name: "name-2026-11-21.csv".to_owned(), content_type: "text/csv", version, content })
}

/// What was sent has left by then; else the connection would be closed without any answer.
async fn break_off_later() -> Result<axum::body::Bytes, BrokenOff> {
    tokio::task::yield_now().await;
    Err(BrokenOff)
}

fn coded(code: &str) -> ServerError {
    let mut error = ServerError::new("told", None);
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
    error
}

/// The end of a chunked body.
const END: &str = "0\r\n\r\n";

#[tokio::test]
async fn a_file_comes_with_its_name_and_is_kept_by_nobody() {
    let server = Server::with_defaults().await;
    let answer = server.send("GET /export/whole.csv", &[], "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "text/csv");
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"name-2026-11-21.csv\"");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert!(answer.body.ends_with(END) && answer.body.contains("1\r\n"), "{}", answer.body);
    let head = server.send("HEAD /export/whole.csv", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-disposition"), answer.header("content-disposition"));
}

#[tokio::test]
async fn who_has_a_file_is_told_that_it_is_the_same() {
    let server = Server::with_defaults().await;
    let first = server.send("GET /export/whole.csv", &[], "").await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with("W/\"") && tag.len() > 20, "{tag}");
    for (known, method) in [(tag.clone(), "GET"), (tag.clone(), "HEAD"), (format!("\"x\", {tag}"), "GET")] {
        let again = server.send(&format!("{method} /export/whole.csv"), &[("if-none-match", &known)], "").await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
        assert_eq!((again.header("etag"), again.header("cache-control")), (tag.as_str(), "no-store"));
        assert!(again.header("content-disposition").is_empty());
    }
    let other = server.send("GET /export/whole.csv", &[("if-none-match", "W/\"0\"")], "").await;
    assert_eq!((other.status, other.body), (StatusCode::OK, first.body));
}

#[tokio::test]
async fn a_file_that_breaks_off_has_no_end() {
    let server = Server::with_defaults().await;
    let answer = server.send("GET /export/broken.csv", &[], "").await;
    assert_eq!(answer.status, StatusCode::OK, "it was too late for another");
    assert!(answer.body.contains("a\r\n") && !answer.body.ends_with(END), "{}", answer.body);
}

#[tokio::test]
async fn a_server_that_stops_breaks_files_off() {
    let options = HttpOptions::default();
    let stop = options.stop.clone();
    let server = Server::start(options).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let request = format!("GET /export/endless.csv HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    while !String::from_utf8_lossy(&bytes).contains("\r\n\r\n3\r\na\r\n") {
        assert!(stream.read_buf(&mut bytes).await.unwrap() > 0, "{}", String::from_utf8_lossy(&bytes));
    }
    stop.cancel();
    stream.read_to_end(&mut bytes).await.unwrap();
    assert!(!Answer::parse(&bytes).body.ends_with(END));
    assert_eq!(server.send("GET /export/whole.csv", &[], "").await.code(), "TOO_MANY_EXPORTS");
}

#[tokio::test]
async fn every_refusal_is_json_with_its_code_and_its_status() {
    let server = Server::with_defaults().await;
    for (line, status, code) in [
        ("GET /export/nothing.csv", 404, "NOT_FOUND"),
        ("GET /export/", 404, "NOT_FOUND"),
        ("GET /export/a/b.csv", 404, "NOT_FOUND"),
        ("GET /export/bad.csv", 400, "BAD_USER_INPUT"),
        ("GET /export/code-NO_DATA", 400, "NO_DATA"),
        ("GET /export/code-NOT_FOUND", 404, "NOT_FOUND"),
        ("GET /export/code-INTERNAL", 500, "INTERNAL"),
        ("GET /export/failed.csv", 500, "INTERNAL"),
        ("GET /export/late.csv", 503, "TIMEOUT"),
        ("POST /export/whole.csv", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE /export/whole.csv", 405, "METHOD_NOT_ALLOWED"),
    ] {
        let answer = server.send(line, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{line}");
        assert!(answer.header("content-disposition").is_empty());
    }
    assert_eq!(server.send("PUT /export/whole.csv", &[], "").await.header("allow"), "GET, HEAD");
    let busy = server.send("GET /export/busy.csv", &[], "").await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (503, "7"));
    assert_eq!(busy.code(), "TOO_MANY_EXPORTS");
}

#[tokio::test]
async fn pages_of_other_origins_get_no_file() {
    let server = Server::with_defaults().await;
    for header in [("sec-fetch-site", "cross-site"), ("origin", "http://evil.example")] {
        let answer = server.send("GET /export/whole.csv", &[header], "").await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (403, "FOREIGN_ORIGIN"));
    }
    let answer = server.send("GET /export/whole.csv", &[("host", "evil.example")], "").await;
    assert_eq!(answer.code(), "MISDIRECTED_REQUEST");
}

#[tokio::test]
async fn parameters_arrive_decoded_and_in_their_order() {
    let server = Server::with_defaults().await;
    let answer = server.send("GET /export/echo.csv?b=%7B%22x%22%3A1%7D&a=+%26&b=", &[], "").await;
    assert!(answer.body.contains(r#"[("b", "{\"x\":1}"), ("a", " &"), ("b", "")]"#), "{}", answer.body);
}
