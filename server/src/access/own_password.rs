//! The password of who is asking, changed by themselves; and one whose hash was made too cheaply, hashed again.

use std::{net::IpAddr, time::Duration};

use domain::access::folded_name;
use entity::{app_user, session};
use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use secrecy::SecretString;

use super::{Access, AccessError, identities::NO_PASSWORD, password::Passwords, sessions::revoke, users::is_good};
use crate::inventory::database::{Section, serialize};

/// What somebody wants their password to be.
#[derive(Debug)]
pub struct PasswordChange {
    /// What it is.
    pub current: SecretString,
    /// What it is to be.
    pub new: SecretString,
    /// The session that goes on; all others end.
    pub session_id: Option<String>,
}

/// Why a password stays what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotChanged {
    /// The new one is too short or too long.
    BadPassword,
    /// The current one is another.
    WrongPassword,
    /// Who asks signs in without one: a service, or somebody whom an issuer vouches for.
    NoPassword,
    /// Too many attempts; the next one after this time.
    TooMany(Duration),
}

impl Access {
    /// Changes the password of the user of this name, who knows the current one. Guessing it is as slow as at the door.
    pub async fn change_own_password(
        &self,
        name: &str,
        change: PasswordChange,
        address: Option<IpAddr>,
    ) -> Result<Result<app_user::Model, NotChanged>, AccessError> {
        use app_user::{Column, Entity};
        if !is_good(&change.new) {
            return Ok(Err(NotChanged::BadPassword));
        }
        let folded = folded_name(name);
        let wanted = Entity::find().filter(Column::FoldedName.eq(folded.as_str())).filter(Column::DisabledAt.is_null());
        let user = wanted.one(self.database.reader()).await?.filter(|user| user.password_hash != NO_PASSWORD);
        let Some(user) = user else { return Ok(Err(NotChanged::NoPassword)) };
        if let Err(wait) = self.throttle.begin(&folded, address, self.now()) {
            return Ok(Err(NotChanged::TooMany(wait)));
        }
        let compared = self.passwords.is_right(change.current, Some(user.password_hash.clone())).await;
        if matches!(compared, Err(AccessError::Busy)) {
            self.throttle.take_back(&folded, address);
        }
        if !compared? {
            return Ok(Err(NotChanged::WrongPassword));
        }
        self.throttle.succeed(&folded, address, self.now());
        let hash = self.passwords.hash(change.new).await?;
        let transaction = self.database.begin().await?;
        serialize(&transaction, Section::Access).await?;
        // Only over the one that was compared: of two who change it at once, one is first.
        let changed = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(hash))
            .filter(Column::Id.eq(user.id).and(Column::PasswordHash.eq(user.password_hash.as_str())))
            .exec(&transaction)
            .await?;
        if changed.rows_affected == 0 {
            return Ok(Err(NotChanged::WrongPassword));
        }
        let others = session::Column::UserId.eq(user.id);
        let others = match change.session_id {
            Some(id) => others.and(session::Column::Id.ne(id)),
            None => others,
        };
        revoke(&transaction, others, ("password changed", self.now())).await?;
        transaction.commit().await?;
        self.tell_revocation();
        Ok(Ok(user))
    }

    /// Hashes a password again that was just compared, if its hash was made cheaper than hashes are made now. Whether that
    /// succeeds is no matter of who signs in. Answers the hash that is stored then.
    pub(super) async fn hash_again(&self, user: &app_user::Model, password: SecretString) -> String {
        use app_user::{Column, Entity};
        let stored = user.password_hash.clone();
        if !Passwords::is_outdated(&stored) {
            return stored;
        }
        let hash = match self.passwords.hash(password).await {
            Ok(hash) => hash,
            Err(error) => {
                tracing::warn!(%error, "a password could not be hashed again");
                return stored;
            }
        };
        let changed = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(hash.clone()))
            .filter(Column::Id.eq(user.id).and(Column::PasswordHash.eq(stored.as_str())))
            .exec(self.database.writer())
            .await;
        match changed {
            Ok(changed) if changed.rows_affected > 0 => hash,
            Ok(_) => stored,
            Err(error) => {
                tracing::warn!(%error, "a password that was hashed again could not be stored");
                stored
            }
        }
    }
}
