//! Logs: to standard error, so that standard output carries nothing but what a command was asked for.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt};

use crate::config::LogFormat;

/// Starts logging, once per process. Text has colours only where it is read on a terminal (and `NO_COLOR` is not set).
pub fn start(filter: &str, format: LogFormat) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).context("the log filter can't be read")?;
    let logs = fmt().with_env_filter(filter).with_writer(stderr);
    let started = match format {
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
        LogFormat::Text => logs.with_ansi(stderr().is_terminal() && !is_colour_unwanted()).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!(error)).context("logging is started already")
}

fn is_colour_unwanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
