//! Usage changes between two stored dates (rules section 9), of one vendor or of all.
//!
//! They are read from the ledger of transitions and from the counts of the first day, so that an answer costs what changed
//! and not what there is, and outlives the snapshots of its days. Sites become organizations at reading: a mapping that a
//! person makes today is one for all days. It refuses to load days, and to judge: the books are `domain::usage`'s.

mod changes;
mod counted;
mod ledger;
mod no_data;
mod window;

use std::collections::HashSet;

use chrono::NaiveDate;
use domain::{organization::canonical, usage::Scope, vendor::Vendor};
use entity::organization;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

pub use self::{
    changes::{UsageChangeKind, usage_change},
    no_data::{NoData, WhyNot},
    window::UsageWindow,
};
use super::{Inventory, InventoryError};

/// Which changes are asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UsageRequest {
    /// The vendor whose devices are compared; `None` for all that were ever stored, each by itself.
    pub vendor: Option<Vendor>,
    /// The first date.
    pub from: NaiveDate,
    /// The second date, later than the first.
    pub to: NaiveDate,
    /// Only this organization's rows and changes.
    pub organization_id: Option<i64>,
    /// Whether the MSP's own organizations count.
    pub include_internal: bool,
}

/// The answer.
#[derive(Clone, Debug)]
pub enum UsageAnswer {
    /// Both dates are stored.
    Compared(Box<UsageWindow>),
    /// One is not.
    NoData(NoData),
}

/// Which changes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// How the second date differs from the first.
    Net,
    /// All that happened between them.
    Transitions,
}

impl Inventory {
    /// What changed between two stored dates: the books now, the changes by [`Self::find_usage_changes`].
    pub async fn usage_changes(&self, request: &UsageRequest) -> Result<UsageAnswer, InventoryError> {
        if let Some(known) = self.computed.as_ref().and_then(|computed| computed.windows.find(request)) {
            return Ok(UsageAnswer::Compared(Box::new(known)));
        }
        let snapshot = self.database.begin_reading().await?;
        let scope = self.scope(&snapshot, request).await?;
        let answer = self.compare_days(&snapshot, request, scope).await?;
        if let (Some(computed), UsageAnswer::Compared(window)) = (&self.computed, &answer) {
            computed.windows.keep(request.clone(), window.as_ref().clone());
        }
        Ok(answer)
    }

    async fn scope(&self, connection: &impl ConnectionTrait, request: &UsageRequest) -> Result<Scope, InventoryError> {
        let internal =
            if request.include_internal { HashSet::new() } else { self.internal_organizations(connection).await? };
        Ok(Scope { internal, only: request.organization_id })
    }

    /// Ids of the MSP's own organizations.
    pub(crate) async fn internal_organizations(
        &self,
        connection: &impl ConnectionTrait,
    ) -> Result<HashSet<i64>, InventoryError> {
        let names: Vec<String> = self.rules.internal_organizations.iter().filter_map(|name| canonical(name)).collect();
        if names.is_empty() {
            return Ok(HashSet::new());
        }
        let own = organization::Entity::find().filter(organization::Column::CanonicalName.is_in(names));
        Ok(own.all(connection).await?.into_iter().map(|row| row.id).collect())
    }
}
