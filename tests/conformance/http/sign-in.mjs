// Sign-in through the clients that people use: `node sign-in.mjs <program> <empty folder>` starts a hub of its own behind
// sign-in, without vendors. Exit status 0 only if all holds.
import assert from "node:assert";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createClient as createSse } from "graphql-sse";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { hold } from "../checks.mjs";
import { start } from "../hub.mjs";

const [program, data] = process.argv.slice(2);
const PASSWORD = "correct horse battery staple";
const SECONDS = 30;

await rm(data, { recursive: true, force: true });
await mkdir(data, { recursive: true });
const settings = {
  HUB_SIGN_IN: "on",
  HUB_ADMIN_PASSWORD: PASSWORD,
  HUB_LISTEN: "127.0.0.1:0",
  HUB_DATA_DIR: data,
  DB_DSN: `sqlite:${join(data, "hub.db")}`,
};
const hub = await start({ program, data, log: join(data, "hub.log"), words: ["serve"], settings });
const url = hub.url;
const sockets = url.replace(/^http/, "ws");

const post = (path, body, token) =>
  fetch(new URL(path, url), {
    method: "POST",
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  });

const signIn = async () => {
  const answer = await post("/auth/login", { name: "admin", password: PASSWORD });
  assert.equal(answer.status, 200);
  return answer.json();
};

const signOut = async (token) => assert.equal((await post("/auth/logout", {}, token)).status, 204);

const within = (promise, what) =>
  Promise.race([promise, new Promise((_, fail) => setTimeout(() => fail(new Error(what)), SECONDS * 1000).unref())]);

// How a socket ends that is initialised so.
const endOf = (payload, { subscribe = true } = {}) => {
  const socket = new WebSocket(sockets, ["graphql-transport-ws"]);
  const send = (message) => socket.send(JSON.stringify(message));
  socket.on("open", () => {
    send({ type: "connection_init", payload });
    if (subscribe) send({ type: "subscribe", id: "1", payload: { query: "subscription { jobs { id } }" } });
  });
  const acknowledged = new Promise((resolve) => socket.on("message", resolve));
  const closed = new Promise((resolve) => socket.on("close", resolve));
  return { acknowledged, closed: within(closed, "the socket stays open") };
};

const bearer = (token) => ({ authorization: `Bearer ${token}` });

const queried = async () => {
  const { accessToken } = await signIn();
  const client = createClient({ url: sockets, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: bearer(accessToken) });
  const answers = [];
  for await (const answer of client.iterate({ query: "{ viewer { name role } }" })) answers.push(answer);
  await client.dispose();
  return answers[0].data.viewer;
};

const endedBySignOut = async () => {
  const { accessToken } = await signIn();
  const { acknowledged, closed } = endOf(bearer(accessToken));
  await acknowledged;
  await signOut(accessToken);
  return closed;
};

const apiToken = async (expiresAt) => {
  const { accessToken } = await signIn();
  const query = "mutation($i: CreateApiTokenInput!) { createApiToken(input: $i) { token userErrors { code message } } }";
  const input = { name: `t ${Date.parse(expiresAt)}`, role: "VIEWER", expiresAt };
  const { data } = await (await post("/graphql", { query, variables: { i: input } }, accessToken)).json();
  assert.deepEqual(data.createApiToken.userErrors, []);
  return data.createApiToken.token;
};

const endedByExpiry = async () => {
  const token = await apiToken(new Date(Date.now() + 4000).toISOString());
  const { acknowledged, closed } = endOf(bearer(token));
  await acknowledged;
  return closed;
};

// The client is told 4403, asks for new parameters, and goes on with its subscription.
const goesOnWithANewToken = async () => {
  const tokens = [];
  const codes = [];
  let again;
  const reconnected = new Promise((resolve) => (again = resolve));
  const client = createClient({
    url: sockets,
    webSocketImpl: WebSocket,
    retryAttempts: 5,
    connectionParams: async () => {
      tokens.push((await signIn()).accessToken);
      return bearer(tokens.at(-1));
    },
    on: {
      closed: ({ code }) => codes.push(code),
      connected: () => (tokens.length === 1 ? signOut(tokens[0]) : again()),
    },
  });
  client.subscribe({ query: "subscription { jobs { id } }" }, { next() {}, error() {}, complete() {} });
  await within(reconnected, "the client did not come back");
  await client.dispose();
  return [codes[0], tokens.length];
};

const eventsEnd = async () => {
  const { accessToken } = await signIn();
  const client = createSse({ url, singleConnection: false, retryAttempts: 0, headers: bearer(accessToken) });
  const ended = new Promise((resolve) => {
    client.subscribe(
      { query: "subscription { jobs { id } }" },
      { next() {}, error: () => resolve("broken off"), complete: () => resolve("complete") },
    );
  });
  // Until it is known to be served: what is asked later is answered later.
  for await (const _ of client.iterate({ query: "{ __typename }" }));
  await signOut(accessToken);
  const how = await within(ended, "the events go on");
  client.dispose();
  return how;
};

const refreshedTwice = async () => {
  const { refreshToken } = await signIn();
  const first = await post("/auth/refresh", { refreshToken });
  const second = await post("/auth/refresh", { refreshToken });
  const { accessToken } = await first.json();
  const after = await post("/graphql", { query: "{ viewer { name } }" }, accessToken);
  return [first.status, second.status, after.status];
};

const ask = async (token) => (await post("/graphql", { query: "{ viewer { name } }" }, token)).status;
const login = async (password) => (await post("/auth/login", { name: "admin", password })).status;

await hold(
  [
    ["a query without a token", () => ask(), 401],
    ["a query with a token that is none", () => ask("nonsense"), 401],
    ["a wrong password", () => login("another password"), 401],
    ["who signed in is known to the graphql-ws client", queried, { name: "admin", role: "ADMIN" }],
    ["a socket without a token", () => endOf(undefined, { subscribe: false }).closed, 4401],
    ["a socket with a token that is none", () => endOf(bearer("nonsense")).closed, 4403],
    ["a subscription whose user signs out", endedBySignOut, 4403],
    ["a subscription whose token expires", endedByExpiry, 4403],
    ["a graphql-ws client goes on with a new token", goesOnWithANewToken, [4403, 2]],
    ["events whose user signs out", eventsEnd, "broken off"],
    ["a refresh token that comes twice ends the session", refreshedTwice, [200, 401, 401]],
  ],
  async () => assert.equal(await hub.stop(), 0, "the hub did not stop as asked"),
);
