import { defineConfig } from "vite";

// The server answers GET /graphql with index.html and GET /graphql/assets/* with the rest.
export default defineConfig({
  base: "/graphql/",
  esbuild: { jsx: "automatic" },
  build: {
    // Files, not data: URLs, so that the content security policy can stay narrow.
    assetsInlineLimit: 0,
    // The editor is one big library; it comes from the same machine and is cached by its hash.
    chunkSizeWarningLimit: 6000,
    rollupOptions: {
      onwarn(warning, warn) {
        // "use client" marks mean nothing to a page without server components.
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning);
      },
    },
  },
  server: {
    // `npm run dev` against a hub that runs already.
    proxy: {
      "^/auth": process.env.HUB_URL ?? "http://127.0.0.1:5400",
      "^/graphql$": {
        target: process.env.HUB_URL ?? "http://127.0.0.1:5400",
        ws: true,
        bypass: (request) => (request.method === "GET" && !request.headers.upgrade ? "/graphql/" : undefined),
      },
    },
  },
  worker: { format: "es" },
});
