import { describe, expect, it } from "vitest";
import {
  DeviceProfiles,
  type GridData,
  loadGrid,
  loadProfiles,
  PowerFlow,
  parseGrid,
} from "../../../../scenarios/lv-congestion/grid/index.ts";

const data = (name: string) => new URL(`../../../../scenarios/lv-congestion/data/${name}`, import.meta.url);
const df = { df: 1, parallel: 1 };

/** A slack at 1.0 p.u. and one load behind 0.1 ohm of pure resistance at 0.4 kV: 0.625 p.u. on a base of 1 MVA. */
function twoBuses(change: Partial<GridData> = {}): GridData {
  const line = {
    id: "Line-1",
    name: "l",
    from_bus: "Bus-1",
    to_bus: "Bus-2",
    length_km: 1,
    r_ohm_per_km: 0.1,
    x_ohm_per_km: 0,
  };
  const grid: GridData = {
    ...{ source: "made by hand", f_hz: 50, s_base_mva: 1, trafos: [], pvs: [], storages: [] },
    external_grid: { id: "ExternalGrid-1", name: "e", bus: "Bus-1", vm_pu: 1, va_degree: 0 },
    buses: [1, 2].map((i) => ({ id: `Bus-${i}`, name: `b${i}`, vn_kv: 0.4 })),
    lines: [{ ...line, c_nf_per_km: 0, g_us_per_km: 0, max_i_ka: 0.2, ...df }],
    loads: [{ id: "Load-1", name: "d", bus: "Bus-2", p_mw: 1, q_mvar: 0, p_profile: "p", q_profile: "q" }],
  };
  return { ...grid, ...change };
}

function solveTwoBuses(pMw: number, qMvar = 0) {
  const none = new Float64Array();
  const loads = { loadPMw: Float64Array.of(pMw), loadQMvar: Float64Array.of(qMvar) };
  return new PowerFlow(twoBuses()).solve({ ...loads, pvPMw: none, storagePMw: none }, 7);
}

describe("PowerFlow", () => {
  it("solves one load behind a resistance as the quadratic equation does", () => {
    // v = 1 - r p / v, so v^2 - v + r p = 0; with r = 0.625, p = 0.1.
    const vm = (1 + Math.sqrt(1 - 4 * 0.625 * 0.1)) / 2;
    const { buses, lines, losses_mw } = solveTwoBuses(0.1);
    expect(buses[1]!.vm_pu).toBeCloseTo(vm, 12);
    expect(buses[1]!.va_degree).toBeCloseTo(0, 9);
    const currentPu = 0.1 / vm;
    const currentKa = currentPu / (Math.sqrt(3) * 0.4);
    expect(lines[0]!.i_ka).toBeCloseTo(currentKa, 12);
    expect(lines[0]!.loading_percent).toBeCloseTo((currentKa / 0.2) * 100, 9);
    expect(losses_mw).toBeCloseTo(0.625 * currentPu ** 2, 12);
    expect(lines[0]!.p_from_mw).toBeCloseTo(currentPu, 12);
    expect(buses[0]!.p_mw).toBeCloseTo(-currentPu, 12);
  });

  it("names the step for which no voltages exist", () => {
    // The largest power that 0.625 p.u. of resistance carries is 1 / (4 r) = 0.4.
    expect(solveTwoBuses(0.399).buses[1]!.vm_pu).toBeGreaterThan(0.5);
    expect(() => solveTwoBuses(0.401)).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_DIVERGED" }));
    expect(() => solveTwoBuses(0.401)).toThrow(/step 7/);
  });

  it("names the device whose power is not finite", () => {
    expect(() => solveTwoBuses(Number.NaN)).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_SETPOINT" }));
    expect(() => solveTwoBuses(0.1, Number.POSITIVE_INFINITY)).toThrow(/q_mvar of Load-1 at step 7 is Infinity/);
  });

  it("depends on the set-points alone, not on what was solved before, and balances power", () => {
    const grid = loadGrid(data("grid.json"));
    const devices = new DeviceProfiles(grid, loadProfiles(data("profiles.csv.gz")));
    const setPoints = (step: number) => ({
      ...{ loadPMw: devices.loadPMw(step), loadQMvar: devices.loadQMvar(step), pvPMw: devices.pvAvailableMw(step) },
      storagePMw: Float64Array.of(0.01, -0.02, 0, 0.005, -0.01),
    });
    const used = new PowerFlow(grid);
    const noon = used.solve(setPoints(140 * 96 + 48), 0);
    used.solve(setPoints(3), 0);
    expect(used.solve(setPoints(140 * 96 + 48), 0)).toEqual(noon);
    expect(new PowerFlow(grid).solve(setPoints(140 * 96 + 48), 0)).toEqual(noon);
    expect(noon.trafos[0]!.p_hv_mw).toBeLessThan(0);
    expect(noon.buses.reduce((sum, bus) => sum + bus.p_mw, 0)).toBeCloseTo(-noon.losses_mw, 10);
    const { pl_mw } = noon.trafos[0]!;
    expect(noon.lines.reduce((sum, line) => sum + line.pl_mw, pl_mw)).toBeCloseTo(noon.losses_mw, 12);
  });

  it("takes reactive power of PV plants and storages with opposite signs", () => {
    const grid = loadGrid(data("grid.json"));
    const zeros = (list: readonly unknown[]) => new Float64Array(list.length);
    const idle = {
      loadPMw: zeros(grid.loads),
      loadQMvar: zeros(grid.loads),
      pvPMw: zeros(grid.pvs),
      storagePMw: zeros(grid.storages),
    };
    const solve = (more: object) => new PowerFlow(grid).solve({ ...idle, ...more }, 0).trafos[0]!.q_hv_mvar;
    const base = solve({});
    expect(solve({ pvQMvar: zeros(grid.pvs).fill(0.001) })).toBeCloseTo(base - 0.008, 4);
    expect(solve({ storageQMvar: zeros(grid.storages).fill(0.001) })).toBeCloseTo(base + 0.005, 4);
  });

  it("refuses a phase shift that is no clock hour", () => {
    const grid = loadGrid(data("grid.json"));
    const shifted = { ...grid, trafos: grid.trafos.map((t) => ({ ...t, shift_degree: 151 })) };
    expect(() => new PowerFlow(shifted)).toThrow(/shift_degree of Trafo-1 is 151, must be a multiple of 30/);
  });
});

describe("parseGrid", () => {
  const changed = (change: (grid: Record<string, Record<string, unknown>[]>) => void) => {
    const grid = JSON.parse(JSON.stringify(twoBuses()));
    change(grid);
    return () => parseGrid(JSON.stringify(grid));
  };

  it("takes a right grid", () => {
    expect(changed(() => {})()).toEqual(twoBuses());
    expect(loadGrid(data("grid.json")).loads).toHaveLength(28);
  });

  it.each([
    ["lines[0] is not an object", (g: Record<string, unknown[]>) => (g["lines"]![0] = null)],
    ["the list loads is missing", (g: Record<string, unknown[]>) => delete g["loads"]],
    [
      "bus of Load-1 names the unknown bus Bus-9",
      (g: Record<string, Record<string, unknown>[]>) => (g["loads"]![0]!["bus"] = "Bus-9"),
    ],
    [
      "max_i_ka of Line-1 is 0, must be positive",
      (g: Record<string, Record<string, unknown>[]>) => (g["lines"]![0]!["max_i_ka"] = 0),
    ],
    [
      "p_mw of Load-1 is null, not a finite",
      (g: Record<string, Record<string, unknown>[]>) => (g["loads"]![0]!["p_mw"] = Number.NaN),
    ],
    ["the id Bus-1 is used twice", (g: Record<string, Record<string, unknown>[]>) => (g["buses"]![1]!["id"] = "Bus-1")],
  ] as const)("says what is wrong: %s", (message, change) => {
    const parse = changed(change as (grid: object) => void);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_GRID" }));
  });

  it("names a file that cannot be read, and text that is not JSON", () => {
    expect(() => loadGrid("no-such-grid.json")).toThrow(/cannot read no-such-grid.json/);
    expect(() => parseGrid("{")).toThrow(/not JSON/);
  });
});
