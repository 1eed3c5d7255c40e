//! What objects answer, and that it is what async-graphql's own way answers: an object of which a key is asked for twice
//! still goes it.

#![expect(
    clippy::unwrap_used,
    clippy::unused_async,
    reason = "a test; async-graphql takes asynchronous resolvers only"
)]

// So the macros' code resolves objects by this crate, as in the server.
extern crate engine as async_graphql;

use std::{sync::LazyLock, time::Duration};

use async_graphql::{
    EmptyMutation, EmptySubscription, Interface, Object, Response, Result, Schema, SimpleObject, Union,
};
use serde_json::{Value, json};
use tokio::{sync::Barrier, task::yield_now};

/// More than are polled one after the other.
const MEETING: usize = 40;

struct Query;

#[derive(Clone, Copy, SimpleObject)]
struct Size {
    width: i32,
    height: i32,
}

#[derive(Clone, Copy)]
struct Machine(i32);

#[Object]
impl Machine {
    async fn name(&self) -> String {
        format!("machine {}", self.0)
    }

    /// Waits as often as the number of the machine says.
    async fn slow(&self) -> i32 {
        for _ in 0..self.0 {
            yield_now().await;
        }
        self.0
    }

    async fn size(&self) -> Size {
        Size { width: self.0, height: 2 * self.0 }
    }

    async fn next(&self) -> Option<Self> {
        yield_now().await;
        (self.0 < 3).then(|| Self(self.0 + 1))
    }

    /// Whether as many fields as are awaited came to wait at the same time.
    async fn meeting(&self) -> bool {
        static MET: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(MEETING));
        tokio::time::timeout(Duration::from_mins(1), MET.wait()).await.is_ok()
    }

    async fn broken(&self) -> Result<i32> {
        yield_now().await;
        Err("broken".into())
    }

    async fn broken_maybe(&self) -> Result<Option<i32>> {
        Err("broken, and may be".into())
    }
}

#[derive(Clone, Copy)]
struct Person;

#[Object]
impl Person {
    async fn name(&self) -> String {
        "person".to_owned()
    }

    async fn age(&self) -> i32 {
        40
    }
}

#[derive(Interface)]
#[graphql(field(name = "name", ty = "String"))]
enum Named {
    Machine(Machine),
    Person(Person),
}

#[derive(Union)]
enum Found {
    Machine(Machine),
    Person(Person),
}

#[Object]
impl Query {
    async fn machine(&self) -> Machine {
        Machine(1)
    }

    async fn machines(&self) -> Vec<Machine> {
        (0..50).map(Machine).collect()
    }

    async fn named(&self) -> Vec<Named> {
        vec![Named::Person(Person), Named::Machine(Machine(2))]
    }

    async fn found(&self) -> Vec<Found> {
        vec![Found::Machine(Machine(2)), Found::Person(Person)]
    }
}

async fn answer(query: &str) -> Response {
    Schema::build(Query, EmptyMutation, EmptySubscription).finish().execute(query).await
}

/// The answer as it is written, with its errors as paths and messages.
async fn told(query: &str) -> (String, Vec<Value>) {
    let response = answer(query).await;
    let error = |error: &async_graphql::ServerError| json!([error.path, error.message]);
    let mut errors: Vec<_> = response.errors.iter().map(error).collect();
    errors.sort_by_key(Value::to_string);
    (serde_json::to_string(&response.data).unwrap(), errors)
}

/// A field under as many keys.
fn aliases(count: usize, field: &str) -> String {
    (0..count).map(|n| format!("f{n}: {field}")).collect::<Vec<_>>().join(" ")
}

/// Keys in the order of the alphabet.
fn sorted(answer: &str) -> Value {
    serde_json::from_str(answer).unwrap()
}

/// What is asked of a machine, be it one or many.
const OF_MACHINES: [&str; 9] = [
    "name slow size { height width }",
    "slow name",
    "a: slow b: slow c: name __typename",
    "next { next { name size { width } slow } slow }",
    "... { name } ... on Machine { slow } ... on Named { named: name } ...F",
    "... on Named { ... on Person { age } } name",
    "broken name",
    "broken_maybe: brokenMaybe name next { brokenMaybe broken slow }",
    "broken",
];

/// What is asked of lists whose objects are known by an interface or a union.
const OF_OTHERS: [(&str, &str); 6] = [
    ("named", "name __typename"),
    ("named", "kind: __typename"),
    ("named", "... on Machine { slow } name"),
    ("named", "... on Named { name } ... on Person { age }"),
    ("found", "__typename kind: __typename"),
    ("found", "... on Person { age } __typename"),
];

const FRAGMENT: &str = "fragment F on Machine { size { height } next { slow } }";

#[tokio::test]
async fn objects_answer_what_async_graphql_answers() {
    let of_machines =
        ["machine", "machines"].into_iter().flat_map(|list| OF_MACHINES.map(|selection| (list, selection)));
    for (list, selection) in of_machines.chain(OF_OTHERS) {
        let fragment = if selection.contains("...F") { FRAGMENT } else { "" };
        let (ours, errors) = told(&format!("{{ {list} {{ {selection} }} }} {fragment}")).await;
        // Each key twice: nothing else about the answer changes.
        let (theirs, twice) = told(&format!("{{ {list} {{ {selection} {selection} }} }} {fragment}")).await;
        assert_eq!(sorted(&ours), sorted(&theirs), "{list}: {selection}");
        let is_of_a_field = |error: &&Value| error[0].as_array().is_some_and(|path| !path.is_empty());
        assert!(errors.iter().all(|error| is_of_a_field(&error)), "refused: {selection}: {errors:?}");
        assert!(errors.iter().all(|error| twice.contains(error)), "{selection}: {errors:?} {twice:?}");
        assert!(twice.iter().all(|error| errors.contains(error)), "{selection}: {errors:?} {twice:?}");
    }
}

#[tokio::test]
async fn fields_come_in_the_order_of_the_question_whatever_they_wait_for() {
    let (answer, errors) =
        told("{ machine { slow name ...F __typename again: slow } } fragment F on Machine { size { height width } }")
            .await;
    let expected =
        r#"{"machine":{"slow":1,"name":"machine 1","size":{"height":2,"width":1},"__typename":"Machine","again":1}}"#;
    assert_eq!((answer.as_str(), errors.len()), (expected, 0));
}

#[tokio::test]
async fn fields_wait_at_the_same_time() {
    let fields = aliases(MEETING, "meeting");
    let (answer, errors) = told(&format!("{{ machine {{ {fields} }} }}")).await;
    assert_eq!((sorted(&answer)["machine"]["f0"].as_bool(), errors.len()), (Some(true), 0));
}

#[tokio::test]
async fn many_fields_of_one_object_are_resolved() {
    let fields = aliases(2000, "name");
    let (answer, errors) = told(&format!("{{ machine {{ {fields} }} }}")).await;
    assert_eq!((sorted(&answer)["machine"].as_object().map(serde_json::Map::len), errors.len()), (Some(2000), 0));
}
