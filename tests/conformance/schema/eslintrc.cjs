// Every schema rule of @graphql-eslint 3.20, those for Relay too, but for what is configured here with its reason.
const { valueTypes } = require("./value-types.cjs");

const rules = {
  // Fields are read in the order in which they are written: what a thing is, then how it is, then what hangs on it.
  alphabetize: "off",
  // A root that fails answers null as a whole with an error that has a code; a nullable root would tell nothing more, and
  // every typed client would have to ask for it. Expected failures are data: `userErrors`, or a nullable object.
  "require-nullable-result-in-root": "off",
  // A payload has what the mutation changed; who wants to read on sends a query.
  "require-field-of-type-query-in-mutation-result": "off",
  // The one it finds is `Device.deviceType`, which dashboards know from the predecessor's tables. `type` would say less.
  "no-typename-prefix": "off",
  // `and`, `or`, `not` and the operators are described too, so everything is asked for.
  "require-description": [
    "error",
    {
      types: true,
      DirectiveDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      EnumValueDefinition: true,
    },
  ],
  // One argument `input` of the mutation's own type. Two mutations that take the same words share a type (`DecideLinkInput`
  // of `linkIdentities` and `separateIdentities`), so its name is not asked to be the mutation's.
  "input-name": ["error", { checkInputType: false, checkQueries: false, checkMutations: true }],
  // What has an identity has an `id`; what has none is listed in value-types.cjs.
  "strict-id-in-types": [
    "error",
    { exceptions: { suffixes: ["Connection", "Edge", "Payload"], types: valueTypes } },
  ],
  // Not every list is a connection (three days that are nearest are a list), and not every row is a Node (a change
  // between two dates is a value).
  "relay-edge-types": [
    "error",
    { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
  ],
};

module.exports = {
  root: true,
  overrides: [
    {
      files: ["*.graphql"],
      parser: "@graphql-eslint/eslint-plugin",
      plugins: ["@graphql-eslint"],
      parserOptions: { schema: process.env.LINTED_SCHEMA, skipGraphQLConfig: true },
      extends: ["plugin:@graphql-eslint/schema-all", "plugin:@graphql-eslint/relay"],
      rules: Object.fromEntries(Object.entries(rules).map(([name, rule]) => [`@graphql-eslint/${name}`, rule])),
    },
  ],
};
