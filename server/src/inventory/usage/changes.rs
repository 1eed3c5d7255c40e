//! The changes of a window as rows that can be filtered, sorted and paged like those of a table.

use domain::usage::Scope;
use sea_orm::{
    DatabaseBackend, EntityTrait, QuerySelect, Select,
    entity::prelude::*,
    sea_query::{Expr, Query},
};

use super::{Listing, UsageWindow};
use crate::inventory::Inventory;

/// How a device changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "i64", db_type = "BigInteger")]
pub enum UsageChangeKind {
    /// It was not there before.
    #[sea_orm(num_value = 0)]
    Added,
    /// It is not there any more.
    #[sea_orm(num_value = 1)]
    Removed,
    /// Another organization has it now.
    #[sea_orm(num_value = 2)]
    OrganizationChanged,
    /// Its billing is another.
    #[sea_orm(num_value = 3)]
    BillingChanged,
}

/// Rows that the ledger is turned into at reading; there is no such table.
pub mod usage_change {
    use sea_orm::entity::prelude::*;

    /// One change of one device.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "usage_change")]
    pub struct Model {
        /// Its number in the list: by identity, then by day, then by kind.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        /// Vendor id.
        pub vendor_id: i64,
        /// Device identity id.
        pub device_identity_id: i64,
        /// The vendor's own id of the device.
        pub vendor_device_key: String,
        /// Host name when the ledger last wrote of it: on the day of the transition, or of the last one in the window.
        pub hostname: String,
        /// How it changed.
        pub kind: super::UsageChangeKind,
        /// The stored day on which the change was first seen.
        pub day: Date,
        /// The organization before; `None` for none, and if it was not there.
        pub from_organization_id: Option<i64>,
        /// The organization after; `None` for none, and if it is not there.
        pub to_organization_id: Option<i64>,
        /// Billing status id before; `None` if it was not there, or its vendor decides no billing.
        pub from_billing_status_id: Option<i64>,
        /// Billing status id after; `None` if it is not there, or its vendor decides no billing.
        pub to_billing_status_id: Option<i64>,
    }

    /// No joins are declared.
    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Inventory {
    /// The changes of a window in its scope, in no order yet.
    pub fn find_usage_changes(&self, window: &UsageWindow, listing: Listing) -> Select<usage_change::Entity> {
        let number = number(self.database.backend());
        let changes = match listing {
            Listing::Net => window.span.net_changes(),
            Listing::Transitions => window.span.transitions(),
        };
        let scope = touches(&window.scope);
        let rows = format!(
            "WITH {changes} SELECT {number} AS id, c.vendor_id, c.device_identity_id, i.vendor_device_key, c.hostname, \
             c.kind, c.day, c.from_organization_id, c.to_organization_id, c.from_billing_status_id, \
             c.to_billing_status_id FROM change c JOIN device_identity i ON i.id = c.device_identity_id WHERE {scope}"
        );
        let rows = Query::select().expr(Expr::cust(format!("* FROM ({rows}) AS told"))).take();
        let mut found = usage_change::Entity::find();
        QuerySelect::query(&mut found).from_clear().from_subquery(rows, usage_change::Entity);
        found
    }
}

/// No identity changes in one way twice on a day. Five digits of days last until the year 2243.
fn number(backend: DatabaseBackend) -> &'static str {
    match backend {
        DatabaseBackend::Postgres => "((c.device_identity_id * 100000 + (c.day - DATE '1970-01-01')) * 4 + c.kind)",
        _ => {
            "((c.device_identity_id * 100000 + CAST(julianday(c.day) - julianday('1970-01-01') AS bigint)) * 4 + c.kind)"
        }
    }
}

/// Whether the device is in scope before or after the change.
fn touches(scope: &Scope) -> String {
    let holds = |organization: &str| {
        let internal: Vec<String> = scope.internal.iter().map(ToString::to_string).collect();
        let outside = match internal[..] {
            [] => "TRUE".to_owned(),
            _ => format!("({organization} IS NULL OR {organization} NOT IN ({}))", internal.join(", ")),
        };
        match scope.only {
            Some(only) => format!("{outside} AND {organization} = {only}"),
            None => outside,
        }
    };
    let (before, after) = (holds("c.from_organization_id"), holds("c.to_organization_id"));
    format!("((c.there_before AND {before}) OR (c.there_after AND {after}))")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_change_is_in_scope_where_one_of_its_ends_is() {
        assert_eq!(touches(&Scope::default()), "((c.there_before AND TRUE) OR (c.there_after AND TRUE))");
        let scope = Scope { internal: HashSet::from([9]), only: Some(5) };
        assert_eq!(
            touches(&scope),
            "((c.there_before AND (c.from_organization_id IS NULL OR c.from_organization_id NOT IN (9)) AND \
             c.from_organization_id = 5) OR (c.there_after AND (c.to_organization_id IS NULL OR c.to_organization_id \
             NOT IN (9)) AND c.to_organization_id = 5))"
        );
    }
}
