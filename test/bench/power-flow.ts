import { DeviceProfiles, loadGrid, loadProfiles, PowerFlow } from "../../scenarios/lv-congestion/grid/index.ts";
import type { Bench } from "./figure.ts";

const data = new URL("../../scenarios/lv-congestion/data/", import.meta.url);
const grid = loadGrid(new URL("grid.json", data));
const devices = new DeviceProfiles(grid, loadProfiles(new URL("profiles.csv.gz", data)));
const flow = new PowerFlow(grid);
const STEPS = 2000;

/** Power flows of consecutive quarter hours. */
async function solve(): Promise<number> {
  for (let step = 0; step < STEPS; step++) {
    const state = flow.solve(
      {
        loadPMw: devices.loadPMw(step),
        loadQMvar: devices.loadQMvar(step),
        pvPMw: devices.pvAvailableMw(step),
        storagePMw: new Float64Array(grid.storages.length),
      },
      step,
    );
    if (!(state.buses[0]!.vm_pu > 1)) throw new Error("no voltage");
  }
  return STEPS;
}

/** As many multiplications as one dense elimination of the equations takes. */
async function eliminations(): Promise<number> {
  const n = 2 * (grid.buses.length - 1);
  const matrix = new Float64Array(n * n).fill(1.5);
  for (let step = 0; step < STEPS; step++) {
    for (let k = 0; k < n; k++) {
      for (let i = k + 1; i < n; i++) {
        for (let j = k; j < n; j++) matrix[i * n + j]! -= 1e-9 * matrix[k * n + j]!;
      }
    }
  }
  return STEPS;
}

export const powerFlow: readonly Bench[] = [
  { name: "AC power flow, 15 buses", baseline: "one elimination of its equations", run: solve, base: eliminations },
];
