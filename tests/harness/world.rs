//! A hub with everything around it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{Days, NaiveDate};
use collectors::{
    FileTokenStore, HttpLimits, NinjaCollector, NinjaConfig, ThreatLockerCollector, ThreatLockerConfig, ninja_base_url,
    vendor_base_url,
};
use domain::{
    billing::BillingRules,
    checks::CheckSettings,
    clock::{BusinessZone, Clock},
    schedule::{Schedule, Timing, Work},
    vendor::Vendor,
};
use entity::{audit_event, job_batch};
use sea_orm::{ColumnTrait, DatabaseConnection, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Statement};
use server::{
    export::Exporter,
    graphql::{Api, GraphqlLimits},
    http::{self, HttpOptions, Terms},
    inventory::{
        Database, Inventory, Rules,
        alerts::AlertRules,
        batches::{BatchReport, Order},
        jobs::Trigger,
    },
    observing::Observer,
    sinks::{self, SinkSettings},
};
use simulator::{FleetPlan, Running, Simulator};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{Backend, GraphqlClient, TestClock, TestDatabase, neighbour::rest};

/// The first day of every test's world: a Monday.
pub(crate) const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date that exists");

/// How a world is made.
#[derive(Clone, Debug)]
pub struct WorldBuilder {
    backend: Backend,
    plan: FleetPlan,
    rules: Rules,
    limits: HttpLimits,
    page_size: u32,
    schedules: Vec<Schedule>,
    sinks: SinkSettings,
    http: HttpOptions,
    graphql_limits: GraphqlLimits,
}

impl WorldBuilder {
    /// Another door.
    #[must_use]
    pub fn http(mut self, change: impl FnOnce(&mut HttpOptions)) -> Self {
        change(&mut self.http);
        self
    }

    /// Other limits of documents.
    #[must_use]
    pub fn graphql_limits(mut self, change: impl FnOnce(&mut GraphqlLimits)) -> Self {
        change(&mut self.graphql_limits);
        self
    }

    /// Another fleet.
    #[must_use]
    pub fn plan(mut self, plan: FleetPlan) -> Self {
        self.plan = plan;
        self.plan.first_day = FIRST_DAY;
        self
    }

    /// Other settings of the use cases.
    #[must_use]
    pub fn rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    /// The settings of the use cases, for a hub made without a world.
    pub fn into_rules(self) -> Rules {
        self.rules
    }

    /// Other limits of the collectors' HTTP.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut HttpLimits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Where alerts go.
    #[must_use]
    pub fn sinks(mut self, sinks: SinkSettings) -> Self {
        self.sinks = sinks;
        self
    }

    /// Rows per page of both collectors.
    #[must_use]
    pub fn page_size(mut self, rows: u32) -> Self {
        self.page_size = rows;
        self
    }

    /// What its servers run by the clock, by name, cron text and work; missed slots are made up once, the same day.
    #[must_use]
    pub fn schedules<'a>(self, schedules: impl IntoIterator<Item = (&'static str, &'a str, Work)>) -> Self {
        let timing = |cron: &str| cron.parse().unwrap_or_else(|error| panic!("{cron}: {error}"));
        self.timed(schedules.into_iter().map(|(name, cron, work)| (name, timing(cron), work)))
    }

    /// The same with misfire policies.
    #[must_use]
    pub fn timed(mut self, schedules: impl IntoIterator<Item = (&'static str, Timing, Work)>) -> Self {
        self.schedules = schedules.into_iter().map(|(name, timing, work)| Schedule { name, timing, work }).collect();
        self
    }

    /// Makes the world: vendors and hub are up, nothing is collected yet.
    pub async fn start(self) -> World {
        let database = TestDatabase::create(self.backend).await;
        let database = database.unwrap_or_else(|error| panic!("no database: {error:?}"));
        self.start_on(database).await
    }

    /// The same on a database that is there already, of this builder's kind.
    pub async fn start_on(self, database: TestDatabase) -> World {
        self.try_start(database).await.unwrap_or_else(|error| panic!("the world could not be made: {error:?}"))
    }

    async fn try_start(self, test_database: TestDatabase) -> anyhow::Result<World> {
        let simulator = Simulator::new(self.plan.clone(), FIRST_DAY);
        let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let clock = Arc::new(TestClock::at_night_of(FIRST_DAY));
        let mut database = test_database.open().await?;
        database.migrate().await?;
        let statements = Arc::new(Mutex::new(Vec::new()));
        observe(&mut database, &statements);
        let shared: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let configs = (self.ninja(&simulator, &vendors)?, self.threatlocker(&simulator, &vendors)?);
        let tokens = test_database.folder().join("token.json");
        let inventory = self.server(database, shared, configs, tokens).await?;
        let http = HttpOptions { clock: Arc::clone(&clock) as Arc<dyn Clock>, ..self.http.clone() };
        let (graphql, serving) = serve_at(&inventory, http, self.graphql_limits).await?;
        let backend = self.backend;
        Ok(World {
            builder: self,
            backend,
            simulator,
            vendors,
            clock,
            inventory,
            graphql,
            database: test_database,
            statements,
            serving,
        })
    }

    /// A hub on this database that collects with these settings.
    pub(crate) async fn server(
        &self,
        database: Database,
        clock: Arc<dyn Clock>,
        (ninja, threatlocker): (NinjaConfig, ThreatLockerConfig),
        tokens: PathBuf,
    ) -> anyhow::Result<Inventory> {
        let inventory = Inventory::open(database, Arc::clone(&clock), BusinessZone::default(), self.rules.clone());
        let tokens = Arc::new(FileTokenStore::new(tokens));
        let ninja = NinjaCollector::new(ninja, tokens, Arc::clone(&clock))?;
        let threatlocker = ThreatLockerCollector::new(threatlocker, clock)?;
        let inventory = inventory.await?.with_collectors([Arc::new(ninja) as Arc<_>, Arc::new(threatlocker) as Arc<_>]);
        let inventory = inventory.with_sinks(sinks::build(&self.sinks)?, Some(7));
        Ok(inventory.with_schedules(self.schedules.iter().cloned()))
    }

    pub(crate) fn ninja(&self, simulator: &Simulator, vendors: &Running) -> anyhow::Result<NinjaConfig> {
        let credentials = simulator.credentials();
        Ok(NinjaConfig {
            base_url: ninja_base_url(&vendors.ninja_url())?,
            client_id: credentials.client_id,
            client_secret: credentials.client_secret.into(),
            refresh_token: None,
            page_size: self.page_size,
            limits: self.limits.clone(),
        })
    }

    pub(crate) fn threatlocker(&self, simulator: &Simulator, vendors: &Running) -> anyhow::Result<ThreatLockerConfig> {
        let credentials = simulator.credentials();
        Ok(ThreatLockerConfig {
            base_url: vendor_base_url(&vendors.threatlocker_url())?,
            api_key: credentials.threatlocker_api_key.into(),
            organization_id: Some(credentials.organization_id),
            page_size: self.page_size,
            limits: self.limits.clone(),
        })
    }
}

/// A hub with everything around it.
#[derive(Debug)]
pub struct World {
    pub(crate) builder: WorldBuilder,
    /// Where its rows are.
    pub backend: Backend,
    /// The vendors' world: move it on, switch its faults.
    pub simulator: Simulator,
    /// The vendors' listener.
    pub vendors: Running,
    /// The hub's clock.
    pub clock: Arc<TestClock>,
    /// The use cases, for making the world; claims are about what GraphQL answers.
    pub inventory: Inventory,
    /// The front door.
    pub graphql: GraphqlClient,
    /// The database, for processes of their own.
    pub database: TestDatabase,
    statements: Arc<Mutex<Vec<Statement>>>,
    serving: JoinHandle<()>,
}

impl World {
    /// A small default fleet (60 Ninja and 40 ThreatLocker devices in 6 organizations) on this database system.
    pub fn on(backend: Backend) -> WorldBuilder {
        let plan = FleetPlan { organizations: 6, ninja_devices: 60, threatlocker_devices: 40, ..FleetPlan::default() };
        let rules = Rules {
            billing: BillingRules::default(),
            checks: CheckSettings::default(),
            internal_organizations: Vec::new(),
            held_below_percent: 80,
            retention_days: Some(65),
            lease: Duration::from_mins(1),
            alerts: AlertRules::default(),
        };
        let limits = HttpLimits { jitter_seed: Some(7), ..HttpLimits::default() };
        WorldBuilder {
            backend,
            plan: FleetPlan { first_day: FIRST_DAY, ..plan },
            rules,
            limits,
            page_size: 25,
            schedules: Vec::new(),
            sinks: SinkSettings::default(),
            http: HttpOptions::default(),
            graphql_limits: GraphqlLimits::default(),
        }
    }

    /// Some devices of each vendor (25 and 15), on three and two pages: for what does not depend on the fleet.
    pub fn small_on(backend: Backend) -> WorldBuilder {
        let plan = FleetPlan { organizations: 4, ninja_devices: 25, threatlocker_devices: 15, ..FleetPlan::default() };
        Self::on(backend).plan(plan).page_size(10)
    }

    /// The n-th day of the world, counted from 0.
    pub fn day(&self, number: u64) -> NaiveDate {
        FIRST_DAY + Days::new(number)
    }

    /// Moves vendors and clock to the night of the n-th day, collects both vendors and runs the checks.
    pub async fn night(&self, number: u64) -> BatchReport {
        self.move_to(number);
        self.collect(&Vendor::ALL, true).await
    }

    /// Moves vendors and clock to the night of the n-th day.
    pub fn move_to(&self, number: u64) {
        self.simulator.set_day(self.day(number));
        self.clock.set_night_of(self.day(number));
    }

    /// Collects these vendors now, and runs the checks if asked.
    pub async fn collect(&self, vendors: &[Vendor], run_checks: bool) -> BatchReport {
        collect_on(&self.inventory, vendors, run_checks).await
    }

    /// Waits until all that this server does in the background is done: work, and the record of what was asked.
    pub async fn rest(&self) {
        rest(&self.inventory).await;
    }

    /// What was recorded of what people did, the oldest first, once all of it is.
    pub async fn recorded(&self) -> Vec<audit_event::Model> {
        self.rest().await;
        let rows = audit_event::Entity::find().order_by_asc(audit_event::Column::Id).all(self.rows()).await;
        rows.unwrap_or_else(|error| panic!("the record can't be read: {error}"))
    }

    /// Waits until no batch is at work in the background.
    pub async fn settle(&self) {
        let mut updates = self.inventory.subscribe();
        while self.open_batches().await > 0 {
            // A batch that ends says so; one whose word was missed is seen by looking again.
            let _ = tokio::time::timeout(Duration::from_millis(20), updates.recv()).await;
        }
    }

    async fn open_batches(&self) -> u64 {
        let open = job_batch::Entity::find().filter(job_batch::Column::EndedAt.is_null());
        open.count(self.rows()).await.unwrap_or_else(|error| panic!("the batches can't be counted: {error}"))
    }

    /// Rows, for claims about tables.
    pub fn rows(&self) -> &DatabaseConnection {
        self.inventory.database().reader().pool()
    }

    /// The SQL statements that ran since the last call.
    pub fn take_statements(&self) -> Vec<String> {
        self.take_bound_statements().into_iter().map(|statement| statement.sql).collect()
    }

    /// The same with their values.
    pub fn take_bound_statements(&self) -> Vec<Statement> {
        std::mem::take(&mut self.statements.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Collects these vendors now on this server, as its command line does.
pub async fn collect_on(server: &Inventory, vendors: &[Vendor], run_checks: bool) -> BatchReport {
    let order = Order {
        vendors: vendors.to_vec(),
        run_checks,
        check_date: None,
        trigger: Trigger::CommandLine,
        requested_by: "test".to_owned(),
    };
    let report = server.run_batch(order).await;
    report.unwrap_or_else(|error| panic!("a batch could not be recorded: {error:?}"))
}

impl Drop for World {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn observe(database: &mut Database, statements: &Arc<Mutex<Vec<Statement>>>) {
    let seen = Arc::clone(statements);
    database.observe(move |info| {
        if is_look(&info.statement.sql) || is_record(&info.statement.sql) {
            return;
        }
        seen.lock().unwrap_or_else(PoisonError::into_inner).push(info.statement.clone());
    });
}

/// Whether a statement only looks for open jobs: that comes whenever one ends, at a time that no test knows.
fn is_look(sql: &str) -> bool {
    sql.starts_with("SELECT") && sql.contains("job_") && sql.contains(r#""ended_at" IS NULL"#)
}

/// Whether a statement records what was done: one beside each mutation and export, by a task of its own, and one at the
/// end of whatever stores.
fn is_record(sql: &str) -> bool {
    sql.starts_with("INSERT INTO \"audit_event\"") || sql.starts_with("UPDATE stored_version")
}

pub(crate) async fn serve(inventory: &Inventory, http: HttpOptions) -> anyhow::Result<(GraphqlClient, JoinHandle<()>)> {
    serve_at(inventory, http, GraphqlLimits::default()).await
}

#[expect(clippy::disallowed_methods, reason = "the test's server ends with the test")]
async fn serve_at(
    inventory: &Inventory,
    http: HttpOptions,
    limits: GraphqlLimits,
) -> anyhow::Result<(GraphqlClient, JoinHandle<()>)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/graphql", listener.local_addr()?);
    let api = Api::with_limits(inventory.clone(), limits);
    let exports = Arc::new(Exporter::new(api.clone(), inventory.clone()));
    let watched = Some(Arc::new(Observer::new(inventory.clone(), true)) as Arc<_>);
    let options = HttpOptions { metrics: inventory.metrics().clone(), watched, ..http };
    let router = http::router(api, exports, options);
    let worker = inventory.clone();
    let serving = tokio::spawn(async move {
        // What is ordered rings; nothing in a test waits for a look by time, and no test counts its statements.
        let working = worker.work(CancellationToken::new(), Duration::from_hours(1));
        let (served, ()) =
            tokio::join!(http::serve(listener, router, Terms::default(), std::future::pending()), working);
        if let Err(error) = served {
            panic!("the hub stopped serving: {error}");
        }
    });
    Ok((GraphqlClient::new(url), serving))
}
