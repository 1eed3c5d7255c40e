//! Working: take a run whose turn it is, do it, end it, take the next.

use std::{panic::AssertUnwindSafe, time::Duration};

use entity::job_run;
use futures::{FutureExt, StreamExt, future::OptionFuture, stream::FuturesUnordered};
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    Claimed, Ending, Report,
    at_work::{Entry, Stopped},
    ending::spell_out,
    kinds::Job,
    turn::Scope,
};
use crate::inventory::{Inventory, InventoryError, away::is_away};

/// Runs that one process works on at once: each vendor's collector, and what depends on them.
const SIDE_BY_SIDE: usize = 8;

/// How soon is looked again after a look that failed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often a process that works on its own batch looks at runs that others took of it.
const LOOK_AT_OWN: Duration = Duration::from_millis(500);

/// How a run went.
enum Went {
    /// It ended itself.
    Done(Report),
    /// It did not, and was stopped.
    Stopped(Stopped),
    /// It did not, by a fault.
    Failed(InventoryError),
    /// It did not, by a bug.
    Panicked,
}

impl Inventory {
    /// Works on whatever is ordered, here or on another server, until it is told to stop; then takes nothing more, and
    /// returns while what it took goes on in [`tasks`](Self::tasks). Looks when something is ordered here, and as often as
    /// this.
    pub async fn work(&self, stop: CancellationToken, every: Duration) {
        let mut bell = self.at_work.listen();
        let mut looks = interval(every);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut hands = Hands::default();
        while !stop.is_cancelled() {
            let looked = self.take_all(Scope::All, &mut hands, &stop).await;
            if let Err(error) = &looked {
                tracing::warn!(error = %spell_out(error), "jobs could not be looked at; a look soon tries again");
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = pause(LOOK_AGAIN), if looked.is_err() => {}
                Ok(()) = bell.changed() => {}
                _ = looks.tick() => {}
                Some(_) = OptionFuture::from((!hands.is_empty()).then(|| hands.next())) => {}
            }
        }
    }

    /// Does everything whose turn it is, and what comes after it, one after the other; answers how many runs that were.
    pub async fn work_off(&self) -> Result<usize, InventoryError> {
        let mut done = 0;
        self.conclude_orphans().await?;
        while let Some(taken) = self.claim_next(Scope::All).await? {
            self.run_claimed(taken).await;
            done += 1;
        }
        Ok(done)
    }

    /// Works on a batch that this process keeps for itself until all of it has ended; answers what jobs reported. A database
    /// that is away is waited for, as serving hubs do.
    pub(in crate::inventory) async fn work_on(&self, batch_id: &str) -> Result<Vec<Report>, InventoryError> {
        let _kept = self.keep_batch(batch_id);
        let mut bell = self.at_work.listen();
        let (mut hands, mut reports) = (Hands::default(), Vec::new());
        loop {
            let looked = self.look_at_own(batch_id, &mut hands).await;
            match &looked {
                Ok(true) => return Ok(reports),
                Ok(false) => {}
                Err(InventoryError::Database(error)) if is_away(error) => {
                    let error = spell_out(error);
                    tracing::warn!(batch_id, error, "the batch could not be looked at; a look soon tries again");
                }
                Err(_) => return looked.map(|_| reports),
            }
            tokio::select! {
                biased;
                () = pause(LOOK_AGAIN), if looked.is_err() => {}
                Some(done) = OptionFuture::from((!hands.is_empty()).then(|| hands.next())).map(Option::flatten) => {
                    reports.extend(done.ok().flatten());
                }
                Ok(()) = bell.changed() => {}
                () = pause(LOOK_AT_OWN) => {}
            }
        }
    }

    /// Whether this process is at work on any run.
    pub fn is_at_work(&self) -> bool {
        self.at_work.is_busy()
    }

    /// Gives back every run that this process is at work on, so that another takes it at once; answers how many. For a
    /// process that must end and can't wait. They are given back once [`tasks`](Self::tasks) are done.
    pub fn hand_back(&self) -> usize {
        self.at_work.stop_all(Stopped::Leaving)
    }

    /// Takes what it may of a batch; answers whether all of that has ended.
    async fn look_at_own(&self, batch_id: &str, hands: &mut Hands) -> Result<bool, InventoryError> {
        self.take_all(Scope::Batch(batch_id), hands, &CancellationToken::new()).await?;
        Ok(hands.is_empty() && self.find_batch(batch_id).await?.is_none_or(|batch| batch.ended_at.is_some()))
    }

    /// Takes whatever has its turn, for as long as it is not told to stop.
    async fn take_all(
        &self,
        scope: Scope<'_>,
        hands: &mut Hands,
        stop: &CancellationToken,
    ) -> Result<(), InventoryError> {
        self.conclude_orphans().await?;
        while hands.len() < SIDE_BY_SIDE && !stop.is_cancelled() {
            let Some(taken) = self.claim_next(scope).await? else { break };
            let hub = self.clone();
            hands.push(self.tasks.spawn(async move { hub.run_claimed(taken).await }));
        }
        Ok(())
    }

    /// Does a run, which is in the list of this process until its batch knows how it went.
    async fn run_claimed(&self, (claimed, entry): (Claimed, Entry)) -> Option<Report> {
        let went = self.perform(&claimed).await;
        let report = match self.conclude(&claimed, went).await {
            Ok(report) => report,
            Err(InventoryError::RunLost) => {
                tracing::warn!(job_id = claimed.run.job_id, "a run was another's before it could be ended");
                None
            }
            Err(error) => {
                let error = spell_out(&error);
                tracing::error!(job_id = claimed.run.job_id, error, "a run could not be ended; its lease will run out");
                None
            }
        };
        if let Err(error) = self.conclude_batch(&claimed.run.batch_id).await {
            let error = spell_out(&error);
            tracing::warn!(batch_id = claimed.run.batch_id, error, "a batch could not be ended; the next look does");
        }
        drop(entry);
        self.at_work.ring();
        report
    }

    async fn perform(&self, claimed: &Claimed) -> Went {
        let Some(job) = Job::of(&claimed.run) else { return Went::Stopped(Stopped::Leaving) };
        let _heartbeat = self.start_heartbeat(claimed);
        tokio::select! {
            biased;
            done = AssertUnwindSafe((job.run)(self, claimed)).catch_unwind() => match done {
                Ok(Ok(report)) => Went::Done(report),
                Ok(Err(error)) => Went::Failed(error),
                Err(_panic) => Went::Panicked,
            },
            why = claimed.stop.stopped() => Went::Stopped(why),
        }
    }

    /// Ends a run that did not end itself.
    async fn conclude(&self, claimed: &Claimed, went: Went) -> Result<Option<Report>, InventoryError> {
        let run = &claimed.run;
        let ending = match went {
            Went::Done(report) => return Ok(Some(report)),
            Went::Stopped(Stopped::Lost) | Went::Failed(InventoryError::RunLost) => {
                return Err(InventoryError::RunLost);
            }
            Went::Stopped(Stopped::Leaving) => return self.hand_back_run(run, false).await.map(|()| None),
            // What failed is the database, not the run: whoever finds it back tries again.
            Went::Failed(InventoryError::Database(error)) if is_away(&error) => {
                tracing::warn!(job_id = run.job_id, %error, "the database is away: the run is tried again");
                return self.hand_back_run(run, true).await.map(|()| None);
            }
            Went::Stopped(Stopped::Cancelled) => self.cancelled_at_work(run).await?,
            Went::Failed(error) => Ending::failed(&error),
            Went::Panicked => Ending::fault("the hub's own fault: the log tells more"),
        };
        let ended = self.end_run(run, Ending { pages_fetched: claimed.progress.pages_fetched(), ..ending }).await?;
        log_end(&ended);
        Ok(None)
    }
}

/// A process's runs at work.
type Hands = FuturesUnordered<JoinHandle<Option<Report>>>;

async fn pause(duration: Duration) {
    let _ = tokio::time::timeout(duration, std::future::pending::<()>()).await;
}

/// How a run ended, for the log.
pub(super) fn log_end(run: &job_run::Model) {
    tracing::info!(job = run.job_name, job_id = run.job_id, status = run.status, message = run.message, "a run ended");
}
