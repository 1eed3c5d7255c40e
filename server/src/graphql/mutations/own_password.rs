//! `changeOwnPassword`.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use secrecy::SecretString;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    access::{Access, NotChanged, PasswordChange},
    graphql::{
        context::Hub,
        errors::Fault,
        types::{User, scalars::count},
    },
};

/// What the password of who is asking is to be.
#[derive(InputObject)]
pub struct ChangeOwnPasswordInput {
    /// What it is now.
    current_password: String,
    /// What it is to be: 12 characters at least.
    new_password: String,
}

/// What came of changing one's own password.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct ChangeOwnPasswordPayload {
    /// Who is asking; null when nothing was done.
    user: Option<User>,
    /// After how many seconds it is worth trying again; null where nobody has to wait.
    retry_after_seconds: Option<i32>,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<UserError>,
}

impl From<NotChanged> for ChangeOwnPasswordPayload {
    fn from(why: NotChanged) -> Self {
        let (error, retry_after_seconds) = match why {
            NotChanged::BadPassword => {
                let message = "12 characters to 1024 bytes are needed";
                (UserError::about("newPassword", UserErrorCode::BadInput, message), None)
            }
            NotChanged::WrongPassword => {
                let message = "it is not the password";
                (UserError::about("currentPassword", UserErrorCode::WrongPassword, message), None)
            }
            NotChanged::NoPassword => {
                let message = "who is asking has no password here";
                (UserError::new(UserErrorCode::NoPassword, message), None)
            }
            NotChanged::TooMany(wait) => {
                let message = "the password was tried too often; try again later";
                (UserError::new(UserErrorCode::TooManyAttempts, message), Some(count(wait.as_secs().max(1))))
            }
        };
        Self { user: None, retry_after_seconds, user_errors: vec![error] }
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OwnPasswordMutation;

#[Object]
impl OwnPasswordMutation {
    /// Changes the password of who is asking, who has to know the current one, and ends all their other sessions. For
    /// everybody who signs in with a password. Wrong attempts count as those of signing in do.
    async fn change_own_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The password, and what it is to be.")] input: ChangeOwnPasswordInput,
    ) -> Result<ChangeOwnPasswordPayload, Fault> {
        let principal = ctx.principal();
        let change = PasswordChange {
            current: SecretString::from(input.current_password),
            new: SecretString::from(input.new_password),
            session_id: principal.session_id().map(str::to_owned),
        };
        let access = ctx.data_unchecked::<Access>();
        Ok(match access.change_own_password(principal.name(), change, principal.address()).await? {
            Ok(row) => ChangeOwnPasswordPayload { user: Some(User(row)), ..ChangeOwnPasswordPayload::default() },
            Err(why) => why.into(),
        })
    }
}
