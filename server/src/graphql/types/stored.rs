//! From stored ids and codes to enums.

use async_graphql::Context;

use super::{BillingStatus, DeviceType, SpareReason, VendorName};
use crate::graphql::{context::Hub, errors::Fault};

/// The vendor of a row.
pub(in crate::graphql) fn vendor_of(ctx: &Context<'_>, id: i64) -> Result<VendorName, Fault> {
    let vendor = ctx.inventory().reference().vendor(id);
    vendor.map(VendorName::from).ok_or_else(|| Fault::corrupt("vendor", &id.to_string()))
}

pub(super) fn device_type_of(ctx: &Context<'_>, id: Option<i64>) -> Option<DeviceType> {
    id.and_then(|id| ctx.inventory().reference().device_type(id)).map(DeviceType::from)
}

pub(super) fn billing_of(ctx: &Context<'_>, id: Option<i64>) -> Option<BillingStatus> {
    id.and_then(|id| ctx.inventory().reference().billing(id)).map(BillingStatus::from)
}

pub(super) fn spare_reason_of(code: Option<&str>) -> Result<Option<SpareReason>, Fault> {
    optional("spare reason", code, |code| domain::billing::SpareReason::from_code(code).map(Into::into))
}

/// What a stored code means; the hub writes no others.
pub(in crate::graphql) fn known<T>(what: &str, code: &str, read: impl FnOnce(&str) -> Option<T>) -> Result<T, Fault> {
    read(code).ok_or_else(|| Fault::corrupt(what, code))
}

pub(in crate::graphql) fn optional<T>(
    what: &str,
    code: Option<&str>,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, Fault> {
    code.map(|code| known(what, code, read)).transpose()
}

/// The texts of a stored JSON list.
pub(super) fn texts(list: &serde_json::Value) -> Vec<String> {
    let texts = list.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}
