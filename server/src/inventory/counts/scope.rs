//! Which devices are counted.

use domain::{device_type::DeviceType, vendor::Vendor};
use sea_orm::{
    Condition, Value,
    sea_query::{Expr, ExprTrait},
};

/// What is asked of a fact that may be missing. What is asked holds together; nothing asked always holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice<T> {
    /// It is one of these; an empty list holds for no device.
    pub among: Option<Vec<T>>,
    /// Whether it is missing.
    pub missing: Option<bool>,
}

impl<T> Default for Choice<T> {
    fn default() -> Self {
        Self { among: None, missing: None }
    }
}

impl<T> Choice<T> {
    /// Whether nothing is asked.
    pub(super) fn is_open(&self) -> bool {
        self.among.is_none() && self.missing.is_none()
    }

    /// The condition on a column that holds what this function makes of a value.
    pub(super) fn on<V: Into<Value>>(&self, column: &Expr, stored: impl Fn(&T) -> V) -> Condition {
        let among = self.among.as_ref().map(|among| column.clone().is_in(among.iter().map(|it| stored(it).into())));
        let missing =
            self.missing.map(|missing| if missing { column.clone().is_null() } else { column.clone().is_not_null() });
        Condition::all().add_option(among).add_option(missing)
    }
}

/// Which devices are counted.
#[derive(Clone, Debug)]
pub struct CountScope {
    /// The vendor; `None` is all, and a machine that two vendors list counts twice.
    pub vendor: Option<Vendor>,
    /// Ids of clients.
    pub organizations: Choice<i64>,
    /// Types.
    pub device_types: Choice<DeviceType>,
    /// Names of locations, as the vendor writes them.
    pub locations: Choice<String>,
    /// Whether devices of the MSP's own organizations count at all; they never count as endpoints or seats.
    pub include_internal: bool,
}

impl CountScope {
    /// Every device of a vendor, or of all.
    pub fn of(vendor: Option<Vendor>) -> Self {
        Self {
            vendor,
            organizations: Choice::default(),
            device_types: Choice::default(),
            locations: Choice::default(),
            include_internal: true,
        }
    }
}
