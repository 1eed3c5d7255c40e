//! What the rows of a page will ask loaders for, read for all of them before the first one asks.
//!
//! A field that asks a loader has to wait, one of each row and each kind by itself. What is here already it just takes.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use async_graphql::dataloader::Loader;
use sea_orm::DbErr;

use super::{LoadKey, Loaders, Rows};

/// What keys name; `None` for one that names nothing.
pub(in crate::graphql) type Found<K> = HashMap<K, Option<<Rows as Loader<K>>::Value>>;

/// What was read ahead for one request.
#[derive(Default)]
pub struct Preloaded(Mutex<HashMap<TypeId, Box<dyn Any + Send>>>);

impl fmt::Debug for Preloaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preloaded").finish_non_exhaustive()
    }
}

impl Preloaded {
    /// Reads what these keys name, but for those that were read before, and keeps it.
    pub(in crate::graphql) async fn read<K>(
        &self,
        loaders: &Loaders,
        keys: impl Iterator<Item = K>,
    ) -> Result<(), DbErr>
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        let mut found: Found<K> = keys.filter(|key| self.get(key).is_none()).map(|key| (key, None)).collect();
        for (key, value) in loaders.load_many(found.keys().cloned()).await? {
            found.insert(key, Some(value));
        }
        self.keep(found);
        Ok(())
    }

    /// Keeps what was read in another way.
    pub(in crate::graphql) fn keep<K>(&self, found: Found<K>)
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = kept.entry(TypeId::of::<K>()).or_insert_with(|| Box::new(Found::<K>::new()));
        if let Some(of_kind) = of_kind.downcast_mut::<Found<K>>() {
            of_kind.extend(found);
        }
    }

    /// What a key names, if it was among those that were read ahead.
    #[expect(clippy::option_option, reason = "not read, and read but nothing there")]
    pub(in crate::graphql) fn get<K>(&self, key: &K) -> Option<Option<<Rows as Loader<K>>::Value>>
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&TypeId::of::<K>())?.downcast_ref::<Found<K>>()?.get(key).cloned()
    }
}
