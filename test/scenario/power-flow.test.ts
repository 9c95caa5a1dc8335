/** The scenario's power flow against pandapower, which runs in its own process on the SimBench package's own data. */

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import {
  DeviceProfiles,
  dayRange,
  type GridState,
  loadGrid,
  loadProfiles,
  PowerFlow,
} from "../../scenarios/lv-congestion/grid/index.ts";
import { pythonEnvironment } from "../support/python.ts";

const DAYS = [140, 280];
const VM_PU_TOLERANCE = 1e-6;
const LOADING_TOLERANCE = 1e-4;

interface Reference {
  versions: Record<string, string>;
  buses: string[];
  lines: string[];
  trafos: string[];
  steps: {
    step: number;
    vm_pu: number[];
    va_degree: number[];
    lines: number[];
    trafos: number[];
    p_hv_mw: number[];
    q_hv_mvar: number[];
  }[];
}

const { python, reason } = await pythonEnvironment("pandapower");
const data = (name: string) => new URL(`../../scenarios/lv-congestion/data/${name}`, import.meta.url);
const grid = loadGrid(data("grid.json"));
const profiles = loadProfiles(data("profiles.csv.gz"));

async function pandapower(path: string): Promise<Reference> {
  const program = fileURLToPath(new URL("../support/pandapower_days.py", import.meta.url));
  const args = [program, "1-LV-rural1--2-sw", ...DAYS.map(String)];
  const { stdout } = await promisify(execFile)(path, args, { maxBuffer: 2 ** 26, timeout: 300_000 });
  return JSON.parse(stdout);
}

function ours(): Map<number, GridState> {
  const devices = new DeviceProfiles(grid, profiles);
  const powerFlow = new PowerFlow(grid);
  const states = new Map<number, GridState>();
  for (const day of DAYS) {
    const { first, end } = dayRange(profiles, day);
    for (let step = first; step < end; step++) {
      const setPoints = {
        loadPMw: devices.loadPMw(step),
        loadQMvar: devices.loadQMvar(step),
        pvPMw: devices.pvAvailableMw(step),
        storagePMw: new Float64Array(grid.storages.length),
      };
      states.set(step, powerFlow.solve(setPoints, step));
    }
  }
  return states;
}

function largestGap(mine: readonly number[], theirs: readonly number[]): number {
  expect(mine.length).toBe(theirs.length);
  return Math.max(...mine.map((x, i) => Math.abs(x - theirs[i]!)));
}

describe.skipIf(python === undefined)(
  `power flow against pandapower${reason === undefined ? "" : ` (${reason})`}`,
  () => {
    it("gives pandapower's voltages and loadings in every quarter hour of days 140 and 280", async () => {
      const reference = await pandapower(python!);
      expect(reference.versions).toEqual({ pandapower: "3.5.6", simbench: "1.6.3" });
      expect(grid.buses.map((b) => b.name)).toEqual(reference.buses);
      expect(grid.lines.map((l) => l.name)).toEqual(reference.lines);
      expect(grid.trafos.map((t) => t.name)).toEqual(reference.trafos);
      const states = ours();
      expect(reference.steps.map((s) => s.step)).toEqual([...states.keys()]);
      const gaps = { vm_pu: 0, va_degree: 0, line: 0, trafo: 0, p_hv_mw: 0, q_hv_mvar: 0 };
      for (const theirs of reference.steps) {
        const { buses, lines, trafos } = states.get(theirs.step)!;
        const widen = (of: keyof typeof gaps, mine: number[], other: number[]) => {
          gaps[of] = Math.max(gaps[of], largestGap(mine, other));
        };
        widen(
          "vm_pu",
          buses.map((b) => b.vm_pu),
          theirs.vm_pu,
        );
        widen(
          "va_degree",
          buses.map((b) => b.va_degree),
          theirs.va_degree,
        );
        widen(
          "line",
          lines.map((l) => l.loading_percent),
          theirs.lines,
        );
        widen(
          "trafo",
          trafos.map((t) => t.loading_percent),
          theirs.trafos,
        );
        widen(
          "p_hv_mw",
          trafos.map((t) => t.p_hv_mw),
          theirs.p_hv_mw,
        );
        widen(
          "q_hv_mvar",
          trafos.map((t) => t.q_hv_mvar),
          theirs.q_hv_mvar,
        );
      }
      process.stdout.write(`largest gaps to pandapower: ${JSON.stringify(gaps)}\n`);
      expect(gaps.vm_pu).toBeLessThan(VM_PU_TOLERANCE);
      expect(gaps.line).toBeLessThan(LOADING_TOLERANCE);
      expect(gaps.trafo).toBeLessThan(LOADING_TOLERANCE);
      expect(gaps.va_degree).toBeLessThan(1e-4);
      expect(gaps.p_hv_mw).toBeLessThan(1e-7);
      expect(gaps.q_hv_mvar).toBeLessThan(1e-7);
      expectPublished(
        reference.steps.filter((s) => s.step < 141 * 96).map((s) => ({ loading: s.trafos[0]!, vm: s.vm_pu })),
      );
    });
  },
);

describe("power flow without control", () => {
  it("gives the published figures of day 140", () => {
    const { first, end } = dayRange(profiles, 140);
    const day = [...ours()].filter(([step]) => step >= first && step < end).map(([, state]) => state);
    expectPublished(day.map((s) => ({ loading: s.trafos[0]!.loading_percent, vm: s.buses.map((b) => b.vm_pu) })));
  });
});

/** The figures that the issue names for day 140 with idle storages. */
function expectPublished(day: { loading: number; vm: number[] }[]): void {
  expect(day).toHaveLength(96);
  const voltages = day.flatMap((s) => s.vm);
  expect(Math.max(...day.map((s) => s.loading)).toFixed(2)).toBe("141.17");
  expect(day.filter((s) => s.loading > 100)).toHaveLength(11);
  expect(Math.min(...voltages).toFixed(4)).toBe("1.0122");
  expect(Math.max(...voltages).toFixed(4)).toBe("1.0587");
}
