//! What resolvers reach through the request: the use cases, the loaders, the principal.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use sea_orm::{DatabaseConnection, DbErr};

use super::{
    errors::Fault,
    loaders::{Loaders, Rows},
    pagination::ReadAhead,
    principal::Principal,
};
use crate::inventory::Inventory;

/// What resolvers reach through the request.
pub(super) trait Hub {
    /// The use cases.
    fn inventory(&self) -> &Inventory;

    /// The principal of the request.
    fn principal(&self) -> &Principal;

    /// For statements that only read.
    fn reader(&self) -> &DatabaseConnection {
        self.inventory().database().reader()
    }

    /// Rows that were read ahead; `None` but where pages follow each other at one moment.
    fn ahead(&self) -> Option<&ReadAhead>;

    /// What several keys name, with one statement.
    async fn load_all<K>(&self, keys: impl Iterator<Item = K>) -> Result<HashMap<K, <Rows as Loader<K>>::Value>, Fault>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Rows: Loader<K, Error = DbErr>;

    /// What a key names, read together with the same kind of keys of the other fields of this request.
    async fn load<K>(&self, key: K) -> Result<Option<<Rows as Loader<K>>::Value>, Fault>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Rows: Loader<K, Error = DbErr>;
}

impl Hub for Context<'_> {
    fn inventory(&self) -> &Inventory {
        self.data_unchecked::<Inventory>()
    }

    fn principal(&self) -> &Principal {
        self.data_unchecked::<Principal>()
    }

    fn ahead(&self) -> Option<&ReadAhead> {
        self.data_opt::<Arc<ReadAhead>>().map(AsRef::as_ref)
    }

    async fn load<K>(&self, key: K) -> Result<Option<<Rows as Loader<K>>::Value>, Fault>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Rows: Loader<K, Error = DbErr>,
    {
        Ok(self.data_unchecked::<Loaders>().load_one(key).await?)
    }

    async fn load_all<K>(&self, keys: impl Iterator<Item = K>) -> Result<HashMap<K, <Rows as Loader<K>>::Value>, Fault>
    where
        K: Clone + Eq + Hash + Send + Sync + 'static,
        Rows: Loader<K, Error = DbErr>,
    {
        Ok(self.data_unchecked::<Loaders>().load_many(keys).await?)
    }
}
