//! `windows11`: how each Windows workstation stands with Windows 11 24H2, and the counts per organization.

use crate::export::report::{Column, InFileName, Parameter, Report, Table, Title};

pub(super) const REPORT: Report = Report {
    name: "windows11",
    parameters: &[
        Parameter::word("date").named(InFileName::When("")),
        Parameter::organization(),
        Parameter::json("filter"),
        Parameter::json("verdicts"),
    ],
    tables: &[
        Table {
            name: "Devices",
            document:
                "query ($date: Date, $organizationId: ID, $filter: SnapshotFilter, $verdicts: [Windows11Verdict!],
                              $first: Int!, $after: String) {
                windows11Devices(date: $date, organizationId: $organizationId, filter: $filter, verdicts: $verdicts,
                                 first: $first, after: $after) ROWS
            }",
            rows: "windows11Devices",
            columns: &[
                Column::text("Host name", "hostname"),
                Column::text("Display name", "displayName"),
                Column::text("Organization", "organization.name"),
                Column::text("Location", "location.name"),
                Column::text("Billing", "billing"),
                Column::text("Verdict", "windows11.verdict"),
                Column::text(
                    "Not met or not known",
                    "windows11.requirements(outcomes: [NOT_MET, NOT_ENOUGH_DATA]).requirement",
                ),
                Column::text("Remedies", "windows11.requirements(outcomes: [NOT_MET, NOT_ENOUGH_DATA]).remedy"),
                Column::text("Operating system", "os.name"),
                Column::text("Build", "os.build"),
                Column::text("CPU", "hardware.cpuModel"),
                Column::number("Memory GiB", "hardware.memoryGib"),
                Column::text("Manufacturer", "hardware.manufacturer"),
                Column::text("Model", "hardware.model"),
                Column::date("Date", "date"),
                Column::text("Vendor's id", "vendorDeviceKey"),
            ],
        },
        Table {
            name: "Organizations",
            document:
                "query ($date: Date, $organizationId: ID, $filter: SnapshotFilter, $first: Int!, $after: String) {
                windows11Readiness(date: $date, organizationId: $organizationId, filter: $filter) {
                    byOrganization(first: $first, after: $after) ROWS
                }
            }",
            rows: "windows11Readiness.byOrganization",
            columns: &[
                Column::text("Organization", "organization.name"),
                Column::number("Capable", "counts.capable"),
                Column::number("Not capable", "counts.notCapable"),
                Column::number("Already there", "counts.alreadyThere"),
                Column::number("Newer", "counts.newer"),
                Column::number("Not enough data", "counts.notEnoughData"),
                Column::number("Not judged", "counts.notJudged"),
                Column::number("Total", "counts.total"),
                Column::text("Organization id", "organization.id"),
            ],
        },
    ],
    // Without a date they are the latest stored day's, which may be older than today.
    title: Some(Title {
        document: "query ($date: Date, $organizationId: ID, $filter: SnapshotFilter) {
            windows11Readiness(date: $date, organizationId: $organizationId, filter: $filter) { date }
        }",
        field: "windows11Readiness.date",
        tells: InFileName::When(""),
    }),
};
