import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { freePort, helicsEnvironment, type Started, start, startBroker } from "../support/helics.ts";

/** Ctrl-C and SIGTERM of `cosimas federate`, wherever HELICS and the agents are, and whatever is waited for. */
const environment = await helicsEnvironment();
const { reason } = environment;
const root = fileURLToPath(new URL("../..", import.meta.url));
const PROGRAM = ["--conditions=cosimas:source", "--import", "tsx", join(root, "src/cli/main.ts")];
const WALKERS = "test/interop/fixtures/walkers-federate.ts";
const STUBBORN = "test/interop/fixtures/stubborn-federate.ts";
const LONG = ["--until", "1000000", "--log-level", "trace"];

/** Wall time within which an interrupted program is gone and the others are told, in milliseconds. */
const TOLD_MS = 5000;
/** Wall time after which a program ends that cannot do so in good order, and what it may take on a loaded machine, in milliseconds. */
const END_MS = 5000;
const LOAD_MS = 3000;

/** Where HELICS and the agents are. */
const INLINE = ["inline", []] as const;
const APART = ["in a process of its own", ["--helics-isolation", "process"]] as const;
const WAYS = [
  APART,
  ["beside two processes", ["--containers", "2", "--isolation", "process"]],
  ["beside two threads", ["--containers", "2", "--isolation", "thread"]],
  ["beside a page", ["--watch", "--metrics", "0"]],
] as const;

const CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** All processes below one, with its own. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

function cosimas(...args: readonly string[]): string {
  return execFileSync(process.execPath, [...PROGRAM, ...args], { cwd: root, encoding: "utf8", stdio: "pipe" });
}

describe.skipIf(reason !== undefined)(
  `HELICS: interrupts${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-helics-interrupts-"));
    const temporary = mkdtempSync(join(tmpdir(), "cosimas-helics-temporary-"));
    afterAll(() => {
      for (const each of [folder, temporary]) rmSync(each, { recursive: true, force: true });
    });
    const file = (name: string) => join(folder, `${name.replaceAll(" ", "-")}.mcap`);

    function federate(
      module: string,
      broker: { readonly address: string },
      population: string,
      options: readonly string[],
      { group = false } = {},
    ): Started {
      const connection = ["--broker", broker.address, "--library", environment.library!, "--population", population];
      const args = [...PROGRAM, "federate", module, ...connection, "--timeout", "30", ...options];
      return start(process.execPath, args, { TMPDIR: temporary }, { group });
    }

    /** Interrupt it; nothing of it is left, and it says why. */
    async function interrupted(
      program: Started,
      signal: "SIGINT" | "SIGTERM",
      { group = false, boundMs = TOLD_MS } = {},
    ): Promise<void> {
      const pid = program.child.pid!;
      const all = family(pid);
      const startMs = performance.now();
      process.kill(group ? -pid : pid, signal);
      expect(await program.ended, program.output()).toBe(CODES[signal]);
      expect(performance.now() - startMs).toBeLessThan(boundMs);
      await expect.poll(() => all.filter((each) => existsSync(`/proc/${each}`)), { timeout: TOLD_MS }).toEqual([]);
      // Sockets of containers are in the folder for temporary files, where the loader of TypeScript has one, too.
      expect(readdirSync(temporary).filter((name) => !name.startsWith("tsx-"))).toEqual([]);
      expect(program.output()).toMatch(new RegExp(`^cosimas: interrupted by ${signal}$`, "m"));
      expect(program.output()).not.toMatch(/cosimas: error|ERR_|torn/);
    }

    /** The same; and the other federate ends, told why. */
    async function interruptedAndTold(
      program: Started,
      other: Started,
      signal: "SIGINT" | "SIGTERM",
      options: { readonly group?: boolean } = {},
    ): Promise<void> {
      const startMs = performance.now();
      await interrupted(program, signal, options);
      expect(await other.ended).toBe(1);
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS);
      expect(other.output()).toMatch(/ERR_HELICS_ABORTED.*federate "p0": the program of this federate has ended/);
    }

    function expectWhole(recording: string): void {
      expect(cosimas("inspect", recording)).toMatch(/whole, trace hash/);
      expect(cosimas("replay", recording)).toMatch(/^the same: \d+ events of \d+ advances compared/m);
    }

    async function endsInOrder(
      name: string,
      options: readonly string[],
      signal: "SIGINT" | "SIGTERM",
      { group = false } = {},
    ): Promise<void> {
      const broker = await startBroker(environment, 2);
      const recording = file(`${name}-${signal}-${group}`);
      const ended = federate(WALKERS, broker, "p0", [...LONG, ...options, "--record", recording], { group });
      const other = federate(WALKERS, broker, "p1", LONG);
      await ended.line(/granted 30 s/);
      await interruptedAndTold(ended, other, signal, { group });
      expectWhole(recording);
    }

    it.each([...WAYS.map((way) => ["SIGINT", ...way] as const), ["SIGTERM", ...WAYS[1]] as const])(
      "a recording is whole after %s, with HELICS %s",
      (signal, name, options) => endsInOrder(name, options, signal),
    );

    it.each([INLINE, APART, WAYS[1]])(
      "a recording is whole after Ctrl-C at a terminal, with HELICS %s",
      (name, options) => endsInOrder(name, options, "SIGINT", { group: true }),
    );

    it.each([INLINE, APART])("the search for a broker has an end, with HELICS %s", async (name, options) => {
      const recording = file(`search ${name}`);
      const nowhere = { address: `tcp://127.0.0.1:${await freePort()}` };
      const searching = federate(WALKERS, nowhere, "p0", [...options, "--record", recording]);
      await expect.poll(() => existsSync(recording), { timeout: 30_000 }).toBe(true);
      await interrupted(searching, "SIGINT");
      expectWhole(recording);
    });

    it.each([INLINE, APART])(
      "the wait for others has an end, and they are told, with HELICS %s",
      async (name, options) => {
        const recording = file(`initialize ${name}`);
        const broker = await startBroker(environment, 3);
        const waiting = federate(WALKERS, broker, "p0", [...options, "--record", recording]);
        const other = federate(WALKERS, broker, "p1", []);
        await Promise.all(
          [waiting, other].map((each) => each.line(/takes more than 4000 ms: .*"p0".*"p1"|"p1".*"p0"/)),
        );
        await interruptedAndTold(waiting, other, "SIGINT");
        expectWhole(recording);
      },
    );

    it.each([INLINE, APART, WAYS[1]])("long work of agents has an end, with HELICS %s", async (name, options) => {
      const recording = file(`works ${name}`);
      const broker = await startBroker(environment, 2);
      const working = federate(STUBBORN, broker, "p0", [...options, "--habit", "works", "--record", recording]);
      const other = federate(STUBBORN, broker, "p1", []);
      await working.line(/it works/);
      await interruptedAndTold(working, other, "SIGINT");
      expectWhole(recording);
    });

    it.each([INLINE, APART])("agents that do not stop are not waited for, with HELICS %s", async (_name, options) => {
      const broker = await startBroker(environment, 2);
      const staying = federate(STUBBORN, broker, "p0", [...LONG.slice(2), ...options, "--habit", "stays"]);
      federate(STUBBORN, broker, "p1", []);
      await staying.line(/granted 10 s/);
      const all = family(staying.child.pid!);
      const startMs = performance.now();
      staying.child.kill("SIGTERM");
      await staying.line(/it stays/);
      expect(await staying.ended).toBe(143);
      expect(staying.output()).toMatch(/error: it has not ended within 5 s of the signal, .*cosimas recover/);
      expect(performance.now() - startMs).toBeLessThan(END_MS + LOAD_MS);
      await expect.poll(() => all.filter((each) => existsSync(`/proc/${each}`)), { timeout: TOLD_MS }).toEqual([]);
    });

    it.each([INLINE, APART])("a second signal ends it at once, with HELICS %s", async (_name, options) => {
      const broker = await startBroker(environment, 2);
      const staying = federate(STUBBORN, broker, "p0", [...LONG.slice(2), ...options, "--habit", "stays"]);
      federate(STUBBORN, broker, "p1", []);
      await staying.line(/granted 10 s/);
      staying.child.kill("SIGINT");
      await staying.line(/it stays/);
      const startMs = performance.now();
      staying.child.kill("SIGINT");
      expect(await staying.ended).toBe(130);
      expect(performance.now() - startMs).toBeLessThan(END_MS / 2);
    });
  },
);
