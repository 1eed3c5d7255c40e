//! What a person does to exceptions, one or many: all of it in one transaction, with an outcome for each.

use std::collections::HashMap;

use chrono::NaiveDate;
use domain::exception_life::{self, By, Change, EventKind, Latest, Refusal, Ruling, Verdict};
use entity::{exception, exception_event};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait};

use super::{
    periods::{self, Closing},
    rows::{self, Moment},
    selecting::{Selection, Wanted},
};
use crate::inventory::{Inventory, InventoryError, bulk};

/// How many rows are read and written at a time, and how many results are told one by one.
const ROWS_AT_ONCE: usize = 1000;

/// What came of a change to one exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Changed,
    /// It was so already. Words that came with it and were new are kept as a comment.
    Unchanged,
    /// It can't be done as the exception stands.
    Refused(Refusal),
    /// Somebody changed it since the version that was expected.
    Conflict,
    /// There is no such exception.
    NotFound,
}

/// One exception after a change.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeResult {
    /// Its id.
    pub id: i64,
    /// As it is now, changed or not; `None` when there is none.
    pub row: Option<exception::Model>,
    /// What came of it.
    pub outcome: Outcome,
}

/// Many exceptions after a change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeReport {
    /// The first 1,000, as they were named, or in the order of their ids.
    pub results: Vec<ChangeResult>,
    /// How many were selected.
    pub selected: usize,
    /// How many were changed.
    pub changed: usize,
    /// How many were so already.
    pub unchanged: usize,
    /// How many could not be changed as they stand.
    pub refused: usize,
    /// How many were not as the person saw them.
    pub conflicts: usize,
    /// How many do not exist.
    pub not_found: usize,
}

/// What came of a change to many.
#[derive(Clone, Debug, PartialEq)]
pub enum Changed {
    /// Each has its outcome.
    Done(ChangeReport),
    /// Another number matches than was expected; nothing changed.
    Miscounted {
        /// How many match.
        matching: usize,
    },
}

/// What is wanted of every row, by whom and when.
struct Order<'a> {
    change: &'a Change,
    moment: Moment<'a>,
    versions: HashMap<i64, i64>,
}

/// What is written for a number of rows.
#[derive(Default)]
struct Writing {
    rows: Vec<exception::Model>,
    events: Vec<exception_event::ActiveModel>,
    reopened: Vec<(i64, NaiveDate)>,
}

impl Inventory {
    /// Changes one exception. It waits for a check that works on the same row, and for nothing else: with one row locked,
    /// nobody waits in a circle.
    pub async fn change_exception(
        &self,
        wanted: Wanted,
        change: &Change,
        actor: &str,
    ) -> Result<ChangeResult, InventoryError> {
        let selection = Selection::Named(vec![wanted]);
        let transaction = self.database.begin().await?;
        let ids = selection.lock(&transaction).await?;
        let report = self.change_rows(&transaction, &ids, &self.order(&selection, change, actor)).await?;
        transaction.commit().await?;
        Ok(report.results.into_iter().next().unwrap_or_else(|| missing(wanted.id)))
    }

    /// Changes many. They take their turn with checks and with each other: both lock many rows.
    pub async fn change_exceptions(
        &self,
        selection: Selection,
        change: &Change,
        actor: &str,
    ) -> Result<Changed, InventoryError> {
        let transaction = self.database.begin_storing().await?;
        let ids = selection.lock(&transaction).await?;
        if !selection.expects(ids.len()) {
            return Ok(Changed::Miscounted { matching: ids.len() });
        }
        let report = self.change_rows(&transaction, &ids, &self.order(&selection, change, actor)).await?;
        transaction.commit().await?;
        Ok(Changed::Done(report.in_order_of(&selection)))
    }

    /// The moment is taken once the rows are locked: histories tell events in the order in which they happened.
    fn order<'a>(&self, selection: &Selection, change: &'a Change, actor: &'a str) -> Order<'a> {
        let at = self.now();
        let moment = Moment { at, on: self.zone.date_of(at), actor };
        Order { change, moment, versions: selection.versions() }
    }

    async fn change_rows(
        &self,
        transaction: &DatabaseTransaction,
        ids: &[i64],
        order: &Order<'_>,
    ) -> Result<ChangeReport, InventoryError> {
        let mut report = ChangeReport { selected: ids.len(), ..ChangeReport::default() };
        for chunk in ids.chunks(ROWS_AT_ONCE) {
            let locked = exception::Entity::find().filter(exception::Column::Id.is_in(chunk.iter().copied()));
            let rows = locked.order_by_asc(exception::Column::Id).all(transaction).await?;
            let mut latest = list_latest(transaction, &rows, order.change).await?;
            let mut writing = Writing::default();
            for row in rows {
                let latest = latest.remove(&row.id);
                report.add(writing.change(row, latest, order));
            }
            writing.store(transaction, order).await?;
        }
        Ok(report)
    }
}

impl Writing {
    fn change(&mut self, row: exception::Model, latest: Option<Latest>, order: &Order<'_>) -> ChangeResult {
        let id = row.id;
        let result = |row, outcome| ChangeResult { id, row: Some(row), outcome };
        let by = By { actor: order.moment.actor, today: order.moment.on };
        let (work, event) = match exception_life::rule(&rows::work(&row, latest), order.change, by) {
            Ruling::Changed { work, event } => (work, event),
            Ruling::Unchanged => return result(row, Outcome::Unchanged),
            Ruling::Refused(refusal) => return result(row, Outcome::Refused(refusal)),
        };
        // It was so already, and its words are not: they are kept, and contradict nobody.
        let is_only_said = event.kind == EventKind::Commented && !matches!(order.change, Change::Comment { .. });
        let is_outdated = order.versions.get(&id).is_some_and(|expected| *expected != row.version);
        if is_outdated && !is_only_said {
            return result(row, Outcome::Conflict);
        }
        if row.resolved && work.resolved.is_none() {
            self.reopened.push((id, rows::open_since(&row, order.moment)));
        }
        let row = rows::worked(&row, work, order.moment);
        self.events.push(rows::event(id, order.moment, event));
        self.rows.push(row.clone());
        result(row, if is_only_said { Outcome::Unchanged } else { Outcome::Changed })
    }

    async fn store(self, transaction: &DatabaseTransaction, order: &Order<'_>) -> Result<(), InventoryError> {
        let ids: Vec<i64> = self.rows.iter().map(|row| row.id).collect();
        rows::update(transaction, self.rows).await?;
        bulk::insert(transaction, self.events, None).await?;
        if let Change::Resolve { verdict, note } = order.change {
            periods::close_periods(transaction, &ids, &closing(*verdict, note.clone(), order.moment)).await?;
        }
        periods::open_periods(transaction, self.reopened, order.moment.at).await?;
        Ok(())
    }
}

/// The latest entry of the history of each of these exceptions, where it makes a difference: where nothing but words is
/// new, and they may be the ones that were said last.
async fn list_latest(
    transaction: &DatabaseTransaction,
    rows: &[exception::Model],
    change: &Change,
) -> Result<HashMap<i64, Latest>, InventoryError> {
    use exception_event::{Column, Entity};
    let ids: Vec<i64> = rows.iter().filter(|row| change.is_only_words(row.resolved)).map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let newest = Entity::find()
        .select_only()
        .column_as(Column::Id.max(), "id")
        .filter(Column::ExceptionId.is_in(ids))
        .group_by(Column::ExceptionId);
    let events = Entity::find().filter(Column::Id.in_subquery(newest.into_query())).all(transaction).await?;
    let latest = |event: exception_event::Model| {
        let note = event.detail["note"].as_str().map(str::to_owned);
        (event.exception_id, Latest { actor: event.actor, note })
    };
    Ok(events.into_iter().map(latest).collect())
}

fn closing(verdict: Verdict, note: Option<String>, moment: Moment<'_>) -> Closing {
    Closing {
        at: moment.at,
        resolution: verdict.resolution(),
        actor: moment.actor.to_owned(),
        accepted_until: verdict.accepted_until(),
        note,
    }
}

fn missing(id: i64) -> ChangeResult {
    ChangeResult { id, row: None, outcome: Outcome::NotFound }
}

impl ChangeReport {
    fn add(&mut self, result: ChangeResult) {
        let counted = match result.outcome {
            Outcome::Changed => &mut self.changed,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Conflict => &mut self.conflicts,
            Outcome::NotFound => &mut self.not_found,
        };
        *counted += 1;
        if self.results.len() < ROWS_AT_ONCE {
            self.results.push(result);
        }
    }

    /// With a result for each that was named, in that order, whether it exists or not.
    fn in_order_of(self, selection: &Selection) -> Self {
        let Selection::Named(wanted) = selection else { return self };
        let mut found: HashMap<i64, ChangeResult> =
            self.results.into_iter().map(|result| (result.id, result)).collect();
        let results: Vec<ChangeResult> =
            wanted.iter().map(|one| found.remove(&one.id).unwrap_or_else(|| missing(one.id))).collect();
        let not_found = results.iter().filter(|result| result.outcome == Outcome::NotFound).count();
        Self { results, selected: wanted.len(), not_found, ..self }
    }
}
