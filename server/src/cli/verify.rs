//! `verify`: looks whether the night went well. What it finds becomes alerts, which a serving hub delivers.

use std::process::ExitCode;

use super::collect::tell;
use crate::inventory::{Inventory, jobs::Trigger};

pub(super) async fn run(inventory: &Inventory, as_json: bool) -> anyhow::Result<ExitCode> {
    let report = inventory.verify(Trigger::CommandLine, "command line").await?;
    Ok(tell(&report, as_json))
}
