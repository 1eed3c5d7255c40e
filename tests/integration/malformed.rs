//! Nonsense, made from a seed: bodies, headers, addresses, frames. No answer is a fault of the hub's, and it goes on, no
//! larger than before.

use futures::{SinkExt, StreamExt, future::join_all};
use harness::{Backend, GraphqlClient, LONG, Surroundings};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest},
};

/// Requests and frames of one run, one frame in ten; of four at most one stays good. `HUB_TEST_MALFORMED=100000 HUB_TEST_SEED=2`
/// for more and others.
const ROUNDS: u64 = 14_000;
/// Who sends at once.
const CLIENTS: u64 = 8;
/// Frames of one WebSocket.
const FRAMES: u64 = 10;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// `SplitMix64`: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most + 1)).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// Something that was good before bytes of it were lost, doubled or turned.
    fn damaged(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..self.below(4) {
            let place = self.below(bytes.len().max(1));
            match self.below(4) {
                0 if place < bytes.len() => bytes[place] = self.next().to_le_bytes()[0],
                1 if place < bytes.len() => drop(bytes.drain(place..)),
                2 => bytes.extend(bytes.clone().into_iter().take(200)),
                _ => bytes.splice(place..place, self.bytes(8)).for_each(drop),
            }
        }
        bytes
    }
}

const BODIES: [&str; 10] = [
    r#"{"query":"{ vendors { name } }"}"#,
    r#"{"query":"query($f: DeviceFilter) { devices(filter: $f) { nodes { id } } }","variables":{"f":{"hostname":{"contains":"pc"}}}}"#,
    r#"{"query":"mutation { resolveException(input: { id: \"x\", note: \"\u0000\" }) { exception { id } } }"}"#,
    r#"{"query":"{ node(id: \"RGV2aWNlOjE\") { id } }","extensions":{"cost":true}}"#,
    r#"{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"}}}"#,
    r#"{"documentId":"sha256:x","variables":null}"#,
    r#"[{"query":"{ vendors { name } }"}]"#,
    r#"{"query":"{ devices(first: 99999999999999999999) { nodes { id } } }"}"#,
    r#"{"query":"{ snapshots(date: \"9999-99-99\", after: \"////\") { nodes { id } } }"}"#,
    "null",
];
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "HEAD", "OPTIONS", "DELETE", "BREW"];
const PATHS: [&str; 12] = [
    "/graphql",
    "/graphql?query=%7Bvendors%7Bname%7D%7D",
    "/graphql?query=%FF%00&variables=%7B",
    "/graphql?extensions=%7B%22persistedQuery%22%3A1%7D",
    "/graphql/assets/%2e%2e/%2e%2e/etc/passwd",
    "/export/devices.csv?filter=%7B%22hostname%22%3A1%7D",
    "/export/exceptions.csv?asOf=0000-00-00",
    "/export/%00.xlsx",
    "/schema.graphql",
    "/hooks/ninja",
    "/healthz",
    "//?#",
];
const HEADERS: [&str; 16] = [
    "content-type: application/json",
    "content-type: application/json; charset=utf-7",
    "content-type: \u{fffd}",
    "accept: application/graphql-response+json;q=nan",
    "accept: ,,;;q=,*/*;q=-1",
    "accept-encoding: gzip, gzip, br;q=9",
    "origin: https://",
    "origin: null",
    "host: [::1",
    "x-forwarded-for: 1.2.3.4, ::::, \u{fffd}",
    "forwarded: for=\"[\", for=;;;=",
    "if-none-match: \"\", W/\", *",
    "x-request-id: \u{1}",
    "traceparent: 00-zz-00-00",
    "upgrade: websocket",
    "sec-websocket-version: 12",
];

fn request(dice: &mut Dice) -> Vec<u8> {
    if dice.below(10) == 0 {
        return dice.bytes(400);
    }
    let body = dice.of(&BODIES);
    let body = dice.damaged(body);
    let (method, path) = if dice.below(2) == 0 { ("POST", "/graphql") } else { (dice.of(&METHODS), dice.of(&PATHS)) };
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if dice.below(8) > 0 {
        head += "host: localhost\r\n";
    }
    if dice.below(3) > 0 {
        head += "content-type: application/json\r\n";
    }
    for _ in 0..dice.below(4) {
        head += dice.of(&HEADERS);
        head += "\r\n";
    }
    // Never longer than what follows: a body that does not come is waited for, and has a test of its own.
    let length = if dice.below(8) == 0 { dice.below(body.len() + 1) } else { body.len() };
    head = format!("{head}content-length: {length}\r\n\r\n");
    let head = if dice.below(6) == 0 { dice.damaged(&head) } else { head.into_bytes() };
    [head, body].concat()
}

/// The status of what comes back; `None` where nothing does.
async fn send(address: &str, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let _ = stream.write_all(request).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    let reading = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await;
    assert!(reading.is_ok(), "the hub keeps a connection: {}", String::from_utf8_lossy(request));
    let head = String::from_utf8_lossy(&answer).into_owned();
    head.split(' ').nth(1)?.parse().ok()
}

/// Sends so many, several at a time, and tells how many were answered. None may be the hub's fault.
async fn send_many(address: &str, seed: u64, rounds: u64) -> u64 {
    let sending = (0..CLIENTS).map(|client| async move {
        let mut dice = Dice(seed.wrapping_mul(1_000_003).wrapping_add(client));
        let mut answered = 0_u64;
        for round in 0..rounds / CLIENTS {
            let request = request(&mut dice);
            let status = send(address, &request).await;
            let is_fault = status.is_some_and(|status| status >= 500);
            let sent = || String::from_utf8_lossy(&request).into_owned();
            assert!(!is_fault, "seed {seed}, client {client}, round {round}: {status:?} for {}", sent());
            answered += u64::from(status.is_some());
        }
        answered
    });
    join_all(sending).await.into_iter().sum()
}

const MESSAGES: [&str; 8] = [
    r#"{"type":"connection_init","payload":{}}"#,
    r#"{"type":"connection_init"}"#,
    r#"{"type":"subscribe","id":"1","payload":{"query":"subscription { jobs { id } }"}}"#,
    r#"{"type":"subscribe","id":"2","payload":{"query":"{ vendors { name } }","extensions":{"cost":true}}}"#,
    r#"{"type":"subscribe","id":"3","payload":{"documentId":"x"}}"#,
    r#"{"type":"complete","id":"1"}"#,
    r#"{"type":"ping","payload":{"a":[[[[]]]]}}"#,
    r#"{"type":"pong"}"#,
];

/// Talks nonsense over one WebSocket, to its end.
async fn talk(url: &str, dice: &mut Dice) {
    let mut request = url.replacen("http", "ws", 1).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let _ = socket.send(Message::text(MESSAGES[0])).await;
    for _ in 0..FRAMES {
        let message = dice.of(&MESSAGES);
        let bytes = dice.damaged(message);
        let message = match (dice.below(8), String::from_utf8(bytes)) {
            (0, _) => Message::binary(dice.bytes(100)),
            (1, _) => Message::Ping(dice.bytes(100).into()),
            (_, Ok(text)) => Message::text(text),
            (_, Err(broken)) => Message::binary(broken.into_bytes()),
        };
        // It may be closed by now.
        let _ = socket.send(message).await;
    }
    let _ = socket.close(None).await;
    let goodbye = async {
        while let Some(Ok(message)) = socket.next().await {
            if let Message::Close(Some(frame)) = &message {
                assert_ne!(u16::from(frame.code), 1011, "{frame:?}");
            }
            assert!(!message.to_text().is_ok_and(|text| text.contains("\"INTERNAL\"")), "{message}");
        }
    };
    assert!(tokio::time::timeout(LONG, goodbye).await.is_ok(), "the hub keeps a connection");
}

async fn talk_much(url: &str, seed: u64, frames: u64) {
    let talking = (0..CLIENTS).map(|client| async move {
        let mut dice = Dice(seed.wrapping_mul(1_000_033).wrapping_add(client));
        for _ in 0..frames / CLIENTS / FRAMES {
            talk(url, &mut dice).await;
        }
    });
    join_all(talking).await;
}

#[tokio::test]
async fn ten_thousand_malformed_requests_and_frames_leave_no_fault_no_panic_and_no_growth() {
    let outside = Surroundings::on(Backend::Sqlite).await;
    let (hub, url) = outside.serving().await;
    let address = url.trim_start_matches("http://").trim_end_matches("/graphql").to_owned();
    let (seed, rounds) = (number("HUB_TEST_SEED", 1), number("HUB_TEST_MALFORMED", ROUNDS));
    let mut held = Vec::new();
    for third in 0..3 {
        let seed = seed * 3 + third;
        let requests = rounds * 9 / 30;
        let answered = send_many(&address, seed, requests).await;
        assert!(answered > requests / 2, "most were understood well enough: {answered} of {requests}");
        talk_much(&url, seed, rounds / 30).await;
        held.push(hub.resident_kib());
    }
    let answer = GraphqlClient::new(url).ask("{ vendors { name } }", json!({})).await;
    assert_eq!(answer.status, 200);
    // The first third warms it up. A leak of 1 KiB by each of the others would be two thirds of the rounds.
    if let [Some(warm), _, Some(end)] = held[..] {
        assert!(end < warm + rounds / 2, "{held:?} KiB after each third of {rounds}");
    }
    hub.terminate().await;
    let finished = hub.finish().await.ended_with(0);
    assert!(!finished.stderr.contains("panicked"), "{}", finished.stderr);
}
