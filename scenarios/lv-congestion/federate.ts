import { defineFederate, type EntitySpec } from "cosimas/helics";
import { connectionsOf, VM_MAX_PU } from "./connections.ts";
import { loadGrid, STEP_H, STEP_S, STEPS_PER_DAY } from "./grid/index.ts";
import { population } from "./population.ts";

/** Quarter hours that agents remember: a week. */
const MEMORY_STEPS = 7 * STEPS_PER_DAY;

/** Distance to the highest voltage within which a storage does not give back. */
const DISCHARGE_MARGIN_PU = 0.01;

/** The agents and what they are connected to: the names that helics_pandapower.py publishes. */
function entities(): EntitySpec[] {
  const grid = loadGrid(new URL("data/grid.json", import.meta.url));
  const unknown = (publication: string) => ({ publication, initial: null });
  const connections = connectionsOf(grid);
  const plants = grid.pvs.map(({ id, bus }, i): EntitySpec => {
    const params = { connection: connections[i], memory_steps: MEMORY_STEPS };
    const inputs = { available_mw: `grid/${id}/available_mw`, vm_pu: unknown(`grid/${bus}/vm_pu`) };
    return { model: "PvAgent", eid: id, params, inputs, outputs: ["p_mw", "q_mvar"] };
  });
  const storages = grid.storages.map((data): EntitySpec => {
    const params = { data, step_h: STEP_H, vm_max_pu: VM_MAX_PU - DISCHARGE_MARGIN_PU };
    const inputs = { e_mwh: `grid/${data.id}/e_mwh`, vm_pu: unknown(`grid/${data.bus}/vm_pu`) };
    return { model: "StorageAgent", eid: data.id, params, inputs, outputs: ["p_mw"] };
  });
  const devices = [...grid.pvs, ...grid.storages].map(({ id }) => id);
  const transformers = grid.trafos.map(({ id, sn_mva }): EntitySpec => {
    const inputs = {
      p_mw: unknown(`grid/${id}/p_hv_mw`),
      q_mvar: unknown(`grid/${id}/q_hv_mvar`),
      loading_percent: unknown(`grid/${id}/loading_percent`),
    };
    return { model: "TransformerAgent", eid: id, params: { devices, sn_mva, memory_steps: MEMORY_STEPS }, inputs };
  });
  return [...plants, ...storages, ...transformers];
}

/** Where a replay of a recorded run finds the classes. */
export { PvAgent, StorageAgent, TransformerAgent } from "./agents.ts";

/** The agents in a HELICS federation: `cosimas federate scenarios/lv-congestion`; the grid is helics_pandapower.py. */
export default defineFederate(
  ({ seed, day, days }) => ({
    name: "agents",
    simulator: population(seed, day),
    timeResolution: STEP_S,
    untilS: days * STEPS_PER_DAY * STEP_S,
    entities: entities(),
  }),
  {
    seed: { type: "integer", default: 1, min: 0, help: "seed of all random numbers" },
    day: { type: "integer", default: 140, min: 0, max: 365, help: "first day of the profiles' year, from 0" },
    days: { type: "integer", default: 1, min: 1, max: 366, help: "how many days" },
  },
);
