//! A small Ninja, and collectors that read it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::{
    collection::{Collection, Completeness},
    observation::Observation,
};

use super::{
    clock::TestClock,
    fake::{Asked, Fake, Reply, Script},
};
use crate::{
    Collector, HttpLimits, NinjaCollector, NinjaConfig, RefreshTokenStore, StoredToken, TokenGuard, TokenStoreError,
};

pub(crate) const TOKEN: &str = "/ws/oauth/token";
pub(crate) const DEVICES: &str = "/v2/devices-detailed";
pub(crate) const FIELDS: &str = "/v2/queries/custom-fields";

/// An instance with no devices that offers everything.
pub(crate) fn instance() -> Script {
    Script::default()
        .on(TOKEN, |_, _| Reply::json(r#"{"access_token":"at-1","expires_in":3600,"token_type":"Bearer"}"#))
        .on(DEVICES, |_, _| Reply::json("[]"))
        .on("/v2/organizations", |asked, _| {
            entities(
                asked,
                &[
                    (5, r#"{"id":5,"name":" Müller & Söhne GmbH "}"#.into()),
                    (11, r#"{"id":11,"name":"Northwind"}"#.into()),
                ],
            )
        })
        .on("/v2/locations", |asked, _| {
            entities(asked, &[(9, r#"{"name":"Main Office","organizationId":5,"id":9}"#.into())])
        })
        .on("/v2/roles", |_, _| {
            Reply::json(r#"[{"id":201,"chassisType":"LAPTOP"},{"id":202,"chassisType":"UNKNOWN"}]"#)
        })
        .on(FIELDS, |_, _| Reply::json(r#"{"results":[]}"#))
}

/// An instance with these devices, paged faithfully.
pub(crate) fn instance_with(devices: Vec<(i64, String)>) -> Script {
    instance().on(DEVICES, move |asked, _| entities(asked, &devices))
}

/// A page of an entity list as the vendor cuts it: ids larger than `after`, at most `pageSize`.
pub(crate) fn entities(asked: &Asked, rows: &[(i64, String)]) -> Reply {
    let after = asked.number("after");
    let size = usize::try_from(asked.number("pageSize")).unwrap();
    let page: Vec<&str> = rows.iter().filter(|(id, _)| *id > after).take(size).map(|(_, row)| row.as_str()).collect();
    Reply::json(format!("[{}]", page.join(",")))
}

/// An ordinary workstation.
pub(crate) fn device(id: i64) -> (i64, String) {
    (id, format!(r#"{{"id":{id},"organizationId":5,"nodeClass":"WINDOWS_WORKSTATION","systemName":"PC-{id}"}}"#))
}

pub(crate) fn devices(ids: impl IntoIterator<Item = i64>) -> Vec<(i64, String)> {
    ids.into_iter().map(device).collect()
}

/// A collector with its clock and store.
pub(crate) struct Rig {
    pub(crate) collector: NinjaCollector,
    pub(crate) clock: Arc<TestClock>,
}

impl Rig {
    pub(crate) fn new(fake: &Fake) -> Self {
        Self::with(fake, MemoryStore::new(None), |_| {})
    }

    pub(crate) fn with(fake: &Fake, store: Arc<dyn RefreshTokenStore>, change: impl FnOnce(&mut NinjaConfig)) -> Self {
        let clock = TestClock::new();
        let mut config = NinjaConfig {
            base_url: crate::ninja_base_url(fake.url.as_str()).unwrap(),
            client_id: "client".into(),
            client_secret: "client-secret".into(),
            refresh_token: None,
            page_size: 3,
            limits: HttpLimits { jitter_seed: Some(7), ..HttpLimits::default() },
        };
        change(&mut config);
        Self { collector: NinjaCollector::new(config, store, clock.clone()).unwrap(), clock }
    }

    pub(crate) async fn collect(&self) -> Collection {
        self.collector.collect(&()).await.unwrap()
    }
}

/// Reads one device's observation out of an instance that holds this record.
pub(crate) async fn observe(record: &str) -> Observation {
    let fake = instance_with(vec![(1, record.to_owned())]).start().await;
    let mut collection = Rig::new(&fake).collect().await;
    assert_eq!(collection.set_aside, [], "{record}");
    collection.observations.remove(0)
}

pub(crate) fn keys(collection: &Collection) -> Vec<&str> {
    collection.observations.iter().map(|device| device.vendor_device_key.as_str()).collect()
}

/// The one reason of a partial collection.
pub(crate) fn reason(collection: &Collection) -> &str {
    match &collection.completeness {
        Completeness::Partial { reasons } if reasons.len() == 1 => &reasons[0],
        other => panic!("not partial for one reason: {other:?}"),
    }
}

/// A store in memory that can be told to refuse.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore {
    token: Arc<Mutex<Option<StoredToken>>>,
    refuses: Arc<Mutex<bool>>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    pub(crate) fn new(token: Option<StoredToken>) -> Arc<Self> {
        Arc::new(Self { token: Arc::new(Mutex::new(token)), ..Self::default() })
    }

    pub(crate) fn holding(text: &str) -> Arc<Self> {
        Self::new(Some(StoredToken { refresh_token: text.into(), seed_sha256: None }))
    }

    pub(crate) fn refuse(&self, refuses: bool) {
        *self.refuses.lock().unwrap() = refuses;
    }

    pub(crate) fn token(&self) -> Option<String> {
        use secrecy::ExposeSecret;
        self.token.lock().unwrap().as_ref().map(|token| token.refresh_token.expose_secret().to_owned())
    }
}

struct MemoryGuard {
    token: Arc<Mutex<Option<StoredToken>>>,
    refuses: Arc<Mutex<bool>>,
    _lock: tokio::sync::OwnedMutexGuard<()>,
}

#[async_trait]
impl RefreshTokenStore for MemoryStore {
    async fn exclusive(&self) -> Result<Box<dyn TokenGuard>, TokenStoreError> {
        let lock = Arc::clone(&self.lock).lock_owned().await;
        Ok(Box::new(MemoryGuard { token: Arc::clone(&self.token), refuses: Arc::clone(&self.refuses), _lock: lock }))
    }
}

#[async_trait]
impl TokenGuard for MemoryGuard {
    async fn load(&mut self) -> Result<Option<StoredToken>, TokenStoreError> {
        Ok(self.token.lock().unwrap().clone())
    }

    async fn store(&mut self, token: &StoredToken) -> Result<(), TokenStoreError> {
        tokio::task::yield_now().await;
        if *self.refuses.lock().unwrap() {
            return Err(TokenStoreError::Other("disk full".into()));
        }
        *self.token.lock().unwrap() = Some(token.clone());
        Ok(())
    }
}
