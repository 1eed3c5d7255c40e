//! `devices`: the machines.

use crate::export::report::{Column, Parameter, Report, Table};

pub(super) const REPORT: Report = Report {
    name: "devices",
    parameters: &[Parameter::json("filter"), Parameter::json("orderBy")],
    tables: &[Table {
        name: "Devices",
        document: "query ($first: Int!, $after: String, $filter: DeviceFilter, $orderBy: DeviceOrder) {
            devices(first: $first, after: $after, filter: $filter, orderBy: $orderBy) ROWS
        }",
        rows: "devices",
        columns: &[
            Column::text("Host name", "hostname"),
            Column::text("Display name", "displayName"),
            Column::text("Organization", "organization.name"),
            Column::text("Device type", "deviceType"),
            Column::text("Billing", "billing"),
            Column::text("Spare reason", "spareReason"),
            Column::flag("Present", "present"),
            Column::date("First seen", "firstSeen"),
            Column::date("Last seen", "lastSeen"),
            Column::text("Vendors", "sources.vendor"),
            Column::text("Vendors' ids", "sources.vendorDeviceKey"),
            Column::text("Open exceptions", "openExceptions.type"),
            Column::text("Device id", "id"),
        ],
    }],
    title: None,
};
