//! How many exceptions of a type are open.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::exception::{Column, Entity};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use super::Rows;
use crate::graphql::{queries::Standpoint, types::ExceptionStatus};

/// The number of exceptions of the type with this code that the work list shows as open; none is no entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenExceptionsOfType(pub &'static str);

impl Loader<OpenExceptionsOfType> for Rows {
    type Value = i64;
    type Error = DbErr;

    async fn load(&self, keys: &[OpenExceptionsOfType]) -> Result<HashMap<OpenExceptionsOfType, i64>, DbErr> {
        let rows = Entity::find()
            .select_only()
            .column(Column::Type)
            .column_as(Column::Id.count(), "open")
            .filter(Standpoint::now(&self.inventory).has_status(ExceptionStatus::Open))
            .filter(Column::Type.is_in(keys.iter().map(|key| key.0)))
            .group_by(Column::Type)
            .into_tuple::<(String, i64)>()
            .all(&self.reader)
            .await?;
        let key_of = |code: &str| keys.iter().find(|key| key.0 == code).copied();
        Ok(rows.into_iter().filter_map(|(code, open)| key_of(&code).map(|key| (key, open))).collect())
    }
}
