import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { Platform, type PlatformOptions } from "../../src/index.ts";
import { count } from "../support/heavy.ts";

/** Containers in processes of their own that are killed, frozen, late or wrong. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const module = new URL("../support/platform-agents.ts", import.meta.url);
/** A bound of wall time is this much longer on a machine that does other things, too. */
const SLOWDOWN = 5;
/** As short as a loaded machine allows; FAULTS has 1 s and 4 s. */
const HEARTBEAT = { heartbeatMs: 200, heartbeatTimeoutMs: 2000 };

async function workers(options: Partial<PlatformOptions> = {}): Promise<{ platform: Platform; pids: number[] }> {
  const platform = await Platform.create({ module, containers: 2, isolation: "process", ...options });
  onTestFinished(() => platform.close().catch(() => {}));
  for (let i = 0; i < 4; i++) await platform.spawn("Worker", { id: `worker-${i}` });
  return { platform, pids: pidsIn(platform.containers) };
}

function pidsIn(names: readonly string[]): number[] {
  return names.map((name) => Number(/process (\d+)/.exec(name)![1]));
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Numbers of the processes that a process has started and that live. */
function childrenOf(pid: number): number[] {
  const found = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return found.stdout.split(/\s+/).filter(Boolean).map(Number);
}

async function gone(pids: readonly number[]): Promise<void> {
  while (pids.some(lives)) await pause(20);
}

/** The advance fails because the container 1 is lost, and then nothing is left of any of them. */
async function expectLost(platform: Platform, advance: Promise<unknown>, pids: number[], how: RegExp): Promise<void> {
  const error = (await advance.catch((reason: Error) => reason)) as Error;
  expect(error).toMatchObject({ name: "RunError", code: "ERR_CONTAINER_LOST" });
  expect(error.message).toMatch(
    new RegExp(`^container 1 \\(process ${pids[1]}\\) was lost in round at tick \\d+, round`),
  );
  expect(error.message).toMatch(how);
  await gone(pids);
  await expect(platform.advance(99)).rejects.toMatchObject({ code: "ERR_RUN_FAILED" });
}

describe("a platform's containers in processes", () => {
  it("F01: one that is killed in its step is named, with the tag, and the others end", async () => {
    const { platform, pids } = await workers();
    platform.input("worker-1", "compute", [60_000]);
    const advance = platform.advance(1);
    await pause(100);
    process.kill(pids[1]!, "SIGKILL");
    await expectLost(platform, advance, pids, /tick 1000000, round 0: it was ended by SIGKILL/);
  });

  it("F01: one that is killed between steps is found at the next", async () => {
    const { platform, pids } = await workers();
    await platform.advance(0);
    process.kill(pids[1]!, "SIGKILL");
    platform.input("worker-1", "compute", [1]);
    await expectLost(platform, platform.advance(1), pids, /SIGKILL/);
  });

  it("F01: one that has nothing due is missed within a second, by whoever calls, advances or waits", async () => {
    const { platform, pids } = await workers();
    await platform.advance(0);
    const call = platform.call("worker-0", "echo", [1]);
    const start = performance.now();
    process.kill(pids[1]!, "SIGKILL");
    const lost = await platform.ended.catch((error: Error) => error);
    expect(performance.now() - start).toBeLessThan(1000 * SLOWDOWN);
    expect(lost).toMatchObject({ name: "RunError", code: "ERR_CONTAINER_LOST", tag: { ticks: 0 } });
    expect((lost as Error).message).toMatch(
      new RegExp(`^container 1 .process ${pids[1]}. was lost while it had nothing to do, at tick 0.*ended by SIGKILL$`),
    );
    await expect(call).rejects.toMatchObject({ code: "ERR_RUN_ENDED", cause: { code: "ERR_CONTAINER_LOST" } });
    expect(() => platform.input("worker-0", "compute", [1])).toThrow("the run is failed");
    await expect(platform.advance(1)).rejects.toBe(lost);
    await expect(platform.advance(2)).rejects.toMatchObject({ code: "ERR_RUN_FAILED", cause: lost });
    await gone(pids);
    await platform.close();
  });

  it("F01: one that has nothing due is missed during an advance, too, which ends with it", async () => {
    const { platform, pids } = await workers();
    await platform.advance(0);
    platform.input("worker-0", "compute", [60_000]);
    const advance = platform.advance(1);
    advance.catch(() => {});
    process.kill(pids[1]!, "SIGKILL");
    await expect(advance).rejects.toMatchObject({
      code: "ERR_CONTAINER_LOST",
      message: expect.stringMatching(/^container 1 .*while it had nothing to do, at tick 1000000.*SIGKILL$/),
    });
    await gone(pids);
  });

  it("closes an advance that does not end within the bound, and leaves nothing", async () => {
    const { platform, pids } = await workers({ limits: { stopTimeoutMs: 300 } });
    platform.input("worker-1", "compute", [60_000]);
    const advance = platform.advance(1);
    advance.catch(() => {});
    await platform.close();
    await expect(advance).rejects.toMatchObject({
      code: "ERR_RUN_CLOSED",
      message: expect.stringContaining("did not end within stopTimeoutMs = 300 ms"),
    });
    await platform.close();
    await gone(pids);
  });

  it("F01: one whose agent ends the process is named with its exit code", async () => {
    const { platform, pids } = await workers();
    platform.input("worker-1", "die");
    await expectLost(platform, platform.advance(1), pids, /it ended with code 7/);
  });

  it("F01: a thread that ends is named with its exit code", async () => {
    const platform = await Platform.create({ module, containers: 2, isolation: "thread" });
    onTestFinished(() => platform.close().catch(() => {}));
    await platform.spawn("Worker", { id: "worker-1" });
    platform.input("worker-1", "die");
    await expect(platform.advance(1)).rejects.toMatchObject({
      code: "ERR_CONTAINER_LOST",
      message: expect.stringMatching(/^container 1 \(thread \d+\) was lost in round at tick .*: it ended with code 7$/),
    });
  });

  it("F02: one that is frozen is found by its heartbeat, and killed", async () => {
    const { platform, pids } = await workers({ limits: HEARTBEAT });
    process.kill(pids[1]!, "SIGSTOP");
    platform.input("worker-1", "compute", [1]);
    await expectLost(platform, platform.advance(1), pids, /no sign of life/);
  });

  it("F02: one that computes for long is not taken for dead", async () => {
    const { platform } = await workers({ limits: HEARTBEAT });
    platform.input("worker-1", "compute", [2 * HEARTBEAT.heartbeatTimeoutMs]);
    expect(await platform.advance(1)).toBeUndefined();
  });

  it("F03: one whose step takes longer than the limit fails the run", async () => {
    const { platform, pids } = await workers({ limits: { stepTimeoutMs: 500, stepWarningMs: 100 } });
    const warned = once(process, "warning");
    platform.input("worker-1", "compute", [60_000]);
    await expect(platform.advance(1)).rejects.toMatchObject({
      code: "ERR_STEP_TIMEOUT",
      message: expect.stringContaining(
        `container 1 (process ${pids[1]}) did not end within stepTimeoutMs = 500 ms in round at tick`,
      ),
    });
    expect((await warned)[0].message).toContain(`container 1 (process ${pids[1]}) is still in round at tick`);
    await gone(pids);
  });

  it("F11: one with another version of the module is turned away", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-test-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "agents.mjs");
    const text = [
      `import { appendFileSync } from "node:fs";`,
      `import { Agent } from ${JSON.stringify(new URL("../../src/index.ts", import.meta.url).href)};`,
      `export class A extends Agent {}`,
      `appendFileSync(${JSON.stringify(file)}, "// and more\\n");`,
    ];
    writeFileSync(file, text.map((line) => `${line}\n`).join(""));
    const create = Platform.create({ module: file, isolation: "process", execArgv: ["--import", "tsx"] });
    await expect(create).rejects.toMatchObject({ code: "ERR_CONTAINER_MODULE" });
    appendFileSync(file, "");
  });

  it("starts whoever is slow to say hello: joinTimeoutMs alone decides", async () => {
    const { platform } = await workers({ limits: { handshakeTimeoutMs: 1, handshakesMax: 1, connectTimeoutMs: 1 } });
    expect(await platform.advance(1)).toBeUndefined();
    const create = Platform.create({ module, containers: 2, isolation: "process", limits: { joinTimeoutMs: 1 } });
    await expect(create).rejects.toMatchObject({
      code: "ERR_CONTAINER_START",
      message: "containers 0, 1 did not join within joinTimeoutMs = 1 ms",
    });
  });

  it("names a module that does not load there, and leaves nothing behind", async () => {
    const create = Platform.create({ module, isolation: "process", execArgv: ["--no-such-option"] });
    await expect(create).rejects.toMatchObject({
      code: "ERR_CONTAINER_START",
      message: expect.stringMatching(/^container 0 \(process \d+\) did not join: it ended with code 9$/),
    });
  });

  it.each(["SIGKILL", "SIGTERM", "SIGINT", "exit"])(
    "leaves no process and no socket when its program ends by %s",
    async (how) => {
      const folder = mkdtempSync(join(tmpdir(), "cosimas-test-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const program = spawn(process.execPath, ["--import", "tsx", "test/support/platform-program.ts", how], {
        cwd: root,
        env: { ...process.env, TMPDIR: folder },
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void program.kill("SIGKILL"));
      let said = "";
      program.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
      });
      while (!said.includes("\n")) await once(program.stdout, "data");
      const pids = pidsIn(JSON.parse(said.split("\n")[0]!) as string[]);
      if (how !== "exit") program.kill(how as NodeJS.Signals);
      if (program.exitCode === null && program.signalCode === null) await once(program, "exit");
      await gone(pids);
      expect(readdirSync(folder).filter((name) => name.startsWith("cosimas-"))).toEqual([]);
    },
  );

  it.each([50, 150, 300, 600, 1000, 2000])(
    "leaves no process and no socket when its program is killed while it starts, after %i ms",
    async (delayMs) => {
      const folder = mkdtempSync(join(tmpdir(), "cosimas-test-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      const program = spawn(process.execPath, ["--import", "tsx", "test/support/platform-program.ts", "start"], {
        cwd: root,
        env: { ...process.env, TMPDIR: folder },
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void program.kill("SIGKILL"));
      // From the moment at which the containers are being started.
      const socket = () => readdirSync(folder).filter((name) => name.startsWith("cosimas-"));
      while (socket().length === 0 && program.exitCode === null) await pause(5);
      await pause(delayMs);
      const children = childrenOf(program.pid!);
      program.kill("SIGKILL");
      await once(program, "exit");
      const start = performance.now();
      await gone(children);
      expect(performance.now() - start).toBeLessThan(1000 * SLOWDOWN);
      if (children.length > 0) expect(socket()).toEqual([]);
    },
  );

  it("survives nothing and hangs on nothing, whichever of them is killed or frozen whenever", {
    timeout: 1_200_000,
  }, async () => {
    const delay = fc.integer({ min: 0, max: 40 });
    const signal = fc.constantFrom<NodeJS.Signals>("SIGKILL", "SIGKILL", "SIGSTOP");
    let lost = 0;
    await fc.assert(
      fc.asyncProperty(delay, signal, fc.nat(1), async (delayMs, how, which) => {
        const limits = { heartbeatMs: 100, heartbeatTimeoutMs: 1000 };
        const platform = await Platform.create({ module, containers: 2, isolation: "process", limits });
        try {
          for (let i = 0; i < 4; i++) await platform.spawn("Worker", { id: `worker-${i}` });
          const pids = pidsIn(platform.containers);
          const killed = pause(delayMs).then(() => process.kill(pids[which]!, how));
          let outcome: unknown;
          for (let t = 0; t < 1000 && outcome === undefined; t++) {
            for (let i = 0; i < 4; i++) void platform.call(`worker-${i}`, "sum", [["worker-0", "worker-1"]]);
            outcome = await platform.advance(t).then(
              () => undefined,
              (error) => error,
            );
          }
          await killed;
          if (outcome !== undefined) {
            lost++;
            expect(outcome).toMatchObject({ code: "ERR_CONTAINER_LOST", tag: { ticks: expect.any(Number) } });
            expect((outcome as Error).message).toContain(`container ${which} (process ${pids[which]})`);
            await gone(pids);
          }
        } finally {
          await platform.close();
        }
      }),
      { numRuns: count("platforms whose containers are lost", 20, 300) },
    );
    expect(lost).toBeGreaterThan(0);
  });
});
