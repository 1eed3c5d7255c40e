//! `make bench`: the figures of docs/operations.md. The real binary as a process of its own, simulated vendors over
//! HTTP, SQLite and PostgreSQL in one run.

// The schema's futures are compiled here once more, whose types nest deeper than the compiler's default.
#![recursion_limit = "512"]

mod counts;
mod page;
mod retention;
mod scale;
mod subscribers;
mod syncing;
mod usage;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context;
use harness::{Backend, GraphqlClient, History, TestDatabase, write_history};
use serde_json::{Value, json};
use simulator::{FleetPlan, Running, Simulator};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// As the hub has: parts are measured in this process.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Devices per vendor.
const FLEET: usize = 10_000;
/// Requests per measured query.
const REQUESTS: usize = 200;

const PAGE: &str = "query($first: Int!) { devices(first: $first) { nodes { id hostname organization { name } \
                    sources { vendor hostname displayName lastOnline } openExceptions { type hostname } } } }";

/// What can be measured; `make bench ARGS="counts usage"` measures these alone.
const PARTS: [&str; 9] =
    ["collecting", "page", "exceptions", "retention", "counts", "usage", "syncing", "subscribers", "scale"];

/// The database systems, as they are named beside the parts: `make bench ARGS="scale postgresql"`.
const SYSTEMS: [(&str, Backend); 2] = [("sqlite", Backend::Sqlite), ("postgresql", Backend::Postgres)];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let names = || PARTS.into_iter().chain(SYSTEMS.map(|(name, _)| name));
    if let Some(unknown) = asked.iter().find(|name| !names().any(|known| known == name.as_str())) {
        anyhow::bail!("nothing is called `{unknown}`; there is {}", names().collect::<Vec<_>>().join(", "));
    }
    let is_asked = |name: &str, all: &[&str]| {
        asked.iter().any(|asked| asked == name) || !asked.iter().any(|asked| all.contains(&asked.as_str()))
    };
    let systems = SYSTEMS.iter().filter(|(name, _)| is_asked(name, &SYSTEMS.map(|(name, _)| name)));
    let systems: Vec<_> = systems.collect();
    let titles: Vec<_> = systems.iter().map(|(_, system)| title(*system)).collect();
    println!("| what | {} |\n| --- {}|", titles.join(" | "), "| --- ".repeat(titles.len()));
    for part in PARTS.into_iter().filter(|part| is_asked(part, &PARTS)) {
        let mut columns = Vec::new();
        for (_, system) in &systems {
            columns.push(measure_part(part, *system).await?);
        }
        print_rows(&columns);
    }
    Ok(())
}

fn title(system: Backend) -> &'static str {
    match system {
        Backend::Sqlite => "SQLite",
        Backend::Postgres => "PostgreSQL",
    }
}

async fn measure_part(part: &str, backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    match part {
        "collecting" => measure(backend).await,
        "page" => page::measure(backend).await,
        "exceptions" => measure_exceptions(backend).await,
        "retention" => retention::measure(backend).await,
        "counts" => counts::measure(backend).await,
        "usage" => measure_usage(backend).await,
        "subscribers" => subscribers::measure(backend).await,
        "syncing" => syncing::measure(backend).await,
        _ => scale::measure(backend).await,
    }
}

/// What was measured, a column for every database system.
fn print_rows(columns: &[Vec<(String, String)>]) {
    for (row, (what, _)) in columns.first().into_iter().flatten().enumerate() {
        let figures: Vec<_> = columns.iter().filter_map(|column| Some(column.get(row)?.1.as_str())).collect();
        println!("| {what} | {} |", figures.join(" | "));
    }
}

/// Exceptions in history.
const EXCEPTIONS: u32 = 50_000;

/// What a technician asks of the work list.
const QUESTIONS: [(&str, &str); 17] = [
    ("newest first", "exceptions(first: 50) { SHOWN }"),
    ("open", "exceptions(first: 50, filter: { status: { eq: OPEN } }) { SHOWN }"),
    (
        "open, by assignee",
        "exceptions(first: 50, filter: { status: { eq: OPEN } }, orderBy: { field: ASSIGNEE }) { SHOWN }",
    ),
    ("snoozed", "exceptions(first: 50, filter: { status: { eq: SNOOZED } }) { SHOWN }"),
    (
        "of a type and severity",
        "exceptions(first: 50, filter: { type: { eq: SITE_MISMATCH }, severity: { eq: HIGH } }) { SHOWN }",
    ),
    ("about a vendor's records", "exceptions(first: 50, filter: { vendor: { eq: NINJA } }) { SHOWN }"),
    ("not about one vendor's records", "exceptions(first: 50, filter: { not: { vendor: { eq: NINJA } } }) { SHOWN }"),
    (
        "not about the other's, which none is",
        "exceptions(first: 50, filter: { not: { vendor: { eq: THREATLOCKER } } }) { SHOWN }",
    ),
    ("last seen before a day", r#"exceptions(first: 50, filter: { lastSeen: { lte: "2024-04-02" } }) { SHOWN }"#),
    ("of an assignee", r#"exceptions(first: 50, filter: { assignee: { eq: "technician 3" } }) { SHOWN }"#),
    ("host name contains", r#"exceptions(first: 50, filter: { hostname: { contains: "-4999" } }) { SHOWN }"#),
    (
        "text in details, 28 of them",
        r#"exceptions(first: 50, filter: { text: { contains: "switch 12 port 40" } }) { SHOWN }"#,
    ),
    ("text that is nowhere", r#"exceptions(first: 50, filter: { text: { contains: "no such text" } }) { SHOWN }"#),
    ("oldest first", "exceptions(first: 50, orderBy: { field: AGE, direction: DESC }) { SHOWN }"),
    (
        "as of half a year ago, open",
        r#"exceptions(first: 50, asOf: "2025-09-15", filter: { status: { eq: OPEN } }) { SHOWN }"#,
    ),
    (
        "summary",
        "exceptionSummary { counts { open resolved } byOrganization(first: 50) { nodes { counts { open } } } }",
    ),
    ("trend of two years", r#"exceptionTrend(from: "2024-03-02", to: "2026-03-02") { opened closed openAtEnd }"#),
];

const SHOWN: &str = "nodes { id type status hostname details ageDays organization { name } device { hostname } }";

/// Pages of the work list out of a long history.
async fn measure_exceptions(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let day = FleetPlan::default().first_day;
    let plan = FleetPlan { ninja_devices: 1, threatlocker_devices: 1, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    let filled = database.open().await?;
    filled.migrate().await?;
    let today = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).context("a date that exists")?;
    write_history(filled.writer(), History { exceptions: EXCEPTIONS, organizations: 300, today }).await?;
    let (_hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    let mut figures = Vec::new();
    for (what, question) in QUESTIONS {
        let query = format!("{{ {} }}", question.replace("SHOWN", SHOWN));
        let (median, most) = time(&graphql, &query, &json!({})).await;
        figures.push((
            format!("exceptions, {EXCEPTIONS} in history: {what}: median, 95 %"),
            format!("{median:.1} ms, {most:.1} ms"),
        ));
    }
    Ok(figures)
}

/// Usage changes of two nights of a large fleet.
async fn measure_usage(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let plan = FleetPlan { ninja_devices: 1, threatlocker_devices: 1, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, usage::DAY);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    usage::collect_two_nights(&database).await?;
    let (_hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    let told = graphql.query(usage::QUESTION).await;
    let changes = &told["usageChanges"]["changes"]["totalCount"];
    let (median, most) = time(&graphql, usage::QUESTION, &json!({})).await;
    let what =
        format!("usage changes, {} devices, {changes} changes: summary and first page: median, 95 %", usage::DEVICES);
    Ok(vec![(what, format!("{median:.1} ms, {most:.1} ms"))])
}

async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let day = FleetPlan::default().first_day;
    let plan = FleetPlan { ninja_devices: FLEET, threatlocker_devices: FLEET, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    let (hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    let mut figures = Vec::new();
    for (night, name) in ["first collection", "second collection, same day"].into_iter().enumerate() {
        simulator.set_day(day + chrono::Days::new(night as u64));
        let seconds = collect(&graphql).await?;
        figures.push((format!("{name}, {FLEET} devices per vendor, with checks: wall"), format!("{seconds:.1} s")));
    }
    figures.push(("peak resident memory of the hub".to_owned(), format!("{} MiB", peak_memory(&hub)?)));
    for first in [10, 100] {
        let (median, most) = time_page(&graphql, first).await;
        figures.push((
            format!("page of {first} devices with sources, organization, open exceptions: median, 95 %"),
            format!("{median:.1} ms, {most:.1} ms"),
        ));
    }
    Ok(figures)
}

async fn start_hub(
    database: &TestDatabase,
    simulator: &Simulator,
    vendors: &Running,
) -> anyhow::Result<(Child, GraphqlClient)> {
    let credentials = simulator.credentials();
    let binary = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/release/inventory-hub");
    let mut hub = Command::new(binary)
        .arg("serve")
        .env("HUB_LISTEN", "127.0.0.1:0")
        .env("HUB_DATA_DIR", database.folder())
        .env("HUB_LOG", "warn")
        .env("HUB_SCHEDULE_NINJA", "off")
        .env("HUB_SCHEDULE_THREATLOCKER", "off")
        .env("HUB_SCHEDULE_CHECKS", "off")
        .env("HUB_SCHEDULE_RETENTION", "off")
        .env("HUB_SCHEDULE_VERIFICATION", "off")
        .env("HUB_INTERNAL_ORGANIZATIONS", "Client 7")
        .env("DB_DSN", database.dsn())
        .env("NINJA_BASE_URL", vendors.ninja_url())
        .env("NINJA_CLIENT_ID", credentials.client_id)
        .env("NINJA_CLIENT_SECRET", credentials.client_secret)
        .env("THREATLOCKER_API_BASE_URL", vendors.threatlocker_url())
        .env("THREATLOCKER_API_KEY", credentials.threatlocker_api_key)
        .env("THREATLOCKER_ORGANIZATION_ID", credentials.organization_id)
        .env_remove("HUB_TEST_POSTGRES")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("build it first: cargo build --release --bin inventory-hub")?;
    let output = hub.stdout.take().context("the hub has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(url) = line.split_whitespace().find(|word| word.starts_with("http://")) {
            return Ok((hub, GraphqlClient::new(url.to_owned())));
        }
    }
    anyhow::bail!("the hub ended without serving")
}

/// Collects both vendors and runs the checks; the seconds from order to end.
async fn collect(graphql: &GraphqlClient) -> anyhow::Result<f64> {
    let began = Instant::now();
    let ordered = graphql.query("mutation { startCollection(input: {}) { batch { id } } }").await;
    let id = &ordered["startCollection"]["batch"]["id"];
    let query = "query($id: ID!) { node(id: $id) { ... on JobBatch { status message error } } }";
    loop {
        let answer = graphql.ask(query, json!({ "id": id })).await;
        let batch: &Value = &answer.data()["node"];
        match batch["status"].as_str() {
            Some("RUNNING" | "QUEUED") => pause().await,
            Some("COMPLETED") => return Ok(began.elapsed().as_secs_f64()),
            _ => anyhow::bail!("the collection did not complete: {batch}"),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the measured process has its own clock; this only looks at it")]
async fn pause() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// MiB, as the kernel counted them at their highest.
fn peak_memory(hub: &Child) -> anyhow::Result<u64> {
    let id = hub.id().context("the hub has ended")?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024)
}

/// Median and 95th percentile, milliseconds.
async fn time_page(graphql: &GraphqlClient, first: u32) -> (f64, f64) {
    time(graphql, PAGE, &json!({ "first": first })).await
}

/// Median and 95th percentile of one request, milliseconds.
async fn time(graphql: &GraphqlClient, query: &str, variables: &Value) -> (f64, f64) {
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let began = Instant::now();
        graphql.ask(query, variables.clone()).await.data();
        times.push(began.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    (times[REQUESTS / 2], times[REQUESTS * 95 / 100])
}
