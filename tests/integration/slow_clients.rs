//! Clients that dawdle: over their handshake, their headers, their next request, or reading their answer. Each loses its
//! connection and with it its place; who only has nothing to say keeps both.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt};
use harness::{Backend, Entry, LONG, Wire, World, rest_of};
use rstest::rstest;
use server::http::{ConnectionLimits, HttpOptions, WebSocketOptions};
use simulator::FleetPlan;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// So short that a test waits for seconds only, and so long that a busy machine keeps them.
const SHORT: Duration = Duration::from_secs(1);
/// Longer than a test takes.
const NEVER: Duration = Duration::from_hours(1);

async fn world() -> World {
    World::on(Backend::Sqlite).plan(FleetPlan::plain(2, 1)).start().await
}

async fn entry(world: &World, secure: bool, change: impl FnOnce(&mut ConnectionLimits)) -> Entry {
    let mut limits = ConnectionLimits { header_timeout: NEVER, write_timeout: NEVER, most: 100 };
    change(&mut limits);
    // Much to read, for little to ask.
    let schema = Some(Arc::from("a line that says nothing at all\n".repeat(100_000)));
    world.entry(limits, secure, HttpOptions { schema, ..HttpOptions::default() }).await
}

async fn say(wire: &mut dyn Wire, text: &str) {
    wire.write_all(text.as_bytes()).await.unwrap();
    wire.flush().await.unwrap();
}

#[rstest]
#[tokio::test]
async fn headers_that_do_not_end_lose_their_connection(#[values(false, true)] secure: bool) {
    let world = world().await;
    let entry = entry(&world, secure, |limits| limits.header_timeout = SHORT).await;
    for begun in ["", "GET", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow: "] {
        let mut wire = entry.connect().await;
        say(&mut *wire, begun).await;
        let (text, _) = rest_of(&mut *wire).await;
        assert!(!text.contains("200 OK"), "{begun}: {text}");
    }
    // A byte now and then makes it no better.
    let mut wire = entry.connect().await;
    say(&mut *wire, "GET /healthz HTTP/1.1\r\nx-slow: ").await;
    let mut now_and_then = interval(SHORT / 20);
    let dribbling = async {
        while wire.write_all(b"a").await.is_ok() && wire.flush().await.is_ok() {
            now_and_then.tick().await;
        }
    };
    timeout(LONG, dribbling).await.expect("it is closed");
    assert!(entry.ask("/healthz").await.contains("200 OK"));
}

#[tokio::test]
async fn a_handshake_that_does_not_end_loses_its_connection() {
    let world = world().await;
    let secure = entry(&world, true, |limits| limits.header_timeout = SHORT).await;
    for begun in ["", "\u{16}\u{3}\u{1}"] {
        let mut wire = tokio::net::TcpStream::connect(secure.address).await.unwrap();
        wire.write_all(begun.as_bytes()).await.unwrap();
        let (text, _) = rest_of(&mut wire).await;
        assert!(text.is_empty(), "{begun:?}: {text}");
    }
}

#[rstest]
#[tokio::test]
async fn a_connection_that_asks_nothing_more_is_closed(#[values(false, true)] secure: bool) {
    let world = world().await;
    let entry = entry(&world, secure, |limits| limits.header_timeout = SHORT).await;
    let mut wire = entry.connect().await;
    say(&mut *wire, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    let (text, _) = rest_of(&mut *wire).await;
    assert!(text.contains("200 OK") && !text.contains("connection: close"), "it was kept for a while: {text}");
}

#[rstest]
#[tokio::test]
async fn who_takes_nothing_of_the_answer_is_cut_off_and_makes_room(#[values(false, true)] secure: bool) {
    let world = world().await;
    let entry = entry(&world, secure, |limits| {
        limits.write_timeout = SHORT;
        limits.most = 1;
    });
    let entry = entry.await;
    let mut wire = entry.connect().await;
    say(&mut *wire, "GET /schema.graphql HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    // There is one place: this is answered once the other is gone.
    assert!(timeout(LONG, entry.ask("/healthz")).await.expect("a place is free").contains("200 OK"));
    let (text, ended) = rest_of(&mut *wire).await;
    assert!(ended.is_err() && text.len() < 3_000_000, "{ended:?} after {} bytes", text.len());
}

#[rstest]
#[tokio::test]
async fn who_reads_slowly_but_reads_gets_everything(#[values(false, true)] secure: bool) {
    let world = world().await;
    let limit = SHORT * 3;
    let entry = entry(&world, secure, |limits| limits.write_timeout = limit).await;
    let mut wire = entry.connect().await;
    say(&mut *wire, "GET /schema.graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await;
    // A few bytes at a time: for longer than the limit in all, and never for as long at once.
    let mut pause = interval(limit / 900);
    pause.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let began = Instant::now();
    let (mut part, mut read) = (vec![0; 2_000], 0);
    loop {
        pause.tick().await;
        match timeout(LONG, wire.read(&mut part)).await.expect("more comes").unwrap() {
            0 => break,
            bytes => read += bytes,
        }
    }
    assert!(read > 3_000_000 && began.elapsed() > limit, "{read} bytes in {:?}", began.elapsed());
}

#[tokio::test]
async fn who_comes_when_all_places_are_taken_waits_for_one() {
    let world = world().await;
    let entry = entry(&world, false, |limits| limits.most = 2).await;
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut wire = entry.connect().await;
        say(&mut *wire, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        let mut part = [0; 100];
        assert!(wire.read(&mut part).await.unwrap() > 0);
        held.push(wire);
    }
    let mut waiting = Box::pin(entry.ask("/healthz"));
    assert!(timeout(SHORT, &mut waiting).await.is_err(), "there is no third place");
    drop(held.pop());
    assert!(timeout(LONG, waiting).await.expect("a place is free").contains("200 OK"));
}

#[rstest]
#[tokio::test]
async fn a_quiet_websocket_and_quiet_events_stay(#[values(false, true)] secure: bool) {
    let world = world().await;
    let limits = ConnectionLimits { header_timeout: SHORT, write_timeout: SHORT, most: 10 };
    let websocket = WebSocketOptions { keep_alive: SHORT / 2, ..WebSocketOptions::default() };
    let entry = world.entry(limits, secure, HttpOptions { websocket, ..HttpOptions::default() }).await;
    let mut events = entry.connect().await;
    let body = r#"{"query":"subscription { jobs { id } }"}"#;
    let head =
        "POST /graphql HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncontent-type: application/json";
    say(&mut *events, &format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
    let mut request = format!("ws://{}/graphql", entry.address).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = client_async(request, entry.connect().await).await.unwrap();
    socket.send(Message::text(r#"{"type":"connection_init"}"#)).await.unwrap();
    // Pings come by time: after six, three times the limits have gone by.
    let mut pings = 0;
    while pings < 6 {
        let message = timeout(LONG, socket.next()).await.expect("it is kept alive").unwrap().unwrap();
        pings += u32::from(message.is_ping());
    }
    socket.send(Message::text(r#"{"type":"subscribe","id":"1","payload":{"query":"{ __typename }"}}"#)).await.unwrap();
    let answer = loop {
        let message = timeout(LONG, socket.next()).await.expect("it answers").unwrap().unwrap();
        if !message.is_ping() {
            break message;
        }
    };
    assert!(answer.to_text().unwrap().contains("__typename"), "{answer}");
    let mut told = String::new();
    while told.matches("\n\n").count() < 5 {
        let mut part = [0; 4096];
        let read = timeout(LONG, events.read(&mut part)).await.expect("events go on").unwrap();
        assert!(read > 0, "the events ended: {told}");
        told += &String::from_utf8_lossy(&part[..read]);
    }
}
