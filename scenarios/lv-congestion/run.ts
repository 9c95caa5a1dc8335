import type { Journal, PopulationOptions, TraceSource } from "cosimas";
import { type Entity, World } from "cosimas/mosaik";
import { Collector, type QuarterHour } from "./collector.ts";
import { connectionsOf, VM_MAX_PU } from "./connections.ts";
import { DeviceProfiles, dayRange, type GridData, type Profiles, STEP_H, STEP_S, STEPS_PER_DAY } from "./grid/index.ts";
import { GridSimulator } from "./grid-simulator.ts";
import { population } from "./population.ts";
import { ProfileSimulator } from "./profile-simulator.ts";

/** Quarter hours that agents remember: a week. */
const MEMORY_STEPS = 7 * STEPS_PER_DAY;

/** Distance to the highest voltage within which a storage does not give back. */
const DISCHARGE_MARGIN_PU = 0.01;

/** What to run. */
export interface RunSpec {
  readonly grid: GridData;
  readonly profiles: Profiles;
  /** Day of the profiles, from 0. */
  readonly day: number;
  readonly days: number;
  /** Without agents plants feed in all they have and storages rest. */
  readonly control: boolean;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** On how many containers the agents live; it changes no result. */
  readonly spread?: PopulationOptions;
  /** Keeps the agents' run. */
  readonly record?: Journal | undefined;
  /** Shows the world on a page. */
  readonly watch?: ((world: TraceSource) => void) | undefined;
  /** Called after each quarter hour with how many are over. */
  readonly progress?: (done: number) => void;
}

/** What a run did. */
export interface RunResult {
  readonly quarterHours: readonly QuarterHour[];
  /** Requests, replies and failures between agents. */
  readonly messages: number;
  readonly rounds: number;
  /** Trace hash of the agents; undefined without agents. */
  readonly traceHash: string | undefined;
}

/** Run the grid for some days, with or without agents. */
export async function simulate(spec: RunSpec): Promise<RunResult> {
  const { grid, profiles, day, days, control, seed, signal, progress } = spec;
  const { first, end } = dayRange(profiles, day, days);
  const collector = new Collector();
  const agents = population(seed, day, spec.record, spec.spread);
  const world = new World(
    {
      Profiles: { simulator: () => new ProfileSimulator(grid, new DeviceProfiles(grid, profiles), first) },
      Grid: { simulator: () => new GridSimulator(grid, first) },
      Agents: { simulator: () => agents },
      Collector: { simulator: () => collector },
    },
    { timeResolution: STEP_S },
  );
  try {
    const devices = await (await world.start("Profiles")).Devices();
    const network = await (await world.start("Grid")).Grid();
    const monitor = await (await world.start("Collector")).Monitor();
    for (const load of ofType(devices, "Load")) world.connect(load, network.child(load.eid), "p_mw", "q_mvar");
    for (const pv of ofType(devices, "PV")) world.connect(pv, network.child(pv.eid), "available_mw");
    if (control) await addAgents(world, grid, devices, network, monitor);
    observe(world, network, monitor);
    spec.watch?.(world);
    await world.run({
      until: end - first,
      ...(signal === undefined ? {} : { signal }),
      progress: ({ time }) => progress?.(time + 1),
    });
    if (!control) return { quarterHours: collector.quarterHours, messages: 0, rounds: 0, traceHash: undefined };
    const { counts } = agents.population;
    const [, , replies = 0, failures = 0, , requests = 0] = counts.deliveries;
    return {
      quarterHours: collector.quarterHours,
      messages: requests + replies + failures,
      rounds: counts.rounds,
      traceHash: agents.population.traceHash(),
    };
  } finally {
    await world.shutdown();
  }
}

/**
 * One agent for each plant, each storage and the transformer. What they measure of the grid is that of the quarter
 * hour before; before the first there is nothing but the storages' charge.
 */
async function addAgents(
  world: World,
  grid: GridData,
  devices: Entity,
  network: Entity,
  monitor: Entity,
): Promise<void> {
  const agents = await world.start("Agents");
  const unknown = (...attrs: string[]) => ({
    timeShifted: true,
    initialData: Object.fromEntries(attrs.map((attr) => [attr, null])),
  });
  const connections = connectionsOf(grid);
  for (const [i, { id, bus }] of grid.pvs.entries()) {
    const agent = await agents.PvAgent({ eid: id, connection: connections[i], memory_steps: MEMORY_STEPS });
    world.connect(devices.child(id), agent, "available_mw");
    world.connect(network.child(bus), agent, "vm_pu", unknown("vm_pu"));
    world.connect(agent, network.child(id), "p_mw", "q_mvar");
  }
  for (const data of grid.storages) {
    const params = { data, step_h: STEP_H, vm_max_pu: VM_MAX_PU - DISCHARGE_MARGIN_PU };
    const agent = await agents.StorageAgent({ eid: data.id, ...params });
    const halfFull = { timeShifted: true, initialData: { e_mwh: data.max_e_mwh / 2 } };
    world.connect(network.child(data.id), agent, "e_mwh", halfFull);
    world.connect(network.child(data.bus), agent, "vm_pu", unknown("vm_pu"));
    world.connect(agent, network.child(data.id), "p_mw");
  }
  const ids = [...grid.pvs, ...grid.storages].map(({ id }) => id);
  for (const { id, sn_mva } of grid.trafos) {
    const agent = await agents.TransformerAgent({ eid: id, devices: ids, sn_mva, memory_steps: MEMORY_STEPS });
    const measured = unknown("p_hv_mw", "q_hv_mvar", "loading_percent");
    const pairs = [["p_hv_mw", "p_mw"], ["q_hv_mvar", "q_mvar"], "loading_percent"] as const;
    world.connect(network.child(id), agent, ...pairs, measured);
    world.connect(agent, monitor, "price", "margin_mw");
  }
}

/** Let the monitor see everything that the table and the picture tell, and what the grid's plan shows. */
function observe(world: World, network: Entity, monitor: Entity): void {
  world.connect(network, monitor, "losses_mw");
  for (const trafo of ofType(network, "Trafo"))
    world.connect(trafo, monitor, "loading_percent", "p_hv_mw", "q_hv_mvar");
  for (const line of ofType(network, "Line")) world.connect(line, monitor, ["loading_percent", "line_percent"]);
  for (const bus of ofType(network, "Bus")) world.connect(bus, monitor, "vm_pu");
  for (const load of ofType(network, "Load")) world.connect(load, monitor, ["p_mw", "load_mw"]);
  for (const pv of ofType(network, "PV")) {
    world.connect(pv, monitor, "curtailed_mw", ["p_mw", "pv_mw"], ["q_mvar", "pv_mvar"]);
  }
  for (const storage of ofType(network, "Storage")) {
    world.connect(storage, monitor, ["p_mw", "storage_mw"], ["e_mwh", "storage_mwh"]);
  }
}

function ofType(parent: Entity, type: string): Entity[] {
  return parent.children.filter((child) => child.type === type);
}
