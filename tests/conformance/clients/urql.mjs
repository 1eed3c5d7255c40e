// urql with its normalised cache: pages a connection by relayPagination, finds its objects again, and follows an order.
import assert from "node:assert";
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { buildClientSchema, getIntrospectionQuery, isObjectType } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { hold } from "../checks.mjs";
import { DEVICE, DEVICES, PAGE, PROGRESS, START } from "./documents.mjs";

const url = process.argv[2];
const post = (body) => fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const { data: introspected } = await (await post({ query: getIntrospectionQuery() })).json();
// With the schema the cache knows which answers may be partial, and refuses fields that are not there. Types without an
// `id` are values: they are kept with what they belong to.
const types = Object.values(buildClientSchema(introspected).getTypeMap()).filter(isObjectType);
const values = types.filter((type) => !type.name.startsWith("__") && !type.getFields().id).map(({ name }) => name);

let asked = 0;
const troubles = [];
const socket = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket });
const client = new Client({
  url,
  preferGetMethod: false,
  fetch: (...request) => ((asked += 1), fetch(...request)),
  exchanges: [
    cacheExchange({
      schema: introspected,
      keys: Object.fromEntries(values.map((name) => [name, () => null])),
      resolvers: { Query: { devices: relayPagination() } },
      logger: (severity, message) => severity !== "debug" && troubles.push(`${severity}: ${message}`),
    }),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

const ask = async (document, variables, options) => {
  const { data, error } = await client.query(document, variables, options).toPromise();
  if (error) throw error;
  return data;
};

const paged = async () => {
  let after = null;
  let pages = 0;
  let devices;
  do {
    assert.ok(pages < 20, "the pages have no end");
    ({ devices } = await ask(DEVICES, { first: PAGE, after }));
    pages += 1;
    after = devices.pageInfo.endCursor;
  } while (devices.pageInfo.hasNextPage);
  assert.equal(devices.edges.length, devices.totalCount);
  assert.equal(new Set(devices.edges.map(({ node }) => node.id)).size, devices.totalCount);
  assert.equal(pages, Math.ceil(devices.totalCount / PAGE));
  assert.ok(pages > 2, "too few pages to prove anything");
};

const fromCache = async () => {
  const before = asked;
  const { devices } = await ask(DEVICES, { first: PAGE, after: null }, { requestPolicy: "cache-only" });
  assert.equal(devices.edges.length, devices.totalCount);
  assert.equal(asked, before);
};

const merged = async () => {
  const { devices } = await ask(DEVICES, { first: PAGE, after: null });
  const { id, hostname } = devices.edges[0].node;
  await ask(DEVICE, { id });
  const before = asked;
  const query = `query Again($id: ID!) { device(id: $id) { id hostname billing organization { name } } }`;
  const { device } = await ask(query, { id }, { requestPolicy: "cache-only" });
  assert.equal(device.hostname, hostname);
  assert.ok("billing" in device && "organization" in device, "two answers about one device are one object");
  assert.equal(asked, before);
};

const followed = async () => {
  const { data, error } = await client.mutation(START, {}).toPromise();
  assert.ifError(error);
  const statuses = await new Promise((resolve, reject) => {
    const heard = [];
    const variables = { batchId: data.startCollection.batch.id };
    client.subscription(PROGRESS, variables).subscribe((result) => {
      if (result.error) reject(result.error);
      if (result.data) heard.push(result.data.jobProgress.status);
      if (!result.hasNext) resolve(heard);
    });
  });
  return statuses.at(-1);
};

await hold([
  ["pages merge by relayPagination", paged],
  ["the whole list is read from the cache", fromCache],
  ["a device of the list and the device by its id are one object", merged],
  ["an order is followed to its end", followed, "COMPLETED"],
  ["the cache has nothing to warn of", () => troubles, []],
]);
