// Starts a hub, runs every tool against it, one after the other, and tells a line for each: `node run.mjs [name…]`.
// The tools' own output is kept in target/conformance. Exit status 0 only if all passed and the hub lived through it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { start } from "./hub.mjs";
import { tools } from "./tools.mjs";

const here = import.meta.dirname;
const root = join(here, "../..");
const out = join(root, "target/conformance");
const venv = join(out, "venv");
const program = process.env.HUB_PROGRAM ?? join(root, "target/debug/inventory-hub");
const TOOL_SECONDS = 180;

const { devDependencies } = JSON.parse(await readFile(join(here, "package.json"), "utf8"));
const requirements = await readFile(join(here, "requirements.txt"), "utf8");
const pinned = (name) => new RegExp(`^${name}==(\\S+)`, "m").exec(requirements)?.[1];
const versionOf = ({ npm, pypi, version }) => {
  if (npm) return [npm].flat().map((name) => `${name} ${devDependencies[name]}`).join(", ");
  return pypi ? `${pypi} ${pinned(pypi)}` : version;
};

// Runs one tool with its output in a file; true if it ended with 0 in time.
const succeeds = async ({ name, run, env = {}, cwd = out, seconds = TOOL_SECONDS }) => {
  const log = await open(join(out, `${name}.log`), "w");
  const [command, ...rest] = run;
  const options = { cwd, env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", ...env }, stdio: ["ignore", log.fd, log.fd], detached: true };
  const child = spawn(command, rest, options);
  // The tool and whatever it started.
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), seconds * 1000);
  const [code, signal] = await once(child, "exit").catch((error) => [error.message]);
  clearTimeout(timer);
  if (signal === "SIGKILL") await log.write(`\nkilled: it took more than ${seconds} s\n`);
  await log.close();
  return code === 0;
};

const tail = async (name) => {
  const text = await readFile(join(out, `${name}.log`), "utf8");
  return text.trimEnd().split("\n").slice(-15).map((line) => `    ${line}\n`).join("");
};

const data = join(out, "data");
await rm(data, { recursive: true, force: true });
await mkdir(data, { recursive: true });
// relay-compiler wants its folder to be there.
await mkdir(join(out, "relay"), { recursive: true });
const hub = await start({ program, data, log: join(out, "hub.log") });
const wanted = process.argv.slice(2);
const chosen = tools({ url: hub.url, program, here, root, out, venv }).filter(({ name }) => wanted.length === 0 || wanted.includes(name));
let failed = 0;
for (const tool of chosen) {
  if (tool.absent) {
    console.log(`absent  ${tool.name.padEnd(10)} ${tool.version}`);
    continue;
  }
  const began = performance.now();
  const passed = (await succeeds(tool)) && hub.isUp();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${passed ? "passed" : "FAILED"}  ${tool.name.padEnd(10)} ${versionOf(tool)} (${seconds} s)`);
  if (!passed) {
    failed += 1;
    process.stdout.write(await tail(tool.name));
  }
}
const end = await hub.stop();
if (end !== 0) {
  failed += 1;
  console.log(`FAILED  the hub did not stop as asked: ${end}; see target/conformance/hub.log`);
}
const ran = chosen.filter(({ absent }) => !absent).length;
console.log(`${ran - failed} of ${ran} passed; the tools' own output is in target/conformance`);
process.exit(failed || ran === 0 ? 1 : 0);
