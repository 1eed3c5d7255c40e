//! What a technician does with exceptions, by mutation.

use domain::vendor::Vendor;
use serde_json::{Value, json};

use crate::{GraphqlClient, World, text};

/// Everything an exception says of its life.
const SHOWN: &str = "id type status hostname dateFound resolution resolvedAt resolvedDate resolvedBy acceptedUntil
    reopenedAt reopenedBy snoozedUntil assignedTo notes version
    history(first: 50) { nodes { kind at date actor note field from to acceptedUntil } }";

impl GraphqlClient {
    /// Calls a mutation about one exception; answers its payload.
    pub async fn change(&self, mutation: &str, input: Value) -> Value {
        let mut name = mutation.to_owned();
        name[..1].make_ascii_uppercase();
        let query = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{
                exception {{ {SHOWN} }} outcome userErrors {{ code field message }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await.data()[mutation].clone()
    }

    /// Makes one change to many exceptions; answers the payload.
    pub async fn change_many(&self, selection: Value, change: Value) -> Value {
        // A thousand results could have a thousand histories: the start of each is within the limits of a document.
        let shown = SHOWN.replace("first: 50", "first: 5");
        let query = format!(
            "mutation($input: ChangeExceptionsInput!) {{ changeExceptions(input: $input) {{
                results {{ id outcome message exception {{ {shown} }} }}
                matching changed unchanged refused conflicts notFound userErrors {{ code field message }} }} }}"
        );
        let input = json!({ "selection": selection, "change": change });
        self.ask(&query, json!({ "input": input })).await.data()["changeExceptions"].clone()
    }

    /// Every MISSING_NINJA exception, always in the same order.
    pub async fn strangers(&self) -> Vec<Value> {
        let of_type = "filter: { type: { eq: MISSING_NINJA } }";
        let mut all = self.every("exceptions", of_type, SHOWN).await;
        all.sort_by(|left, right| text(left, "id").cmp(text(right, "id")));
        all
    }

    /// The exception of this id as it is now.
    pub async fn exception(&self, id: &Value) -> Value {
        let query = format!("query($id: ID!) {{ exception(id: $id) {{ {SHOWN} }} }}");
        self.ask(&query, json!({ "id": id })).await.data()["exception"].clone()
    }
}

impl World {
    /// Calls a mutation about one exception, which does it; answers the exception.
    #[track_caller]
    pub fn done(&self, mutation: &str, input: Value) -> impl Future<Output = Value> {
        let (graphql, mutation) = (self.graphql.clone(), mutation.to_owned());
        async move {
            let payload = graphql.change(&mutation, input.clone()).await;
            assert_eq!(payload["outcome"], "CHANGED", "{mutation} {input}: {payload:#}");
            assert_eq!(payload["userErrors"], json!([]));
            payload["exception"].clone()
        }
    }

    /// Renames so many ThreatLocker computers to names that Ninja does not know; answers their ids. Each is one
    /// MISSING_NINJA.
    pub fn estrange(&self, computers: usize) -> Vec<String> {
        let rows = self.simulator.view(simulator::World::threatlocker_computers);
        let keys: Vec<String> = rows
            .iter()
            .filter(|row| row["isDeleted"] == false)
            .take(computers)
            .map(|row| text(row, "computerId").to_owned())
            .collect();
        assert_eq!(keys.len(), computers, "the fleet is too small");
        self.simulator.edit(|vendors| {
            for (number, key) in keys.iter().enumerate() {
                let name = format!("STRANGER-{number}");
                vendors.threatlocker_computer(key).set("hostname", name).drop_key("serialNumber");
            }
        });
        keys
    }

    /// Both vendors are collected and checked again, an hour later on the same day.
    pub async fn collect_again(&self) {
        self.clock.advance(std::time::Duration::from_hours(1));
        self.collect(&Vendor::ALL, true).await;
    }
}

/// The kinds of an exception's history, the oldest first.
pub fn kinds(exception: &Value) -> Vec<&str> {
    exception["history"]["nodes"].as_array().into_iter().flatten().map(|event| text(event, "kind")).collect()
}
