//! What can be asked of a number.

use async_graphql::InputObject;
use sea_orm::{
    Condition,
    sea_query::{Expr, ExprTrait},
};

use super::operators::in_order;
use crate::graphql::errors::Fault;

/// Asks about a number. Operators that are null are not asked.
#[derive(Clone, Debug, Default, InputObject)]
pub struct IntFilter {
    /// Is this number.
    eq: Option<i32>,
    /// Is this number or a larger one.
    gte: Option<i32>,
    /// Is this number or a smaller one.
    lte: Option<i32>,
}

impl IntFilter {
    /// On an expression that is never null.
    pub(in crate::graphql) fn on(&self, number: &Expr) -> Result<Condition, Fault> {
        in_order(self.gte, self.lte)?;
        Ok(Condition::all()
            .add_option(self.eq.map(|wanted| number.clone().eq(wanted)))
            .add_option(self.gte.map(|wanted| number.clone().gte(wanted)))
            .add_option(self.lte.map(|wanted| number.clone().lte(wanted))))
    }

    /// The smallest number that can match; `None` where there is none.
    pub(in crate::graphql) fn at_least(&self) -> Option<i32> {
        Ord::max(self.eq, self.gte)
    }
}
