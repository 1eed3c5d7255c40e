//! `closeMonth`.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, SimpleObject};
use domain::billing_report::GapKind;

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{
        context::Hub,
        errors::Fault,
        types::{BillingGap, BillingReport, Month},
    },
    inventory::billing::{Billed, CloseOrder, CloseOutcome},
};

/// Characters of a reason at most.
const LONGEST: usize = 2000;

/// Which month is closed.
#[derive(Clone, Debug, InputObject)]
pub struct CloseMonthInput {
    /// The month; it must be over.
    month: Month,
    /// Whether it is closed over what it lacks. Then a reason is needed.
    #[graphql(default)]
    force: bool,
    /// Why it is closed over what it lacks, in at most 2,000 characters; null without `force`.
    reason: Option<String>,
}

impl CloseMonthInput {
    fn forced_reason(&self) -> Result<Option<String>, UserError> {
        let bad = |message| UserError::about("reason", UserErrorCode::BadInput, message);
        let is_control = |character: char| character.is_control() && !matches!(character, '\n' | '\t');
        match (self.force, self.reason.as_deref().map(str::trim)) {
            (false, None) => Ok(None),
            (false, Some(_)) => Err(bad("a reason is given with `force` only")),
            (true, Some(reason))
                if !reason.is_empty() && reason.chars().count() <= LONGEST && !reason.chars().any(is_control) =>
            {
                Ok(Some(reason.to_owned()))
            }
            (true, _) => Err(bad("closing by force needs a reason: 1 to 2,000 characters, and no control characters")),
        }
    }
}

/// What came of closing a month.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct CloseMonthPayload {
    /// Whether this request closed it.
    closed: bool,
    /// The month as it was billed, by this request or an earlier one; as it counts now while it can't be closed. Null when
    /// there is nothing to show.
    report: Option<BillingReport>,
    /// Why it is not closed, or what it was closed over.
    gaps: Vec<BillingGap>,
    /// Why this request closed nothing; empty when it did.
    user_errors: Vec<UserError>,
}

impl CloseMonthPayload {
    fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }

    fn shown(billed: Billed, user_errors: Vec<UserError>) -> Self {
        let gaps = billed.report.gaps.iter().map(Into::into).collect();
        Self { closed: user_errors.is_empty(), report: Some(BillingReport::new(Arc::new(billed))), gaps, user_errors }
    }

    fn of(outcome: CloseOutcome, month: Month) -> Self {
        let about = |code, message: String| UserError::about("month", code, message);
        let month = month.0;
        match outcome {
            CloseOutcome::Closed(billed) => Self::shown(*billed, Vec::new()),
            CloseOutcome::AlreadyClosed(billed) => {
                let by =
                    billed.closing.as_ref().map(|closing| format!(" on {} by {}", closing.at.to_rfc3339(), closing.by));
                let message = format!("{month} was closed{}", by.unwrap_or_default());
                Self::shown(*billed, vec![about(UserErrorCode::AlreadyClosed, message)])
            }
            CloseOutcome::Lacking(billed) => {
                let errors = lacking(&billed);
                Self::shown(*billed, errors)
            }
            CloseOutcome::NotOver => Self::refused(about(UserErrorCode::MonthNotOver, format!("{month} is not over"))),
            CloseOutcome::NoData => {
                let message = format!("no day of {month} is stored that could be counted");
                Self::refused(about(UserErrorCode::NoData, message))
            }
        }
    }
}

/// One error for each kind of gap; the payload lists the gaps.
fn lacking(billed: &Billed) -> Vec<UserError> {
    let kinds = [
        (
            GapKind::UnmappedOrganization,
            UserErrorCode::UnmappedOrganizations,
            "vendor organizations are no client of Ninja's",
        ),
        (GapKind::MissingDay, UserErrorCode::MissingDay, "day that is billed by is missing"),
        (
            GapKind::UnknownInternalOrganization,
            UserErrorCode::UnknownInternalOrganization,
            "internal organizations of the configuration are unknown",
        ),
    ];
    let found = kinds.into_iter().filter_map(|(kind, code, what)| {
        let count = billed.report.gaps.iter().filter(|gap| gap.kind == kind).count();
        let message = format!("{count} {what}: see `gaps`, or close by force with a reason");
        (count > 0).then(|| UserError::about("month", code, message))
    });
    found.collect()
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CloseMonthMutation;

#[Object]
impl CloseMonthMutation {
    /// Freezes the report of a month that is over: it is what was billed, for ever. Later corrections appear as adjustments
    /// in the report of the next month that is closed. Refused while the month lacks something, unless it is forced with a
    /// reason; a month that was closed before stays as it was.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn close_month(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which month is closed.")] input: CloseMonthInput,
    ) -> Result<CloseMonthPayload, Fault> {
        let forced_reason = match input.forced_reason() {
            Ok(reason) => reason,
            Err(error) => return Ok(CloseMonthPayload::refused(error)),
        };
        let order = CloseOrder { month: input.month.0, forced_reason, actor: ctx.principal().name().to_owned() };
        Ok(CloseMonthPayload::of(ctx.inventory().close_month(order).await?, input.month))
    }
}
