// graphql-request: pages a connection by hand, both ways, and sees faults as errors and expected failures as data.
// Its subscriptions are graphql-ws's: it has none of its own.
import assert from "node:assert";
import { ClientError, GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { hold } from "../checks.mjs";
import { DEVICES, PAGE, PROGRESS, REFUSED, START } from "./documents.mjs";

const url = process.argv[2];
const client = new GraphQLClient(url);

const forward = async () => {
  const ids = [];
  let after = null;
  do {
    const { devices } = await client.request(DEVICES, { first: PAGE, after });
    ids.push(...devices.edges.map(({ node }) => node.id));
    after = devices.pageInfo.hasNextPage ? devices.pageInfo.endCursor : null;
  } while (after);
  return ids;
};

const backward = async () => {
  const query = `query Back($before: String) {
    devices(last: ${PAGE}, before: $before, orderBy: { field: HOSTNAME }) {
      totalCount nodes { id } pageInfo { hasPreviousPage startCursor }
    }
  }`;
  const ids = [];
  let before = null;
  let total;
  do {
    const { devices } = await client.request(query, { before });
    ids.unshift(...devices.nodes.map(({ id }) => id));
    total = devices.totalCount;
    before = devices.pageInfo.hasPreviousPage ? devices.pageInfo.startCursor : null;
  } while (before);
  assert.equal(ids.length, total);
  return ids;
};

const codeOf = async (document, variables) => {
  try {
    await client.request(document, variables);
    return "answered";
  } catch (error) {
    assert.ok(error instanceof ClientError, error);
    return error.response.errors[0].extensions.code;
  }
};

const followed = async () => {
  const { startCollection } = await client.request(START);
  const socket = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket });
  const states = [];
  for await (const { data } of socket.iterate({ query: PROGRESS, variables: { batchId: startCollection.batch.id } })) {
    states.push(data.jobProgress.status);
  }
  await socket.dispose();
  return states.at(-1);
};

await hold([
  ["pages forward and backward are one list", async () => assert.deepEqual(await forward(), await backward())],
  ["a bad cursor is an error with its code", () => codeOf(DEVICES, { first: 1, after: "nonsense" }), "BAD_CURSOR"],
  ["an expected failure is data", async () => (await client.request(REFUSED)).resumeSchedule.userErrors.length, 1],
  ["an order is followed to its end", followed, "COMPLETED"],
]);
