//! No secret and no record is part of an error, a note or a `Debug` output, even where the vendor repeats it.

use std::fmt::Write;

use super::{
    fake::{Fake, Reply},
    ninja::{DEVICES, FIELDS, MemoryStore, TOKEN, instance},
    threatlocker::{self, CHILDREN, COMPUTERS},
};
use crate::{Collector, StoredToken};

const SECRETS: [&str; 5] =
    ["PLANTED-client-secret", "PLANTED-seed", "PLANTED-access", "PLANTED-rotated", "PLANTED-record"];

/// Everything that repeats all the secrets.
fn echoes() -> Vec<Reply> {
    let all = SECRETS.join(" ");
    let fields =
        format!(r#"{{"error_description":"{all}","Message":"{all}","errorMessage":"{all}","errorDetails":["{all}"]}}"#);
    let mut replies = vec![
        Reply::html(200, &format!("<h1>{all}</h1>")),
        Reply::html(200, &format!("<h1>Too many requests {all}</h1>")),
        Reply::json(format!(r#"[{{"id":"{all}","systemName":"{all}"}},"{all}"#)),
        Reply::json(format!(r#"{{"items":["{all}"]}}"#)),
        Reply::json(format!("\"{all}\"")),
        Reply::json(format!(r#"[{{"computerId":7,"id":[],"hostname":17,"systemName":19,"note":"{all}"}}]"#)),
        Reply::status(302, "").with("location", format!("/?token={}", SECRETS[2])),
    ];
    replies.extend([400, 401, 403, 404, 409, 429, 500, 503].map(|status| Reply::status(status, fields.clone())));
    replies
}

fn assert_silent(shown: &str, context: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {context}: {shown}");
    }
}

async fn shown_by(collector: &dyn Collector) -> String {
    let mut shown = format!("{collector:?} {collector:#?}");
    match collector.collect(&()).await {
        Ok(collection) => {
            write!(shown, "{:?} {:?}", collection.completeness, collection.notes).unwrap();
            collection.set_aside.iter().for_each(|aside| shown.push_str(&aside.detail));
        }
        Err(error) => {
            write!(shown, "{error} {error:?} {error:#?}").unwrap();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                write!(shown, "{cause} {cause:?}").unwrap();
                source = cause.source();
            }
        }
    }
    shown + &format!("{collector:?}")
}

async fn ninja_shows(fake: &Fake) -> String {
    let store = MemoryStore::new(None);
    let rig = super::ninja::Rig::with(fake, store.clone(), |config| {
        config.client_secret = SECRETS[0].into();
        config.refresh_token = Some(SECRETS[1].into());
        assert_silent(&format!("{config:?}"), "the settings");
    });
    shown_by(&rig.collector).await + &format!("{store:?}")
}

#[tokio::test]
async fn ninja_shows_no_secret_whatever_the_vendor_answers() {
    let token = || {
        Reply::json(format!(
            r#"{{"access_token":"{}","expires_in":3600,"refresh_token":"{}"}}"#,
            SECRETS[2], SECRETS[3]
        ))
    };
    for path in [TOKEN, DEVICES, FIELDS, "/v2/organizations"] {
        for reply in echoes() {
            let context = format!("{path} answered by {reply:?}");
            let fake = instance().on(TOKEN, move |_, _| token()).on(path, move |_, _| reply.clone()).start().await;
            assert_silent(&ninja_shows(&fake).await, &context);
        }
    }
}

#[tokio::test]
async fn threatlocker_shows_no_secret_whatever_the_vendor_answers() {
    for path in [COMPUTERS, CHILDREN] {
        for reply in echoes() {
            let context = format!("{path} answered by {reply:?}");
            let fake = threatlocker::instance_with(vec![]).on(path, move |_, _| reply.clone()).start().await;
            let rig = threatlocker::Rig::with(&fake, |config| {
                config.api_key = SECRETS[2].into();
                assert_silent(&format!("{config:?}"), "the settings");
            });
            assert_silent(&shown_by(&rig.collector).await, &context);
        }
    }
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_unseen() {
    let config = crate::ThreatLockerConfig {
        base_url: "https://portalapi.g.threatlocker.example".parse().unwrap(),
        api_key: "PLANTED-access\nline".into(),
        organization_id: None,
        page_size: 500,
        limits: crate::HttpLimits::default(),
    };
    let config = crate::ThreatLockerConfig { base_url: "http://localhost".parse().unwrap(), ..config };
    let error = crate::ThreatLockerCollector::new(config, super::clock::TestClock::new()).unwrap_err();
    assert_silent(&format!("{error} {error:?}"), "the refusal");
    let token = StoredToken { refresh_token: SECRETS[3].into(), seed_sha256: None };
    assert_silent(&format!("{token:?}"), "a stored token");
}
