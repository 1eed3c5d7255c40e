//! Queries as types; what does not fit `schema.graphql` does not compile.

use chrono::{DateTime, NaiveDate, Utc};

/// Everything the schema has, in cynic's types.
pub(crate) mod schema {
    cynic::use_schema!("../schema.graphql");
}

cynic::impl_scalar!(NaiveDate, schema::Date);
cynic::impl_scalar!(DateTime<Utc>, schema::DateTime);

#[cynic::schema_for_derives(file = "../schema.graphql", module = "schema")]
mod typed {
    use super::{DateTime, NaiveDate, Utc, schema};

    #[derive(cynic::QueryVariables, Debug)]
    pub(crate) struct PageVariables {
        pub(crate) first: Option<i32>,
        pub(crate) after: Option<String>,
    }

    #[derive(cynic::QueryFragment, Debug)]
    #[cynic(graphql_type = "Query", variables = "PageVariables")]
    pub(crate) struct DevicesPage {
        #[arguments(first: $first, after: $after)]
        pub(crate) devices: DeviceConnection,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct DeviceConnection {
        pub(crate) nodes: Vec<Device>,
        pub(crate) page_info: PageInfo,
        pub(crate) total_count: i32,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct PageInfo {
        pub(crate) has_next_page: bool,
        pub(crate) end_cursor: Option<String>,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct Device {
        pub(crate) id: cynic::Id,
        pub(crate) hostname: String,
        pub(crate) first_seen: NaiveDate,
        pub(crate) organization: Option<Organization>,
        pub(crate) sources: Vec<DeviceSource>,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct Organization {
        pub(crate) name: String,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct DeviceSource {
        pub(crate) vendor: Vendor,
    }

    #[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
    #[cynic(graphql_type = "VendorName")]
    pub(crate) enum Vendor {
        Ninja,
        Threatlocker,
    }

    #[derive(cynic::QueryVariables, Debug)]
    pub(crate) struct FilterVariables {
        pub(crate) filter: Option<ExceptionFilter>,
    }

    #[derive(cynic::InputObject, Clone, Debug)]
    pub(crate) struct ExceptionFilter {
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub(crate) status: Option<ExceptionStatusFilter>,
    }

    #[derive(cynic::InputObject, Clone, Debug)]
    pub(crate) struct ExceptionStatusFilter {
        #[cynic(skip_serializing_if = "Option::is_none")]
        pub(crate) eq: Option<ExceptionStatus>,
        #[cynic(rename = "in", skip_serializing_if = "Option::is_none")]
        pub(crate) is_in: Option<Vec<ExceptionStatus>>,
    }

    #[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum ExceptionStatus {
        Open,
        Snoozed,
        Resolved,
    }

    #[derive(cynic::QueryFragment, Debug)]
    #[cynic(graphql_type = "Query", variables = "FilterVariables")]
    pub(crate) struct ExceptionsPage {
        #[arguments(first: 10, filter: $filter)]
        pub(crate) exceptions: ExceptionConnection,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct ExceptionConnection {
        pub(crate) nodes: Vec<Exception>,
        pub(crate) total_count: i32,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct Exception {
        pub(crate) id: cynic::Id,
        pub(crate) status: ExceptionStatus,
        pub(crate) version: i32,
        pub(crate) resolved_at: Option<DateTime<Utc>>,
        pub(crate) resolved_by: Option<String>,
    }

    #[derive(cynic::QueryVariables, Debug)]
    pub(crate) struct InputVariables {
        pub(crate) input: ResolveExceptionInput,
    }

    #[derive(cynic::InputObject, Debug)]
    pub(crate) struct ResolveExceptionInput {
        pub(crate) id: cynic::Id,
        pub(crate) expected_version: Option<i32>,
        pub(crate) resolution: ResolutionChoice,
        pub(crate) note: Option<String>,
        pub(crate) accepted_until: Option<NaiveDate>,
    }

    #[derive(cynic::Enum, Clone, Copy, Debug)]
    pub(crate) enum ResolutionChoice {
        Fixed,
        Accepted,
        FalsePositive,
    }

    #[derive(cynic::QueryFragment, Debug)]
    #[cynic(graphql_type = "Mutation", variables = "InputVariables")]
    pub(crate) struct Resolve {
        #[arguments(input: $input)]
        pub(crate) resolve_exception: ExceptionPayload,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct ExceptionPayload {
        pub(crate) exception: Option<Exception>,
        pub(crate) user_errors: Vec<UserError>,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct UserError {
        pub(crate) code: UserErrorCode,
    }

    #[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
    #[cynic(non_exhaustive)]
    pub(crate) enum UserErrorCode {
        AlreadyResolved,
        #[cynic(fallback)]
        Other,
    }

    #[derive(cynic::QueryFragment, Debug)]
    #[cynic(graphql_type = "Query")]
    pub(crate) struct Viewing {
        pub(crate) viewer: Viewer,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct Viewer {
        pub(crate) name: String,
        pub(crate) role: Role,
        pub(crate) organizations: Option<Vec<SeenOrganization>>,
    }

    #[derive(cynic::QueryFragment, Debug)]
    pub(crate) struct SeenOrganization {
        #[expect(dead_code, reason = "asked for, and not looked at here")]
        pub(crate) name: String,
    }

    #[derive(cynic::Enum, Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Role {
        Viewer,
        Technician,
        Admin,
    }
}

pub(crate) use typed::*;
