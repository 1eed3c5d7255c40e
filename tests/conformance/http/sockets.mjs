// The graphql-ws client and the protocol's close codes against a hub that is up:
// `node sockets.mjs ws://127.0.0.1:5400/graphql`. Exit status 0 only if all hold.
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { hold } from "../checks.mjs";
import { PROGRESS, START } from "../clients/documents.mjs";

const url = process.argv[2];
if (!url) {
  console.error("usage: node sockets.mjs <WebSocket URL>");
  process.exit(2);
}
const PROTOCOL = "graphql-transport-ws";

// Opens a socket, sends the messages, and tells how it ended: the close code, or the status of a refused upgrade.
const endOf = (messages, { protocol = PROTOCOL, origin } = {}) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocol ? [protocol] : [], origin ? { origin } : {});
    socket.on("open", () => messages.forEach((message) => socket.send(message)));
    socket.on("close", (code) => resolve(code));
    socket.on("unexpected-response", (request, response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    socket.on("error", () => {});
  });

// Closes as the client does, and tells with which code the server let it go: 1006 is a connection that broke.
const closed = (messages) =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, [PROTOCOL]);
    socket.on("open", () => messages.forEach((message) => socket.send(message)));
    socket.on("message", () => socket.close(1000, "Normal Closure"));
    socket.on("close", resolve);
    socket.on("error", () => {});
  });

const init = JSON.stringify({ type: "connection_init" });
const subscribe = (query) => JSON.stringify({ type: "subscribe", id: "1", payload: { query } });

const iterated = async (client, payload) => {
  const answers = [];
  for await (const answer of client.iterate(payload)) answers.push(answer);
  return answers;
};

const queryThroughClient = async () => {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const answers = await iterated(client, { query: "{ __typename }" });
  await client.dispose();
  return answers.length === 1 && typeof answers[0].data?.__typename === "string";
};

const refusalThroughClient = async () => {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  try {
    for await (const _ of client.iterate({ query: "{ noSuchFieldAnywhere }" })) return "answered";
  } catch (errors) {
    return Array.isArray(errors) && errors[0].extensions?.code;
  } finally {
    await client.dispose();
  }
};

// An order by mutation, followed by subscription, both on one socket.
const subscriptionThroughClient = async () => {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 2000 });
  const [{ data }] = await iterated(client, { query: START });
  const variables = { batchId: data.startCollection.batch.id };
  const states = await iterated(client, { query: PROGRESS, variables });
  await client.dispose();
  return states.at(-1).data.jobProgress.status;
};

// A subscription that the client ends, and another operation on the same socket.
const endedByClient = async () => {
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 2000 });
  const endless = client.iterate({ query: "subscription { jobs { id } }" });
  setTimeout(() => endless.return(), 50);
  for await (const _ of endless);
  const [{ data }] = await iterated(client, { query: "{ __typename }" });
  await client.dispose();
  return data.__typename;
};

const jobs = subscribe("subscription { jobs { id } }");
await hold([
  ["a query through the graphql-ws client", queryThroughClient, true],
  ["an order is followed to its end", subscriptionThroughClient, "COMPLETED"],
  ["a subscription that its client ends", endedByClient, "Query"],
  ["a refused document reaches the client as an error", refusalThroughClient, "GRAPHQL_VALIDATION_FAILED"],
  ["a client that closes", () => closed([init]), 1000],
  ["an unknown message", () => endOf(["nonsense"]), 4400],
  ["subscribe before the acknowledgement", () => endOf([subscribe("{ __typename }")]), 4401],
  ["a second init", () => endOf([init, init]), 4429],
  ["a socket without our subprotocol", () => endOf([], { protocol: null }), 4406],
  ["a foreign origin", () => endOf([], { origin: "http://evil.example" }), 403],
  ["no init", () => endOf([]), 4408],
  ["two operations of one id", () => endOf([init, jobs, jobs]), 4409],
]);
