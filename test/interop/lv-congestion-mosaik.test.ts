import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { loadGrid, loadProfiles, STEPS_PER_DAY } from "../../scenarios/lv-congestion/grid/index.ts";
import { simulate } from "../../scenarios/lv-congestion/run.ts";
import { pythonEnvironment } from "../support/python.ts";

/** The scenario with mosaik as the master and pandapower as the grid, against the embedded run. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const { python, reason } = await pythonEnvironment("mosaik-pandapower");

const DAY = 140;
const TOLERANCE_MW = 1e-4;
const SCENARIO = "scenarios/lv-congestion/mosaik_pandapower.py";
// Relative to the folder that mosaik is started in.
const COSIMAS = "node dist/src/cli/main.js";

/** Of a plant or storage in one quarter hour, in MW and Mvar. */
interface Powers {
  p_mw: number;
  q_mvar?: number;
}

interface QuarterHour {
  time: number;
  set_points: Record<string, Powers>;
  did: Record<string, Powers>;
}

const data = (name: string) => new URL(`../../scenarios/lv-congestion/data/${name}`, import.meta.url);
const grid = loadGrid(data("grid.json"));

describe.skipIf(reason !== undefined)(
  `lv-congestion under mosaik${reason === undefined ? "" : ` (skipped: ${reason})`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "cosimas-lv-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const scenario = (...args: string[]) =>
      promisify(execFile)(python!, [SCENARIO, ...args], { cwd: root, timeout: 240_000, maxBuffer: 2 ** 26 });

    it(`gives the set-points of the embedded run within ${TOLERANCE_MW} MW, every quarter hour of day ${DAY}`, async () => {
      const out = join(folder, "set-points.jsonl");
      const { stdout, stderr } = await scenario("--day", String(DAY), "--out", out, "--cosimas", COSIMAS);
      expect(stderr).not.toMatch(/WARNING|ERROR|Traceback|cosimas:/);
      const readme = readFileSync(new URL("../../scenarios/lv-congestion/README.md", import.meta.url), "utf8");
      const [, shown = ""] = /```\n(transformer, highest[\s\S]*?)```/.exec(readme) ?? [];
      expect(stdout.endsWith(shown)).toBe(true);

      const lines = readFileSync(out, "utf8").trimEnd().split("\n");
      const underMosaik = lines.map((line) => JSON.parse(line) as QuarterHour);
      const profiles = loadProfiles(data("profiles.csv.gz"));
      const { quarterHours } = await simulate({ grid, profiles, day: DAY, days: 1, control: true, seed: 1 });
      expect(underMosaik).toHaveLength(STEPS_PER_DAY);
      expect(quarterHours).toHaveLength(STEPS_PER_DAY);
      let compared = 0;
      let largest = 0;
      const compare = (one: number | undefined, other: number | undefined) => {
        compared++;
        largest = Math.max(largest, Math.abs(one! - other!));
      };
      for (const [i, { pvMw, pvMvar, storageMw }] of quarterHours.entries()) {
        const { set_points, did } = underMosaik[i]!;
        for (const { id } of grid.pvs) {
          compare(set_points[id]!.p_mw, pvMw[id]);
          compare(set_points[id]!.q_mvar, pvMvar[id]);
        }
        for (const { id } of grid.storages) compare(set_points[id]!.p_mw, storageMw[id]);
        // Nobody asks for what a device cannot do: the embedded run, which tells what was done, tells what was set.
        for (const [id, { p_mw, q_mvar = 0 }] of Object.entries(set_points)) {
          expect(did[id]!.p_mw).toBeCloseTo(p_mw, 9);
          expect(did[id]!.q_mvar ?? 0).toBeCloseTo(q_mvar, 9);
        }
      }
      process.stdout.write(`largest gap of ${compared} set-points: ${largest} MW\n`);
      expect(compared).toBe(STEPS_PER_DAY * (2 * grid.pvs.length + grid.storages.length));
      expect(largest).toBeLessThan(TOLERANCE_MW);
    });

    it("F28 exits with 1 when the agents fail, though mosaik's run returns", async () => {
      const cosimas = "node --conditions=cosimas:source --import tsx test/interop/fixtures/failing-cosimas.ts";
      await expect(scenario("--cosimas", cosimas)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/only \d+ of 96 quarter hours were run/),
      });
    });

    it("ends on Ctrl-C, and its agents with it", async () => {
      // Ctrl-C goes to all processes of the terminal's foreground group.
      const args = [SCENARIO, "--day", "0", "--days", "366", "--cosimas", COSIMAS];
      const run = spawn(python!, args, { cwd: root, detached: true, stdio: ["ignore", "pipe", "pipe"] });
      const group = (signal: NodeJS.Signals) => process.kill(-run.pid!, signal);
      // Closed by the last process that writes there: the agents' standard error is the scenario's.
      const closed = once(run, "close");
      let ended = false;
      onTestFinished(() => void (ended || group("SIGKILL")));
      let stderr = "";
      let interrupted = false;
      run.stdout.resume();
      for await (const text of run.stderr.setEncoding("utf8") as AsyncIterable<string>) {
        stderr += text;
        if (interrupted || !stderr.includes("Starting simulation")) continue;
        interrupted = true;
        group("SIGINT");
      }
      const [code] = await closed;
      ended = true;
      expect(code, stderr).not.toBe(0);
      expect(stderr).toMatch(/KeyboardInterrupt/);
    });
  },
);
