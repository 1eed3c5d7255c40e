//! A second hub on the database of hub processes, inside the test.

use std::{collections::BTreeMap, sync::Arc};

use domain::clock::Clock;
use server::{config, http::HttpOptions, hub, inventory::Inventory};
use tokio::task::JoinHandle;

use crate::{GraphqlClient, TestClock, world::serve};

/// Waits until all that a hub does in the background is done.
pub(crate) async fn rest(inventory: &Inventory) {
    inventory.tasks().close();
    inventory.tasks().wait().await;
    inventory.tasks().reopen();
}

/// A serving hub whose clock can be set, with the settings of a process.
#[derive(Debug)]
pub struct Neighbour {
    /// Its front door.
    pub graphql: GraphqlClient,
    inventory: Inventory,
    serving: JoinHandle<()>,
}

impl Neighbour {
    pub(crate) async fn open(environment: &BTreeMap<String, String>, clock: &Arc<TestClock>) -> anyhow::Result<Self> {
        let settings = config::load(&config::Flags::default(), environment)?;
        let inventory = hub::open(&settings, Arc::clone(clock) as Arc<dyn Clock>).await?;
        Self::serving(inventory).await
    }

    pub(crate) async fn serving(inventory: Inventory) -> anyhow::Result<Self> {
        Self::with(inventory, HttpOptions::default()).await
    }

    pub(crate) async fn with(inventory: Inventory, options: HttpOptions) -> anyhow::Result<Self> {
        let (graphql, serving) = serve(&inventory, options).await?;
        Ok(Self { graphql, inventory, serving })
    }

    /// Does whatever this hub may do now, and waits until nothing of it is at work.
    pub async fn settle(&self) {
        loop {
            rest(&self.inventory).await;
            let done = self.inventory.work_off().await;
            let done = done.unwrap_or_else(|error| panic!("the jobs can't be looked at: {error:?}"));
            if done == 0 && !self.inventory.is_at_work() {
                return;
            }
        }
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
