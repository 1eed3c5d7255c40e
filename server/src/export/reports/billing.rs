//! `billing`: what a month is billed as, what changed it, and what it corrects of months before.

use crate::export::report::{Column, InFileName, Parameter, Report, Table};

pub(super) const REPORT: Report = Report {
    name: "billing",
    parameters: &[Parameter::word("month").named(InFileName::When("")), Parameter::word("organizationId")],
    tables: &[
        Table {
            name: "Lines",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) { lines(first: $first, after: $after) ROWS }
            }",
            rows: "billingReport.lines",
            columns: &[
                Column::text("Organization", "name"),
                Column::number("Endpoints", "endpoints"),
                Column::number("Seats", "seats"),
                Column::number("Endpoints at start", "start.endpoints"),
                Column::number("Seats at start", "start.seats"),
                Column::number("Endpoints added", "added.endpoints"),
                Column::number("Seats added", "added.seats"),
                Column::number("Endpoints removed", "removed.endpoints"),
                Column::number("Seats removed", "removed.seats"),
                Column::number("Highest endpoints", "highest.endpoints"),
                Column::number("Highest seats", "highest.seats"),
                Column::number("Average endpoints", "average.endpoints"),
                Column::number("Average seats", "average.seats"),
                Column::number("ThreatLocker devices", "threatlockerDevices"),
                Column::number("Difference", "difference"),
                Column::number("Other endpoints", "otherEndpoints"),
                Column::number("Explained", "explained"),
                Column::number("Unexplained", "unexplained"),
                Column::text("Organization id", "organization.id"),
            ],
        },
        Table {
            name: "Changes",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) { changes(first: $first, after: $after) ROWS }
            }",
            rows: "billingReport.changes",
            columns: &[
                Column::date("Date", "date"),
                Column::text("Change", "kind"),
                Column::text("Organization", "organization.name"),
                Column::text("Host name", "hostname"),
                Column::number("Endpoints", "endpoints"),
                Column::number("Seats", "seats"),
                Column::text("Vendor's id", "vendorDeviceKey"),
                Column::text("Device id", "device.id"),
            ],
        },
        Table {
            name: "Adjustments",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) {
                    adjustments(first: $first, after: $after) ROWS
                }
            }",
            rows: "billingReport.adjustments",
            columns: &[
                Column::text("Month corrected", "month"),
                Column::text("Organization", "name"),
                Column::number("Endpoints", "endpoints"),
                Column::number("Seats", "seats"),
                Column::text("Organization id", "organization.id"),
            ],
        },
    ],
};
