//! A process's work on a job run, from taking it to its end or loss.

use sea_orm::entity::prelude::*;

/// A row of `job_attempt`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job_attempt")]
pub struct Model {
    /// The run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub job_id: String,
    /// Counted from 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i32,
    /// The process.
    pub holder: String,
    /// Began at.
    pub began_at: DateTimeUtc,
    /// Ended at; of a lost one, when that was found.
    pub ended_at: Option<DateTimeUtc>,
    /// How its run ended, or lost, or handed_back; `None` while it is at work.
    pub outcome: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
