//! A month as GraphQL spells it.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use domain::billing_report;

/// A calendar month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(pub billing_report::Month);

/// A calendar month of the business time zone, written `YYYY-MM`.
#[Scalar(name = "Month", specified_by_url = "https://www.w3.org/TR/NOTE-datetime")]
impl ScalarType for Month {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value).map(Self).ok_or_else(|| InputValueError::expected_type(value))
    }

    fn is_valid(value: &Value) -> bool {
        read(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

fn read(value: &Value) -> Option<billing_report::Month> {
    if let Value::String(text) = value { text.parse().ok() } else { None }
}

impl From<billing_report::Month> for Month {
    fn from(month: billing_report::Month) -> Self {
        Self(month)
    }
}
