//! Somebody who may sign in.

use sea_orm::entity::prelude::*;

/// A row of `app_user`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "app_user")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name as it was given.
    pub name: String,
    /// The name as it is compared; unique.
    pub folded_name: String,
    /// Argon2id, as a PHC string.
    pub password_hash: String,
    /// The code of the role.
    pub role: String,
    /// Whether only the organizations of `user_organization` may be seen.
    pub is_restricted: bool,
    /// Created at.
    pub created_at: DateTimeUtc,
    /// Created by.
    pub created_by: String,
    /// When sign-in was taken away; `None` while it is not.
    pub disabled_at: Option<DateTimeUtc>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
