// graphql-sse, distinct connections mode: queries, refusals, and an order followed to its end, without a WebSocket.
import assert from "node:assert";
import { createClient } from "graphql-sse";
import { hold } from "../checks.mjs";
import { PROGRESS, START } from "./documents.mjs";

const url = process.argv[2];
const client = createClient({ url, singleConnection: false, retryAttempts: 0 });

const iterated = async (payload) => {
  const answers = [];
  for await (const answer of client.iterate(payload)) answers.push(answer);
  return answers;
};

const followed = async () => {
  const [{ data }] = await iterated({ query: START });
  const states = await iterated({ query: PROGRESS, variables: { batchId: data.startCollection.batch.id } });
  assert.ok(states.length > 1, "its states are told as they change");
  return states.at(-1).data.jobProgress.status;
};

const refused = async () => (await iterated({ query: "{ noSuchFieldAnywhere }" }))[0].errors[0].extensions.code;

// A subscription that has no end of its own, ended by its client.
const endedByClient = async () => {
  const endless = client.iterate({ query: "subscription { jobs { id } }" });
  setTimeout(() => endless.return(), 50);
  for await (const _ of endless);
  return (await iterated({ query: "{ __typename }" }))[0].data;
};

await hold([
  ["a query", () => iterated({ query: "{ __typename }" }), [{ data: { __typename: "Query" } }]],
  ["an order is followed to its end", followed, "COMPLETED"],
  ["a refused document reaches the client as an error", refused, "GRAPHQL_VALIDATION_FAILED"],
  ["a subscription that its client ends", endedByClient, { __typename: "Query" }],
]);
