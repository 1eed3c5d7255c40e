//! What is tried again, how often and after how long: vendor-apis.md 1.4 and traps 10, 11, 34, 49.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::collection::Completeness;

use super::{
    fake::Reply,
    ninja::{DEVICES, MemoryStore, Rig, devices, entities, instance},
};
use crate::{CollectError, Collector, HttpLimits};

/// Collects from an instance whose device list always answers like this: the error, and how often it was asked.
async fn always(reply: Reply, change: impl FnOnce(&mut HttpLimits)) -> (CollectError, usize, Vec<Duration>) {
    let fake = instance().on(DEVICES, move |_, _| reply.clone()).start().await;
    let rig = Rig::with(&fake, MemoryStore::new(None), |config| change(&mut config.limits));
    let error = rig.collector.collect(&()).await.unwrap_err();
    (error, fake.asked(DEVICES).len(), rig.clock.waits())
}

#[tokio::test]
async fn each_class_of_failure_has_its_number_of_attempts() {
    for (reply, attempts, kind) in [
        (Reply::status(429, "{}"), 6, "Throttled"),
        (Reply::html(200, "<h1>Too many requests</h1>"), 6, "Throttled"),
        (Reply::html(200, "API REQUEST LIMIT EXCEEDED"), 6, "Throttled"),
        (Reply::html(403, "rate limit"), 6, "Throttled"),
        (Reply::status(408, "{}"), 6, "VendorFault"),
        (Reply::status(500, "{}"), 6, "VendorFault"),
        (Reply::html(503, "<h1>down</h1>"), 6, "VendorFault"),
        (Reply::html(200, "<h1>Welcome</h1>"), 3, "UnexpectedAnswer"),
        (Reply::json(r#"[{"id":1,"systemName":"A"},{"id":2,"syst"#), 3, "UnexpectedAnswer"),
        (Reply::json(r#"{"items":[]}"#), 3, "UnexpectedAnswer"),
        (Reply::json("\"a string error\""), 3, "UnexpectedAnswer"),
        (Reply::json(""), 3, "UnexpectedAnswer"),
        (Reply::bare(200, "<html>"), 3, "UnexpectedAnswer"),
        (Reply::status(302, "").with("location", "/elsewhere"), 1, "UnexpectedAnswer"),
        (Reply::status(400, r#"{"error":"missing_header","error_code":2}"#), 1, "Rejected"),
        (Reply::status(404, r#"{"resultCode":"NOT_FOUND"}"#), 1, "Rejected"),
        (Reply::status(409, r#"{"resultCode":"FAILURE"}"#), 1, "Rejected"),
        (Reply::html(404, "<h1>nothing here</h1>"), 1, "UnexpectedAnswer"),
        (Reply::status(403, r#"{"resultCode":"permission_denied"}"#), 1, "CredentialsRefused"),
    ] {
        let text = format!("{reply:?}");
        let (error, asked, waits) = always(reply, |_| {}).await;
        assert!(format!("{error:?}").starts_with(kind), "{text}: {error:?}");
        assert_eq!(asked, attempts, "{text}");
        assert_eq!(waits.len(), attempts - 1, "{text}");
    }
}

#[tokio::test]
async fn trouble_that_passes_is_not_seen_by_the_caller() {
    for trouble in
        [Reply::status(429, ""), Reply::status(502, ""), Reply::html(200, "rate limit"), Reply::json("[{\"id\":1")]
    {
        let text = format!("{trouble:?}");
        let script =
            instance().on(
                DEVICES,
                move |asked, nth| {
                    if nth % 3 == 0 { entities(asked, &devices(1..=5)) } else { trouble.clone() }
                },
            );
        let fake = script.start().await;
        let collection = Rig::new(&fake).collect().await;
        assert_eq!((collection.completeness, collection.observations.len()), (Completeness::Complete, 5), "{text}");
        assert_eq!(fake.asked(DEVICES).len(), 9, "{text}: three attempts for each of three pages");
    }
}

#[tokio::test]
async fn retry_after_is_honoured_in_seconds_and_as_a_date() {
    for (value, expected) in [
        ("7", Duration::from_secs(7)),
        ("120", Duration::from_mins(2)),
        ("Fri, 20 Nov 2026 08:00:30 GMT", Duration::from_secs(30)),
        ("Fri, 20 Nov 2026 07:00:00 GMT", Duration::ZERO),
    ] {
        for status in [429, 503] {
            let fake = instance().on(DEVICES, move |asked, nth| match nth {
                1 => Reply::status(status, "{}").with("retry-after", value),
                _ => entities(asked, &devices(1..=2)),
            });
            let fake = fake.start().await;
            let rig = Rig::new(&fake);
            assert_eq!(rig.collect().await.completeness, Completeness::Complete);
            assert_eq!(rig.clock.waits(), [expected], "{value} with {status}");
        }
    }
}

#[tokio::test]
async fn a_wait_beyond_the_deadline_is_not_begun() {
    let (error, asked, waits) = always(Reply::status(429, "").with("retry-after", "601"), |_| {}).await;
    assert!(
        matches!(error, CollectError::Throttled { retry_after: Some(after), .. } if after.as_secs() == 601),
        "{error:?}"
    );
    assert_eq!((asked, waits.len()), (1, 0));
    let (_, asked, waits) = always(Reply::status(429, "").with("retry-after", "250"), |_| {}).await;
    assert_eq!((asked, waits.len()), (3, 2), "two waits of 250 s fit into ten minutes, three do not");
}

#[tokio::test]
async fn backoff_doubles_up_to_its_cap_and_is_jittered() {
    let (_, _, waits) = always(Reply::status(500, ""), |limits| {
        limits.max_attempts = 12;
        limits.backoff_cap = Duration::from_secs(20);
    })
    .await;
    let ceilings = [1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20];
    assert_eq!(waits.len(), ceilings.len());
    assert!(waits.iter().zip(ceilings).all(|(wait, ceiling)| *wait <= Duration::from_secs(ceiling)), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait > Duration::from_secs(2)), "{waits:?}");
    let (_, _, again) = always(Reply::status(500, ""), |limits| limits.jitter_seed = Some(8)).await;
    assert_ne!(again[..5], waits[..5], "another seed gives other waits");
}

#[tokio::test]
async fn an_answer_larger_than_the_cap_is_an_error_at_once() {
    let many = format!("[{}]", vec![devices([1]).remove(0).1; 200].join(","));
    let length = many.len();
    let (error, asked, _) = always(Reply::json(many.clone()), |limits| limits.max_body_bytes = 4096).await;
    assert!(matches!(error, CollectError::TooLarge { limit: 4096, .. }), "{error:?}");
    assert_eq!(asked, 1);
    let fake =
        instance().on(
            DEVICES,
            move |asked, _| if asked.number("after") == 0 { Reply::json(many.clone()) } else { Reply::json("[]") },
        );
    let fake = fake.start().await;
    let rig = Rig::with(&fake, MemoryStore::new(None), |config| config.limits.max_body_bytes = length);
    assert_eq!(rig.collect().await.observations.len(), 1, "one byte more would have been too much");
}

/// A server below HTTP: reads a request, writes this and hangs up, or holds its tongue.
fn raw_server(answer: Option<&'static str>) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    std::thread::spawn(move || {
        let mut silent = Vec::new();
        for mut connection in listener.incoming().map_while(Result::ok) {
            counter.fetch_add(1, Ordering::Relaxed);
            match answer {
                Some(answer) => {
                    let _ = connection.read(&mut [0; 4096]);
                    let _ = connection.write_all(answer.as_bytes());
                }
                None => silent.push(connection),
            }
        }
    });
    (url, calls)
}

async fn from_raw(url: &str, change: impl FnOnce(&mut HttpLimits)) -> CollectError {
    let fake = instance().start().await;
    let rig = Rig::with(&fake, MemoryStore::new(None), |config| {
        config.base_url = crate::vendor_base_url(url).unwrap();
        change(&mut config.limits);
    });
    rig.collector.collect(&()).await.unwrap_err()
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_short_page() {
    let (url, calls) =
        raw_server(Some("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n[{}]"));
    let error = from_raw(&url, |_| {}).await;
    assert!(matches!(error, CollectError::Unreachable { .. }), "{error:?}");
    assert_eq!(calls.load(Ordering::Relaxed), 6);
}

#[tokio::test]
async fn silence_ends_by_the_time_out_and_a_closed_door_at_once() {
    let (url, calls) = raw_server(None);
    let error = from_raw(&url, |limits| {
        limits.request_timeout = Duration::from_millis(50);
        limits.max_attempts = 2;
    })
    .await;
    assert!(matches!(&error, CollectError::Unreachable { problem, .. } if problem == "no answer in time"), "{error:?}");
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = from_raw(&format!("http://{closed}"), |_| {}).await;
    assert!(matches!(&error, CollectError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains("refused") && error.to_string().contains("ws/oauth/token"), "{error}");
}
