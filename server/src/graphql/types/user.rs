//! `Viewer`, `User` and `ApiToken`: who may use the hub, and what each may see.

use async_graphql::{Context, Enum, ID, Object};
use domain::access::{self, Principal, Reach};
use entity::{api_token, app_user, organization};

use super::{DateTime, stored::known};
use crate::graphql::{
    context::Hub,
    errors::Fault,
    loaders::{OrganizationId, OrganizationsOfApiToken, OrganizationsOfUser},
    node_id::NodeId,
};

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "access::Role")]
pub enum Role {
    /// Reads, and exports what can be read.
    Viewer,
    /// The same, and does the daily work: exceptions, syncs, collections, links.
    Technician,
    /// Everything: also bills, clients' names, schedules, held collections, users and API tokens.
    Admin,
}

fn role_of(code: &str) -> Result<Role, Fault> {
    known("role", code, |code| access::Role::from_code(code).map(Into::into))
}

/// An organization that somebody may see.
#[derive(Clone, Debug)]
pub struct SeenOrganization(organization::Model);

/// An organization that somebody may see.
#[Object]
impl SeenOrganization {
    /// The id of the `Organization`.
    async fn organization_id(&self) -> ID {
        NodeId::Organization(self.0.id).encode()
    }

    /// Its name.
    async fn name(&self) -> &str {
        &self.0.name
    }
}

fn seen(rows: Option<Vec<organization::Model>>) -> Vec<SeenOrganization> {
    rows.unwrap_or_default().into_iter().map(SeenOrganization).collect()
}

/// Who is asking.
#[derive(Clone, Debug)]
pub struct Viewer(pub Principal);

/// Who is asking.
#[Object]
impl Viewer {
    /// The name, under which changes are recorded. That of an API token begins with `token:`; on a hub without sign-in
    /// everybody is `local operator`.
    async fn name(&self) -> &str {
        self.0.name()
    }

    /// What they may do.
    async fn role(&self) -> Role {
        self.0.role().into()
    }

    /// The organizations that they may see, by name; null when they may see all, and what belongs to none.
    async fn organizations(&self, ctx: &Context<'_>) -> Result<Option<Vec<SeenOrganization>>, Fault> {
        let Reach::Organizations(ids) = self.0.reach() else { return Ok(None) };
        let found = ctx.load_all(ids.iter().map(|&id| OrganizationId(id))).await?;
        let mut rows: Vec<organization::Model> = found.into_values().collect();
        rows.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Some(seen(Some(rows))))
    }
}

/// Somebody who may sign in.
#[derive(Clone, Debug)]
pub struct User(pub app_user::Model);

/// Somebody who may sign in. Users are named by their names, which nobody else can have, in whatever case.
#[Object]
impl User {
    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What they may do.
    async fn role(&self) -> Result<Role, Fault> {
        role_of(&self.0.role)
    }

    /// The organizations that they may see, by name; null when they may see all, and what belongs to none.
    async fn organizations(&self, ctx: &Context<'_>) -> Result<Option<Vec<SeenOrganization>>, Fault> {
        if !self.0.is_restricted {
            return Ok(None);
        }
        Ok(Some(seen(ctx.load(OrganizationsOfUser(self.0.id)).await?)))
    }

    /// When they were made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Who made them; `first start` is the hub itself.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// Since when they can't sign in; null while they can.
    async fn disabled_at(&self) -> Option<DateTime> {
        self.0.disabled_at.map(DateTime)
    }
}

/// A token of a service.
#[derive(Clone, Debug)]
pub struct ApiToken(pub api_token::Model);

/// A token of a service. Tokens are named by their names, which no other can have, in whatever case.
#[Object]
impl ApiToken {
    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the service may do.
    async fn role(&self) -> Result<Role, Fault> {
        role_of(&self.0.role)
    }

    /// The organizations that the service may see, by name; null when it may see all, and what belongs to none.
    async fn organizations(&self, ctx: &Context<'_>) -> Result<Option<Vec<SeenOrganization>>, Fault> {
        if !self.0.is_restricted {
            return Ok(None);
        }
        Ok(Some(seen(ctx.load(OrganizationsOfApiToken(self.0.id)).await?)))
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// Who made it.
    async fn created_by(&self) -> &str {
        &self.0.created_by
    }

    /// When it ends.
    async fn expires_at(&self) -> DateTime {
        self.0.expires_at.into()
    }

    /// When it was used last, to the minute; null when it never was.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.0.last_used_at.map(DateTime)
    }

    /// When it was taken away; null while it was not.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.0.revoked_at.map(DateTime)
    }
}
