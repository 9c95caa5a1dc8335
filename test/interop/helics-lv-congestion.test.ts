import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entity, type ModelFactory, World } from "cosimas/mosaik";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectionsOf, VM_MAX_PU } from "../../scenarios/lv-congestion/connections.ts";
import { loadGrid, loadProfiles, STEP_H, STEP_S, STEPS_PER_DAY } from "../../scenarios/lv-congestion/grid/index.ts";
import { population } from "../../scenarios/lv-congestion/population.ts";
import { type RunResult, simulate } from "../../scenarios/lv-congestion/run.ts";
import { helicsEnvironment, start, startBroker } from "../support/helics.ts";

/** lv-congestion with pandapower as a federate in Python: against the embedded run, and against World with that pandapower. */
const environment = await helicsEnvironment("helics-pandapower");
const { reason } = environment;

const DAY = 140;
const TOLERANCE_MW = 1e-4;
const MEMORY_STEPS = 7 * STEPS_PER_DAY;
const folder = new URL("../../scenarios/lv-congestion/", import.meta.url);
const path = fileURLToPath(folder);
const root = fileURLToPath(new URL("../..", import.meta.url));
const grid = loadGrid(new URL("data/grid.json", folder));

type SetPoints = Record<string, { p_mw: number; q_mvar?: number }>;

/** Of the agents under World, with pandapower in Python as the grid: the same inputs, bit by bit. */
async function hashUnderWorld(): Promise<string> {
  const inPython = (type: string) => {
    const program = `import mosaik_api_v3, pandapower_grid as p; mosaik_api_v3.start_simulation(p.${type}())`;
    return { cmd: [environment.python!, "-c", program, "%(addr)s"], env: { PYTHONPATH: path } };
  };
  const agents = population(1, DAY);
  const world = new World(
    { Profiles: inPython("Profiles"), Grid: inPython("Grid"), Agents: { simulator: () => agents } },
    { timeResolution: STEP_S, startTimeoutMs: 60_000, onOutput: () => {} },
  );
  const unknown = (...attrs: string[]) => ({
    timeShifted: true,
    initialData: Object.fromEntries(attrs.map((attr) => [attr, null])),
  });
  try {
    const devices: Entity = await (
      await world.start<{ Devices: ModelFactory }>("Profiles", { day: DAY, days: 1 })
    ).Devices();
    const network: Entity = await (await world.start<{ Grid: ModelFactory }>("Grid")).Grid();
    for (const { id } of grid.loads) world.connect(devices.child(id), network.child(id), "p_mw", "q_mvar");
    for (const { id } of grid.pvs) world.connect(devices.child(id), network.child(id), "available_mw");
    const start = await world.start("Agents");
    const connections = connectionsOf(grid);
    for (const [i, { id, bus }] of grid.pvs.entries()) {
      const agent = await start.PvAgent({ eid: id, connection: connections[i], memory_steps: MEMORY_STEPS });
      world.connect(devices.child(id), agent, "available_mw");
      world.connect(network.child(bus), agent, "vm_pu", unknown("vm_pu"));
      world.connect(agent, network.child(id), "p_mw", "q_mvar");
    }
    for (const data of grid.storages) {
      const agent = await start.StorageAgent({ eid: data.id, data, step_h: STEP_H, vm_max_pu: VM_MAX_PU - 0.01 });
      world.connect(network.child(data.id), agent, "e_mwh", {
        timeShifted: true,
        initialData: { e_mwh: data.max_e_mwh / 2 },
      });
      world.connect(network.child(data.bus), agent, "vm_pu", unknown("vm_pu"));
      world.connect(agent, network.child(data.id), "p_mw");
    }
    const ids = [...grid.pvs, ...grid.storages].map(({ id }) => id);
    for (const { id, sn_mva } of grid.trafos) {
      const agent = await start.TransformerAgent({ eid: id, devices: ids, sn_mva, memory_steps: MEMORY_STEPS });
      const attrs = [["p_hv_mw", "p_mw"], ["q_hv_mvar", "q_mvar"], "loading_percent"] as const;
      world.connect(network.child(id), agent, ...attrs, unknown("p_hv_mw", "q_hv_mvar", "loading_percent"));
    }
    await world.run({ until: STEPS_PER_DAY });
    return agents.population.traceHash();
  } finally {
    await world.shutdown();
  }
}

describe.skipIf(reason !== undefined)(`lv-congestion under HELICS${reason === undefined ? "" : ` (${reason})`}`, () => {
  const out = mkdtempSync(join(tmpdir(), "cosimas-lv-helics-"));
  afterAll(() => rmSync(out, { recursive: true, force: true }));
  let embedded: RunResult;
  let hash: string;
  beforeAll(async () => {
    const profiles = loadProfiles(new URL("data/profiles.csv.gz", folder));
    embedded = await simulate({ grid, profiles, day: DAY, days: 1, control: true, seed: 1 });
    hash = await hashUnderWorld();
  });

  it.each([1, 2])(
    `gives the embedded run's set-points within ${TOLERANCE_MW} MW, and the same trace, on %i containers`,
    async (containers) => {
      const broker = await startBroker(environment, 2);
      const file = join(out, `${containers}.jsonl`);
      const python = start(environment.python!, [
        join(path, "helics_pandapower.py"),
        "--broker",
        broker.address,
        "--out",
        file,
      ]);
      const cosimas = [
        "--conditions=cosimas:source",
        "--import",
        "tsx",
        join(root, "src/cli/main.ts"),
        "federate",
        path,
      ];
      const options = [
        "--broker",
        broker.address,
        "--library",
        environment.library!,
        "--containers",
        String(containers),
      ];
      const agents = start(process.execPath, [...cosimas, ...options]);
      expect(await agents.ended, agents.output()).toBe(0);
      expect(await python.ended, python.output()).toBe(0);
      expect(await broker.ended).toBe(0);
      expect(agents.output()).toContain(`after 96 grants and 96 steps, trace hash ${hash}`);

      const lines = readFileSync(file, "utf8").trimEnd().split("\n");
      const setPoints = lines.map((line) => (JSON.parse(line) as { set_points: SetPoints }).set_points);
      expect(setPoints).toHaveLength(STEPS_PER_DAY);
      const gaps = embedded.quarterHours.flatMap(({ pvMw, pvMvar, storageMw }, i) => [
        ...grid.pvs.map(({ id }) => setPoints[i]![id]!.p_mw - pvMw[id]!),
        ...grid.pvs.map(({ id }) => setPoints[i]![id]!.q_mvar! - pvMvar[id]!),
        ...grid.storages.map(({ id }) => setPoints[i]![id]!.p_mw - storageMw[id]!),
      ]);
      expect(gaps).toHaveLength(STEPS_PER_DAY * (2 * grid.pvs.length + grid.storages.length));
      expect(Math.max(...gaps.map(Math.abs))).toBeLessThan(TOLERANCE_MW);
    },
  );
});
