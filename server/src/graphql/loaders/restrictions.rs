//! The organizations that restricted users and API tokens may see.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use entity::{api_token_organization, organization, user_organization};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationDef};

use super::{KEY, Keyed, Rows, grouped_by_key};

/// What a restricted user may see, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationsOfUser(pub i64);

impl Loader<OrganizationsOfUser> for Rows {
    type Value = Vec<organization::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[OrganizationsOfUser],
    ) -> Result<HashMap<OrganizationsOfUser, Vec<organization::Model>>, DbErr> {
        use user_organization::{Column, Entity};
        let organization = Entity::belongs_to(organization::Entity).from(Column::OrganizationId);
        let organization: RelationDef = organization.to(organization::Column::Id).into();
        let rows = organization::Entity::find()
            .column_as(Column::UserId, KEY)
            .join_rev(JoinType::InnerJoin, organization)
            .filter(Column::UserId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(organization::Column::Name)
            .into_model::<Keyed<organization::Model>>()
            .all(&self.reader)
            .await?;
        Ok(grouped_by_key(rows, OrganizationsOfUser))
    }
}

/// What a restricted API token may see, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OrganizationsOfApiToken(pub i64);

impl Loader<OrganizationsOfApiToken> for Rows {
    type Value = Vec<organization::Model>;
    type Error = DbErr;

    async fn load(
        &self,
        keys: &[OrganizationsOfApiToken],
    ) -> Result<HashMap<OrganizationsOfApiToken, Vec<organization::Model>>, DbErr> {
        use api_token_organization::{Column, Entity};
        let organization = Entity::belongs_to(organization::Entity).from(Column::OrganizationId);
        let organization: RelationDef = organization.to(organization::Column::Id).into();
        let rows = organization::Entity::find()
            .column_as(Column::ApiTokenId, KEY)
            .join_rev(JoinType::InnerJoin, organization)
            .filter(Column::ApiTokenId.is_in(keys.iter().map(|key| key.0)))
            .order_by_asc(organization::Column::Name)
            .into_model::<Keyed<organization::Model>>()
            .all(&self.reader)
            .await?;
        Ok(grouped_by_key(rows, OrganizationsOfApiToken))
    }
}
