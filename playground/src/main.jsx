import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createClient } from "graphql-ws";
import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { examples } from "./examples.js";
import { EXAMPLES_PLUGIN } from "./examples-panel.jsx";
import icon from "./icon.svg";
import { fetchSignedIn, onEnd, signOut, token, ways } from "./session.js";
import { SignIn } from "./sign-in.jsx";
import { EDITOR_THEME, HubTheme } from "./theme.jsx";

const endpoint = new URL("/graphql", window.location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const fetcherOf = (mustSignIn) =>
  createGraphiQLFetcher({
    url: endpoint.href,
    fetch: mustSignIn ? fetchSignedIn : undefined,
    // Asked for the token at each connection: the hub closes one whose token has expired, and the client comes again.
    wsClient: createClient({
      url: socket.href,
      connectionParams: async () => (mustSignIn ? { authorization: `Bearer ${await token()}` } : {}),
    }),
    enableIncrementalDelivery: false, // the server has no @defer or @stream
  });

// Kept out of the component: a new array at each render would close the open panel.
const plugins = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];
const tabs = examples.map(({ query, variables }) => ({ query, variables }));

const leave = async () => {
  const problem = await signOut();
  if (problem) window.alert(problem);
};

const Playground = ({ fetcher, mustSignIn }) => (
  <GraphiQL
    fetcher={fetcher}
    plugins={plugins}
    defaultTabs={tabs}
    defaultQuery=""
    defaultEditorToolsVisibility="variables"
    editorTheme={EDITOR_THEME}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>
      <span className="hub-logo">
        <img src={icon} alt="" />
        Inventory Hub
        {mustSignIn && (
          <button type="button" className="hub-sign-out" onClick={leave}>
            Sign out
          </button>
        )}
      </span>
    </GraphiQL.Logo>
    <HubTheme />
  </GraphiQL>
);

// Whether to ask who is there, then the form, then the playground.
const Door = () => {
  const [door, setDoor] = useState({ state: "looking" });
  useEffect(() => {
    const look = async () => {
      const known = await ways();
      if (known === null) return setDoor({ state: "in", fetcher: fetcherOf(false), mustSignIn: false });
      const enter = () => setDoor({ state: "in", fetcher: fetcherOf(true), mustSignIn: true });
      const leave = () => setDoor({ state: "out", ways: known, enter });
      onEnd(leave);
      return (await token()) === null ? leave() : enter();
    };
    look().catch((error) => setDoor({ state: "lost", told: error.message }));
  }, []);
  if (door.state === "in") return <Playground fetcher={door.fetcher} mustSignIn={door.mustSignIn} />;
  if (door.state === "out") return <SignIn ways={door.ways} onDone={door.enter} />;
  return <p className="notice">{door.told ?? "Loading the playground…"}</p>;
};

createRoot(document.getElementById("playground")).render(<Door />);
