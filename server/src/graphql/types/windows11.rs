//! `DeviceSnapshot.windows11`: one machine, judged.

use async_graphql::{Object, SimpleObject};
use domain::windows11;
use entity::device_snapshot::Model;

use super::{Windows11Outcome, Windows11Requirement, Windows11Verdict, stored::optional};
use crate::{graphql::errors::Fault, inventory};

/// One requirement of Windows 11 24H2, judged.
#[derive(Clone, Debug, SimpleObject)]
pub struct Windows11Finding {
    /// What is asked.
    requirement: Windows11Requirement,
    /// Whether it is met.
    outcome: Windows11Outcome,
    /// What the vendor reported; null when it did not.
    value: Option<String>,
    /// What is needed.
    need: &'static str,
    /// Why it is not met or not known; null when it is met.
    reason: Option<String>,
    /// What a technician does about it; null when it is met.
    remedy: Option<String>,
}

impl From<windows11::Finding> for Windows11Finding {
    fn from(found: windows11::Finding) -> Self {
        Self {
            requirement: found.requirement.into(),
            outcome: found.outcome.into(),
            value: found.value,
            need: found.requirement.need(),
            reason: found.reason,
            remedy: found.remedy,
        }
    }
}

/// Whether a Windows workstation may run Windows 11 24H2.
#[derive(Clone, Debug)]
pub struct Windows11 {
    verdict: Windows11Verdict,
    requirements: Vec<Windows11Finding>,
}

impl Windows11 {
    /// `None` for a row that was not judged.
    pub(super) fn of(row: &Model) -> Result<Option<Self>, Fault> {
        let verdict = optional("Windows 11 verdict", row.windows_11_verdict.as_deref(), windows11::Verdict::from_code)?;
        let findings = || row.windows_11_24h2_deficiencies.as_ref().map(inventory::windows11::findings);
        Ok(verdict.map(|verdict| Self {
            verdict: verdict.into(),
            requirements: findings().unwrap_or_default().into_iter().map(Into::into).collect(),
        }))
    }
}

/// Whether a Windows workstation may run Windows 11 24H2.
#[Object]
impl Windows11 {
    /// The verdict.
    async fn verdict(&self) -> Windows11Verdict {
        self.verdict
    }

    /// Every requirement, in one order; those of a machine that runs 24H2 already tell whether Microsoft supports it there.
    async fn requirements(
        &self,
        #[graphql(desc = "Only those with one of these outcomes; null is all, an empty list none.")] outcomes: Option<
            Vec<Windows11Outcome>,
        >,
    ) -> Vec<Windows11Finding> {
        let is_asked =
            |found: &&Windows11Finding| outcomes.as_ref().is_none_or(|outcomes| outcomes.contains(&found.outcome));
        self.requirements.iter().filter(is_asked).cloned().collect()
    }
}
