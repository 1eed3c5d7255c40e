//! `MonthClosing` and `BillingGap`: who closed a month, and what it lacked.

use async_graphql::{Enum, Object, SimpleObject};
use domain::billing_report::{Gap, GapKind};

use super::{Date, DateTime, VendorName, scalars::count};
use crate::inventory::billing::Closing;

/// Why an invoice should wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "domain::billing_report::GapKind")]
pub enum BillingGapKind {
    /// A vendor's organization with devices at month end is in no client, or is another vendor's and its client is nobody
    /// at Ninja: `setOrganizationAlias` says who it is. Or devices are in no organization of the vendor.
    UnmappedOrganization,
    /// The last day of the month, by which it is billed, has no complete collection of Ninja, or of another vendor that
    /// was ever collected and is compared with it.
    MissingDay,
}

/// One thing that an invoice lacks.
#[derive(Clone, Debug, SimpleObject)]
pub struct BillingGap {
    /// What kind.
    kind: BillingGapKind,
    /// In a sentence.
    message: String,
    /// Whose organization, or whose day.
    vendor: VendorName,
    /// The day that is missing; null for an organization.
    date: Option<Date>,
    /// The vendor's own id of the organization; null for a day, and for devices in none.
    vendor_site_key: Option<String>,
    /// The vendor's name for the organization; null for a day, and for devices in none.
    name: Option<String>,
    /// How many devices the organization has at month end; null for a day.
    devices: Option<i32>,
}

impl From<&Gap> for BillingGap {
    fn from(gap: &Gap) -> Self {
        let Gap { day, devices, kind, name, site_key, vendor } = gap.clone();
        let (message, date, devices) = (gap.message(), day.map(Date), devices.map(count));
        Self {
            kind: GapKind::into(kind),
            message,
            vendor: vendor.into(),
            date,
            vendor_site_key: site_key,
            name,
            devices,
        }
    }
}

/// Who closed a month.
#[derive(Clone, Debug)]
pub struct MonthClosing(pub Closing);

/// Who closed a month, and by what anyone can verify that it is what was billed.
#[Object]
impl MonthClosing {
    /// When it was closed.
    async fn closed_at(&self) -> DateTime {
        self.0.at.into()
    }

    /// The principal who closed it.
    async fn closed_by(&self) -> &str {
        &self.0.by
    }

    /// Why it was closed over what it lacked; null when it lacked nothing.
    async fn forced_reason(&self) -> Option<&str> {
        self.0.forced_reason.as_deref()
    }

    /// SHA-256 of the content when it was closed, in 64 hexadecimal digits.
    async fn content_hash(&self) -> &str {
        &self.0.content_hash
    }

    /// The content as it is stored, in its canonical form: JSON by RFC 8785, described in docs/billing.md. All
    /// organizations, whichever was asked for. Its SHA-256 is `contentHash`, unless somebody changed the rows.
    async fn content(&self) -> &str {
        &self.0.content
    }
}
