//! Windows 11 24H2 readiness as stored: judged when the row is made, so that whatever stores a row judges it again and
//! nothing else can erase it.
//!
//! `windows_11_24h2_deficiencies` keeps the predecessor's shape for those who read it by SQL: verdict Yes, No or N/A, what
//! is deficient with its remedy, and what passed.

use domain::{
    device_type::DeviceType,
    observation::{Observation, OperatingSystem},
    windows11::{self, Assessment, Finding, Installed, Outcome, Requirement, Verdict},
};
use entity::device_snapshot::ActiveModel;
use sea_orm::{
    ActiveValue::Set,
    prelude::{DateTimeUtc, Json},
};
use serde_json::{Value, json};

use super::observed::clip;

/// The row with its verdict; without one when it is not of a Windows workstation.
pub(crate) fn judged(row: ActiveModel, seen: &Observation, device_type: DeviceType) -> ActiveModel {
    let is_asked = windows11::is_windows_workstation(
        seen.vendor,
        device_type,
        seen.node_class.as_deref(),
        seen.os.name.as_deref(),
    );
    let found = is_asked.then(|| windows11::assess(&seen.os, &seen.hardware));
    let told = found.as_ref().map(|found| told(found, &seen.os, row.created_at.try_as_ref().copied()));
    ActiveModel {
        windows_11_verdict: Set(found.as_ref().map(|found| found.verdict.code().to_owned())),
        windows_11_24h2_capable: Set(found.as_ref().and_then(|found| found.verdict.capable())),
        windows_11_24h2_deficiencies: Set(told),
        ..row
    }
}

/// The requirements of a stored assessment, in their order.
pub fn findings(stored: &Json) -> Vec<Finding> {
    let items = |list: &str| stored[list].as_array().into_iter().flatten();
    let mut found: Vec<Finding> =
        items("deficiencies").chain(items("passed_requirements")).filter_map(finding).collect();
    found.sort_by_key(|finding| finding.requirement);
    found
}

fn told(found: &Assessment, os: &OperatingSystem, judged_at: Option<DateTimeUtc>) -> Json {
    let (passed, deficient): (Vec<_>, Vec<_>) =
        found.findings.iter().partition(|finding| finding.outcome == Outcome::Met);
    let passed = version_item(found.installed, os).into_iter().chain(passed.into_iter().map(item));
    json!({
        "verdict": match found.verdict {
            Verdict::Capable | Verdict::AlreadyThere => "Yes",
            Verdict::NotCapable => "No",
            Verdict::Newer | Verdict::NotEnoughData => "N/A",
        },
        "deficiencies": deficient.into_iter().map(item).collect::<Value>(),
        "passed_requirements": passed.collect::<Value>(),
        "assessment_date": judged_at,
    })
}

/// What the predecessor wrote of machines whose version alone decides.
fn version_item(installed: Installed, os: &OperatingSystem) -> Option<Value> {
    let (requirement, status) = match installed {
        Installed::Release24H2 => ("Windows 11 24H2 Already Installed", "PASS"),
        Installed::Newer => ("Windows Version Check", "EXCLUDED"),
        Installed::OlderOrUnknown => return None,
    };
    let version: Vec<&str> = [&os.release_id, &os.build].into_iter().flatten().map(String::as_str).collect();
    Some(json!({ "requirement": requirement, "status": status, "current_value": clip(&version.join(", "), 200) }))
}

fn item(finding: &Finding) -> Value {
    let mut item = json!({
        "requirement": finding.requirement.title(),
        "status": status(finding.outcome),
        "current_value": finding.value.as_deref().map(|value| clip(value, 255)),
        "required": finding.requirement.need(),
    });
    if let (Some(reason), Some(remedy)) = (&finding.reason, &finding.remedy) {
        item["reason"] = clip(reason, 1000).into();
        item["remediation"] = clip(remedy, 1000).into();
    }
    item
}

const fn status(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "PASS",
        Outcome::NotMet => "FAIL",
        Outcome::NotEnoughData => "INSUFFICIENT_DATA",
    }
}

/// `None` for an item that is no requirement, such as the version's.
fn finding(item: &Value) -> Option<Finding> {
    let text = |key: &str| item[key].as_str().map(str::to_owned);
    let all = [Outcome::Met, Outcome::NotMet, Outcome::NotEnoughData];
    Some(Finding {
        requirement: Requirement::from_title(item["requirement"].as_str()?)?,
        outcome: all.into_iter().find(|outcome| item["status"].as_str() == Some(status(*outcome)))?,
        value: text("current_value"),
        reason: text("reason"),
        remedy: text("remediation"),
    })
}

#[cfg(test)]
mod tests {
    use domain::observation::Hardware;

    use super::*;

    #[test]
    fn what_is_stored_reads_back_as_it_was_judged() {
        let (architecture, build) = (Some("x64".to_owned()), Some("26100".to_owned()));
        let os = OperatingSystem { architecture, build, ..OperatingSystem::default() };
        let cpu_model = Some("Intel(R) N100".to_owned());
        let hardware = Hardware { has_tpm: Some(false), cpu_model, ..Hardware::default() };
        let found = windows11::assess(&os, &hardware);
        assert_eq!(findings(&told(&found, &os, None)), found.findings);
    }
}
