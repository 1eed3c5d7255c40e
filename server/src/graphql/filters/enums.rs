//! What can be asked of a field that has one of few values.

use async_graphql::InputObject;
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait},
};

use super::operators::{both, one_of, with_null};
use crate::{graphql::types, inventory::Reference};

/// A filter on a field that always has one of an enum's values.
macro_rules! enum_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Is this value.
            eq: Option<$value>,
            /// Is one of these values; an empty list matches nothing.
            r#in: Option<Vec<$value>>,
        }

        impl $name {
            /// The values that are asked for, each once; `None` when none is.
            pub(in crate::graphql) fn values(&self) -> Option<Vec<$value>> {
                both(self.eq, self.r#in.as_deref().map(distinct))
            }
        }
    };
}

/// The same where the value can be missing.
macro_rules! nullable_enum_filter {
    ($(#[$doc:meta])* $name:ident of $value:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, InputObject)]
        pub struct $name {
            /// Is this value.
            eq: Option<$value>,
            /// Is one of these values; an empty list matches nothing.
            r#in: Option<Vec<$value>>,
            /// Whether there is no value; no other operator matches then.
            is_null: Option<bool>,
        }

        impl $name {
            /// The values that are asked for, `None` when none is; and whether only rows without one, or with one, are.
            pub(in crate::graphql) fn asked(&self) -> (Option<Vec<$value>>, Option<bool>) {
                (both(self.eq, self.r#in.as_deref().map(distinct)), self.is_null)
            }

            /// On a column that holds what this function makes of a value.
            pub(in crate::graphql) fn on(
                &self,
                column: impl ColumnTrait,
                stored: impl Fn($value) -> i64,
            ) -> Condition {
                let (asked, is_null) = self.asked();
                let asked = asked.map(|values| one_of(column, values.into_iter().map(stored)));
                with_null(column, Condition::all().add_option(asked), is_null)
            }
        }
    };
}

/// Each value once: an enum has few, and a request may repeat them by the ten thousand.
fn distinct<T: Copy + PartialEq>(values: &[T]) -> Vec<T> {
    let mut known = Vec::new();
    for value in values {
        if !known.contains(value) {
            known.push(*value);
        }
    }
    known
}

enum_filter! {
    /// Asks which vendor. Operators that are null are not asked.
    VendorFilter of types::VendorName
}

impl VendorFilter {
    /// On a column of vendors' ids where rows of no vendor have none: those match no vendor, and `not` must find them.
    pub(in crate::graphql) fn on_some(&self, column: impl ColumnTrait, reference: &Reference) -> Option<Expr> {
        let ids = self.values()?.into_iter().map(|vendor| reference.vendor_id(vendor.into()));
        Some(column.is_not_null().and(one_of(column, ids)))
    }
}
enum_filter! {
    /// Asks which kind of trouble an exception is about. Operators that are null are not asked.
    ExceptionTypeFilter of types::ExceptionType
}
enum_filter! {
    /// Asks how bad an exception is. Operators that are null are not asked.
    SeverityFilter of types::Severity
}
enum_filter! {
    /// Asks whether an exception is open. Operators that are null are not asked.
    ExceptionStatusFilter of types::ExceptionStatus
}
enum_filter! {
    /// Asks for the state of a batch or a run. Operators that are null are not asked.
    JobStatusFilter of types::JobStatus
}
enum_filter! {
    /// Asks what ordered a batch. Operators that are null are not asked.
    JobTriggerFilter of types::JobTrigger
}
enum_filter! {
    /// Asks how far a sync is, or how it ended. Operators that are null are not asked.
    SyncOutcomeFilter of types::SyncOutcome
}
enum_filter! {
    /// Asks what asked for a sync. Operators that are null are not asked.
    SyncTriggerFilter of types::SyncTrigger
}
enum_filter! {
    /// Asks how a device changed. Operators that are null are not asked.
    UsageChangeKindFilter of types::UsageChangeKind
}
enum_filter! {
    /// Asks which kind of trouble an alert is about. Operators that are null are not asked.
    AlertKindFilter of types::AlertKind
}
enum_filter! {
    /// Asks what kind of thing was done. Operators that are null are not asked.
    AuditKindFilter of types::AuditKind
}
enum_filter! {
    /// Asks what came of what was done. Operators that are null are not asked.
    AuditOutcomeFilter of types::AuditOutcome
}
nullable_enum_filter! {
    /// Asks for the kind of a device. Operators that are null are not asked.
    DeviceTypeFilter of types::DeviceType
}
nullable_enum_filter! {
    /// Asks whether a device is billed. Operators that are null are not asked.
    BillingStatusFilter of types::BillingStatus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_repeated_without_end_is_asked_once() {
        use types::ExceptionStatus::{Open, Snoozed};
        let r#in = [vec![Open; 20_000], vec![Snoozed, Open]].concat();
        let filter = ExceptionStatusFilter { eq: None, r#in: Some(r#in) };
        assert_eq!(filter.values(), Some(vec![Open, Snoozed]));
        assert_eq!(ExceptionStatusFilter { eq: Some(Snoozed), ..filter }.values(), Some(vec![Snoozed]));
        assert_eq!(ExceptionStatusFilter { eq: None, r#in: Some(Vec::new()) }.values(), Some(Vec::new()));
    }
}
