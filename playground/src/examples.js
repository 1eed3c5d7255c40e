// The operations the playground opens with. The tests run the same files against the schema.
import devices from "./examples/devices.graphql?raw";
import exceptions from "./examples/exceptions.graphql?raw";
import availableDates from "./examples/available-dates.graphql?raw";
import usageChanges from "./examples/usage-changes.graphql?raw";
import billingReport from "./examples/billing-report.graphql?raw";
import counts from "./examples/counts.graphql?raw";
import snapshots from "./examples/snapshots.graphql?raw";
import resolveException from "./examples/resolve-exception.graphql?raw";
import syncDevice from "./examples/sync-device.graphql?raw";
import startCollection from "./examples/start-collection.graphql?raw";

// Yesterday as the browser sees it: at most the hub's today, whatever the two time zones are, so the day is a stored one.
const daysAgo = (days) => {
  const date = new Date();
  date.setDate(date.getDate() - days);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
};

const example = (text, variables) => {
  const query = text.trimEnd();
  return {
    name: /^(?:query|mutation|subscription)\s+(\w+)/m.exec(query)[1],
    kind: /^(query|mutation|subscription)\b/m.exec(query)[1],
    description: /^(?:#.*\n)+/.exec(query)[0].replace(/^# ?/gm, "").replaceAll("\n", " ").trim(),
    query,
    variables: variables ? JSON.stringify(variables, null, 2) : "",
  };
};

export const examples = [
  example(devices),
  example(exceptions),
  example(availableDates),
  example(usageChanges, { from: daysAgo(29), to: daysAgo(1) }),
  example(billingReport, { month: daysAgo(1).slice(0, 7) }),
  example(counts, { from: daysAgo(29), to: daysAgo(1) }),
  example(snapshots, { date: daysAgo(1) }),
  example(resolveException, { id: "an id from the Exceptions tab", note: "Agent installed" }),
  example(syncDevice, { hostname: "a host name from the Devices tab" }),
  example(startCollection),
];
