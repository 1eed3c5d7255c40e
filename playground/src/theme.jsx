import { useGraphiQL, useGraphiQLActions, useMonaco } from "@graphiql/react";
import { useEffect } from "react";

// The names GraphiQL switches between; `useHubTheme` gives them the hub's colours once the editor has been loaded.
export const EDITOR_THEME = { light: "hub-light", dark: "hub-dark" };

const PALETTE = {
  light: { base: "vs", background: "#ffffff", accent: "#0b8378", faint: "#0b837819", border: "#3b4b6811", argument: "6c69ce" },
  dark: { base: "vs-dark", background: "#212a3b", accent: "#43d9c7", faint: "#43d9c719", border: "#b7c2d711", argument: "908aff" },
};

const editorTheme = ({ base, background, accent, faint, border, argument }) => ({
  base,
  inherit: true,
  rules: [{ token: "argument.identifier.gql", foreground: argument }],
  colors: {
    "editor.background": "#ffffff00", // GraphiQL's own panels shine through
    "scrollbar.shadow": "#ffffff00",
    "textLink.foreground": accent,
    "textLink.activeForeground": accent,
    "editorLink.activeForeground": accent,
    "editorHoverWidget.background": background,
    "editorSuggestWidget.background": background,
    "editorSuggestWidget.selectedBackground": faint,
    "editorSuggestWidget.selectedForeground": accent,
    "editorSuggestWidget.highlightForeground": accent,
    "editorSuggestWidget.focusHighlightForeground": accent,
    "list.hoverBackground": faint,
    "list.highlightForeground": accent,
    "list.focusHighlightForeground": accent,
    "menu.background": background,
    "quickInput.background": background,
    "quickInputList.focusForeground": accent,
    "badge.background": border,
    "editorWidget.background": background,
    "input.background": border,
    focusBorder: accent,
    "editorLineNumber.foreground": base === "vs" ? "#94a3b8" : "#64748b",
    "editorLineNumber.activeForeground": accent,
  },
});

const useHubTheme = () => {
  const monaco = useMonaco((state) => state.monaco);
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    if (!monaco) return;
    for (const [mode, name] of Object.entries(EDITOR_THEME)) monaco.editor.defineTheme(name, editorTheme(PALETTE[mode]));
    setTheme(theme);
  }, [monaco]);
  // GraphiQL reads the system's choice only when it starts: without this the editor stays light on a page gone dark.
  useEffect(() => {
    const system = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(theme);
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, [theme]);
};

/** Renders nothing; keeps the editor's colours in step with the page's. */
export const HubTheme = () => {
  useHubTheme();
  return null;
};
