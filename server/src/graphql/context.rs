//! What resolvers reach through the request: the use cases, the loaders, the principal.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader, parser::types::OperationType};
use sea_orm::DbErr;

use super::{
    errors::Fault,
    loaders::{Found, LoadKey, Loaders, Preloaded, Rows},
    pagination::ReadAhead,
    principal::Principal,
};
use crate::inventory::{Inventory, reader::Reader};

/// What resolvers reach through the request.
pub(super) trait Hub {
    /// The use cases.
    fn inventory(&self) -> &Inventory;

    /// The principal of the request.
    fn principal(&self) -> &Principal;

    /// For statements that only read.
    fn reader(&self) -> &Reader {
        self.inventory().database().reader()
    }

    /// Rows that were read ahead; `None` but where pages follow each other at one moment.
    fn ahead(&self) -> Option<&ReadAhead>;

    /// What several keys name, with one statement.
    async fn load_all<K>(&self, keys: impl Iterator<Item = K>) -> Result<HashMap<K, <Rows as Loader<K>>::Value>, Fault>
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>;

    /// Reads what these keys name before the fields of many rows ask for it one by one; in a query only, as what is kept hides
    /// what changes after. Of what could not be read nothing is told here: the fields ask again, and say why they have no
    /// answer.
    async fn preload<K>(&self, keys: impl Iterator<Item = K>)
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>;

    /// Keeps what was read in another way, for the fields that will ask for it; in a query only.
    fn keep<K>(&self, found: Found<K>)
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>;

    /// What a key names, read together with the same kind of keys of the other fields of this request.
    async fn load<K>(&self, key: K) -> Result<Option<<Rows as Loader<K>>::Value>, Fault>
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>;
}

/// Whether what is read ahead may be kept: nothing changes while a query is answered.
fn reads_ahead(ctx: &Context<'_>) -> bool {
    ctx.query_env.operation.node.ty == OperationType::Query
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
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        match self.data_unchecked::<Preloaded>().get(&key) {
            Some(found) => Ok(found),
            None => Ok(self.data_unchecked::<Loaders>().load_one(key).await?),
        }
    }

    async fn preload<K>(&self, keys: impl Iterator<Item = K>)
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        if !reads_ahead(self) {
            return;
        }
        let read = self.data_unchecked::<Preloaded>().read(self.data_unchecked::<Loaders>(), keys).await;
        if let Err(error) = read {
            tracing::debug!(%error, "nothing was read ahead");
        }
    }

    async fn load_all<K>(&self, keys: impl Iterator<Item = K>) -> Result<HashMap<K, <Rows as Loader<K>>::Value>, Fault>
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        Ok(self.data_unchecked::<Loaders>().load_many(keys).await?)
    }

    fn keep<K>(&self, found: Found<K>)
    where
        K: LoadKey,
        Rows: Loader<K, Error = DbErr>,
    {
        if reads_ahead(self) {
            self.data_unchecked::<Preloaded>().keep(found);
        }
    }
}
