// The hub that the tools ask: the real program on simulated vendors, on a port of its own, with a fresh database.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { createInterface } from "node:readline";

// Eight nights of a small company: lists have several pages, and dates that can be compared.
const WORLD = ["--days", "8", "--ninja", "120", "--threatlocker", "70"];
const START_SECONDS = 120;
const STOP_SECONDS = 40;

const later = (seconds, what) =>
  new Promise((_, fail) => setTimeout(() => fail(new Error(what)), seconds * 1000).unref());

const DEMO = ["demo", "--listen", "127.0.0.1:0", ...WORLD];

// Starts the hub, the demo if nothing else is said, and resolves when it answers. Nothing of the caller's environment reaches
// its settings.
export const start = async ({ program, data, log, words, settings = {} }) => {
  const environment = Object.entries(process.env).filter(([name]) => !/^(HUB_|NINJA_|THREATLOCKER_|DB_DSN|DATABASE_URL)/.test(name));
  const child = spawn(program, words ?? [...DEMO, "--data-dir", data], {
    cwd: data,
    env: { ...Object.fromEntries(environment), HUB_LOG: "warn", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  const file = createWriteStream(log);
  child.stderr.pipe(file, { end: false });
  const lines = createInterface({ input: child.stdout });
  const address = new Promise((found) => {
    lines.on("line", (line) => {
      file.write(`${line}\n`);
      const url = /answers on (http:\S+)/.exec(line);
      if (url) found(url[1]);
    });
  });
  const early = ended.then(([code]) => Promise.reject(new Error(`the hub ended with ${code}; see ${log}`)));
  early.catch(() => {});
  const url = await Promise.race([address, early, later(START_SECONDS, `the hub did not start; see ${log}`)]).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return { url, stop: () => stop(child, ended), isUp: () => child.exitCode === null && child.signalCode === null };
};

// Asks it to stop, and tells how it ended: 0 is an orderly end.
const stop = async (child, ended) => {
  child.kill("SIGTERM");
  const end = await Promise.race([ended, later(STOP_SECONDS, "the hub did not stop")]).catch((error) => {
    child.kill("SIGKILL");
    return [error.message];
  });
  return end[0];
};
