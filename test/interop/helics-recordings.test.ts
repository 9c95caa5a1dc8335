import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { type Broker, helicsEnvironment, type Started, start, startBroker } from "../support/helics.ts";

/** Populations of a federation by `cosimas federate`: on several containers, recorded, replayed, killed in the middle. */
const environment = await helicsEnvironment();
const { reason } = environment;
const root = fileURLToPath(new URL("../..", import.meta.url));
const main = join(root, "src/cli/main.ts");
const PROGRAM = ["--conditions=cosimas:source", "--import", "tsx", main];
const FIXTURE = "test/interop/fixtures/walkers-federate.ts";

/** Wall time within which a fault is told, and nothing is left, in milliseconds. */
const TOLD_MS = 5000;

/** `cosimas federate` of one of the two populations. */
function federate(broker: Broker, population: string, options: readonly string[]): Started {
  const connection = ["--broker", broker.address, "--library", environment.library!, "--timeout", "30"];
  return start(process.execPath, [
    ...PROGRAM,
    "federate",
    FIXTURE,
    ...connection,
    "--population",
    population,
    ...options,
  ]);
}

function cosimas(...args: readonly string[]): string {
  return execFileSync(process.execPath, [...PROGRAM, ...args], { cwd: root, encoding: "utf8", stdio: "pipe" });
}

describe.skipIf(reason !== undefined)(
  `HELICS: recordings${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-helics-recordings-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const file = (name: string) => join(folder, `${name}.mcap`);

    /** Both populations to their end, the first on so many containers; the hash of each. */
    async function recorded(name: string, containers: readonly string[]): Promise<string[]> {
      const broker = await startBroker(environment, 2);
      const both = ["p0", "p1"].map((population) =>
        federate(broker, population, [...containers, "--record", file(`${name}-${population}`)]),
      );
      const codes = await Promise.all(both.map(({ ended }) => ended));
      expect(codes, both.map(({ output }) => output()).join("\n")).toEqual([0, 0]);
      return both.map(({ output }) => /trace hash ([0-9a-f]{16})/.exec(output())![1]!);
    }

    it("have the same bytes on 1 and 2 containers, and a replay gives the same hash", async () => {
      const alone = await recorded("alone", []);
      const spread = await recorded("spread", ["--containers", "2", "--isolation", "process"]);
      expect(spread).toEqual(alone);
      for (const [i, population] of ["p0", "p1"].entries()) {
        const [a, b] = [file(`alone-${population}`), file(`spread-${population}`)];
        // The file of the agents is named by both.
        expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
        const replayed = cosimas("replay", b);
        expect(replayed).toMatch(/^the same: \d+ events of \d+ advances compared/m);
        expect(replayed).toContain(`trace hash ${alone[i]}`);
        expect(cosimas("diff", a, b)).toMatch(/the same/);
        const inspected = cosimas("inspect", b);
        expect(inspected).toMatch(/population p[01], one of p0, p1; 0\.5 s between them/);
        expect(inspected).toMatch(/\d+ {2}arrive/);
        expect(inspected).toContain(`trace hash ${alone[i]}`);
      }
      const events = cosimas("inspect", file("spread-p0"), "--events", "--method", "add");
      expect(events).toMatch(/p0\/\d: request add\(.*\) from p1\/\d/);
    });

    it("have the same bytes and hashes with HELICS inline and in a process of its own", async () => {
      const inline = await recorded("inline", ["--helics-isolation", "inline"]);
      const apart = await recorded("apart", ["--helics-isolation", "process"]);
      expect(apart).toEqual(inline);
      for (const population of ["p0", "p1"]) {
        const [a, b] = [file(`inline-${population}`), file(`apart-${population}`)];
        expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
      }
    });

    it("stay readable, and can be replayed, when the program is killed in the middle", async () => {
      const broker = await startBroker(environment, 2);
      const options = ["--until", "1000000", "--log-level", "trace"];
      const killed = federate(broker, "p0", [...options, "--containers", "2", "--record", file("killed")]);
      const other = federate(broker, "p1", [...options, "--record", file("other")]);
      await killed.line(/granted 30 s/);
      const startMs = performance.now();
      killed.child.kill("SIGKILL");
      expect(await other.ended).toBe(1);
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS);
      expect(other.output()).toMatch(
        /ERR_HELICS_ABORTED: federate "p1" at \d+(?:\.5)? s: .*federate "p0": the program of this federate has ended.*look at the log/,
      );
      expect(cosimas("inspect", file("killed"))).toMatch(/torn: /);
      expect(cosimas("inspect", file("other"))).toMatch(/whole, trace hash/);
      expect(cosimas("replay", file("killed"))).toMatch(/^the recording is torn: .*cosimas recover/m);
      cosimas("recover", file("killed"));
      for (const name of ["killed.recovered", "other"]) {
        const replayed = cosimas("replay", file(name));
        expect(replayed).toMatch(/^the same: \d+ events of (?:[3-9]\d|\d{3,}) advances compared/m);
      }
    });

    it.each(["SIGINT", "SIGTERM"] as const)("is whole, and can be replayed, after %s", async (signal) => {
      const broker = await startBroker(environment, 2);
      const options = ["--until", "1000000", "--log-level", "trace"];
      const name = `ended-${signal}`;
      const ended = federate(broker, "p0", [...options, "--record", file(name)]);
      const other = federate(broker, "p1", options);
      await ended.line(/granted 30 s/);
      const startMs = performance.now();
      ended.child.kill(signal);
      expect(await ended.ended).toBe(signal === "SIGINT" ? 130 : 143);
      expect(await other.ended).toBe(1);
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS);
      expect(ended.output()).toMatch(new RegExp(`^cosimas: interrupted by ${signal}$`, "m"));
      expect(ended.output()).not.toMatch(/ERR_HELICS/);
      expect(other.output()).toMatch(/ERR_HELICS_ABORTED.*federate "p0": the program of this federate has ended/);
      expect(cosimas("inspect", file(name))).toMatch(/whole, trace hash/);
      expect(cosimas("replay", file(name))).toMatch(/^the same: \d+ events of (?:[3-9]\d|\d{3,}) advances compared/m);
    });

    it("ends with the federation, by name, when a container of a population is killed", async () => {
      const broker = await startBroker(environment, 2);
      const options = ["--until", "1e6", "--log-level", "trace"];
      const spread = federate(broker, "p0", [...options, "--containers", "2", "--isolation", "process"]);
      const other = federate(broker, "p1", options);
      await spread.line(/granted 10 s/);
      const { pid } = spread.child;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
      const isContainer = (child: string) => /platform.boot/.test(readFileSync(`/proc/${child}/cmdline`, "utf8"));
      const containers = children.filter(isContainer);
      expect(containers).toHaveLength(2);
      const startMs = performance.now();
      process.kill(Number(containers[1]), "SIGKILL");
      expect(await Promise.all([spread.ended, other.ended])).toEqual([1, 1]);
      expect(performance.now() - startMs).toBeLessThan(TOLD_MS);
      expect(spread.output()).toMatch(/ERR_CONTAINER_LOST: container \d \(process \d+\) was lost .*SIGKILL/);
      expect(other.output()).toMatch(
        /ERR_HELICS_ABORTED: federate "p1" at [\d.]+ s: .*federate "p0": container \d \(process \d+\) was lost/,
      );
      await expect
        .poll(() => children.filter((child) => existsSync(`/proc/${child}`)), { timeout: TOLD_MS })
        .toEqual([]);
    });

    it("is refused by others that end at another time", async () => {
      const broker = await startBroker(environment, 2);
      const both = [federate(broker, "p0", ["--until", "10"]), federate(broker, "p1", ["--until", "20"])];
      expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([1, 1]);
      expect(both[0]!.output()).toMatch(
        /ERR_HELICS_POPULATIONS: federate "p0": population "p1" is not there, or not with delayS=0.5, periodS=0.5, untilS=10, seed=3/,
      );
    });

    it("says who has come while others are missing", async () => {
      const broker = await startBroker(environment, 2);
      const alone = federate(broker, "p0", []);
      await alone.line(/takes more than 4000 ms: the federation has "p0" so far; start the others/);
      alone.child.kill("SIGINT");
      expect(await alone.ended).toBe(130);
    });
  },
);
