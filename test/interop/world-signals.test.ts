import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";

/** Scripts without the command line that are ended by a signal in mid-run: none of what they have started is left. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const NODE = ["--conditions=cosimas:source", "--import", "tsx"];

mkdirSync(join(root, "out"), { recursive: true });
const folder = mkdtempSync(join(root, "out", "signals-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Simulators of ours, and those of somebody else, which do not listen to what becomes of their connection. */
const FOREIGN = `
const [host, port] = process.argv[2].split(":");
const socket = (await import("node:net")).connect(Number(port), host);
socket.on("error", () => {});
setInterval(() => {}, 1000);
const meta = { api_version: "3.0", type: "time-based", models: { M: { public: true, params: [], attrs: ["x"] } } };
const answers = { init: meta, create: [{ eid: "e", type: "M" }], setup_done: null, step: null };
socket.on("data", (bytes) => {
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) {
    const [, id, [name, args]] = JSON.parse(bytes.toString("utf8", at + 4, at + 4 + bytes.readUInt32BE(at)));
    const body = Buffer.from(JSON.stringify([1, id, name === "step" ? args[0] + 1 : answers[name]]));
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    socket.write(Buffer.concat([head, body]));
  }
});
`;

const WORLD = `
import { World } from "cosimas/mosaik";
const own = { cmd: ["%(node)s", ...process.execArgv, "src/cli/main.ts", "sim", "test/interop/fixtures/plain.ts", "%(addr)s"] };
const foreign = { cmd: ["%(node)s", new URL("foreign.mjs", import.meta.url).pathname, "%(addr)s"] };
const world = new World({ Own: own, Foreign: foreign }, { startTimeoutMs: 60_000, onOutput: () => {} });
for (const name of process.argv.slice(2)) await world.start(name);
if (process.env["LISTENS"]) process.on("SIGTERM", () => process.exit(7));
console.log("running");
await world.run({ until: 1e6, rtFactor: 1 });
`;

writeFileSync(join(folder, "foreign.mjs"), FOREIGN);
writeFileSync(join(folder, "world.ts"), WORLD);

/** Processes that live, of the group, and are no zombies. */
function left(group: number): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [state, , pgid] = readFileSync(`/proc/${pid}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      return Number(pgid) === group && state !== "Z";
    } catch {
      return false; // It has just ended.
    }
  });
}

/** Run the script until it says that it runs, end it by `signal`, and wait until nothing is left. */
async function end(signal: NodeJS.Signals, names: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: root, detached: true, env: { ...process.env, ...env } };
  const run = spawn(process.execPath, [...NODE, join(folder, "world.ts"), ...names], {
    ...options,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const group = run.pid!;
  onTestFinished(() => {
    if (left(group).length > 0) process.kill(-group, "SIGKILL");
  });
  for await (const line of createInterface({ input: run.stdout! })) if (line === "running") break;
  expect(left(group).length).toBeGreaterThan(names.length);
  const exit = once(run, "exit");
  const startMs = performance.now();
  run.kill(signal);
  const [code, by] = await exit;
  // Liveness only, on a loaded machine.
  while (left(group).length > 0 && performance.now() - startMs < 20_000) await sleep(20);
  process.stdout.write(`nothing was left ${(performance.now() - startMs).toFixed(0)} ms after ${signal}\n`);
  return { code, by, left: left(group) };
}

describe.skipIf(process.platform !== "linux")("a World script without the command line", { timeout: 120_000 }, () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ended by %s leaves no simulator, and ends by it",
    async (signal) => {
      expect(await end(signal, ["Own", "Foreign"])).toEqual({ code: null, by: signal, left: [] });
    },
  );

  it("that listens to SIGTERM itself decides what becomes of it", async () => {
    expect(await end("SIGTERM", ["Own", "Foreign"], { LISTENS: "1" })).toEqual({ code: 7, by: null, left: [] });
  });

  it("ended by SIGKILL leaves no simulator of ours: they end with the connection", async () => {
    expect(await end("SIGKILL", ["Own", "Own"])).toEqual({ code: null, by: "SIGKILL", left: [] });
  });
});
