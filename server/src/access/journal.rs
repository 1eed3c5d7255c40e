//! The record of what was done: who, when, from where, what, and what came of it. Rows are only ever added.

use std::{net::IpAddr, sync::Arc, time::Duration};

use domain::clock::Clock;
use entity::audit_event::{ActiveModel, Entity};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::inventory::{Database, Inventory};

/// How long an answer waits for its record: less than mutations keep of the request's time for their answer.
const PATIENCE: Duration = Duration::from_millis(500);

/// Characters of an operation at most, as its column takes.
const LONGEST_OPERATION: usize = 100;

/// Characters of a target or a detail at most.
const LONGEST: usize = 500;

/// What kind of thing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActKind {
    /// A mutation.
    Mutation,
    /// A file of rows.
    Export,
    /// Signing in or out, and staying signed in.
    SignIn,
}

impl ActKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Mutation, Self::Export, Self::SignIn];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Mutation => "mutation",
            Self::Export => "export",
            Self::SignIn => "sign-in",
        }
    }

    /// The kind with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Done,
    /// The hub refused: the right is missing, or the input makes no sense.
    Refused,
    /// The hub failed.
    Failed,
    /// It was stopped before its end was known.
    BrokenOff,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::BrokenOff];

    /// The code that is stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::BrokenOff => "broken-off",
        }
    }

    /// The outcome with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }
}

/// What somebody did, or tried to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// Its kind.
    pub kind: ActKind,
    /// Which mutation, which file, which way to sign in.
    pub operation: String,
    /// The ids and names in its arguments.
    pub target: Option<String>,
    /// SHA-256 of its arguments.
    pub arguments_digest: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// Why, where it was not done.
    pub detail: Option<String>,
}

impl Act {
    /// One without arguments.
    pub fn new(kind: ActKind, operation: impl Into<String>, outcome: Outcome) -> Self {
        Self { kind, operation: operation.into(), target: None, arguments_digest: None, outcome, detail: None }
    }
}

/// As it can be stored and shown, whatever a client put into it: no control characters, and not too long.
fn plain(text: &str, longest: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(longest).collect()
}

/// Writes what was done. Cheap to clone.
#[derive(Clone)]
pub struct Journal {
    database: Database,
    clock: Arc<dyn Clock>,
    tasks: TaskTracker,
}

impl Journal {
    /// Of this hub.
    pub fn new(inventory: &Inventory) -> Self {
        let (database, clock, tasks) =
            (inventory.database().clone(), Arc::clone(&inventory.clock), inventory.tasks().clone());
        Self { database, clock, tasks }
    }

    /// Writes, and is done when it is written, or when the database was busy with others for half a second: what was done is
    /// answered then, and written as soon as may be. The writing is a task of its own, which an orderly stop waits for,
    /// whoever waits here. What can't be written is in the log.
    pub fn record(
        &self,
        actor: &str,
        address: Option<IpAddr>,
        acts: Vec<Act>,
    ) -> impl Future<Output = ()> + Send + use<> {
        let at = self.clock.now();
        let (actor, address) = (actor.to_owned(), address.map(|address| address.to_string()));
        let row = move |act: Act| ActiveModel {
            operation: Set(plain(&act.operation, LONGEST_OPERATION)),
            target: Set(act.target.map(|target| plain(&target, LONGEST))),
            detail: Set(act.detail.map(|detail| plain(&detail, LONGEST))),
            id: NotSet,
            at: Set(at),
            actor: Set(actor.clone()),
            address: Set(address.clone()),
            kind: Set(act.kind.code().to_owned()),
            arguments_digest: Set(act.arguments_digest),
            outcome: Set(act.outcome.code().to_owned()),
        };
        let rows: Vec<ActiveModel> = acts.into_iter().map(row).collect();
        let writer = self.database.writer().clone();
        let writing = self.tasks.spawn(async move {
            if rows.is_empty() {
                return;
            }
            if let Err(error) = Entity::insert_many(rows.clone()).exec_without_returning(&writer).await {
                tracing::error!(error = &error as &dyn std::error::Error, ?rows, "what was done could not be recorded");
            }
        });
        async move {
            if let Ok(Err(error)) = timeout(PATIENCE, writing).await {
                tracing::error!(%error, "recording what was done panicked");
            }
        }
    }
}
