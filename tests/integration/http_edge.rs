//! The hub's real HTTP: the playground, what it takes and what it refuses. Over WebSocket: see `sockets`.

use harness::{Backend, World, http_client};
use reqwest::{Response, header::CONTENT_TYPE};
use serde_json::{Value, json};

const START: &str = "mutation { startCollection(input: { runChecks: false }) { alreadyRunning } }";

async fn world() -> World {
    World::on(Backend::Sqlite).start().await
}

/// What a browser asks for when somebody types the address.
async fn browse(url: &str) -> Response {
    http_client().get(url).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8").send().await.unwrap()
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}

/// The status and the code of the first error.
async fn refusal(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    assert!(header(&response, "content-type").starts_with("application/"), "{response:?}");
    let body: Value = response.json().await.unwrap();
    assert!(body.get("data").is_none(), "{body:#}");
    (status, body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned())
}

/// Nothing was ordered, whatever was refused.
async fn nothing_ran(world: &World) {
    let batches = world.graphql.query("{ jobBatches { totalCount } }").await;
    assert_eq!(batches["jobBatches"]["totalCount"], 0);
}

/// What a page loads, by its `src` and `href`.
fn targets(page: &str) -> Vec<String> {
    let after = |attribute| page.split(attribute).skip(1);
    after("src=\"").chain(after("href=\"")).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_browser_gets_the_playground_which_talks_to_nobody_else() {
    let world = world().await;
    let page = browse(&world.graphql.url).await;
    assert_eq!((page.status().as_u16(), header(&page, "content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!(header(&page, "cache-control"), "no-cache");
    let policy = header(&page, "content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("connect-src 'self'"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains('*') && !policy.contains("unsafe-eval"), "{policy}");
    let page = page.text().await.unwrap();
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("\"//"), "{page}");
    assert!(!page.contains("<script>"), "scripts in the page itself would not run: {page}");
    let home = browse(&world.graphql.url.replace("/graphql", "/")).await;
    assert_eq!((home.status().as_u16(), header(&home, "location")), (307, "/graphql"));
}

#[tokio::test]
async fn the_playgrounds_files_are_served_with_their_types_and_may_be_kept() {
    let world = world().await;
    let host = world.graphql.url.trim_end_matches("/graphql");
    let targets = targets(&browse(&world.graphql.url).await.text().await.unwrap());
    assert!(targets.len() >= 3, "{targets:?}");
    for target in targets {
        let file = http_client().get(format!("{host}{target}")).send().await.unwrap();
        let expected = match target.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            other => panic!("nobody thought of .{other}"),
        };
        assert_eq!((file.status().as_u16(), header(&file, "content-type")), (200, expected), "{target}");
        assert_eq!(header(&file, "cache-control"), "public, max-age=31536000, immutable", "{target}");
        assert_eq!(header(&file, "x-content-type-options"), "nosniff", "{target}");
        assert!(!file.bytes().await.unwrap().is_empty(), "{target}");
    }
    let absent = http_client().get(format!("{host}/graphql/assets/absent.js")).send().await.unwrap();
    assert_eq!(absent.status(), 404);
    let outside = http_client().get(format!("{host}/graphql/assets/..%2f..%2fCargo.toml")).send().await.unwrap();
    assert_eq!(outside.status(), 404);
}

#[tokio::test]
async fn a_query_may_be_asked_by_get() {
    let world = world().await;
    world.night(0).await;
    let variables = json!({ "first": 2 }).to_string();
    let query = "query Page($first: Int) { devices(first: $first) { totalCount nodes { hostname } } }";
    let asked = [("query", query), ("variables", variables.as_str()), ("operationName", "Page")];
    let answer = http_client().get(&world.graphql.url).query(&asked).header("accept", "application/json");
    let by_get: Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(by_get["data"]["devices"]["nodes"].as_array().map(Vec::len), Some(2), "{by_get:#}");
    assert_eq!(by_get, world.graphql.ask(query, json!({ "first": 2 })).await.body);
}

#[tokio::test]
async fn a_mutation_by_get_is_refused_and_does_not_run() {
    let world = world().await;
    let answer = http_client().get(&world.graphql.url).query(&[("query", START)]).send().await.unwrap();
    assert_eq!(header(&answer, "allow"), "POST");
    assert_eq!(refusal(answer).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
    nothing_ran(&world).await;
}

#[tokio::test]
async fn bodies_that_a_foreign_page_could_send_are_refused_and_do_not_run() {
    let world = world().await;
    let body = json!({ "query": START }).to_string();
    for kind in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/graphql"]
    {
        let request = http_client().post(&world.graphql.url).header(CONTENT_TYPE, kind).body(body.clone());
        assert_eq!(refusal(request.send().await.unwrap()).await, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()), "{kind}");
    }
    let untyped = http_client().post(&world.graphql.url).body(body).send().await.unwrap();
    assert_eq!(refusal(untyped).await, (415, "UNSUPPORTED_MEDIA_TYPE".to_owned()));
    nothing_ran(&world).await;
}

#[tokio::test]
async fn bodies_that_are_no_request_are_refused_with_a_reason() {
    let world = world().await;
    let large = json!({ "query": "{ vendors { name } }", "variables": { "padding": "x".repeat(300_000) } }).to_string();
    for (body, status, code) in [
        ("", 400, "BAD_REQUEST"),
        ("{\"query\": \"{ vendors", 400, "BAD_REQUEST"),
        ("{\"variables\": {}}", 400, "BAD_REQUEST"),
        ("[{\"query\": \"{ vendors { name } }\"}]", 400, "BAD_REQUEST"),
        (large.as_str(), 413, "PAYLOAD_TOO_LARGE"),
    ] {
        let request = http_client().post(&world.graphql.url).header(CONTENT_TYPE, "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        assert_eq!(refusal(answer).await, (status, code.to_owned()), "{body:.60}");
    }
    let other = http_client().delete(&world.graphql.url).send().await.unwrap();
    assert_eq!(refusal(other).await, (405, "METHOD_NOT_ALLOWED".to_owned()));
}

#[tokio::test]
async fn pages_of_other_sites_are_kept_out() {
    let world = world().await;
    let rebound =
        http_client().post(&world.graphql.url).header("host", "evil.example").json(&json!({ "query": START }));
    assert_eq!(refusal(rebound.send().await.unwrap()).await, (421, "MISDIRECTED_REQUEST".to_owned()));
    let query = http_client().get(&world.graphql.url).query(&[("query", "{ vendors { name } }")]);
    let embedded = query.header("sec-fetch-site", "cross-site").header("accept", "application/json");
    assert_eq!(refusal(embedded.send().await.unwrap()).await, (403, "FOREIGN_ORIGIN".to_owned()));
    // A preflight is answered without the headers that would let a page of another origin go on.
    let preflight =
        http_client().request(reqwest::Method::OPTIONS, &world.graphql.url).header("origin", "https://evil.example");
    let answer = preflight.header("access-control-request-method", "POST").send().await.unwrap();
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")), "{answer:?}");
    nothing_ran(&world).await;
}
