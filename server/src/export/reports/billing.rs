//! `billing`: what a month is billed as, what changed it, what it corrects of months before, and how far it can be relied on.
//!
//! Every line of every table says the month and how final the report is: a CSV that was made before the month was closed
//! is not to be taken for the bill.

use crate::export::report::{Column, InFileName, Parameter, Report, Table, Title};

pub(super) const REPORT: Report = Report {
    name: "billing",
    parameters: &[Parameter::word("month").named(InFileName::When("")), Parameter::organization()],
    tables: &[
        Table {
            name: "Lines",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) { lines(first: $first, after: $after) ROWS BESIDE }
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
                MONTH,
                STATUS,
            ],
        },
        Table {
            name: "Changes",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) { changes(first: $first, after: $after) ROWS BESIDE }
            }",
            rows: "billingReport.changes",
            columns: &[
                Column::date("Date", "date"),
                Column::text("Change", "kind"),
                Column::text("Organization", "organizationName"),
                Column::text("Host name", "hostname"),
                Column::number("Endpoints", "endpoints"),
                Column::number("Seats", "seats"),
                Column::text("Vendor's id", "vendorDeviceKey"),
                Column::text("Device id", "device.id"),
                MONTH,
                STATUS,
            ],
        },
        Table {
            name: "Adjustments",
            document: "query ($month: Month!, $organizationId: ID, $first: Int!, $after: String) {
                billingReport(month: $month, organizationId: $organizationId) {
                    adjustments(first: $first, after: $after) ROWS BESIDE
                }
            }",
            rows: "billingReport.adjustments",
            columns: &[
                Column::text("Month corrected", "month"),
                Column::text("Organization", "name"),
                Column::number("Endpoints", "endpoints"),
                Column::number("Seats", "seats"),
                Column::text("Organization id", "organization.id"),
                MONTH,
                STATUS,
            ],
        },
        Table {
            name: "About",
            document: "query ($month: Month!, $organizationId: ID) {
                billingReport(month: $month, organizationId: $organizationId) FIELDS
            }",
            rows: "billingReport",
            columns: ABOUT,
        },
    ],
    title: Some(Title {
        document: "query ($month: Month!, $organizationId: ID) {
            billingReport(month: $month, organizationId: $organizationId) { status }
        }",
        field: "billingReport.status",
        tells: InFileName::What,
    }),
};

const MONTH: Column = Column::text("Month", "^month");
const STATUS: Column = Column::text("Status", "^status");

/// Of which days the numbers are, and what they lack.
const ABOUT: &[Column] = &[
    Column::text("Month", "month"),
    Column::text("Status", "status"),
    Column::date("Date", "date"),
    Column::date("ThreatLocker date", "threatlockerDate"),
    Column::date("Counted from", "countedFrom"),
    Column::date("Counted to", "countedTo"),
    Column::text("Missing days", "missingDays"),
    Column::number("Endpoints", "totals.endpoints"),
    Column::number("Seats", "totals.seats"),
    Column::text("Left out", "leftOut"),
    Column::text("Gaps", "gaps.message"),
    Column::flag("Changes frozen", "changesFrozen"),
    Column::instant("Closed at (UTC)", "closing.closedAt"),
    Column::text("Closed by", "closing.closedBy"),
    Column::text("Forced because", "closing.forcedReason"),
    Column::text("Content hash", "closing.contentHash"),
    Column::flag("Verified", "closing.verified"),
];
