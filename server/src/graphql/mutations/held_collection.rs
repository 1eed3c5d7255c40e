//! `applyHeldCollection` and `discardHeldCollection`.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        loaders::CollectionId,
        node_id::NodeId,
        types::{Collection, scalars::count},
    },
    inventory::held::{Decision, HeldWord},
};

/// Characters of a note at most.
const LONGEST: usize = 2000;

/// Which held collection becomes its day's snapshot.
#[derive(Clone, Debug, InputObject)]
pub struct ApplyHeldCollectionInput {
    /// The collection that waits.
    id: ID,
    /// Why, in at most 2,000 characters; null says nothing.
    note: Option<String>,
}

/// Which held collection is thrown away.
#[derive(Clone, Debug, InputObject)]
pub struct DiscardHeldCollectionInput {
    /// The collection that waits.
    id: ID,
    /// Why, in at most 2,000 characters; null says nothing.
    note: Option<String>,
}

/// What came of a decision on a held collection.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct HeldCollectionPayload {
    /// The collection, with what became of it and who said so; null when there is none of this id.
    collection: Option<Collection>,
    /// How many exceptions opened or reopened by it.
    opened_exceptions: i32,
    /// How many exceptions it closed.
    closed_exceptions: i32,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<UserError>,
}

impl HeldCollectionPayload {
    fn because(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    async fn of(ctx: &Context<'_>, id: i64, decision: Decision) -> Result<Self, Fault> {
        let collection = ctx.load(CollectionId(id)).await?.map(Collection);
        let shown = Self { collection, ..Self::default() };
        let about = |code, message| vec![UserError::about("id", code, message)];
        Ok(match decision {
            Decision::Applied { opened, closed } => {
                Self { opened_exceptions: count(opened), closed_exceptions: count(closed), ..shown }
            }
            Decision::Discarded => shown,
            Decision::NotHeld => {
                let message = "no collection of this id waits; somebody may have decided, or a newer one came";
                Self { user_errors: about(UserErrorCode::NotFound, message), ..shown }
            }
            Decision::Outdated => {
                let message = "a newer collection of the vendor is stored, so this one can only be discarded";
                Self { user_errors: about(UserErrorCode::Outdated, message), ..shown }
            }
        })
    }
}

fn word(ctx: &Context<'_>, note: Option<String>) -> Result<HeldWord, UserError> {
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    let is_control = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
    let is_plain = |note: &String| note.chars().count() <= LONGEST && !note.chars().any(is_control);
    if note.as_ref().is_some_and(|note| !is_plain(note)) {
        let message = "at most 2,000 characters, and no control characters";
        return Err(UserError::about("note", UserErrorCode::BadInput, message));
    }
    Ok(HeldWord { actor: ctx.principal().name().to_owned(), note })
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct HeldCollectionMutations;

#[Object]
impl HeldCollectionMutations {
    /// Makes a held collection its day's snapshot. Where the checks of that day ran without it, they run again with it; a
    /// day whose checks are still to come is left to them.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn apply_held_collection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which collection, and why.")] input: ApplyHeldCollectionInput,
    ) -> Result<HeldCollectionPayload, Fault> {
        let id = NodeId::held_collection(&input.id)?;
        match word(ctx, input.note) {
            Ok(word) => {
                let decision = ctx.inventory().apply_held(id, &word).await?;
                HeldCollectionPayload::of(ctx, id, decision).await
            }
            Err(error) => Ok(HeldCollectionPayload::because(error)),
        }
    }

    /// Throws a held collection away: what is stored stands.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn discard_held_collection(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which collection, and why.")] input: DiscardHeldCollectionInput,
    ) -> Result<HeldCollectionPayload, Fault> {
        let id = NodeId::held_collection(&input.id)?;
        match word(ctx, input.note) {
            Ok(word) => {
                let decision = ctx.inventory().discard_held(id, &word).await?;
                HeldCollectionPayload::of(ctx, id, decision).await
            }
            Err(error) => Ok(HeldCollectionPayload::because(error)),
        }
    }
}
