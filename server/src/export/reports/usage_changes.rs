//! `usage-changes`: what changed between two stored days, and the sums per organization.

use crate::export::report::{Column, InFileName, Parameter, Report, Table};

pub(super) const REPORT: Report = Report {
    name: "usage-changes",
    parameters: &[
        Parameter::word("vendor").named(InFileName::What),
        Parameter::word("from").named(InFileName::When("")),
        Parameter::word("to").named(InFileName::When("to-")),
        Parameter::organization(),
        Parameter::flag("includeInternal"),
        Parameter::json("filter"),
        Parameter::json("orderBy"),
        Parameter::flag("transitions"),
    ],
    tables: &[
        Table {
            name: "Changes",
            document: "query ($vendor: VendorName, $from: Date!, $to: Date!, $organizationId: ID,
                              $includeInternal: Boolean! = true, $filter: UsageChangeFilter,
                              $orderBy: UsageChangeOrder, $transitions: Boolean! = false, $first: Int!,
                              $after: String) {
                usageChanges(vendor: $vendor, from: $from, to: $to, organizationId: $organizationId,
                             includeInternal: $includeInternal) {
                    changes(first: $first, after: $after, filter: $filter, orderBy: $orderBy, transitions: $transitions) ROWS
                }
            }",
            rows: "usageChanges.changes",
            columns: &[
                Column::text("Change", "kind"),
                Column::text("Vendor", "vendor"),
                Column::date("Date", "date"),
                Column::text("Host name", "hostname"),
                Column::text("Organization before", "fromOrganization.name"),
                Column::text("Organization after", "toOrganization.name"),
                Column::text("Billing before", "fromBilling"),
                Column::text("Billing after", "toBilling"),
                Column::text("Vendor's id", "vendorDeviceKey"),
                Column::text("Device id", "device.id"),
            ],
        },
        Table {
            name: "Organizations",
            document: "query ($vendor: VendorName, $from: Date!, $to: Date!, $organizationId: ID,
                              $includeInternal: Boolean! = true, $first: Int!, $after: String) {
                usageChanges(vendor: $vendor, from: $from, to: $to, organizationId: $organizationId,
                             includeInternal: $includeInternal) { byOrganization(first: $first, after: $after) ROWS }
            }",
            rows: "usageChanges.byOrganization",
            columns: &[
                Column::text("Organization", "organization.name"),
                Column::number("Start", "totals.start"),
                Column::number("Added", "totals.added"),
                Column::number("Moved in", "totals.movedIn"),
                Column::number("Removed", "totals.removed"),
                Column::number("Moved out", "totals.movedOut"),
                Column::number("End", "totals.end"),
                Column::number("Billing changed", "totals.billingChanged"),
                Column::text("Organization id", "organization.id"),
            ],
        },
    ],
    title: None,
};
