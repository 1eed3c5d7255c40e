//! Logs: to standard error, so that standard output carries nothing but what a command was asked for.

use std::io::{IsTerminal, stderr};

use anyhow::Context;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, filter_fn},
    fmt,
};

use crate::config::LogFormat;

/// Crates that tell each of their steps at `info`: only their warnings are shown, unless the filter names them.
const TALKATIVE: [&str; 4] = ["opentelemetry", "sea_orm_migration", "sqlx", "tokio_cron_scheduler"];

/// Log lines as they are wanted. Text has colours only where it is read on a terminal (and `NO_COLOR` is not set).
pub(super) fn lines(filter: &str, format: LogFormat) -> anyhow::Result<impl Layer<Registry>> {
    let wanted = EnvFilter::try_new(filter).context("the log filter can't be read")?;
    let quiet = quieted(filter);
    let shown = wanted.and(filter_fn(move |event| is_shown(event, &quiet)));
    let lines = fmt::layer::<Registry>().with_writer(stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => lines.with_ansi(stderr().is_terminal() && !is_colour_unwanted()).boxed(),
    };
    Ok(lines.with_filter(shown))
}

/// The talkative crates that a filter does not name.
fn quieted(filter: &str) -> Vec<&'static str> {
    let targets = || filter.split(',').map(|directive| directive.split(['=', '[']).next().unwrap_or_default().trim());
    TALKATIVE.into_iter().filter(|name| !targets().any(|target| target.starts_with(name))).collect()
}

fn is_shown(event: &Metadata<'_>, quiet: &[&str]) -> bool {
    *event.level() <= Level::WARN || !quiet.iter().any(|name| event.target().starts_with(name))
}

fn is_colour_unwanted() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn talkative_crates_are_quiet_unless_the_filter_names_them() {
        assert_eq!(quieted("info"), TALKATIVE);
        assert_eq!(quieted("debug,server=trace"), TALKATIVE);
        assert_eq!(quieted("info, sqlx=debug"), ["opentelemetry", "sea_orm_migration", "tokio_cron_scheduler"]);
        assert_eq!(
            quieted("sqlx::query[{rows}]=debug"),
            ["opentelemetry", "sea_orm_migration", "tokio_cron_scheduler"]
        );
        assert_eq!(
            quieted("sea_orm_migration,tokio_cron_scheduler=info,sqlx=off,opentelemetry=warn"),
            Vec::<&str>::new()
        );
    }
}
