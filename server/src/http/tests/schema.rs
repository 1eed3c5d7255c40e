//! A small schema with everything that can happen: answers, failures, panics, things that never end.

#![expect(clippy::unused_async, reason = "resolvers are async by async-graphql's rule")]

use async_graphql::{Context, Error, ErrorExtensions, Object, Schema, Subscription};
use futures::{Stream, StreamExt, stream};
use tokio::sync::mpsc::UnboundedSender;

pub(super) type TestSchema = Schema<Query, Mutation, Events>;

/// Tells the test when it is dropped.
struct DropProbe(UnboundedSender<&'static str>, &'static str);

impl Drop for DropProbe {
    fn drop(&mut self) {
        let _ = self.0.send(self.1);
    }
}

fn probe(context: &Context<'_>, name: &'static str) -> DropProbe {
    DropProbe(context.data_unchecked::<UnboundedSender<&'static str>>().clone(), name)
}

pub(super) struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: Option<String>) -> String {
        format!("hello {}", name.unwrap_or_default())
    }

    async fn on(&self, date: chrono::NaiveDate) -> String {
        date.to_string()
    }

    async fn failing(&self) -> Option<Result<String, Error>> {
        Some(Err(Error::new("the organization is unknown").extend_with(|_, e| e.set("code", "NOT_FOUND"))))
    }

    async fn failing_without_code(&self) -> Option<Result<String, Error>> {
        Some(Err(Error::new("forgotten")))
    }

    async fn failing_strictly(&self) -> Result<String, Error> {
        Err(Error::new("strict"))
    }

    async fn panicking(&self, calmly: Option<bool>) -> String {
        assert!(calmly.is_some(), "a secret in a panic");
        String::new()
    }

    async fn endless(&self, context: &Context<'_>) -> bool {
        let _probe = probe(context, "query");
        std::future::pending().await
    }
}

pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn rename(&self, name: String) -> String {
        name
    }
}

pub(super) struct Events;

#[Subscription]
impl Events {
    async fn count(&self, to: u32) -> impl Stream<Item = u32> {
        stream::iter(1..=to)
    }

    async fn endless(&self, context: &Context<'_>) -> impl Stream<Item = u32> {
        let probe = probe(context, "subscription");
        stream::once(async { 1 }).chain(stream::pending()).map(move |number| {
            let _held = &probe;
            number
        })
    }

    async fn failing(&self) -> impl Stream<Item = Result<u32, Error>> {
        stream::iter([Ok(1), Err(Error::new("broke").extend_with(|_, e| e.set("code", "UNAVAILABLE")))])
    }

    async fn panicking(&self) -> impl Stream<Item = u32> {
        stream::iter(0..2).map(|number| if number == 0 { number } else { panic!("a secret in a panic") })
    }
}

pub(super) fn schema(probe: UnboundedSender<&'static str>) -> TestSchema {
    Schema::build(Query, Mutation, Events).data(probe).finish()
}
