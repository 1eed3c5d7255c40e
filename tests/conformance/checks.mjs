// Named checks, one after the other: each throws, or tells something else than expected, or holds.
import { deepStrictEqual } from "node:assert";

// `checks` are [name, function] (which throws) or [name, function, expected]. Ends the process: 0 only if all hold, and
// what comes `last` too.
export const hold = async (checks, last) => {
  let failed = 0;
  for (const [name, check, ...expected] of checks) {
    try {
      const found = await check();
      if (expected.length) deepStrictEqual(found, expected[0]);
      console.log(`holds: ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`failed: ${name}: ${error?.stack ?? JSON.stringify(error)}`);
    }
  }
  await last?.();
  console.log(`${checks.length - failed} of ${checks.length} checks passed`);
  process.exit(failed || checks.length === 0 ? 1 : 0);
};
