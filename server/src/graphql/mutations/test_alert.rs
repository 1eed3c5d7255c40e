//! `testAlert`.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::user_error::{UserError, UserErrorCode};
use crate::{
    graphql::{context::Hub, errors::Fault, types::AlertSink},
    inventory::alerts::Tried,
};

/// Which sink is tried.
#[derive(Clone, Debug, InputObject)]
pub struct TestAlertInput {
    /// The sink; null is every one that is set up.
    sink: Option<AlertSink>,
}

/// What came of trying a sink.
#[derive(Clone, Debug, SimpleObject)]
pub struct TestAlertResult {
    /// The sink.
    sink: AlertSink,
    /// Whether it took the message.
    delivered: bool,
    /// Why it did not, or which of its receivers did not; null when all did.
    error: Option<String>,
}

impl From<Tried> for TestAlertResult {
    fn from(tried: Tried) -> Self {
        let (delivered, error) = match tried.outcome {
            Ok(taken) => (true, taken.blemish()),
            Err(error) => (false, Some(error.to_string())),
        };
        Self { sink: tried.sink.into(), delivered, error }
    }
}

/// What came of trying sinks.
#[derive(Clone, Debug, Default, SimpleObject)]
pub struct TestAlertPayload {
    /// What came of each sink that was tried; empty when none is set up.
    results: Vec<TestAlertResult>,
    /// Why nothing was sent; empty when something was, whatever came of it.
    user_errors: Vec<UserError>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TestAlertMutation;

#[Object]
impl TestAlertMutation {
    /// Sends a message that is marked as a test, now and once, and says what came of it. It is no alert and is not listed.
    /// A sink that does not answer within 20 seconds is given up.
    #[graphql(complexity = "1000 + child_complexity")]
    async fn test_alert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which sink is tried.")] input: TestAlertInput,
    ) -> Result<TestAlertPayload, Fault> {
        let tried = ctx.inventory().try_sinks(input.sink.map(Into::into), ctx.principal().name()).await;
        if tried.is_empty() {
            let code = UserErrorCode::NotConfigured;
            let error = match input.sink {
                Some(_) => UserError::about("sink", code, "this server sends no alerts to that sink"),
                None => UserError::new(code, "this server sends alerts nowhere"),
            };
            return Ok(TestAlertPayload { user_errors: vec![error], ..TestAlertPayload::default() });
        }
        let results = tried.into_iter().map(TestAlertResult::from).collect();
        Ok(TestAlertPayload { results, user_errors: Vec::new() })
    }
}
