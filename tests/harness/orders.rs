//! Ordering collections by mutation, and reading what the hub says of them.

use domain::vendor::Vendor;
use serde_json::{Value, json};
use server::inventory::held::HeldWord;

use crate::{World, text};

const BATCH: &str = "query($id: ID!) { node(id: $id) { ... on JobBatch {
    id status trigger message error createdAt startedAt endedAt durationSeconds progressPercent
    runs { id name status vendor businessDate message error pagesFetched rowsStored durationSeconds endedAt
        collection { outcome deviceCount reasons notes setAsideCount
            setAside { vendorDeviceKey hostname reason detail } } } } } }";

const START: &str = "mutation($input: StartCollectionInput!) { startCollection(input: $input) {
    batch { id } alreadyRunning userErrors { code message } } }";

/// What GraphQL calls a vendor.
pub const fn vendor_name(vendor: Vendor) -> &'static str {
    match vendor {
        Vendor::Ninja => "NINJA",
        Vendor::ThreatLocker => "THREATLOCKER",
    }
}

/// A decision on a held collection by nobody in particular.
pub fn held_word() -> HeldWord {
    HeldWord { actor: "test".to_owned(), note: None }
}

impl World {
    /// Orders a collection of these vendors, without checks; answers the payload of the mutation at once.
    pub async fn order(&self, vendors: &[Vendor]) -> Value {
        let vendors: Vec<_> = vendors.iter().map(|vendor| vendor_name(*vendor)).collect();
        let input = json!({ "vendors": vendors, "runChecks": false });
        let answer = self.graphql.ask(START, json!({ "input": input })).await;
        let payload = answer.data()["startCollection"].clone();
        assert_eq!(payload["userErrors"], json!([]));
        payload
    }

    /// A batch with its runs and collections.
    pub async fn batch(&self, id: &str) -> Value {
        self.graphql.ask(BATCH, json!({ "id": id })).await.data()["node"].clone()
    }

    /// Orders a collection of one vendor, waits for its end, and answers its batch.
    pub async fn collect_by_order(&self, vendor: Vendor) -> Value {
        let payload = self.order(&[vendor]).await;
        self.settle().await;
        self.batch(text(&payload["batch"], "id")).await
    }
}
