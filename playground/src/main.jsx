import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./style.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { createRoot } from "react-dom/client";
import { examples } from "./examples.js";
import { EXAMPLES_PLUGIN } from "./examples-panel.jsx";
import icon from "./icon.svg";
import { EDITOR_THEME, HubTheme } from "./theme.jsx";

const endpoint = new URL("/graphql", window.location.href);
const socket = new URL(endpoint);
socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

const fetcher = createGraphiQLFetcher({
  url: endpoint.href,
  subscriptionUrl: socket.href,
  enableIncrementalDelivery: false, // the server has no @defer or @stream
});

// Kept out of the component: a new array at each render would close the open panel.
const plugins = [EXAMPLES_PLUGIN, HISTORY_PLUGIN];
const tabs = examples.map(({ query, variables }) => ({ query, variables }));

const Playground = () => (
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
      </span>
    </GraphiQL.Logo>
    <HubTheme />
  </GraphiQL>
);

createRoot(document.getElementById("playground")).render(<Playground />);
