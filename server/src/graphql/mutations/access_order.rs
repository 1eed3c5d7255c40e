//! What the mutations of users and API tokens share: whom somebody may see, and why nothing was done.

use async_graphql::ID;
use domain::access::Reach;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    access::{AccessError, NotDone},
    graphql::{errors::Fault, node_id::NodeId},
    inventory::InventoryError,
};

/// Organizations in one input at most.
const MOST: usize = 1000;

/// The reach that a list of ids means; no list is everything.
pub(super) fn reach_of(ids: Option<Vec<ID>>) -> Result<Reach, Fault> {
    let Some(ids) = ids else { return Ok(Reach::Everything) };
    if ids.len() > MOST {
        return Err(Fault::BadUserInput(format!("at most {MOST} organizations can be named")));
    }
    Ok(Reach::Organizations(ids.iter().map(NodeId::organization).collect::<Result<_, _>>()?))
}

/// Why nothing was done, for whoever asked.
pub(super) fn refusal(why: NotDone) -> UserError {
    let about = |field, code, message: &str| UserError::about(field, code, message);
    match why {
        NotDone::BadName => {
            let message =
                "1 to 100 characters are needed, none of them a colon or a control character, no space at the ends";
            about("name", UserErrorCode::BadInput, message)
        }
        NotDone::BadPassword => about("password", UserErrorCode::BadInput, "12 characters to 1024 bytes are needed"),
        NotDone::BadEnd => about("expiresAt", UserErrorCode::BadInput, "it must be in the future, within 366 days"),
        NotDone::Taken => about("name", UserErrorCode::NameTaken, "the name is taken, in whatever case"),
        NotDone::BadIdentity => {
            let message = "1 to 255 bytes each are needed, and another user must not have it";
            about("oidcIdentity", UserErrorCode::BadInput, message)
        }
        NotDone::NotFound => about("name", UserErrorCode::NotFound, "there is nobody of that name"),
        NotDone::UnknownOrganization => {
            about("organizationIds", UserErrorCode::NotFound, "there is no such organization")
        }
        NotDone::LastAdmin => {
            let message = "nobody would be left who may administer everything";
            UserError::new(UserErrorCode::LastAdmin, message)
        }
    }
}

impl From<AccessError> for Fault {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::Database(error) => error.into(),
            error => InventoryError::Corrupt(error.to_string()).into(),
        }
    }
}
