//! `createApiToken` and `revokeApiToken`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use secrecy::ExposeSecret;

use super::{
    access_order::{reach_of, refusal},
    user_error::UserError,
};
use crate::{
    access::{Access, ApiTokenOrder},
    graphql::{
        context::Hub,
        errors::Fault,
        types::{ApiToken, DateTime, Role},
    },
};

/// A token that a service is to have.
#[derive(Clone, Debug, InputObject)]
pub struct CreateApiTokenInput {
    /// The name, in 1 to 100 characters; no other token may ever have it, in whatever case.
    name: String,
    /// What the service may do.
    role: Role,
    /// The only organizations that it may see; an empty list is none. Null is all, and what belongs to none.
    organization_ids: Option<Vec<ID>>,
    /// When it ends, within 366 days.
    expires_at: DateTime,
}

/// Which token is taken away.
#[derive(Clone, Debug, InputObject)]
pub struct RevokeApiTokenInput {
    /// Its name.
    name: String,
}

/// What came of making a token.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct CreateApiTokenPayload {
    /// The token as it is listed; null when none was made.
    api_token: Option<ApiToken>,
    /// What the service sends as `Authorization: Bearer …`. It is shown here and never again; null when none was made.
    token: Option<String>,
    /// Why none was made; empty when one was.
    user_errors: Vec<UserError>,
}

/// What came of taking a token away.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct RevokeApiTokenPayload {
    /// The token as it is now; null when there is none of that name. Taking it away twice is no error.
    api_token: Option<ApiToken>,
    /// Why nothing was done; empty when it is taken away.
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ApiTokenMutations;

#[Object]
impl ApiTokenMutations {
    /// Makes a token for a service, which needs no password and no refreshing. For admins.
    async fn create_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which token.")] input: CreateApiTokenInput,
    ) -> Result<CreateApiTokenPayload, Fault> {
        let reach = reach_of(input.organization_ids)?;
        let order = ApiTokenOrder { name: input.name, role: input.role.into(), reach, expires_at: input.expires_at.0 };
        let made = ctx.data_unchecked::<Access>().create_api_token(order, ctx.principal().name()).await?;
        Ok(match made {
            Ok(issued) => CreateApiTokenPayload {
                api_token: Some(ApiToken(issued.row)),
                token: Some(issued.token.expose_secret().to_owned()),
                user_errors: Vec::new(),
            },
            Err(why) => CreateApiTokenPayload { user_errors: vec![refusal(why)], ..CreateApiTokenPayload::default() },
        })
    }

    /// Takes a token away: it is good for nothing from now on. For admins.
    async fn revoke_api_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which token.")] input: RevokeApiTokenInput,
    ) -> Result<RevokeApiTokenPayload, Fault> {
        Ok(match ctx.data_unchecked::<Access>().revoke_api_token(&input.name).await? {
            Ok(row) => RevokeApiTokenPayload { api_token: Some(ApiToken(row)), user_errors: Vec::new() },
            Err(why) => RevokeApiTokenPayload { api_token: None, user_errors: vec![refusal(why)] },
        })
    }
}
