//! `ExceptionTypeInfo`: what checks look for, and how many such troubles are open.

use async_graphql::{Context, Object};
use domain::checks;

use super::{ExceptionType, Json, Severity, scalars::count};
use crate::graphql::{context::Hub, errors::Fault, loaders::OpenExceptionsOfType};

/// A kind of trouble.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionTypeInfo(pub checks::ExceptionType);

/// A kind of trouble that checks look for, with its settings.
#[Object]
impl ExceptionTypeInfo {
    /// Which one.
    #[graphql(name = "type")]
    async fn exception_type(&self) -> ExceptionType {
        self.0.into()
    }

    /// What it means and what to do, for a technician.
    async fn description(&self) -> &'static str {
        self.0.description()
    }

    /// How bad it is.
    async fn severity(&self) -> Severity {
        self.0.severity().into()
    }

    /// Whether it is looked for. The exceptions of a type that was switched off stay as they are.
    async fn enabled(&self, ctx: &Context<'_>) -> bool {
        ctx.inventory().rules().checks.is_on(self.0)
    }

    /// Its settings; empty for most types, and for who may see some organizations only.
    async fn settings(&self, ctx: &Context<'_>) -> Vec<CheckSetting> {
        // They may name other clients' locations.
        if ctx.principal().reach().is_restricted() {
            return Vec::new();
        }
        ctx.inventory().rules().checks.of(self.0).into_iter().map(CheckSetting).collect()
    }

    /// How many exceptions of the type are open and not snoozed: as many as `exceptions` lists for OPEN.
    async fn open_count(&self, ctx: &Context<'_>) -> Result<i32, Fault> {
        Ok(count(ctx.load(OpenExceptionsOfType(self.0.code())).await?.unwrap_or_default()))
    }
}

/// A setting of a check.
#[derive(Clone, Debug)]
pub struct CheckSetting(pub checks::Setting);

/// A setting of a check, as it is in the configuration of this server.
#[Object]
impl CheckSetting {
    /// Its name in the table `checks` of the settings file.
    async fn name(&self) -> &'static str {
        self.0.name
    }

    /// What it is set to: a number, or a list of texts.
    async fn value(&self) -> Json {
        Json(self.0.value.clone())
    }

    /// What it means.
    async fn description(&self) -> &'static str {
        self.0.description
    }
}
