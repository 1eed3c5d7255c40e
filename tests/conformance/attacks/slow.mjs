// slowhttptest: clients that send their headers, their body, or read their answer, a few bytes at a time.
// `node slow.mjs <GraphQL URL>`. All at once, because all they do is wait.
import { spawn } from "node:child_process";
import { once } from "node:events";

const url = process.argv[2];
const CONNECTIONS = ["-c", "60", "-r", "60", "-i", "2", "-p", "3"];
// More than the system would hold for a client that does not read: the schema, ten times on a connection. Some two thousand
// bytes are read every five seconds: an end is seen only behind what has come before.
const MUCH = url.replace(/\/graphql$/, "/schema.graphql");

// Every connection has to be closed before the seconds (`-l`) are over.
const attacks = [
  { name: "slow headers", arguments: ["-H", "-l", "25", "-u", url] },
  { name: "slow bodies", arguments: ["-B", "-l", "25", "-s", "4096", "-f", "application/json", "-u", url] },
  { name: "slow reads", arguments: ["-X", "-l", "60", "-n", "5", "-z", "2048", "-w", "10", "-y", "20", "-k", "10", "-u", MUCH] },
];

const output = async (attack) => {
  const child = spawn("slowhttptest", [...CONNECTIONS, ...attack.arguments], { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (bytes) => (text += bytes));
  await once(child, "close");
  return text.replaceAll(/\x1b\[[0-9;]*[A-Za-z]/g, "");
};

const hold = async (attack) => {
  const text = await output(attack);
  const available = text.match(/service available: +(\w+)/g) ?? [];
  const isUp = available.length > 0 && available.every((line) => line.endsWith("YES"));
  const hasEnded = text.includes("No open connections left");
  const holds = isUp && hasEnded;
  const connections = hasEnded ? "all connections were ended" : "connections stayed open to the end of the test";
  console.log(`${holds ? "holds" : "failed"}: ${attack.name}: others are ${isUp ? "" : "not "}served, ${connections}`);
  if (!holds) console.log(text);
  return holds;
};

const held = await Promise.all(attacks.map(hold));
process.exit(held.every(Boolean) ? 0 : 1);
