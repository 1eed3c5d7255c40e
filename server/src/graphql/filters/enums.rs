//! What can be asked of a field that has one of few values.

use async_graphql::InputObject;
use sea_orm::{ColumnTrait, Condition};

use super::operators::{both, one_of, with_null};
use crate::graphql::types;

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
            /// The values that are asked for; `None` when none is.
            pub(in crate::graphql) fn values(&self) -> Option<Vec<$value>> {
                both(self.eq, self.r#in.clone())
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
            /// On a column that holds what this function makes of a value.
            pub(in crate::graphql) fn on(
                &self,
                column: impl ColumnTrait,
                stored: impl Fn($value) -> i64,
            ) -> Condition {
                let asked = both(self.eq, self.r#in.clone());
                let asked = asked.map(|values| one_of(column, values.into_iter().map(stored)));
                with_null(column, Condition::all().add_option(asked), self.is_null)
            }
        }
    };
}

enum_filter! {
    /// Asks which vendor. Operators that are null are not asked.
    VendorFilter of types::VendorName
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
    /// Asks how a device changed. Operators that are null are not asked.
    UsageChangeKindFilter of types::UsageChangeKind
}
nullable_enum_filter! {
    /// Asks for the kind of a device. Operators that are null are not asked.
    DeviceTypeFilter of types::DeviceType
}
nullable_enum_filter! {
    /// Asks whether a device is billed. Operators that are null are not asked.
    BillingStatusFilter of types::BillingStatus
}
