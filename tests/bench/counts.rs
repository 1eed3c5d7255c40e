//! Counts of a date and of a year, 100,000 devices in 1,000 organizations, a year of days.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context;
use harness::{Backend, TestDatabase, year_of_counts};
use sea_orm::ConnectionTrait;
use serde_json::json;
use simulator::{FleetPlan, Simulator};

use crate::{collect, start_hub, time};

const ORGANIZATIONS: u32 = 1000;
const DAYS: u32 = 365;

/// What an account manager asks. Organization 12 stands for `CLIENT`.
const QUESTIONS: [(&str, &str); 9] = [
    ("counts of a date", "counts(date: \"2025-09-15\") { NUMBERS }"),
    (
        "counts of a date by vendor and type",
        "counts(date: \"2025-09-15\") { byVendor { NUMBERS } byDeviceType { NUMBERS } }",
    ),
    ("counts of a date, one organization", "counts(date: \"2025-09-15\", filter: { CLIENT }) { NUMBERS }"),
    (
        "counts of a date by organization, first 50",
        "counts(date: \"2025-09-15\") { byOrganization { nodes { organization { name } NUMBERS } } }",
    ),
    (
        "counts of a date by location, first 50",
        "counts(date: \"2025-09-15\") { byLocation { nodes { location NUMBERS } } }",
    ),
    ("a year's series by day", "countSeries(YEAR, interval: DAY) { date NUMBERS }"),
    ("a year's series by week", "countSeries(YEAR, interval: WEEK) { date NUMBERS }"),
    (
        "a year's series by day, without internal organizations",
        "countSeries(YEAR, interval: DAY, includeInternal: false) { date NUMBERS }",
    ),
    (
        "a year's series by day, one organization",
        "countSeries(YEAR, interval: DAY, filter: { CLIENT }) { date NUMBERS }",
    ),
];

/// A row of the table for every question.
pub(crate) async fn measure(backend: Backend) -> anyhow::Result<Vec<(String, String)>> {
    let plan = FleetPlan { ninja_devices: 1, threatlocker_devices: 1, ..FleetPlan::default() };
    let simulator = Simulator::new(plan, FleetPlan::default().first_day);
    let vendors = simulator.clone().start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let database = TestDatabase::create(backend).await?;
    let (_hub, graphql) = start_hub(&database, &simulator, &vendors).await?;
    collect(&graphql).await?;
    let filled = database.open().await?;
    let before = chrono::NaiveDate::from_ymd_opt(2026, 3, 2).context("a date that exists")?;
    let writer = filled.writer();
    for statement in year_of_counts(writer.get_database_backend(), before, (ORGANIZATIONS, DAYS)) {
        writer.execute_unprepared(&statement).await?;
    }
    let found = graphql.query("{ organizations(filter: { name: { eq: \"Client 12\" } }) { nodes { id } } }").await;
    let client = format!("organization: {{ eq: {} }}", found["organizations"]["nodes"][0]["id"]);
    let mut figures = Vec::new();
    for (what, question) in QUESTIONS {
        let question = question.replace("NUMBERS", "totals { devices endpoints seats billable spare unknown }");
        let question = question.replace("YEAR", "from: \"2025-03-02\", to: \"2026-03-01\"").replace("CLIENT", &client);
        let (median, most) = time(&graphql, &format!("{{ {question} }}"), &json!({})).await;
        figures.push((format!("{what}, 100,000 devices: median, 95 %"), format!("{median:.1} ms, {most:.1} ms")));
    }
    Ok(figures)
}
