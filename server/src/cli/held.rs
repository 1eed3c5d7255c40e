//! `held`: a person's decision on collections that are much smaller than the last one.

use std::process::ExitCode;

use clap::Subcommand;

use crate::inventory::{
    Inventory,
    held::{Decision, HeldWord},
};

/// What to do with held collections.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Show what is held, newest first
    List,
    /// Make a held collection its day's snapshot
    Apply {
        /// The collection's number, as listed
        collection: i64,
    },
    /// Throw a held collection away
    Discard {
        /// The collection's number, as listed
        collection: i64,
    },
}

pub(super) async fn run(inventory: &Inventory, action: Action) -> anyhow::Result<ExitCode> {
    let word = HeldWord { actor: "command line".to_owned(), note: None };
    let decision = match action {
        Action::List => {
            for row in inventory.list_held().await? {
                let vendor = inventory.vendor_of(&row).map_or("unknown vendor", |vendor| vendor.name());
                let reasons: Vec<String> = serde_json::from_value(row.reasons)?;
                let (day, devices, why) = (row.snapshot_date, row.device_count, reasons.join("; "));
                println!("{}: {vendor} {day}, {devices} devices: {why}", row.id);
            }
            return Ok(ExitCode::SUCCESS);
        }
        Action::Apply { collection } => inventory.apply_held(collection, &word).await?,
        Action::Discard { collection } => inventory.discard_held(collection, &word).await?,
    };
    let (sentence, status) = match decision {
        Decision::Applied { .. } => ("applied: it is its day's snapshot now", 0),
        Decision::Discarded => ("discarded", 0),
        Decision::NotHeld => ("no collection of that number is held", 1),
        Decision::Outdated => ("a newer collection of the vendor is stored, so it can't be applied; discard it", 1),
    };
    println!("{sentence}");
    Ok(ExitCode::from(status))
}
