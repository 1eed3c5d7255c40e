//! What this process is at work on: its name in the database, how to stop each run, and the bell that says that there may
//! be something to do. Everything that another process needs to know is in the tables.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use entity::job_run;
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Why a run is stopped before it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopped {
    /// A person wanted it.
    Cancelled,
    /// It is another process's by now.
    Lost,
    /// This process ends, and gives it back.
    Leaving,
}

/// What this process is at work on. Cheap to clone: every clone is the same.
#[derive(Clone, Debug)]
pub(crate) struct AtWork {
    holder: Arc<str>,
    running: Arc<Mutex<HashMap<String, Run>>>,
    bell: watch::Sender<()>,
    turn: Arc<AsyncMutex<()>>,
}

/// One run that this process is at work on.
#[derive(Debug)]
struct Run {
    batch_id: String,
    stop: Stop,
}

/// A way to stop one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop {
    token: CancellationToken,
    why: Arc<OnceLock<Stopped>>,
}

/// A run is at work until this is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    at_work: AtWork,
    job_id: String,
    pub(super) stop: Stop,
}

impl AtWork {
    pub(crate) fn new() -> Self {
        let holder = format!("hub_{}", Uuid::new_v4().simple());
        Self { holder: holder.into(), running: Arc::default(), bell: watch::Sender::new(()), turn: Arc::default() }
    }

    /// This process, as runs that it has name it.
    pub(crate) fn holder(&self) -> &str {
        &self.holder
    }

    /// There may be something to do: whoever waits looks again.
    pub(crate) fn ring(&self) {
        self.bell.send_replace(());
    }

    /// Hears every ring from now on, also one that comes while it does not wait.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.bell.subscribe()
    }

    /// Waits until nobody else of this process takes a run: whoever has taken one is in the list by then.
    pub(super) async fn take_turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.turn).lock_owned().await
    }

    /// Whether any run is at work here.
    pub(super) fn is_busy(&self) -> bool {
        !self.running().is_empty()
    }

    pub(super) fn enter(&self, run: &job_run::Model) -> Entry {
        let stop = Stop::default();
        self.running().insert(run.job_id.clone(), Run { batch_id: run.batch_id.clone(), stop: stop.clone() });
        Entry { at_work: self.clone(), job_id: run.job_id.clone(), stop }
    }

    pub(super) fn is_running(&self, job_id: &str) -> bool {
        self.running().contains_key(job_id)
    }

    /// The batches of which any run is at work here, or was and has yet to tell its batch.
    pub(super) fn batch_ids(&self) -> HashSet<String> {
        self.running().values().map(|run| run.batch_id.clone()).collect()
    }

    /// Stops a run if it is one of this process.
    pub(super) fn stop(&self, job_id: &str, why: Stopped) {
        if let Some(run) = self.running().get(job_id) {
            run.stop.stop(why);
        }
    }

    /// Stops everything; answers how many runs that were.
    pub(super) fn stop_all(&self, why: Stopped) -> usize {
        let running = self.running();
        running.values().for_each(|run| run.stop.stop(why));
        running.len()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Run>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stop {
    /// The first reason counts.
    pub(super) fn stop(&self, why: Stopped) {
        let _ = self.why.set(why);
        self.token.cancel();
    }

    /// Waits until it is to stop, and says why.
    pub(super) async fn stopped(&self) -> Stopped {
        self.token.cancelled().await;
        self.why.get().copied().unwrap_or(Stopped::Leaving)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.at_work.running().remove(&self.job_id);
    }
}
