//! Which organizations a restricted user or API token may see.

use std::collections::BTreeSet;

use domain::access::Reach;
use entity::{api_token_organization, organization, user_organization};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect,
};

/// Whose reach it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    User(i64),
    ApiToken(i64),
}

/// What is stored. Only who is restricted costs a statement.
pub(super) async fn load(connection: &impl ConnectionTrait, owner: Owner, is_restricted: bool) -> Result<Reach, DbErr> {
    if !is_restricted {
        return Ok(Reach::Everything);
    }
    let ids: Vec<i64> = match owner {
        Owner::User(id) => {
            use user_organization::{Column, Entity};
            let rows = Entity::find().filter(Column::UserId.eq(id)).select_only().column(Column::OrganizationId);
            rows.into_tuple().all(connection).await?
        }
        Owner::ApiToken(id) => {
            use api_token_organization::{Column, Entity};
            let rows = Entity::find().filter(Column::ApiTokenId.eq(id)).select_only().column(Column::OrganizationId);
            rows.into_tuple().all(connection).await?
        }
    };
    Ok(Reach::Organizations(BTreeSet::from_iter(ids)))
}

/// Replaces what is stored.
pub(super) async fn store(transaction: &DatabaseTransaction, owner: Owner, reach: &Reach) -> Result<(), DbErr> {
    let ids = match reach {
        Reach::Everything => BTreeSet::new(),
        Reach::Organizations(ids) => ids.clone(),
    };
    match owner {
        Owner::User(user_id) => {
            use user_organization::{ActiveModel, Column, Entity};
            Entity::delete_many().filter(Column::UserId.eq(user_id)).exec(transaction).await?;
            let row = |id| ActiveModel { user_id: Set(user_id), organization_id: Set(id) };
            if !ids.is_empty() {
                Entity::insert_many(ids.into_iter().map(row)).exec_without_returning(transaction).await?;
            }
        }
        Owner::ApiToken(token_id) => {
            use api_token_organization::{ActiveModel, Entity};
            let row = |id| ActiveModel { api_token_id: Set(token_id), organization_id: Set(id) };
            if !ids.is_empty() {
                Entity::insert_many(ids.into_iter().map(row)).exec_without_returning(transaction).await?;
            }
        }
    }
    Ok(())
}

/// Whether all of these organizations are there.
pub(super) async fn are_known(connection: &impl ConnectionTrait, reach: &Reach) -> Result<bool, DbErr> {
    use organization::{Column, Entity};
    let Reach::Organizations(ids) = reach else { return Ok(true) };
    let found = Entity::find().filter(Column::Id.is_in(ids.iter().copied())).select_only().column(Column::Id);
    let found: Vec<i64> = found.into_tuple().all(connection).await?;
    Ok(found.len() == ids.len())
}
