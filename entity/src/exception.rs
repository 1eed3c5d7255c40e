//! A finding with a life: found, worked on, resolved.

use sea_orm::entity::prelude::*;

/// A row of `exceptions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "exceptions")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The day it was first found; age counts from it.
    pub date_found: Date,
    /// Type.
    #[sea_orm(column_name = "type")]
    pub r#type: String,
    /// Hostname.
    pub hostname: String,
    /// Details.
    #[sea_orm(column_type = "JsonBinary")]
    pub details: Json,
    /// What a search looks through: host name and texts of the details, folded (`domain::search`).
    pub details_text: String,
    /// Resolved.
    pub resolved: bool,
    /// Resolved date.
    pub resolved_date: Option<Date>,
    /// Resolved by.
    pub resolved_by: Option<String>,
    /// Assigned to.
    pub assigned_to: Option<String>,
    /// The latest note or comment.
    pub notes: Option<String>,
    /// Type and identities: one row for ever.
    pub fingerprint: String,
    /// The last day a check found it.
    pub last_seen_date: Date,
    /// Organization id.
    pub organization_id: Option<i64>,
    /// That organization's canonical name, by which lists are sorted.
    pub organization_name: Option<String>,
    /// FIXED, ACCEPTED, FALSE_POSITIVE by a person; VERIFIED by a check that no longer found it.
    pub resolution: Option<String>,
    /// Resolved at.
    pub resolved_at: Option<DateTimeUtc>,
    /// Accepted until.
    pub accepted_until: Option<Date>,
    /// The last time it was opened again after it was resolved.
    pub reopened_at: Option<DateTimeUtc>,
    /// Who did that: a principal, or `checks`.
    pub reopened_by: Option<String>,
    /// 1 low, 2 medium, 3 high.
    pub severity: i16,
    /// The last day on which nobody wants to see it though it is open.
    pub snoozed_until: Option<Date>,
    /// The vendors whose records it is about: a bit for each, at the place of its id.
    pub vendors: i64,
    /// Grows with every change but one: a check that only sees it again.
    pub version: i64,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
