import type { Journal, PopulationOptions } from "cosimas";
import { AgentSimulator, agentModel } from "cosimas/mosaik";
import { PvAgent, StorageAgent, TransformerAgent } from "./agents.ts";

/**
 * The agents as a simulator: which classes there are, and what they take from the grid.
 *
 * @param spread - On how many containers they live; it changes no result.
 */
export function population(
  seed: number,
  day: number,
  record?: Journal,
  spread: PopulationOptions = {},
): AgentSimulator {
  const start = new Date(Date.UTC(2016, 0, 1 + day)).toISOString();
  return new AgentSimulator({
    ...spread,
    module: new URL("agents.ts", import.meta.url),
    seed,
    start,
    record,
    models: {
      PvAgent: agentModel(PvAgent, {
        params: ["connection", "memory_steps"],
        method: "measure",
        inputs: { available_mw: "one", vm_pu: "one" },
      }),
      StorageAgent: agentModel(StorageAgent, {
        params: ["data", "step_h", "vm_max_pu"],
        method: "measure",
        inputs: { e_mwh: "one", vm_pu: "one" },
      }),
      TransformerAgent: agentModel(TransformerAgent, {
        params: ["devices", "sn_mva", "memory_steps"],
        method: "measure",
        inputs: { p_mw: "one", q_mvar: "one", loading_percent: "one" },
      }),
    },
  });
}
