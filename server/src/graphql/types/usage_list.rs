//! What can be asked of usage changes, and how they are sorted.

use async_graphql::{Enum, InputObject};
use sea_orm::{ColumnTrait, Condition};

use crate::{
    graphql::{
        errors::Fault,
        filters::{DateFilter, Filter, IdFilter, Joined, OrderDirection, UsageChangeKindFilter, VendorFilter, one_of},
        pagination::{Order, SortKey},
    },
    inventory::{
        Reference,
        usage::{
            Listing, UsageChangeKind,
            usage_change::{Column, Entity},
        },
    },
};

/// Asks about usage changes. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct UsageChangeFilter {
    /// By how the device changed.
    kind: Option<UsageChangeKindFilter>,
    /// By the client that had the device before the change, or has it after; `isNull` asks for devices that were or are
    /// there and in none.
    organization: Option<IdFilter>,
    /// By the vendor.
    vendor: Option<VendorFilter>,
    /// By the day of the change.
    date: Option<DateFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<UsageChangeFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<UsageChangeFilter>>,
    /// This filter does not hold.
    not: Option<Box<UsageChangeFilter>>,
}

impl Filter for UsageChangeFilter {
    fn fields(&self, reference: &Reference) -> Result<Condition, Fault> {
        let kinds = self.kind.as_ref().and_then(UsageChangeKindFilter::values);
        let kinds = kinds.map(|kinds| one_of(Column::Kind, kinds.into_iter().map(UsageChangeKind::from)));
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| {
            one_of(Column::VendorId, vendors.into_iter().map(|vendor| reference.vendor_id(vendor.into())))
        });
        Ok(Condition::all()
            .add_option(kinds)
            .add_option(vendors)
            .add_option(self.organization.as_ref().map(of_organization).transpose()?)
            .add_option(self.date.as_ref().map(|asked| asked.on(Column::Day)).transpose()?))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

/// On the side, or the sides, on which the device is there.
fn of_organization(asked: &IdFilter) -> Result<Condition, Fault> {
    let side = |column: Column, absent: UsageChangeKind| {
        Ok::<_, Fault>(Condition::all().add(Column::Kind.ne(absent)).add(asked.on_organization(column)?))
    };
    let before = side(Column::FromOrganizationId, UsageChangeKind::Added)?;
    Ok(Condition::any().add(before).add(side(Column::ToOrganizationId, UsageChangeKind::Removed)?))
}

/// What usage changes are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum UsageChangeOrderField {
    /// The device: all changes of one together, by day.
    Device,
    /// The host name, as the vendor spells it; capital letters come first.
    Hostname,
    /// The day of the change.
    Date,
}

/// How usage changes are sorted.
#[derive(Clone, Copy, Debug, InputObject)]
pub struct UsageChangeOrder {
    /// By what.
    field: UsageChangeOrderField,
    /// Which way.
    #[graphql(default)]
    direction: OrderDirection,
}

impl UsageChangeOrder {
    pub(super) fn of(asked: Option<Self>, listing: Listing) -> Order<Entity> {
        let asked = asked.unwrap_or(Self { field: UsageChangeOrderField::Device, direction: OrderDirection::Asc });
        let key = SortKey::column(match asked.field {
            UsageChangeOrderField::Device => Column::DeviceIdentityId,
            UsageChangeOrderField::Hostname => Column::Hostname,
            UsageChangeOrderField::Date => Column::Day,
        });
        let list = match listing {
            Listing::Net => "usageChanges",
            Listing::Transitions => "usageTransitions",
        };
        Order::by(list.to_owned(), key, Column::Id, asked.direction)
    }
}
