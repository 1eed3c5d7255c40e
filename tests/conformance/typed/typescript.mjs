// Generates two typed clients from schema.graphql, compiles programs against them, and runs those:
// `node typescript.mjs <GraphQL URL> <schema>`.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [url, schema] = process.argv.slice(2);
const here = import.meta.dirname;
const generated = join(here, "generated");
const run = (command, ...rest) => execFileSync(command, rest, { cwd: here, stdio: "inherit" });
const bin = (name) => join(here, "../node_modules/.bin", name);

rmSync(generated, { recursive: true, force: true });
mkdirSync(join(generated, "js"), { recursive: true });
writeFileSync(join(generated, "package.json"), '{ "type": "commonjs" }\n');

const scalars = ["Date:string", "DateTime:string", "Month:string", "JSON:unknown"].flatMap((scalar) => ["--scalar", scalar]);
run(bin("genql"), "--output", join(generated, "genql"), "--schema", schema, ...scalars);
run(bin("gql.tada"), "generate-output");
run(bin("tsc"), "--project", here);
run("node", join(generated, "js/genql.js"), url);
run("node", join(generated, "js/tada.js"), url);
