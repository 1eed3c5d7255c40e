// What `make conformance` runs, in this order. Each has a name, the package whose version is told, and a command that ends
// with 0 if all is as it should be.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export const tools = ({ url, program, here, root, out, venv }) => {
  const bin = (name) => join(here, "node_modules/.bin", name);
  const script = (...path) => ["node", join(here, ...path)];
  const python = (...path) => [join(venv, "bin/python"), join(here, ...path)];
  const schema = join(root, "schema.graphql");
  const released = join(here, "schema/released.graphql");
  const sockets = url.replace(/^http/, "ws");
  return [
    { name: "audit", npm: "graphql-http", run: [...script("http/audit.mjs"), url] },
    { name: "sockets", npm: "graphql-ws", run: [...script("http/sockets.mjs"), sockets] },
    { name: "sign-in", npm: ["graphql-ws", "graphql-sse"], run: [...script("http/sign-in.mjs"), program, join(out, "sign-in")] },
    { name: "linter", npm: "graphql-schema-linter", run: [bin("graphql-schema-linter"), "-c", join(here, "schema"), schema] },
    { name: "eslint", npm: "@graphql-eslint/eslint-plugin", run: [...script("schema/eslint.mjs"), schema, out] },
    {
      name: "inspector",
      npm: "@graphql-inspector/cli",
      run: [bin("graphql-inspector"), "diff", released, schema, "--rule", "suppressRemovalOfDeprecatedField"],
    },
    { name: "apollo", npm: "@apollo/client", run: [...script("clients/apollo.mjs"), url] },
    { name: "urql", npm: "@urql/exchange-graphcache", run: [...script("clients/urql.mjs"), url] },
    { name: "request", npm: "graphql-request", run: [...script("clients/request.mjs"), url] },
    { name: "sse", npm: "graphql-sse", run: [...script("clients/sse.mjs"), url] },
    { name: "relay", npm: "relay-compiler", cwd: join(here, "relay"), run: [bin("relay-compiler")] },
    { name: "typescript", npm: ["@genql/cli", "gql.tada", "typescript"], run: [...script("typed/typescript.mjs"), url, schema] },
    { name: "ariadne", pypi: "ariadne-codegen", run: [...python("typed/ariadne.py"), url, join(out, "ariadne")] },
    ...["valid", "any"].map((documents) => ({
      name: `fuzz-${documents}`,
      pypi: "schemathesis",
      env: { HUB_URL: url, FUZZ: documents, PYTHONPATH: join(here, "fuzz"), SCHEMATHESIS_HOOKS: "hooks" },
      run: [
        ...[join(venv, "bin/schemathesis"), "--config-file", join(here, "fuzz/schemathesis.toml"), "run", url],
        ...["--mode", "positive", "--generation-graphql-allow-null", `${documents === "any"}`],
      ],
    })),
    { name: "sqlmap", pypi: "sqlmap", run: [...python("attacks/sqlmap.py"), url, join(out, "sqlmap")] },
    ...slow(script("attacks/slow.mjs"), url),
  ];
};

// slowhttptest is no package of a registry: where its Debian package can't be installed, the line says so.
const slow = (command, url) => {
  const found = spawnSync("slowhttptest", ["-h"], { encoding: "utf8" });
  if (found.error) return [{ name: "slow", version: "slowhttptest is not installed", absent: true }];
  return [{ name: "slow", version: `slowhttptest ${/version (\S+)/.exec(found.stdout + found.stderr)?.[1]}`, run: [...command, url] }];
};
