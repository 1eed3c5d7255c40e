//! What a person decides about an exception.

use chrono::NaiveDate;
use entity::{exception, exception_event};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, QuerySelect};
use serde_json::{Value, json};

use super::{
    Resolution,
    periods::{self, Closing},
    rows,
};
use crate::inventory::{Inventory, InventoryError};

/// A person's decision on one exception.
#[derive(Clone, Debug)]
pub struct Resolve {
    /// The exception.
    pub exception_id: i64,
    /// How it is resolved; `Verified` is the checks' own.
    pub resolution: Resolution,
    /// Why, in the person's words.
    pub note: Option<String>,
    /// With `Accepted`: the last day on which it is accepted.
    pub accepted_until: Option<NaiveDate>,
    /// Refuse if the exception has changed since this version was read.
    pub expected_version: Option<i64>,
    /// The signed-in principal.
    pub actor: String,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolveOutcome {
    /// It is resolved now.
    Resolved(exception::Model),
    /// It was resolved before; nothing changed.
    AlreadyResolved(exception::Model),
    /// Somebody changed it since; nothing changed.
    Changed(exception::Model),
    /// There is no such exception.
    Unknown,
}

impl Inventory {
    /// Resolves an exception for a person.
    pub async fn resolve_exception(&self, resolve: Resolve) -> Result<ResolveOutcome, InventoryError> {
        let transaction = self.database.begin().await?;
        let found = exception::Entity::find_by_id(resolve.exception_id).lock_exclusive().one(&transaction).await?;
        let Some(known) = found else { return Ok(ResolveOutcome::Unknown) };
        if known.resolved {
            return Ok(ResolveOutcome::AlreadyResolved(known));
        }
        if resolve.expected_version.is_some_and(|version| version != known.version) {
            return Ok(ResolveOutcome::Changed(known));
        }
        let moment = rows::Moment { at: self.now(), on: self.today(), actor: &resolve.actor };
        let event = rows::event(known.id, moment, "resolved", resolution_detail(&resolve));
        let stored = self.resolved(known, &resolve).update(&transaction).await?;
        exception_event::Entity::insert(event).exec_without_returning(&transaction).await?;
        periods::close_periods(&transaction, &[stored.id], &self.closing(&resolve)).await?;
        transaction.commit().await?;
        Ok(ResolveOutcome::Resolved(stored))
    }

    fn resolved(&self, known: exception::Model, resolve: &Resolve) -> exception::ActiveModel {
        let version = known.version + 1;
        exception::ActiveModel {
            resolved: Set(true),
            resolution: Set(Some(resolve.resolution.code().to_owned())),
            resolved_at: Set(Some(self.now())),
            resolved_date: Set(Some(self.today())),
            resolved_by: Set(Some(resolve.actor.clone())),
            accepted_until: Set(resolve.accepted_until),
            snoozed_until: Set(None),
            notes: Set(resolve.note.clone()),
            version: Set(version),
            ..known.into_active_model()
        }
    }

    fn closing(&self, resolve: &Resolve) -> Closing {
        Closing {
            on: self.today(),
            at: self.now(),
            resolution: resolve.resolution,
            actor: resolve.actor.clone(),
            accepted_until: resolve.accepted_until,
            note: resolve.note.clone(),
        }
    }
}

fn resolution_detail(resolve: &Resolve) -> Value {
    json!({
        "resolution": resolve.resolution.code(),
        "note": resolve.note,
        "acceptedUntil": resolve.accepted_until,
    })
}
