//! The hub as somebody sees it who may see some organizations only: the one place where that is enforced.
//!
//! Such a request reads by connections of its own, on which a temporary view of the same name lies before every table that
//! tells of clients ([`tables`]): no statement, whoever writes it, can name what lies beneath. So lists, totals, `node`,
//! loaders and exports are all cut by the same lines, and a query that is written tomorrow is too. A table that is not listed
//! fails a test, and nothing can be written by these connections.
//!
//! It refuses to know who asks and which right they have: it is told organizations.

mod connections;
mod tables;
mod views;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use domain::access::Reach;
use entity::exception;
use sea_orm::{DbErr, EntityTrait, QuerySelect};

pub(super) use self::connections::{restrict_postgres, restrict_sqlite};
pub use self::tables::TABLES;
use super::{Database, Inventory, InventoryError};

/// Organizations, by the ids of their rows.
pub(super) type Organizations = Arc<BTreeSet<i64>>;

/// Pools that are kept at most; the one that was used longest ago goes first. Each has two connections on PostgreSQL, four on
/// SQLite, which close after a minute without work.
const MOST_POOLS: usize = 32;

/// The pools of those who see some organizations.
#[derive(Clone, Debug, Default)]
pub(super) struct Cuts(Arc<Mutex<HashMap<Organizations, Cut>>>);

#[derive(Debug)]
struct Cut {
    database: Database,
    used: Instant,
}

impl Cuts {
    fn find(&self, organizations: &Organizations) -> Option<Database> {
        let mut cuts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cut = cuts.get_mut(organizations)?;
        cut.used = Instant::now();
        Some(cut.database.clone())
    }

    /// Of two that were opened at once, the second is used: the first goes when its requests end.
    fn keep(&self, organizations: Organizations, database: Database) {
        let mut cuts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cuts.len() >= MOST_POOLS {
            let oldest =
                cuts.iter().min_by_key(|(_, cut)| cut.used).map(|(organizations, _)| Arc::clone(organizations));
            oldest.and_then(|oldest| cuts.remove(&oldest));
        }
        cuts.insert(organizations, Cut { database, used: Instant::now() });
    }
}

impl Inventory {
    /// The hub within a reach: all that is read by it belongs to organizations of the reach. The same hub for who may see
    /// everything; for others nothing can be written by it.
    pub async fn within(&self, reach: &Reach) -> Result<Self, InventoryError> {
        match reach {
            Reach::Everything => Ok(self.clone()),
            Reach::Organizations(ids) => {
                let database = self.database.within(Arc::new(ids.clone())).await?;
                Ok(Self { database, ..self.clone() })
            }
        }
    }

    /// The hub by which this exception can be changed; `None` where it is beyond the reach, or nowhere.
    pub(crate) async fn reach_exception(&self, id: i64) -> Result<Option<Self>, InventoryError> {
        use exception::{Column, Entity};
        let Some(whole) = self.database.whole() else { return Ok(Some(self.clone())) };
        let seen = Entity::find_by_id(id).select_only().column(Column::Id).into_tuple::<i64>();
        let seen = seen.one(self.database.reader()).await?;
        Ok(seen.map(|_| Self { database: whole.clone(), ..self.clone() }))
    }
}

impl Database {
    async fn within(&self, organizations: Organizations) -> Result<Self, DbErr> {
        if let Some(own) = self.organizations() {
            // What is cut once is never cut wider.
            let message = "a reach within another one is not known";
            return if **own == *organizations { Ok(self.clone()) } else { Err(DbErr::Custom(message.to_owned())) };
        }
        if let Some(database) = self.cuts().find(&organizations) {
            return Ok(database);
        }
        let database = self.cut(Arc::clone(&organizations)).await?;
        self.cuts().keep(organizations, database.clone());
        Ok(database)
    }
}
