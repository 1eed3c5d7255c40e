// Compiled against what gql.tada makes of the schema: types of answers and variables come from the document's text.
import assert from "node:assert";
import { initGraphQLTada, type ResultOf, type VariablesOf } from "gql.tada";
import { print } from "graphql";
import type { introspection } from "./generated/tada";

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { Date: string; DateTime: string; Month: string; JSON: unknown };
}>();

const row = graphql(`
  fragment Row on Device { id hostname lastSeen billing }
`);
const list = graphql(
  `
    query List($first: Int!, $filter: DeviceFilter) {
      devices(first: $first, filter: $filter) { totalCount nodes { id lastSeen ...Row } }
    }
  `,
  [row],
);

const variables: VariablesOf<typeof list> = { first: 2, filter: { billing: { eq: "BILLABLE" } } };
// @ts-expect-error no such billing
const wrong: VariablesOf<typeof list> = { first: 2, filter: { billing: { eq: "SOMETIMES" } } };

const run = async () => {
  const answer = await fetch(process.argv[2], {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: print(list), variables }),
  });
  const { data } = (await answer.json()) as { data: ResultOf<typeof list> };
  const seen: string = data.devices.nodes[0].lastSeen;
  assert.match(seen, /^\d{4}-\d{2}-\d{2}$/);
  console.log(`gql.tada: ${data.devices.totalCount} billable devices, the first was last seen on ${seen}`);
};

run().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
