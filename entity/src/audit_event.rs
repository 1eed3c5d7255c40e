//! What somebody did, or tried to.

use sea_orm::entity::prelude::*;

/// A row of `audit_event`. Written once; triggers refuse any change.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_event")]
pub struct Model {
    /// Id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When it ended.
    pub at: DateTimeUtc,
    /// Who, by name; what was given as a name where nobody signed in.
    pub actor: String,
    /// From where; `None` where that is not known.
    pub address: Option<String>,
    /// The code of its kind.
    pub kind: String,
    /// What: a mutation, a file, a way to sign in.
    pub operation: String,
    /// The ids and names in its arguments; `None` where there are none.
    pub target: Option<String>,
    /// SHA-256 of its arguments, in hexadecimal; `None` where they hold a secret or there are none.
    pub arguments_digest: Option<String>,
    /// The code of what came of it.
    pub outcome: String,
    /// Why, where it was not done.
    pub detail: Option<String>,
}

/// No joins are declared.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
