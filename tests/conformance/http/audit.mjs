// The graphql-http server audit, all of it, against a hub that is up: `node audit.mjs http://127.0.0.1:5400/graphql`.
// Prints every audit that is not passed; exit status 0 only if all are.
import { auditServer } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.mjs <GraphQL URL>");
  process.exit(2);
}

const results = await auditServer({ url });
for (const { id, name, status, reason } of results) {
  if (status !== "ok") console.log(`${status} ${id} ${name}: ${reason}`);
}
const passed = results.filter(({ status }) => status === "ok").length;
console.log(`${passed} of ${results.length} audits passed`);
process.exit(results.length > 0 && passed === results.length ? 0 : 1);
