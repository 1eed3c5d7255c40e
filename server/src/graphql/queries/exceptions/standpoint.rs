//! From which day exceptions are looked at.

use async_graphql::Context;
use chrono::NaiveDate;
use entity::exception;
use sea_orm::{
    Condition, DatabaseBackend, QueryFilter, Select,
    sea_query::{Expr, ExprTrait, Query},
};

use super::filter::ExceptionFilter;
use crate::{
    graphql::{context::Hub, errors::Fault, exceptions_as_of, filters::condition, types::Date},
    inventory::{Inventory, Reference},
};

/// From where exceptions are looked at: now, or the end of a past day.
#[derive(Clone, Copy, Debug)]
pub(in crate::graphql) struct Standpoint<'a> {
    pub(super) reference: &'a Reference,
    pub(super) backend: DatabaseBackend,
    /// Today, or the day that is asked for.
    pub(super) day: NaiveDate,
    pub(super) as_of: Option<NaiveDate>,
}

impl<'a> Standpoint<'a> {
    /// As things are now.
    pub(in crate::graphql) fn now(inventory: &'a Inventory) -> Self {
        let backend = inventory.database().backend();
        Self { reference: inventory.reference(), backend, day: inventory.today(), as_of: None }
    }

    /// At the end of a day; null is now. A day to come is refused.
    pub(super) fn at(ctx: &'a Context<'_>, as_of: Option<Date>) -> Result<Self, Fault> {
        let now = Self::now(ctx.inventory());
        match as_of {
            Some(Date(day)) if day > now.day => {
                Err(Fault::BadUserInput(format!("`asOf` ({day}) is after today ({})", now.day)))
            }
            Some(Date(day)) => Ok(Self { day, as_of: Some(day), ..now }),
            None => Ok(now),
        }
    }

    /// A condition on one column that stays the same over time, searched in an index of that column alone. SQLite would
    /// walk along the order of the list and read whole rows (50,000: 100 ms, where the index takes 10).
    pub(super) fn searched(self, asked: Condition) -> Condition {
        if self.backend == DatabaseBackend::Postgres || asked.is_empty() {
            return asked;
        }
        let found = Query::select().column(exception::Column::Id).from(exception::Entity).cond_where(asked).take();
        Condition::all().add(self.id_that_probes().in_subquery(found))
    }

    /// The id, in a form that lets SQLite look into a list of ids while it walks along the order of the page, and keeps it
    /// from reading and sorting all of the list, which may be all there are.
    pub(super) fn id_that_probes(self) -> Expr {
        match self.backend {
            DatabaseBackend::Postgres => Expr::cust("exceptions.id"),
            _ => Expr::cust("+exceptions.id"),
        }
    }

    /// As `searched`, for a column that was something else on a past day: nothing but the rows of that day tells then.
    pub(super) fn changing(self, asked: Result<Condition, Fault>) -> Result<Condition, Fault> {
        Ok(if self.as_of.is_some() { asked? } else { self.searched(asked?) })
    }

    /// The exceptions that a filter finds; no filter finds all.
    pub(in crate::graphql) fn rows(self, filter: Option<&ExceptionFilter>) -> Result<Select<exception::Entity>, Fault> {
        Ok(exceptions_as_of::exceptions(self.as_of, self.backend).filter(condition(filter, &self)?))
    }
}
