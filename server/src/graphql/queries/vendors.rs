//! `vendors`.

use async_graphql::Object;
use domain::vendor;

use crate::graphql::types::Vendor;

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct VendorQueries;

#[Object]
impl VendorQueries {
    /// The outside systems that list devices, the reference vendor first.
    async fn vendors(&self) -> Vec<Vendor> {
        vendor::Vendor::ALL.into_iter().map(Vendor).collect()
    }
}
