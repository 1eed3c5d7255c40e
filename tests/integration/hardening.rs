//! The hub's door: headers, other origins, proxies, rate limits, the schema as a file, compression.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use domain::access::{Reach, Role};
use harness::{Backend, Guarded, Socket, World, http_client};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use server::http::{HttpOptions, RateLimit};
use simulator::FleetPlan;

const VENDORS: &str = "{ vendors { name } }";

async fn world(change: impl FnOnce(&mut HttpOptions)) -> World {
    World::on(Backend::Sqlite).plan(FleetPlan::plain(4, 2)).http(change).start().await
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

fn beside(world: &World, path: &str) -> String {
    world.graphql.url.replace("/graphql", path)
}

/// A client that unpacks nothing.
fn plain_client() -> Client {
    Client::builder().no_proxy().no_gzip().build().unwrap()
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe() {
    let world = world(|_| ()).await;
    for path in ["/graphql", "/healthz", "/readyz", "/schema.graphql", "/nothing", "/export/nothing.csv"] {
        let answer = http_client().get(beside(&world, path)).send().await.unwrap();
        assert_eq!(header(&answer, "x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header(&answer, "referrer-policy"), "no-referrer", "{path}");
        assert_eq!(header(&answer, "x-frame-options"), "DENY", "{path}");
        assert_eq!(header(&answer, "cross-origin-resource-policy"), "same-origin", "{path}");
        assert!(header(&answer, "content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.headers().contains_key("strict-transport-security"), "{path}: there is no TLS");
    }
}

#[tokio::test]
async fn pages_of_allowed_origins_may_read_and_no_others() {
    let world = world(|options| options.allowed_origins = vec!["https://dash.example.com".to_owned()]).await;
    let preflight = |origin: &'static str| {
        let request = http_client().request(Method::OPTIONS, &world.graphql.url).header("origin", origin);
        request.header("access-control-request-method", "POST").header("access-control-request-headers", "content-type")
    };
    let allowed = preflight("https://dash.example.com").send().await.unwrap();
    assert_eq!(allowed.status().as_u16(), 200);
    assert_eq!(header(&allowed, "access-control-allow-origin"), "https://dash.example.com");
    assert!(header(&allowed, "access-control-allow-headers").contains("content-type"));
    assert!(!allowed.headers().contains_key("access-control-allow-credentials"));
    for origin in ["https://evil.example.com", "http://dash.example.com", "null"] {
        let refused = preflight(origin).send().await.unwrap();
        assert_eq!(header(&refused, "access-control-allow-origin"), "", "{origin}");
    }
    let post = http_client().post(&world.graphql.url).json(&json!({ "query": VENDORS }));
    let answer = post.header("origin", "https://dash.example.com").send().await.unwrap();
    assert_eq!(header(&answer, "access-control-allow-origin"), "https://dash.example.com");
    let varies = answer.headers().get_all("vary").iter().any(|value| value.to_str().unwrap().contains("origin"));
    assert!(varies, "a cache must not mix origins up: {answer:?}");
    assert!(header(&answer, "access-control-expose-headers").contains("retry-after"));
}

fn limited(options: &mut HttpOptions) {
    let number = |number| NonZeroU32::new(number).unwrap();
    options.rate_limit = Some(RateLimit { per_minute: number(60), burst: number(3) });
    options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    options.batch_limit = 3;
}

/// Asks through a trusted proxy.
async fn ask_from(world: &World, address: &str, body: Value) -> Response {
    let request = http_client().post(&world.graphql.url).header("x-forwarded-for", address).json(&body);
    request.send().await.unwrap()
}

#[tokio::test]
async fn a_client_that_asks_too_often_is_told_when_to_come_back() {
    let world = world(limited).await;
    let ask = async |address: &str| ask_from(&world, address, json!({ "query": VENDORS })).await;
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.1").await.status().as_u16(), 200);
    }
    let refused = ask("192.0.2.1").await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, "1"));
    assert_eq!(header(&refused, "x-content-type-options"), "nosniff");
    let body: Value = refused.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"], json!({ "code": "RATE_LIMITED", "retryAfterSeconds": 1 }));
    assert_eq!(ask("192.0.2.2").await.status().as_u16(), 200, "others are not kept waiting");
    for _ in 0..9 {
        let probe = http_client().get(beside(&world, "/healthz")).header("x-forwarded-for", "192.0.2.1");
        assert_eq!(probe.send().await.unwrap().status().as_u16(), 200, "who watches is not counted");
    }
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(ask("192.0.2.1").await.status().as_u16(), 200);
    assert_eq!(ask("192.0.2.1").await.status().as_u16(), 429);
}

#[tokio::test]
async fn a_batch_counts_as_what_it_holds_and_a_socket_for_each_operation() {
    let world = world(limited).await;
    let one = json!({ "query": VENDORS });
    assert_eq!(ask_from(&world, "192.0.2.1", json!([one, one, one])).await.status().as_u16(), 200);
    assert_eq!(ask_from(&world, "192.0.2.1", one.clone()).await.status().as_u16(), 429);
    // The handshake is a request too.
    let mut socket = Socket::open(&world.graphql.url).await;
    for (id, kind) in [("a", "next"), ("b", "next"), ("c", "error")] {
        socket.subscribe(id, VENDORS, json!({})).await;
        let heard = socket.hear().await;
        assert_eq!((heard["type"].as_str(), heard["id"].as_str()), (Some(kind), Some(id)), "{heard:#}");
        if kind == "next" {
            assert_eq!(socket.hear().await["type"], "complete");
        } else {
            assert_eq!(heard["payload"][0]["extensions"]["code"], "RATE_LIMITED");
        }
    }
}

#[tokio::test]
async fn who_is_no_trusted_proxy_is_not_believed() {
    let world = world(|options| {
        limited(options);
        options.trusted_proxies.clear();
    })
    .await;
    for (turn, status) in [(1, 200), (2, 200), (3, 200), (4, 429)] {
        let answer = ask_from(&world, &format!("192.0.2.{turn}"), json!({ "query": VENDORS })).await;
        assert_eq!(answer.status().as_u16(), status, "they all come from one address");
    }
}

#[tokio::test]
async fn the_schema_is_a_file_that_is_not_sent_twice() {
    let world = world(|options| options.schema = Some(server::graphql::sdl().into())).await;
    let url = beside(&world, "/schema.graphql");
    let first = http_client().get(&url).send().await.unwrap();
    assert_eq!((first.status().as_u16(), header(&first, "cache-control")), (200, "no-cache"));
    let tag = header(&first, "etag").to_owned();
    assert_eq!(first.text().await.unwrap(), server::graphql::sdl());
    let again = http_client().get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((again.status().as_u16(), header(&again, "etag")), (304, tag.as_str()));
    assert_eq!(again.bytes().await.unwrap().len(), 0);
    let other = http_client().get(&url).header("if-none-match", "\"other\"").send().await.unwrap();
    assert_eq!(other.status().as_u16(), 200);
    let foreign = http_client().get(&url).header("sec-fetch-site", "cross-site").send().await.unwrap();
    assert_eq!(foreign.status().as_u16(), 403);
}

#[tokio::test]
async fn answers_are_compressed_for_who_takes_it_and_excel_files_are_not() {
    let world = World::on(Backend::Sqlite).http(|options| options.schema = Some(server::graphql::sdl().into()));
    let world = world.start().await;
    world.night(0).await;
    let large = json!({ "query": "{ devices(first: 50) { nodes { id hostname } } }" });
    let post = |client: Client| client.post(&world.graphql.url).json(&large);
    let packed = post(plain_client()).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(header(&packed, "content-encoding"), "gzip");
    assert!(header(&packed, "vary").contains("accept"));
    let plain = post(plain_client()).send().await.unwrap();
    assert_eq!(header(&plain, "content-encoding"), "");
    let unpacked: Value = post(http_client()).send().await.unwrap().json().await.unwrap();
    assert_eq!(unpacked, plain.json::<Value>().await.unwrap());
    for (path, encoding) in
        [("/schema.graphql", "gzip"), ("/export/devices.csv", "gzip"), ("/export/devices.xlsx", ""), ("/healthz", "")]
    {
        let request = plain_client().get(beside(&world, path)).header("accept-encoding", "gzip");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "content-encoding")), (200, encoding), "{path}");
    }
    let by_file = http_client().get(beside(&world, "/export/devices.csv")).send().await.unwrap().text().await.unwrap();
    assert!(by_file.lines().count() > 50, "{by_file}");
}

#[tokio::test]
async fn a_user_is_counted_wherever_from_and_whichever_way_they_ask() {
    let world = World::small_on(Backend::Sqlite).start().await;
    let clock = Arc::clone(&world.clock) as Arc<_>;
    let door = Guarded::open_with(&world.inventory, |options| {
        let three = NonZeroU32::new(3).unwrap();
        options.principal_rate_limit = Some(RateLimit { per_minute: three, burst: three });
        options.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
        options.clock = clock;
        options.batch_limit = 5;
    })
    .await;
    for name in ["ann", "bob"] {
        door.user(name, Role::Viewer, Reach::Everything).await;
    }
    let (ann, bob) = (door.sign_in("ann").await.access, door.sign_in("bob").await.access);
    let ask = async |token: &str, address: &str, body: Value| {
        let request = http_client().post(door.url()).bearer_auth(token).header("x-forwarded-for", address);
        request.json(&body).send().await.unwrap()
    };
    let viewer = json!({ "query": "{ viewer { name } }" });
    assert_eq!(ask(&ann, "192.0.2.1", json!([viewer, viewer])).await.status().as_u16(), 200);
    assert_eq!(ask(&ann, "192.0.2.2", viewer.clone()).await.status().as_u16(), 200);
    let refused = ask(&ann, "192.0.2.3", viewer.clone()).await;
    assert_eq!((refused.status().as_u16(), header(&refused, "retry-after")), (429, "20"));
    assert_eq!(door.export_status(&ann, "devices.csv").await, 429);
    let mut socket = Socket::connect(&door.url(), None).await.unwrap();
    let payload = json!({ "authorization": format!("Bearer {ann}") });
    socket.say(json!({ "type": "connection_init", "payload": payload })).await;
    assert_eq!(socket.hear().await["type"], "connection_ack");
    socket.subscribe("a", "{ viewer { name } }", json!({})).await;
    assert_eq!(socket.hear().await["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    assert_eq!(ask(&bob, "192.0.2.1", viewer.clone()).await.status().as_u16(), 200, "others are not kept waiting");
    world.clock.advance(Duration::from_secs(20));
    assert_eq!(ask(&ann, "192.0.2.1", viewer).await.status().as_u16(), 200);
}
