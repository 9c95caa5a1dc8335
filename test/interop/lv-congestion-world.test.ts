import { fileURLToPath } from "node:url";
import { type Entity, type ModelFactory, World } from "cosimas/mosaik";
import { describe, expect, it } from "vitest";
import { VM_MAX_PU } from "../../scenarios/lv-congestion/connections.ts";
import { loadGrid, loadProfiles, STEP_H, STEP_S, STEPS_PER_DAY } from "../../scenarios/lv-congestion/grid/index.ts";
import { population } from "../../scenarios/lv-congestion/population.ts";
import { simulate } from "../../scenarios/lv-congestion/run.ts";
import { pythonEnvironment } from "../support/python.ts";

/** The scenario under World with pandapower as the grid, as a process, against the embedded run. */
const { python, reason } = await pythonEnvironment("mosaik-pandapower");

const DAY = 140;
const TOLERANCE_MW = 1e-4;
const MEMORY_STEPS = 7 * STEPS_PER_DAY;

interface Powers {
  readonly p_mw: number;
  readonly q_mvar?: number;
}

interface Python {
  Devices: ModelFactory;
  Grid: ModelFactory;
  rises(): Promise<Record<string, [number, number]>>;
  get_results(): Promise<{ set_points: Record<string, Powers> }[]>;
}

const folder = new URL("../../scenarios/lv-congestion/", import.meta.url);
const grid = loadGrid(new URL("data/grid.json", folder));

function inPython(type: string) {
  const program = `import mosaik_api_v3, pandapower_grid as p; mosaik_api_v3.start_simulation(p.${type}())`;
  return { cmd: [python!, "-c", program, "%(addr)s"], env: { PYTHONPATH: fileURLToPath(folder) } };
}

async function underWorld(): Promise<Record<string, Powers>[]> {
  const world = new World(
    { Profiles: inPython("Profiles"), Grid: inPython("Grid"), Agents: { simulator: () => population(1, DAY) } },
    { timeResolution: STEP_S, startTimeoutMs: 60_000, onOutput: () => {} },
  );
  const unknown = (...attrs: string[]) => ({
    timeShifted: true,
    initialData: Object.fromEntries(attrs.map((attr) => [attr, Number.NaN])),
  });
  try {
    const devices: Entity = await (await world.start<Python>("Profiles", { day: DAY, days: 1 })).Devices();
    const simulator = await world.start<Python>("Grid");
    const network: Entity = await simulator.Grid();
    const rises = await simulator.rises();
    for (const { id } of grid.loads) world.connect(devices.child(id), network.child(id), "p_mw", "q_mvar");
    for (const { id } of grid.pvs) world.connect(devices.child(id), network.child(id), "available_mw");
    const agents = await world.start("Agents");
    for (const { id, bus, sn_mva } of grid.pvs) {
      const [rise_p, rise_q] = rises[id]!;
      const connection = { sn_mva, rise_p, rise_q, vm_max_pu: VM_MAX_PU };
      const agent = await agents.PvAgent({ eid: id, connection, memory_steps: MEMORY_STEPS });
      world.connect(devices.child(id), agent, "available_mw");
      world.connect(network.child(bus), agent, "vm_pu", unknown("vm_pu"));
      world.connect(agent, network.child(id), "p_mw", "q_mvar");
    }
    for (const data of grid.storages) {
      const agent = await agents.StorageAgent({ eid: data.id, data, step_h: STEP_H, vm_max_pu: VM_MAX_PU - 0.01 });
      const halfFull = { timeShifted: true, initialData: { e_mwh: data.max_e_mwh / 2 } };
      world.connect(network.child(data.id), agent, "e_mwh", halfFull);
      world.connect(network.child(data.bus), agent, "vm_pu", unknown("vm_pu"));
      world.connect(agent, network.child(data.id), "p_mw");
    }
    const ids = [...grid.pvs, ...grid.storages].map(({ id }) => id);
    for (const { id, sn_mva } of grid.trafos) {
      const agent = await agents.TransformerAgent({ eid: id, devices: ids, sn_mva, memory_steps: MEMORY_STEPS });
      const measured = unknown("p_hv_mw", "q_hv_mvar", "loading_percent");
      const attrs = [["p_hv_mw", "p_mw"], ["q_hv_mvar", "q_mvar"], "loading_percent"] as const;
      world.connect(network.child(id), agent, ...attrs, measured);
    }
    await world.run({ until: STEPS_PER_DAY });
    return (await simulator.get_results()).map(({ set_points }) => set_points);
  } finally {
    await world.shutdown();
  }
}

describe.skipIf(reason !== undefined)(`lv-congestion under World${reason === undefined ? "" : ` (${reason})`}`, () => {
  it(`with pandapower gives the embedded run's set-points within ${TOLERANCE_MW} MW`, {
    timeout: 300_000,
  }, async () => {
    const profiles = loadProfiles(new URL("data/profiles.csv.gz", folder));
    const { quarterHours } = await simulate({ grid, profiles, day: DAY, days: 1, control: true, seed: 1 });
    const setPoints = await underWorld();
    expect(setPoints).toHaveLength(STEPS_PER_DAY);
    const gaps = quarterHours.flatMap(({ pvMw, pvMvar, storageMw }, i) => [
      ...grid.pvs.map(({ id }) => setPoints[i]![id]!.p_mw - pvMw[id]!),
      ...grid.pvs.map(({ id }) => setPoints[i]![id]!.q_mvar! - pvMvar[id]!),
      ...grid.storages.map(({ id }) => setPoints[i]![id]!.p_mw - storageMw[id]!),
    ]);
    const largest = Math.max(...gaps.map(Math.abs));
    process.stdout.write(`largest gap of ${gaps.length} set-points: ${largest} MW\n`);
    expect(gaps).toHaveLength(STEPS_PER_DAY * (2 * grid.pvs.length + grid.storages.length));
    expect(largest).toBeLessThan(TOLERANCE_MW);
  });
});
