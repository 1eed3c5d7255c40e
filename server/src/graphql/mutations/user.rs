//! `createUser` and `changeUser`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use domain::access::Reach;
use secrecy::SecretString;

use super::{
    access_order::{reach_of, refusal},
    user_error::{UserError, UserErrorCode},
};
use crate::{
    access::{Access, NotDone, UserChange, UserOrder},
    graphql::{
        context::Hub,
        errors::Fault,
        types::{Role, User},
    },
};

/// Somebody who is to be able to sign in.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// The name, in 1 to 100 characters; nobody else may have it, in whatever case.
    name: String,
    /// The first password: 12 characters at least.
    password: String,
    /// What they may do.
    role: Role,
    /// The only organizations that they may see; an empty list is none. Null is all, and what belongs to none.
    organization_ids: Option<Vec<ID>>,
}

/// What is to be different of a user.
#[derive(InputObject)]
pub struct ChangeUserInput {
    /// The name of the user.
    name: String,
    /// A new password, of 12 characters at least, which ends all sessions; null leaves it.
    password: Option<String>,
    /// What they may do from now on; null leaves it.
    role: Option<Role>,
    /// The only organizations that they may see from now on; an empty list is none. Null leaves it.
    organization_ids: Option<Vec<ID>>,
    /// True to let them see all organizations again; null leaves it. Not together with `organizationIds`.
    sees_everything: Option<bool>,
    /// True to keep them from signing in, which ends all sessions; false to let them again; null leaves it.
    disabled: Option<bool>,
    /// By whom at an OpenID Connect issuer they are to sign in too from now on, with the role that the issuer says then; null
    /// changes nothing.
    oidc_identity: Option<OidcIdentityInput>,
}

/// Somebody whom an OpenID Connect issuer vouches for.
#[derive(InputObject)]
pub struct OidcIdentityInput {
    /// The issuer, as its tokens name it (`iss`).
    issuer: String,
    /// Its own name for them (`sub`), which never changes.
    subject: String,
}

impl ChangeUserInput {
    fn reach(&mut self) -> Result<Result<Option<Reach>, UserError>, Fault> {
        match (self.organization_ids.take(), self.sees_everything) {
            (None, Some(true)) => Ok(Ok(Some(Reach::Everything))),
            (Some(ids), None | Some(false)) => Ok(Ok(Some(reach_of(Some(ids))?))),
            (None, None | Some(false)) => Ok(Ok(None)),
            (Some(_), Some(true)) => {
                let message = "give either `organizationIds` or `seesEverything`";
                Ok(Err(UserError::about("seesEverything", UserErrorCode::BadInput, message)))
            }
        }
    }
}

/// What came of making or changing a user.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct UserPayload {
    /// The user as it is now; null when nothing was done.
    user: Option<User>,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<UserError>,
}

impl UserPayload {
    fn of(done: Result<entity::app_user::Model, NotDone>) -> Self {
        match done {
            Ok(row) => Self { user: Some(User(row)), user_errors: Vec::new() },
            Err(why) => Self::refused(refusal(why)),
        }
    }

    fn refused(error: UserError) -> Self {
        Self { user: None, user_errors: vec![error] }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UserMutations;

#[Object]
impl UserMutations {
    /// Makes somebody who may sign in. For admins.
    async fn create_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is to be able to sign in.")] input: CreateUserInput,
    ) -> Result<UserPayload, Fault> {
        let reach = reach_of(input.organization_ids)?;
        let (password, role) = (SecretString::from(input.password), input.role.into());
        let order = UserOrder { name: input.name, password, role, reach };
        let access = ctx.data_unchecked::<Access>();
        Ok(UserPayload::of(access.create_user(order, ctx.principal().name()).await?))
    }

    /// Changes a user, or keeps them from signing in. What they may do and see is different from their next request on, and
    /// their open WebSockets are closed. Nobody is deleted, because what they did names them. For admins.
    async fn change_user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be different.")] mut input: ChangeUserInput,
    ) -> Result<UserPayload, Fault> {
        let reach = match input.reach()? {
            Ok(reach) => reach,
            Err(error) => return Ok(UserPayload::refused(error)),
        };
        let (password, role) = (input.password.map(SecretString::from), input.role.map(Into::into));
        let identity = input.oidc_identity.map(|identity| (identity.issuer, identity.subject));
        let change = UserChange { password, role, reach, identity, disabled: input.disabled };
        Ok(UserPayload::of(ctx.data_unchecked::<Access>().change_user(&input.name, change).await?))
    }
}
