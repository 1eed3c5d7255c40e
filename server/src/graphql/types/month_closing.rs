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
    /// No organization has a name that the configuration lists as the MSP's own. Whoever had it is billed under the name
    /// that it has now: correct `internal_organizations`.
    UnknownInternalOrganization,
}

/// One thing that an invoice lacks.
#[derive(Clone, Debug, SimpleObject)]
pub struct BillingGap {
    /// What kind.
    kind: BillingGapKind,
    /// In a sentence.
    message: String,
    /// Whose organization, or whose day; Ninja for an internal organization, which it names.
    vendor: VendorName,
    /// The day that is missing; null for an organization.
    date: Option<Date>,
    /// The vendor's own id of the organization; null for a day, for devices in none, and for an internal organization.
    vendor_site_key: Option<String>,
    /// The vendor's name for the organization, or the one that is configured; null for a day, and for devices in none.
    name: Option<String>,
    /// The client that the organization is mapped to, which nobody at Ninja is; null when it is mapped to none, and for the
    /// other kinds.
    client: Option<String>,
    /// How many devices the organization has at month end; null for a day and for an internal organization.
    devices: Option<i32>,
}

impl From<&Gap> for BillingGap {
    fn from(gap: &Gap) -> Self {
        let Gap { client, day, devices, kind, name, site_key, vendor } = gap.clone();
        let (message, date, devices) = (gap.message(), day.map(Date), devices.map(count));
        Self {
            kind: GapKind::into(kind),
            message,
            vendor: vendor.into(),
            date,
            vendor_site_key: site_key,
            name,
            client,
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

    /// The content in its canonical form: JSON by RFC 8785, described in docs/billing.md. All organizations, whichever was
    /// asked for. As it was hashed when the month was closed; of format 1, as the rows give it now.
    async fn content(&self) -> &str {
        &self.0.content
    }

    /// The format of the content: 1 has no changes, 2 has them.
    async fn format(&self) -> i32 {
        self.0.format.number()
    }

    /// Whether the stored rows still say what was closed: they give the content, and its SHA-256 is `contentHash`. False
    /// when somebody changed, added or removed rows.
    async fn verified(&self) -> bool {
        self.0.verified
    }
}
