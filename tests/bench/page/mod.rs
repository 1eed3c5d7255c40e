//! A page of 100 snapshots out of 100,000 devices, asked for over 16 connections that are kept open: by the hub, and beside it,
//! in the same run and on the same rows, by PostgreSQL making the same JSON in one prepared statement (pgbench), and by
//! PostGraphile. Rounds alternate, so that a noisy machine is noisy for all.
//!
//! `wrk`, `pgbench` and what `npm ci` brings to `page/postgraphile` are needed beside the hub; what is missing is told and left
//! out.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use anyhow::Context;
use harness::{Backend, GraphqlClient, TestDatabase};
use serde_json::{Value, json};
use simulator::{FleetPlan, Simulator};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{collect, peak_memory, start_hub};

const PAGE: &str = include_str!("page.graphql");
const STATEMENT: &str = include_str!("page.sql");
const BY_POSTGRAPHILE: &str = include_str!("postgraphile/page.graphql");

const HUB: &str = "the hub";
const STATEMENT_ALONE: &str = "PostgreSQL, one prepared json_agg";
const POSTGRAPHILE: &str = "PostGraphile 5, two workers";

const ROUNDS: usize = 7;
const SECONDS: u32 = 4;
const CONNECTIONS: u32 = 16;

/// Who answers the page.
struct Contender {
    name: &'static str,
    command: Command,
    /// How its output tells the answers per second.
    rate: fn(&str) -> Option<f64>,
    rates: Vec<f64>,
}

/// A row of the table for each that answers.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    if Command::new("wrk").arg("-v").output().await.is_err() {
        eprintln!("the page is left out: install wrk");
        return Ok(Vec::new());
    }
    let plan =
        FleetPlan { ninja_devices: 60_000, threatlocker_devices: 40_000, organizations: 1_000, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, FleetPlan::default().first_day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    let (mut collector, graphql) = start_hub(&database, &simulator, &vendors).await?;
    collect(&graphql).await?;
    collector.kill().await?;
    // The memory of a hub that shows, and not of one that has just stored.
    let (hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    let date = graphql.query("{ availableDates(first: 1) { date } }").await["availableDates"][0]["date"].clone();
    let folder = tempfile::tempdir()?;
    let bytes = graphql.ask(PAGE, json!({ "date": date })).await.body.to_string().len();
    let mut contenders = vec![by_wrk(HUB, (&graphql.url, PAGE), &json!({ "date": date }), folder.path())?];
    let mut postgraphile = None;
    if backend == Backend::Postgres {
        contenders.push(by_pgbench(&database, &date, folder.path())?);
        postgraphile = start_postgraphile(&database).await?;
        if let Some((_, url)) = &postgraphile {
            let page = by_wrk(POSTGRAPHILE, (url, BY_POSTGRAPHILE), &json!({ "date": date }), folder.path())?;
            contenders.push(page);
        }
    }
    for _ in 0..ROUNDS {
        for contender in &mut contenders {
            let output = contender.command.output().await;
            let output = output.with_context(|| format!("{} can't be asked", contender.name))?;
            contender.rates.push(rate_of(contender, &output)?);
        }
    }
    let what = |name: &str| format!("page of 100 snapshots ({} KB), {CONNECTIONS} connections: {name}", bytes / 1000);
    let rate = |name: &str| {
        let measured = contenders.iter().find(|one| one.name == name);
        (what(name), measured.map_or("not measured".to_owned(), |one| format!("{:.0} / s", median(&one.rates))))
    };
    let mut figures: Vec<(String, String)> = [HUB, STATEMENT_ALONE, POSTGRAPHILE].map(rate).to_vec();
    figures.push((what("resident memory of the hub at most"), format!("{} MiB", peak_memory(&hub)?)));
    drop(postgraphile);
    Ok(figures)
}

fn median(rates: &[f64]) -> f64 {
    let mut rates = rates.to_vec();
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn rate_of(contender: &Contender, output: &Output) -> anyhow::Result<f64> {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    anyhow::ensure!(output.status.success(), "{}: {told}{}", contender.name, String::from_utf8_lossy(&output.stderr));
    anyhow::ensure!(!told.contains("Non-2xx"), "{} refused: {told}", contender.name);
    (contender.rate)(&told).with_context(|| format!("{} told no rate: {told}", contender.name))
}

fn number_after(told: &str, word: &str) -> Option<f64> {
    told.lines().find_map(|line| line.trim().strip_prefix(word))?.split_whitespace().next()?.parse().ok()
}

fn by_wrk(
    name: &'static str,
    (url, query): (&str, &str),
    variables: &Value,
    folder: &Path,
) -> anyhow::Result<Contender> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let script = folder.join(format!("{}.lua", name.len()));
    let lua = format!(
        "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"\nwrk.body = [==[{body}]==]\n"
    );
    std::fs::write(&script, lua)?;
    let mut command = Command::new("wrk");
    command.args(["-t", "1", "-c", &CONNECTIONS.to_string(), "-d", &format!("{SECONDS}s"), "-s"]).arg(script).arg(url);
    Ok(Contender { name, command, rate: |told| number_after(told, "Requests/sec:"), rates: Vec::new() })
}

fn by_pgbench(database: &TestDatabase, date: &Value, folder: &Path) -> anyhow::Result<Contender> {
    let script = folder.join("page.sql");
    std::fs::write(&script, STATEMENT)?;
    let mut command = Command::new("pgbench");
    command.args(["-n", "-M", "prepared", "-c", &CONNECTIONS.to_string(), "-j", "1", "-T", &SECONDS.to_string()]);
    command.args(["-D", &format!("date='{}'", date.as_str().unwrap_or_default())]);
    command.arg("-f").arg(script).arg(database.dsn());
    Ok(Contender { name: STATEMENT_ALONE, command, rate: |told| number_after(told, "tps ="), rates: Vec::new() })
}

/// PostGraphile on the same tables; `None` where it is not installed.
async fn start_postgraphile(database: &TestDatabase) -> anyhow::Result<Option<(Child, String)>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/page/postgraphile");
    let node = folder.join("node_modules/.bin/node");
    if !node.exists() {
        eprintln!("PostGraphile is left out: run `npm ci` in {}", folder.display());
        return Ok(None);
    }
    let port = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
    let mut server = Command::new(node)
        .arg("server.mjs")
        .current_dir(&folder)
        .env("NODE_ENV", "production")
        .env("DATABASE_URL", database.dsn())
        .env("PORT", port.to_string())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = server.stdout.take().context("PostGraphile has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if line.contains("ready") {
            let url = format!("http://127.0.0.1:{port}/graphql");
            let page = GraphqlClient::new(url.clone());
            let rows = page.query("{ __typename }").await;
            anyhow::ensure!(rows["__typename"] == "Query", "PostGraphile does not answer: {rows}");
            return Ok(Some((server, url)));
        }
    }
    anyhow::bail!("PostGraphile ended without serving")
}
