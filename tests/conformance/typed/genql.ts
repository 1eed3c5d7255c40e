// Compiled against what genql makes of the schema, then run.
import assert from "node:assert";
import { createClient, everything } from "./generated/genql";

const run = async () => {
  const client = createClient({ url: process.argv[2] });
  const { devices, schedule } = await client.query({
    devices: {
      __args: { first: 3, filter: { or: [{ hostname: { startsWith: "a" } }, { presence: "PRESENT" }] } },
      totalCount: true,
      nodes: { id: true, hostname: true, organization: { name: true } },
    },
    schedule: { name: true, nextRuns: { ...everything } },
  });
  const first: string | undefined = devices.nodes[0]?.hostname;
  const next: string | undefined = schedule[0]?.nextRuns[0]?.at;
  assert.ok(first && next);
  console.log(`genql: ${devices.totalCount} devices, the first is ${first}`);
};

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
