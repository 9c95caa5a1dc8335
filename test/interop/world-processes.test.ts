import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { type Entity, World, type WorldOptions } from "cosimas/mosaik";
import { describe, expect, it } from "vitest";

import plain from "./fixtures/plain.ts";

/** Simulators as processes under a World, and every way in which they can break the protocol. */
const RAW = "test/interop/fixtures/raw-simulator.mjs";
const COSIMAS = "%(node)s dist/src/cli/main.js sim";

/** Liveness only: whatever fails is reported long before. */
const WITHIN_MS = 30_000;

interface Outcome {
  readonly error: Error | undefined;
  readonly output: readonly string[];
  /** Times of the healthy simulator's steps. */
  readonly steps: readonly number[];
}

type Raw = { M(): Promise<Entity>; boom(): Promise<unknown>; M2?: unknown };

/** Run a raw simulator F that puts out to another one G, which is healthy unless said otherwise; both are processes. */
async function runRaw(fault: string, options: WorldOptions = {}, extra = false, other = "none"): Promise<Outcome> {
  const output: string[] = [];
  const cmd = ["%(node)s", RAW, "%(addr)s"];
  const world = new World(
    { F: { cmd: [...cmd, fault] }, G: { cmd: [...cmd, other] } },
    { onOutput: (sid, line) => output.push(`${sid}: ${line}`), ...options },
  );
  let error: Error | undefined;
  const steps: number[] = [];
  world.attach((batch) => {
    for (const event of batch) if (event.kind === "step" && event.sim === "G-0") steps.push(event.time);
  });
  try {
    const f = await world.start<Raw>("F");
    const g = await world.start<Raw>("G");
    world.connect(await f.M(), await g.M(), "x");
    if (extra) await f.boom();
    await world.run({ until: 4 });
  } catch (thrown) {
    error = thrown as Error;
  }
  await world.shutdown().catch((thrown: Error) => {
    error ??= thrown;
  });
  if (process.platform === "linux") expect(left()).toEqual([]);
  return { error, output, steps };
}

/** Raw simulators that live, of this process. */
function left(): string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [, parent] = /\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(RAW);
    } catch {
      return false; // It has just ended.
    }
  });
}

describe("a simulator as a process", { timeout: WITHIN_MS }, () => {
  it("is started, stepped and stopped", async () => {
    expect(await runRaw("none")).toEqual({ error: undefined, output: [], steps: [0, 1, 2, 3] });
  });

  it.each(["api 2", "api 1", "replies to stop", "replies twice", "puts out NaN"])("runs: %s", async (what) => {
    expect(await runRaw(what)).toMatchObject({ error: undefined, steps: [0, 1, 2, 3] });
  });

  it("is ended if it goes on after stop", async () => {
    expect(await runRaw("ignores stop", { stopTimeoutMs: 300 })).toMatchObject({ error: undefined });
  });

  it("of cosimas runs, and its output comes line by line", async () => {
    const world = new World({ S: { cmd: `${COSIMAS} test/interop/fixtures/plain.ts %(addr)s` } });
    const handle = await world.start("S");
    expect(handle.meta.api_version).toBe("3.0");
    await world.shutdown();
  });
});

describe("a world of processes", { timeout: WITHIN_MS }, () => {
  it("connects to a simulator that begins to listen later", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    taken.close();
    await once(taken, "close");
    const address = `127.0.0.1:${port}`;
    const world = new World({ S: { connect: address } });
    const starting = world.start("S");
    // Meanwhile it has been refused; if this machine is too slow for that, it connects at once.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const options = { address: `tcp://${address}`, remote: true, insecure: false, timeoutMs: WITHIN_MS };
    const served = plain.serve({ ...options, parameters: {}, log: () => {} });
    expect((await starting).meta.type).toBe("time-based");
    await world.shutdown();
    await served;
  });

  it("warns of a step that takes long, once, and goes on to wait", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error & { code?: string }) => {
      if (warning.code === "COSIMAS_SLOW_STEP") warnings.push(warning.message);
    };
    process.on("warning", onWarning);
    const { error } = await runRaw("hangs", { stepWarningMs: 100, stepTimeoutMs: 1000 });
    process.off("warning", onWarning);
    expect(error).toMatchObject({ code: "ERR_BRIDGE_TIMEOUT" });
    expect(warnings).toEqual([expect.stringMatching(/^simulator F-0: its step at time 1 goes on for \d+\.\d s$/)]);
  });

  it("writes what they write to standard error, after their ids", async () => {
    const written: string[] = [];
    const write = process.stderr.write;
    process.stderr.write = (text: string | Uint8Array) => {
      written.push(String(text));
      return true;
    };
    try {
      const world = new World({ F: { cmd: ["%(node)s", RAW, "%(addr)s", "exits at once"] } });
      await expect(world.start("F", { simId: "meter" })).rejects.toMatchObject({ code: "ERR_BRIDGE_START" });
    } finally {
      process.stderr.write = write;
    }
    expect(written).toContain("[meter] no licence found\n");
  });
});

describe("a fault of a process is an error that names simulator, call and time", { timeout: WITHIN_MS }, () => {
  it.each<[string, string, RegExp, WorldOptions?]>([
    [
      "exits at once",
      "START",
      /F-0, init\(\): could not be started: its process ended with code 3; .*\nno licence found/,
    ],
    ["never connects", "START", /F-0, init\(\): .* has not connected within 300 ms/, { startTimeoutMs: 300 }],
    ["hangs in init", "TIMEOUT", /F-0, init\(\): has not ended within 1500 ms/, { startTimeoutMs: 1500 }],
    ["closes in init", "LOST", /F-0, init\(\): .*closed by the peer; its process ended with code 0/],
    ["api 4", "META", /F-0, init\(\): meta.api_version is "4.0"/],
    ["a number as version", "META", /F-0, init\(\): meta.api_version is 3; it must be a string/],
    ["another type", "META", /F-0, init\(\): meta.type is "continuous"/],
    ["fails in create", "SIMULATOR_FAILED", /F-0, create\(\): boom in create/],
    ["creates too few", "CREATE", /F-0, create\(\): 1 entities of M were requested, 0 were created/],
    ["creates another type", "CREATE", /F-0, create\(\): entity "E" is of type "N"/],
    ["creates one twice", "CREATE", /F-0, create\(\): 1 entities of M were requested, 2 were created/],
    ["fails", "SIMULATOR_FAILED", /F-0, step\(\) at time 1: boom in step/],
    ["fails with a text", "SIMULATOR_FAILED", /F-0, step\(\) at time 1: boom in step/],
    ["fails with null", "LOST", /F-0, step\(\) at time 1: /],
    ["fails with an empty text", "SIMULATOR_FAILED", /F-0, step\(\) at time 1: /],
    ["fails with a name only", "SIMULATOR_FAILED", /F-0, step\(\) at time 1: /],
    ["fails in get_data", "SIMULATOR_FAILED", /F-0, getData\(\) at time 1: boom in get_data/],
    ["fails in setup_done", "SIMULATOR_FAILED", /F-0, setupDone\(\): boom in setup_done/],
    ["resets", "LOST", /F-0, step\(\) at time 1: .*ECONNRESET/],
    ["closes", "LOST", /F-0, step\(\) at time 1: .*closed by the peer/],
    ["sends half a frame", "LOST", /F-0, step\(\) at time 1: .*within a frame/],
    ["announces a huge frame", "LOST", /F-0, step\(\) at time 1: .*4294967295/],
    ["sends garbage", "LOST", /F-0, step\(\) at time 1: /],
    ["sends an unknown message type", "LOST", /F-0, step\(\) at time 1: .*7/],
    ["replies to nobody", "LOST", /F-0, step\(\) at time 1: .*replied to request 999, which was never made/],
    ["dies", "LOST", /F-0, step\(\) at time 1: .*; its process was ended by SIGKILL/],
    ["exits", "LOST", /F-0, step\(\) at time 1: .*; its process ended with code 7; .*\nout of memory, or so/],
    ["hangs", "TIMEOUT", /F-0, step\(\) at time 1: has not ended within 500 ms/, { stepTimeoutMs: 500 }],
    ["ignores SIGTERM", "TIMEOUT", /F-0, step\(\) at time 1: has not ended within 500 ms/, { stepTimeoutMs: 500 }],
    [
      "asks for what is not there",
      "LOST",
      /F-0, step\(\) at time 1: .*\nrefused: .*there is no request "get_the_moon"/,
    ],
    ["steps back", "NEXT_STEP", /F-0, step\(\) at time 1: returned 1; the next step must be later than 1/],
    ["steps to a text", "NEXT_STEP", /F-0, step\(\) at time 1: returned a string, 2/],
    ["steps to a fraction", "NEXT_STEP", /F-0, step\(\) at time 1: returned 1\.5; the next step must be an integer/],
    ["steps to true", "NEXT_STEP", /F-0, step\(\) at time 1: returned a boolean, true/],
    ["names no next step", "NEXT_STEP", /F-0, step\(\) at time 1: returned null/],
    ["puts out null", "OUTPUT", /F-0, getData\(\) at time 1: returned null/],
    ["puts out too early", "OUTPUT_TIME", /F-0, getData\(\) at time 1: output time 0/],
    ["puts out an unknown entity", "OUTPUT", /F-0, getData\(\) at time 1: .*"ghost"/],
    ["leaves out an attribute", "OUTPUT", /F-0, getData\(\) at time 1: returned no value for attribute "x" of E/],
  ])("%s", async (fault, code, message, options) => {
    const { error, steps } = await runRaw(fault, options);
    expect(error).toMatchObject({ name: "BridgeError", code: `ERR_BRIDGE_${code}` });
    expect(error?.message).toMatch(message);
    expect(steps.every((time) => time === 0)).toBe(true);
  });

  it("an extra method that fails does not end the run", async () => {
    const { error } = await runRaw("none", {}, true);
    expect(error).toMatchObject({ code: "ERR_BRIDGE_SIMULATOR_FAILED", message: /F-0, boom\(\): 'boom'/ });
  });

  it("dies between two steps: it is missed at once, not when it is stepped next", async () => {
    // The other one hangs, so that nobody asks anything of it.
    const { error } = await runRaw("dies between steps", {}, false, "hangs");
    expect(error).toMatchObject({ code: "ERR_BRIDGE_LOST" });
    expect(error?.message).toMatch(/F-0, (step|getData)\(\)/);
  });

  it.each([
    ["a program that is not there", ["no-such-program-of-cosimas", "%(addr)s"], /did not start: .*ENOENT/],
    ["a folder that is not there", ["%(node)s", "%(addr)s"], /did not start: .*ENOENT/],
  ])("%s", async (what, cmd, message) => {
    const cwd = what.startsWith("a folder") ? { cwd: "/no/such/folder" } : {};
    const world = new World({ F: { cmd, ...cwd } });
    await expect(world.start("F")).rejects.toMatchObject({
      code: "ERR_BRIDGE_START",
      message: expect.stringMatching(message),
    });
  });

  it("nobody listens where the world is to connect", async () => {
    const world = new World({ F: { connect: "127.0.0.1:1" } }, { startTimeoutMs: 300 });
    await expect(world.start("F")).rejects.toMatchObject({
      code: "ERR_BRIDGE_START",
      message: expect.stringMatching(/F-0, init\(\): could not be connected to within 300 ms: .*127.0.0.1:1/),
    });
  });

  it("a world that is shut down while a simulator starts ends that, too", async () => {
    const world = new World({ F: { cmd: ["%(node)s", RAW, "%(addr)s", "never connects"] } });
    const starting = world.start("F");
    const failed = expect(starting).rejects.toMatchObject({ code: "ERR_BRIDGE_START" });
    await world.shutdown();
    await failed;
  });
});
