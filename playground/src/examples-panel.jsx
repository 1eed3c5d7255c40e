import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useState } from "react";
import { examples } from "./examples.js";

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round">
    <path d="M4 5h16M4 12h10M4 19h7" />
    <path d="m17 13 4 3-4 3z" fill="currentColor" />
  </svg>
);

// Opens an example in a tab of its own, so that nothing a person has typed is lost.
const useOpenExample = () => {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor, tabs } = useGraphiQL(({ queryEditor, variableEditor, tabs }) => ({
    queryEditor,
    variableEditor,
    tabs,
  }));
  const [wanted, setWanted] = useState(null);
  // The editors belong to the new tab only after it has been added.
  useEffect(() => {
    if (!wanted) return;
    queryEditor?.setValue(wanted.query);
    variableEditor?.setValue(wanted.variables);
    setWanted(null);
  }, [tabs.length]);
  return (example) => {
    setWanted(example);
    addTab();
  };
};

const ExamplesPanel = () => {
  const open = useOpenExample();
  return (
    <section className="hub-examples" aria-label="Examples">
      <h2>Examples</h2>
      <p>Each opens in a new tab. Run it with Ctrl + Enter.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" onClick={() => open(example)}>
              <span className="hub-example-name">
                {example.name}
                <span className={`hub-kind hub-kind-${example.kind}`}>{example.kind}</span>
              </span>
              <span className="hub-example-description">{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
};

export const EXAMPLES_PLUGIN = { title: "Examples", icon: Icon, content: ExamplesPanel };
