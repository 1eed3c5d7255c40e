//! The parts that counts are put together from: the rows asked for, and those to take off again.

use std::collections::HashSet;

use entity::site;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};

use super::{
    super::{Inventory, InventoryError},
    CountScope,
};

/// What rows are to the sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// They are part of it.
    Whole = 0,
    /// They are in the whole and do not belong there.
    LeftOut = 1,
    /// They are in the whole, and of internal organizations.
    Internal = 2,
}

/// The sites whose rows are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sites {
    /// All, and the devices in none.
    Any,
    /// The devices in none.
    None,
    /// These: site and its vendor's row.
    These(Vec<(i64, i64)>),
}

/// The parts of a scope.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts {
    pub(super) all: Vec<(Part, Sites)>,
    /// The MSP's own organizations.
    pub(super) internal: HashSet<i64>,
}

impl Parts {
    /// The rows asked for alone, where each row tells its organization.
    pub(super) fn whole(&self) -> Vec<(Part, Sites)> {
        self.all.iter().filter(|(part, _)| *part == Part::Whole).cloned().collect()
    }
}

/// Site, vendor, organization.
type Filed = (i64, i64, Option<i64>);

impl Inventory {
    /// Finds the sites that matter, with one statement; with none where the whole fleet is asked for and no organization is
    /// internal.
    pub(super) async fn count_parts(
        &self,
        connection: &impl ConnectionTrait,
        scope: &CountScope,
    ) -> Result<Parts, InventoryError> {
        let internal = self.internal_organizations(connection).await?;
        let filed = list_filed(connection, scope, &internal).await?;
        let of = |wanted: &dyn Fn(Option<i64>) -> bool| {
            let found = filed.iter().filter(|(_, _, organization)| wanted(*organization));
            Sites::These(found.map(|(site, vendor, _)| (*site, *vendor)).collect())
        };
        let is_internal = |organization: Option<i64>| Self::is_internal(&internal, organization);
        let mut all = match (&scope.organizations.among, scope.organizations.missing) {
            (Some(_), Some(true)) => Vec::new(),
            (Some(ids), _) => {
                let asked: HashSet<i64> = ids.iter().copied().collect();
                let is_asked = |organization: Option<i64>| organization.is_some_and(|id| asked.contains(&id));
                vec![
                    (Part::Whole, of(&is_asked)),
                    (Part::Internal, of(&|organization| is_asked(organization) && is_internal(organization))),
                ]
            }
            (None, Some(true)) => vec![(Part::Whole, of(&|it| it.is_none())), (Part::Whole, Sites::None)],
            (None, Some(false)) => vec![
                (Part::Whole, Sites::Any),
                (Part::LeftOut, of(&|it| it.is_none())),
                (Part::LeftOut, Sites::None),
                (Part::Internal, of(&is_internal)),
            ],
            (None, None) => vec![(Part::Whole, Sites::Any), (Part::Internal, of(&is_internal))],
        };
        all.retain(|(part, sites)| *part == Part::Whole || *sites != Sites::These(Vec::new()));
        Ok(Parts { all, internal })
    }
}

async fn list_filed(
    connection: &impl ConnectionTrait,
    scope: &CountScope,
    internal: &HashSet<i64>,
) -> Result<Vec<Filed>, InventoryError> {
    use site::{Column, Entity};
    let asked = scope.organizations.among.iter().flatten().chain(internal).copied().collect::<HashSet<i64>>();
    let without = scope.organizations.missing.map(|_| Column::OrganizationId.is_null());
    if asked.is_empty() && without.is_none() {
        return Ok(Vec::new());
    }
    let wanted = Condition::any().add(Column::OrganizationId.is_in(asked)).add_option(without);
    let sites = Entity::find().select_only().columns([Column::Id, Column::VendorId, Column::OrganizationId]);
    Ok(sites.filter(wanted).into_tuple::<Filed>().all(connection).await?)
}
