import type { Journal } from "cosimas";
import { AgentSimulator, agentModel } from "cosimas/mosaik";
import { PvAgent, StorageAgent, TransformerAgent } from "./agents.ts";

/** The agents as a simulator: which classes there are, and what they take from the grid. */
export function population(seed: number, day: number, record?: Journal): AgentSimulator {
  const start = new Date(Date.UTC(2016, 0, 1 + day)).toISOString();
  return new AgentSimulator({
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
