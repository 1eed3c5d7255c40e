//! `retain`: counts month ends and drops old days, or shows what it would drop.

use std::process::ExitCode;

use domain::retention::Kept;
use serde_json::{Value, json};

use super::collect::tell;
use crate::inventory::{Inventory, jobs::Trigger, retention::DayPreview};

pub(super) async fn run(inventory: &Inventory, as_json: bool) -> anyhow::Result<ExitCode> {
    let report = inventory.retain(Trigger::CommandLine, "command line").await?;
    Ok(tell(&report, as_json))
}

/// Changes nothing.
pub(super) async fn show(inventory: &Inventory, as_json: bool) -> anyhow::Result<ExitCode> {
    let preview = inventory.preview_retention().await?;
    if as_json {
        let days: Vec<Value> = preview.days.iter().map(shown).collect();
        println!("{}", json!({ "keptFrom": preview.kept_from, "bytes": preview.bytes, "days": days }));
        return Ok(ExitCode::SUCCESS);
    }
    for day in &preview.days {
        let fate = day.kept.map_or("goes", sentence);
        println!("{} {}, {} snapshots: {fate}", day.date, day.vendor.name(), day.snapshots);
    }
    let going: Vec<_> = preview.days.iter().filter(|day| day.kept.is_none()).collect();
    let snapshots: i64 = going.iter().map(|day| day.snapshots).sum();
    let bytes = preview.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
    println!("{} days of vendors would go: {snapshots} snapshots{bytes}", going.len());
    Ok(ExitCode::SUCCESS)
}

fn shown(day: &DayPreview) -> Value {
    json!({
        "date": day.date,
        "vendor": day.vendor.slug(),
        "snapshots": day.snapshots,
        "goes": day.kept.is_none(),
        "kept": day.kept.map(sentence),
        "monthEnd": day.month.month_end,
        "counted": day.month.counted,
        "toCount": day.month.to_count,
    })
}

fn sentence(kept: Kept) -> &'static str {
    match kept {
        Kept::InWindow => "kept, it is not old enough",
        Kept::Newest => "kept, it is one of its vendor's two newest",
        Kept::MonthNotOver => "kept, its month is not over",
        Kept::NotCounted => "kept, the end of its month is not counted",
        Kept::OtherVendor => "kept, another vendor's day of that date is",
    }
}
