//! A month that was billed. Rows of it, of its lines, changes and adjustments are written once; triggers refuse any change.

use sea_orm::entity::prelude::*;

/// A row of `closed_month`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "closed_month")]
pub struct Model {
    /// The month, `YYYY-MM`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: String,
    /// The stored day that was billed by.
    pub counted_on: Date,
    /// ThreatLocker's day beside it; `None` when it had none in the month.
    pub threatlocker_on: Option<Date>,
    /// The first day of highest and average.
    pub counted_from: Date,
    /// The last day of them.
    pub counted_to: Date,
    /// Endpoints billed in all.
    pub endpoints: i64,
    /// Seats billed in all.
    pub seats: i64,
    /// Days without a complete collection.
    #[sea_orm(column_type = "JsonBinary")]
    pub missing_days: Json,
    /// Names of the internal organizations.
    #[sea_orm(column_type = "JsonBinary")]
    pub left_out: Json,
    /// What was lacking, and closed over.
    #[sea_orm(column_type = "JsonBinary")]
    pub gaps: Json,
    /// Why it was closed by force; `None` when it was not.
    pub forced_reason: Option<String>,
    /// When it was closed.
    pub closed_at: DateTimeUtc,
    /// The principal who closed it.
    pub closed_by: String,
    /// SHA-256 of the canonical form, in hexadecimal.
    pub content_hash: String,
    /// How the canonical form is written: the number of a `domain::billing_report::ContentFormat`.
    pub format: i64,
    /// Ids of the internal organizations, in the order of their names in `left_out`; `None` in format 1.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub left_out_ids: Option<Json>,
    /// The canonical form as it was hashed; `None` in format 1, where it is written again from the rows.
    #[sea_orm(column_type = "Text", nullable)]
    pub content: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
