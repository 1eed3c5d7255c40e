//! The first start: a hub that nobody can sign in to makes its first admin.

use domain::access::{Reach, Role};
use entity::app_user;
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::SecretString;

use super::{Access, AccessError, NotDone, UserOrder, secret};

/// The name of the first admin.
const NAME: &str = "admin";

/// Who makes the first user.
const FIRST_START: &str = "first start";

impl Access {
    /// Makes the user `admin` if there is no user at all: with the given password, or with one that is made and returned,
    /// to be shown once. Of several servers that start at once, one makes it.
    pub async fn ensure_admin(&self, given: Option<SecretString>) -> Result<Option<SecretString>, AccessError> {
        if app_user::Entity::find().count(self.database.reader()).await? > 0 {
            return Ok(None);
        }
        let made = given.is_none().then(secret::make);
        let Some(password) = given.or_else(|| made.clone()) else { return Ok(None) };
        let order = UserOrder { name: NAME.to_owned(), password, role: Role::Admin, reach: Reach::Everything };
        match self.create_user(order, FIRST_START).await? {
            Ok(_) => Ok(made),
            // Another server was first.
            Err(NotDone::Taken) => Ok(None),
            Err(_) => Err(AccessError::FirstPassword),
        }
    }
}
