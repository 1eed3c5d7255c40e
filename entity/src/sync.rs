//! A wish to read one device anew, and what came of it.

use sea_orm::entity::prelude::*;

/// A row of `sync`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sync")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The vendor that is asked.
    pub vendor_id: i64,
    /// The vendor's key of the device: as asked, or as found by its name; `None` while only a name is known.
    pub vendor_device_key: Option<String>,
    /// The host name that was asked for; `None` when it was a key.
    pub hostname: Option<String>,
    /// The identity that was synced; `None` when none was.
    pub device_identity_id: Option<i64>,
    /// What asked: `mutation` or `webhook`.
    pub trigger: String,
    /// Who asked: a principal, or the webhook's name.
    pub requested_by: String,
    /// When it was asked for.
    pub requested_at: DateTimeUtc,
    /// Not started before: the vendor is asked for a device once a second.
    pub not_before: DateTimeUtc,
    /// When the vendor was first asked; `None` while it waits.
    pub started_at: Option<DateTimeUtc>,
    /// One that is running and not ended by then died with its server.
    pub claimed_until: Option<DateTimeUtc>,
    /// When it ended; `None` until then.
    pub ended_at: Option<DateTimeUtc>,
    /// `queued`, `running`, or how it ended.
    pub outcome: String,
    /// What came of it in a sentence; `None` until it has ended.
    #[sea_orm(column_type = "Text", nullable)]
    pub message: Option<String>,
    /// From start to end, in milliseconds; `None` until it has ended.
    pub duration_ms: Option<i64>,
    /// How long the vendor asked to wait; `None` when it did not.
    pub retry_after_seconds: Option<i64>,
    /// How many exceptions it opened.
    pub opened: i64,
    /// How many exceptions it closed.
    pub closed: i64,
}

/// Joins that queries use.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// To `device_identity`.
    #[sea_orm(
        belongs_to = "super::device_identity::Entity",
        from = "Column::DeviceIdentityId",
        to = "super::device_identity::Column::Id"
    )]
    DeviceIdentity,
}

impl Related<super::device_identity::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::DeviceIdentity.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}
