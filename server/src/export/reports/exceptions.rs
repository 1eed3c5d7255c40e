//! `exceptions`: the work list, as it is or as it was.

use crate::export::report::{Column, InFileName, Parameter, Report, Table};

pub(super) const REPORT: Report = Report {
    name: "exceptions",
    parameters: &[
        Parameter::json("filter"),
        Parameter::json("orderBy"),
        Parameter::word("asOf").named(InFileName::When("as-of-")),
    ],
    tables: &[Table {
        name: "Exceptions",
        document:
            "query ($first: Int!, $after: String, $filter: ExceptionFilter, $orderBy: ExceptionOrder, $asOf: Date) {
            exceptions(first: $first, after: $after, filter: $filter, orderBy: $orderBy, asOf: $asOf) ROWS
        }",
        rows: "exceptions",
        columns: &[
            Column::text("Type", "type"),
            Column::text("Severity", "severity"),
            Column::text("Status", "status"),
            Column::text("Host name", "hostname"),
            Column::text("Organization", "organization.name"),
            Column::date("Date found", "dateFound"),
            Column::number("Age in days", "ageDays"),
            Column::date("Last seen", "lastSeen"),
            Column::text("Assigned to", "assignedTo"),
            Column::date("Snoozed until", "snoozedUntil"),
            Column::text("Resolution", "resolution"),
            Column::date("Resolved on", "resolvedDate"),
            Column::instant("Resolved at (UTC)", "resolvedAt"),
            Column::text("Resolved by", "resolvedBy"),
            Column::date("Accepted until", "acceptedUntil"),
            Column::instant("Reopened at (UTC)", "reopenedAt"),
            Column::text("Reopened by", "reopenedBy"),
            Column::text("Notes", "notes"),
            Column::text("Details", "details"),
            Column::text("Device ids", "devices.id"),
            Column::text("Exception id", "id"),
        ],
    }],
    title: None,
};
