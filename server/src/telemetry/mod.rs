//! What the process tells of itself while it works: log lines always, traces where somebody collects them.
//!
//! It decides where spans and events go, and knows nothing of what they are about. It refuses to tell values: spans carry
//! names, routes, paths and statements with placeholders; credentials are in none of them.

mod logs;
mod statements;
mod traces;

use std::time::Duration;

use anyhow::Context;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};

use crate::config::{LogFormat, TraceSettings};

pub use statements::trace_statement;
pub use traces::{are_traced, continue_trace};

/// How long a stop waits for the last traces to be taken.
const FLUSH: Duration = Duration::from_secs(5);

/// Logs and traces of this process, until [`Self::finish`].
#[derive(Debug)]
#[must_use = "the last traces are sent when it is finished"]
pub struct Telemetry(Option<traces::Traces>);

/// Starts logs, and traces where `traces` says where to. Once per process.
pub fn start(filter: &str, format: LogFormat, traces: Option<&TraceSettings>) -> anyhow::Result<Telemetry> {
    let lines = logs::lines(filter, format)?;
    let traces = traces.map(traces::Traces::open).transpose()?;
    let started =
        tracing_subscriber::registry().with(lines).with(traces.as_ref().map(traces::Traces::layer)).try_init();
    started.context("logging is started already")?;
    Ok(Telemetry(traces))
}

impl Telemetry {
    /// Sends what was not sent yet, and gives up after a few seconds.
    pub async fn finish(self) {
        let Some(traces) = self.0 else { return };
        let closing = tokio::task::spawn_blocking(move || traces.close(FLUSH));
        if let Ok(Err(error)) = closing.await {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}
