// @graphql-eslint on schema.graphql: `node eslint.mjs <schema> <folder for the copy that is linted>`.
//
// What is linted is a copy. `require-deprecation-date` wants the date in an argument `deletionDate` that the specification's
// directive does not have: here the date ends the reason ("… Goes after 2027-06-30."), and the copy has it where the rule
// looks. The copy lacks the definitions of the specification's own directives, whose arguments nobody here can describe.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ESLint } from "eslint";

const [schema, folder] = process.argv.slice(2);
const linted = join(folder, "linted.graphql");

const DEPRECATED = /@deprecated\(reason: "((?:[^"\\]|\\.)*)"\)/g;
const DATE = /Goes after (\d{4})-(\d{2})-(\d{2})\.$/;
const withDeletionDate = (directive, reason) => {
  const date = DATE.exec(reason);
  return date ? `@deprecated(reason: "${reason}", deletionDate: "${date[3]}/${date[2]}/${date[1]}")` : directive;
};

const STANDARD = /(?:"""[^"]*"""\s*)?^directive @(?:deprecated|include|oneOf|skip|specifiedBy)\b.*$/gm;
const WITH_DATE = `
"""
Says that something goes.
"""
directive @deprecated(
	"""
	Why, and what to use instead.
	"""
	reason: String
	"""
	The last day on which it is there.
	"""
	deletionDate: String
) on FIELD_DEFINITION | ARGUMENT_DEFINITION | INPUT_FIELD_DEFINITION | ENUM_VALUE
`;

const text = (await readFile(schema, "utf8")).replace(STANDARD, "");
const dated = text.replace(DEPRECATED, withDeletionDate);
await writeFile(linted, dated === text ? text : dated + WITH_DATE);
process.env.LINTED_SCHEMA = linted;
const here = import.meta.dirname;
const eslint = new ESLint({
  useEslintrc: false,
  overrideConfigFile: join(here, "eslintrc.cjs"),
  resolvePluginsRelativeTo: here,
  cwd: folder,
});
const results = await eslint.lintFiles([linted]);
const errors = results.reduce((sum, { errorCount, warningCount }) => sum + errorCount + warningCount, 0);
const formatter = await eslint.loadFormatter("unix");
console.log(await formatter.format(results));
console.log(`${errors} violations`);
process.exit(errors ? 1 : 0);
