//! Sending what is due.

use std::{sync::Arc, time::Duration};

use futures::future::{join, join_all};
use tokio::time::{MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;

use super::telling::new_message_id;
use crate::{
    inventory::{Inventory, InventoryError, jobs::spell_out},
    sinks::{Message, SendError, Sink, SinkName, Taken},
};

/// How often it is looked for what is due.
const TICK: Duration = Duration::from_secs(2);

/// What came of trying a sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The sink.
    pub sink: SinkName,
    /// Whether it took the message, and why not.
    pub outcome: Result<Taken, SendError>,
}

impl Inventory {
    /// Sends what is due, and again what becomes due, until it is cancelled: each sink at its own pace. A message that is
    /// being sent is finished.
    pub async fn deliver_until(self, stop: CancellationToken) {
        let old = until_stopped(&stop, || self.give_up_on_old());
        let sinks = self.outlet.sinks.iter();
        let sending = sinks.map(|sink| until_stopped(&stop, || async { self.deliver_to(sink, &stop).await.map(drop) }));
        join(old, join_all(sending)).await;
    }

    /// Sends what is due now, to all sinks side by side; answers how many messages were sent or tried.
    pub async fn deliver_due(&self) -> Result<usize, InventoryError> {
        self.give_up_on_old().await?;
        let never = CancellationToken::new();
        let tried = join_all(self.outlet.sinks.iter().map(|sink| self.deliver_to(sink, &never))).await;
        tried.into_iter().sum()
    }

    async fn deliver_to(&self, sink: &Arc<dyn Sink>, stop: &CancellationToken) -> Result<usize, InventoryError> {
        let mut tried = 0;
        while !stop.is_cancelled()
            && let Some(claim) = self.claim_message(sink.name()).await?
        {
            let outcome = sink.send(&claim.message, self.now()).await;
            if let Err(error) = &outcome {
                let (sink, message) = (sink.name().code(), &claim.message.id);
                tracing::warn!(sink, message, %error, "an alert was not delivered");
            }
            self.settle(sink.name(), &claim, outcome).await?;
            tried += 1;
        }
        Ok(tried)
    }

    /// Sends a test message to one sink, or to all, at once and past the outbox; empty when none of them is set up. Nobody
    /// waits for long, whatever the sink is allowed.
    pub async fn try_sinks(&self, wanted: Option<SinkName>, by: &str) -> Vec<Tried> {
        let message = Message::test(new_message_id(), by);
        let sinks = self.outlet.sinks.iter().filter(|sink| wanted.is_none_or(|wanted| sink.name() == wanted));
        let tries = sinks.map(async |sink| {
            let sent = timeout(self.rules.alerts.trial, sink.send(&message, self.now())).await;
            Tried { sink: sink.name(), outcome: sent.unwrap_or(Err(SendError::TimedOut)) }
        });
        join_all(tries).await
    }
}

/// Does it now and again, until it is cancelled.
async fn until_stopped<F: Future<Output = Result<(), InventoryError>>>(stop: &CancellationToken, work: impl Fn() -> F) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        if let Err(error) = work().await {
            tracing::error!(error = %spell_out(&error), "alerts could not be delivered; they are tried again");
        }
    }
}
