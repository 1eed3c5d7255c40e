//! What can be asked of exceptions.

use async_graphql::InputObject;
use chrono::Days;
use domain::vendor::Vendor;
use entity::{device_identity, exception, exception_identity};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Query, SelectStatement},
};

use super::{Standpoint, status::age};
use crate::graphql::{
    errors::Fault,
    filters::{
        DateFilter, ExceptionStatusFilter, ExceptionTypeFilter, Filter, IdFilter, IntFilter, Joined, Names,
        PrincipalFilter, SeverityFilter, StringFilter, TextFilter, VendorFilter, one_of,
    },
    node_id::NodeId,
};

/// Asks about exceptions. Fields that are null are not asked; those that are given hold together.
#[derive(Clone, Debug, Default, InputObject)]
pub struct ExceptionFilter {
    /// By the kind of trouble.
    #[graphql(name = "type")]
    exception_type: Option<ExceptionTypeFilter>,
    /// By whether it waits for somebody.
    status: Option<ExceptionStatusFilter>,
    /// By how bad it is.
    severity: Option<SeverityFilter>,
    /// By the host name of the device.
    hostname: Option<StringFilter>,
    /// By the client it concerns.
    organization: Option<IdFilter>,
    /// By the vendors whose records it is about.
    vendor: Option<VendorFilter>,
    /// By the devices it is about; `isNull` asks for exceptions about no linked device.
    device: Option<IdFilter>,
    /// By who works on it.
    assignee: Option<PrincipalFilter>,
    /// By its age in days, as `ageDays` counts it.
    age_days: Option<IntFilter>,
    /// By the day it was first found.
    date_found: Option<DateFilter>,
    /// By the last day on which a check found it.
    last_seen: Option<DateFilter>,
    /// By the day it was resolved; missing while it is open.
    resolved_date: Option<DateFilter>,
    /// By any text in its details, and its host name.
    text: Option<TextFilter>,
    /// All of these filters hold; an empty list holds.
    and: Option<Vec<ExceptionFilter>>,
    /// At least one of these filters holds; an empty list does not.
    or: Option<Vec<ExceptionFilter>>,
    /// This filter does not hold.
    not: Option<Box<ExceptionFilter>>,
}

impl Filter<Standpoint<'_>> for ExceptionFilter {
    fn fields(&self, seen_from: &Standpoint<'_>) -> Result<Condition, Fault> {
        use exception::Column;
        let text = self.text.as_ref().map(|asked| asked.on(Column::DetailsText));
        let hostname = self.hostname.as_ref().map(|asked| asked.on_indexed(Column::Hostname, Names::Hosts));
        Ok(self
            .codes(seen_from)
            .add_option(hostname.transpose()?.map(|asked| seen_from.searched(asked)))
            .add_option(self.organization.as_ref().map(|it| it.on_organization(Column::OrganizationId)).transpose()?)
            .add_option(self.device.as_ref().map(about_devices).transpose()?)
            .add_option(self.assignee.as_ref().map(|it| seen_from.changing(it.on(Column::AssignedTo))).transpose()?)
            .add_option(self.age_days.as_ref().map(|asked| of_age(asked, seen_from)).transpose()?)
            .add_option(self.date_found.as_ref().map(|asked| asked.on(Column::DateFound)).transpose()?)
            .add_option(self.last_seen.as_ref().map(|it| seen_from.changing(it.on(Column::LastSeenDate))).transpose()?)
            .add_option(
                self.resolved_date.as_ref().map(|it| seen_from.changing(it.on(Column::ResolvedDate))).transpose()?,
            )
            .add_option(text.transpose()?.map(|asked| seen_from.searched(asked))))
    }

    fn joined(&self) -> Joined<'_, Self> {
        Joined { and: self.and.as_deref(), or: self.or.as_deref(), not: self.not.as_deref() }
    }
}

impl ExceptionFilter {
    /// Asks about what stays the same over the life of an exception.
    pub(super) fn lasting(
        exception_type: Option<ExceptionTypeFilter>,
        organization: Option<IdFilter>,
        severity: Option<SeverityFilter>,
    ) -> Self {
        Self { exception_type, severity, organization, ..Self::default() }
    }

    /// What has one of few values.
    fn codes(&self, seen_from: &Standpoint<'_>) -> Condition {
        use exception::Column;
        let types = self.exception_type.as_ref().and_then(ExceptionTypeFilter::values);
        let types = types.map(|types| {
            one_of(Column::Type, types.into_iter().map(|known| domain::checks::ExceptionType::from(known).code()))
        });
        let statuses = self.status.as_ref().and_then(ExceptionStatusFilter::values);
        let statuses = statuses.map(|statuses| {
            statuses.into_iter().fold(Condition::any(), |any, status| any.add(seen_from.has_status(status)))
        });
        let severities = self.severity.as_ref().and_then(SeverityFilter::values);
        let severities = severities.map(|severities| {
            one_of(Column::Severity, severities.into_iter().map(|known| domain::checks::Severity::from(known).rank()))
        });
        let vendors = self.vendor.as_ref().and_then(VendorFilter::values);
        let vendors = vendors.map(|vendors| {
            let bits = seen_from.reference.vendor_bits(vendors.into_iter().map(Vendor::from));
            Expr::col((exception::Entity, Column::Vendors)).bit_and(bits).ne(0)
        });
        Condition::all().add_option(types).add_option(statuses).add_option(severities).add_option(vendors)
    }
}

/// Nothing is older than the day on which it was found: said once more in a way that an index can use.
fn of_age(asked: &IntFilter, seen_from: &Standpoint<'_>) -> Result<Condition, Fault> {
    let found_by = asked.at_least().and_then(|days| u64::try_from(days).ok());
    let found_by = found_by.and_then(|days| seen_from.day.checked_sub_days(Days::new(days)));
    Ok(asked.on(&age(seen_from))?.add_option(found_by.map(|day| exception::Column::DateFound.lte(day))))
}

fn about_devices(asked: &IdFilter) -> Result<Condition, Fault> {
    use device_identity::Column::DeviceId;
    let keys = asked.keys(NodeId::device)?;
    let found = keys.map(|keys| exception::Column::Id.in_subquery(about(one_of(DeviceId, keys))));
    let missing = asked.wants_null().map(|is_null| {
        let linked = Expr::exists(about_it(DeviceId.is_not_null()));
        if !is_null {
            return Condition::all().add(linked);
        }
        // Every exception is about a record, and an index tells the few that are linked to no device.
        let unlinked = exception::Column::Id.in_subquery(about(DeviceId.is_null()));
        Condition::all().add(unlinked).add(linked.not())
    });
    Ok(Condition::all().add_option(found).add_option(missing))
}

/// Ids of exceptions about vendors' records of which this holds: quick where it holds for few.
fn about(identity: Expr) -> SelectStatement {
    use exception_identity::{Column, Entity};
    let same =
        Expr::col((Entity, Column::DeviceIdentityId)).equals((device_identity::Entity, device_identity::Column::Id));
    Query::select()
        .column((Entity, Column::ExceptionId))
        .from(Entity)
        .inner_join(device_identity::Entity, same)
        .and_where(identity)
        .take()
}

/// The same for the exception at hand: quick where it holds for many.
fn about_it(identity: Expr) -> SelectStatement {
    let this = Expr::col((exception_identity::Entity, exception_identity::Column::ExceptionId))
        .equals((exception::Entity, exception::Column::Id));
    about(identity).and_where(this).take()
}
