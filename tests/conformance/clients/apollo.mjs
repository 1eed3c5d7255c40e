// @apollo/client: pages a connection into one cached list, finds its objects again, and follows an order.
import assert from "node:assert";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { hold } from "../checks.mjs";
import { DEVICE, DEVICES, PAGE, PROGRESS, START } from "./documents.mjs";

const url = process.argv[2];
let asked = 0;
const http = new HttpLink({ uri: url, fetch: (...request) => ((asked += 1), fetch(...request)) });
const socket = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket });
const client = new ApolloClient({
  cache: new InMemoryCache({
    typePolicies: { Query: { fields: { devices: relayStylePagination(["filter", "orderBy"]) } } },
  }),
  link: ApolloLink.split(({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION, new GraphQLWsLink(socket), http),
});

const first = { query: gql(DEVICES), variables: { first: PAGE, after: null } };

const paged = async () => {
  const list = client.watchQuery(first);
  const watch = list.subscribe({});
  let { devices } = (await list.refetch()).data;
  let pages = 1;
  for (; devices.pageInfo.hasNextPage && pages < 20; pages += 1) {
    await list.fetchMore({ variables: { first: PAGE, after: devices.pageInfo.endCursor } });
    ({ devices } = client.readQuery(first));
  }
  watch.unsubscribe();
  assert.equal(devices.edges.length, devices.totalCount);
  assert.equal(new Set(devices.edges.map(({ node }) => node.id)).size, devices.totalCount);
  assert.equal(pages, Math.ceil(devices.totalCount / PAGE));
  assert.ok(pages > 2, "too few pages to prove anything");
};

const fromCache = async () => {
  const before = asked;
  const { devices } = (await client.query({ ...first, fetchPolicy: "cache-only" })).data;
  assert.equal(devices.edges.length, devices.totalCount);
  assert.equal(asked, before);
};

const merged = async () => {
  const { devices } = client.readQuery(first);
  const { id, hostname, __typename } = devices.edges[0].node;
  await client.query({ query: gql(DEVICE), variables: { id } });
  const fragment = gql`fragment Known on Device { hostname billing organization { name } openExceptions { type } }`;
  const known = client.readFragment({ id: client.cache.identify({ __typename, id }), fragment });
  assert.equal(known.hostname, hostname);
  assert.ok("billing" in known && Array.isArray(known.openExceptions), "two answers about one device are one object");
};

const followed = async () => {
  const { startCollection } = (await client.mutate({ mutation: gql(START) })).data;
  assert.deepEqual(startCollection.userErrors, []);
  const states = await new Promise((resolve, reject) => {
    const heard = [];
    const variables = { batchId: startCollection.batch.id };
    client.subscribe({ query: gql(PROGRESS), variables }).subscribe({
      next: ({ data, error }) => (error ? reject(error) : heard.push(data.jobProgress)),
      error: reject,
      complete: () => resolve(heard),
    });
  });
  assert.equal(states.at(-1).status, "COMPLETED");
  assert.ok(states.at(-1).rowsStored > 100);
};

await hold([
  ["pages merge by relayStylePagination", paged],
  ["the whole list is read from the cache", fromCache],
  ["a device of the list and the device by its id are one object", merged],
  ["an order is followed to its end", followed],
]);
