import { type CommunicationModel, type Journal, Platform, type PopulationOptions } from "cosimas";
import type { InputData } from "cosimas/mosaik";
import { connectionsOf, VM_MAX_PU, VM_MIN_PU } from "../lv-congestion/connections.ts";
import {
  DeviceProfiles,
  dayRange,
  type GridData,
  type Profiles,
  STEP_H,
  STEP_S,
  STEPS_PER_DAY,
} from "../lv-congestion/grid/index.ts";
import { GridSimulator } from "../lv-congestion/grid-simulator.ts";
import { MARKET_S } from "./agents.ts";

/** Quarter hours that agents remember: a week. */
const MEMORY_STEPS = 7 * STEPS_PER_DAY;
/** Distance to the highest voltage within which a storage does not give back. */
const DISCHARGE_MARGIN_PU = 0.01;
/** Id of the transformer's agent. */
export const MARKET = "market";

/** Which days, and what messages suffer on their way. */
export interface DaysOptions {
  readonly grid: GridData;
  readonly profiles: Profiles;
  readonly day: number;
  readonly days: number;
  readonly seed: number;
  /** Undefined: without agents, plants feed in all they have and storages rest. */
  readonly communication: CommunicationModel | undefined;
  readonly attempts: number;
  readonly population?: PopulationOptions;
  readonly record?: Journal | undefined;
  readonly progress?: (step: number, steps: number) => void;
}

/** What became of them. */
export interface DaysResult {
  /** Hours with the transformer over its rating, or a voltage out of bounds. */
  readonly overloadedH: number;
  readonly outOfBoundsH: number;
  readonly loadingMaxPercent: number;
  readonly curtailedMwh: number;
  readonly unheard: number;
  readonly traceHash: string;
}

type Values = Readonly<Record<string, number>>;

/** Let the grid and its agents live through some days. */
export async function simulateDays(options: DaysOptions): Promise<DaysResult> {
  const { grid, profiles, day, days, communication, progress } = options;
  const { first, end } = dayRange(profiles, day, days);
  const devices = new DeviceProfiles(grid, profiles);
  const simulator = new GridSimulator(grid, first);
  const agents = communication === undefined ? undefined : await createAgents(options, communication);
  const [{ id: trafo } = { id: "" }] = grid.trafos;
  const lookAt = {
    [trafo]: ["p_hv_mw", "q_hv_mvar", "loading_percent"],
    ...Object.fromEntries(grid.buses.map(({ id }) => [id, ["vm_pu"]])),
    ...Object.fromEntries(grid.pvs.map(({ id }) => [id, ["curtailed_mw"]])),
    ...Object.fromEntries(grid.storages.map(({ id }) => [id, ["e_mwh"]])),
  };
  const figures = { overloadedH: 0, outOfBoundsH: 0, loadingMaxPercent: 0, curtailedMwh: 0 };
  let seen: Record<string, Values> | undefined;
  try {
    for (let step = 0; step < end - first; step++) {
      const availableMw = devices.pvAvailableMw(first + step);
      const given: Record<string, Record<string, Record<string, unknown>>> = {};
      const give = (id: string, attr: string, value: unknown) => {
        given[id] = { ...given[id], [attr]: { us: value } };
      };
      for (const [i, p_mw] of devices.loadPMw(first + step).entries()) give(grid.loads[i]!.id, "p_mw", p_mw);
      for (const [i, q_mvar] of devices.loadQMvar(first + step).entries()) give(grid.loads[i]!.id, "q_mvar", q_mvar);
      for (const [i, { id }] of grid.pvs.entries()) give(id, "available_mw", availableMw[i]);
      if (agents !== undefined) {
        tell(agents, grid, availableMw, seen);
        await agents.advance(step * STEP_S);
        await agents.advance(step * STEP_S + MARKET_S);
        for (const [id, outputs] of await agents.read(decisionsOf(grid))) {
          for (const [attr, value] of Object.entries(outputs)) give(id, attr, value);
        }
      }
      simulator.step(step, given as InputData);
      seen = simulator.getData(lookAt) as Record<string, Values>;
      const loading = seen[trafo]!["loading_percent"]!;
      const voltages = grid.buses.map(({ id }) => seen![id]!["vm_pu"]!);
      if (loading > 100 + 1e-9) figures.overloadedH += STEP_H;
      if (voltages.some((vm_pu) => vm_pu > VM_MAX_PU || vm_pu < VM_MIN_PU)) figures.outOfBoundsH += STEP_H;
      figures.loadingMaxPercent = Math.max(figures.loadingMaxPercent, loading);
      for (const { id } of grid.pvs) figures.curtailedMwh += seen[id]!["curtailed_mw"]! * STEP_H;
      progress?.(step + 1, end - first);
    }
    const unheard = agents === undefined ? 0 : ((await agents.outputs(MARKET, ["unheard"]))["unheard"] as number);
    return { ...figures, unheard, traceHash: agents?.traceHash() ?? "" };
  } finally {
    await agents?.close();
  }
}

/** Names of what each device has decided. */
function decisionsOf({ pvs, storages }: GridData): Map<string, readonly string[]> {
  return new Map<string, readonly string[]>([
    ...pvs.map(({ id }) => [id, ["p_mw", "q_mvar"]] as const),
    ...storages.map(({ id }) => [id, ["p_mw"]] as const),
  ]);
}

/** Tell each agent what it measures: the present of its own device, and of the grid the quarter hour before. */
function tell(
  agents: Platform,
  { pvs, storages, trafos }: GridData,
  availableMw: Float64Array,
  seen: Readonly<Record<string, Values>> | undefined,
): void {
  const voltage = (bus: string) => seen?.[bus]?.["vm_pu"] ?? null;
  agents.inputs([
    ...pvs.map(({ id, bus }, i) => ({
      agent: id,
      method: "measure",
      args: [{ available_mw: availableMw[i], vm_pu: voltage(bus) }],
    })),
    ...storages.map(({ id, bus, max_e_mwh }) => ({
      agent: id,
      method: "measure",
      args: [{ e_mwh: seen?.[id]?.["e_mwh"] ?? max_e_mwh / 2, vm_pu: voltage(bus) }],
    })),
    { agent: MARKET, method: "measure", args: [measuredAt(seen?.[trafos[0]!.id])] },
  ]);
}

function measuredAt(trafo: Values | undefined): object | null {
  if (trafo === undefined) return null;
  return { p_mw: trafo["p_hv_mw"], q_mvar: trafo["q_hv_mvar"], loading_percent: trafo["loading_percent"] };
}

/** One agent for each plant and each storage, and one for the transformer. */
async function createAgents(options: DaysOptions, communication: CommunicationModel): Promise<Platform> {
  const { grid, seed, attempts, population = {}, record } = options;
  const module = new URL("agents.ts", import.meta.url);
  const { containers = 1, isolation = "inline" } = population;
  const platform = await Platform.create({
    ...{ containers, isolation, module, seed, communication },
    ...(record === undefined ? {} : { record }),
  });
  const memory_steps = MEMORY_STEPS;
  const connections = connectionsOf(grid);
  const devices = [...grid.pvs, ...grid.storages].map(({ id }) => id);
  const market = { devices, sn_mva: grid.trafos[0]!.sn_mva, memory_steps, attempts };
  await Promise.all([
    ...grid.pvs.map(({ id }, i) =>
      platform.spawn("Plant", { id, args: [{ connection: connections[i], memory_steps }] }),
    ),
    ...grid.storages.map((data) =>
      platform.spawn("Store", {
        id: data.id,
        args: [{ data, step_h: STEP_H, vm_max_pu: VM_MAX_PU - DISCHARGE_MARGIN_PU }],
      }),
    ),
    platform.spawn("Market", { id: MARKET, args: [market] }),
  ]);
  return platform;
}
