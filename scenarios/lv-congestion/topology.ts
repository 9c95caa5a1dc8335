import type { Topology } from "cosimas";
import { VM_MAX_PU, VM_MIN_PU } from "./connections.ts";
import type { GridData } from "./grid/index.ts";

/**
 * The grid for the page of `--watch`: buses by their voltage, lines and transformers by their loading. In a recording, which
 * has the agents alone, a bus shows what its agents have measured: the voltage of the quarter hour before.
 */
export function topologyOf({ buses, lines, trafos, pvs, storages }: GridData): Topology {
  const agents = [...pvs, ...storages];
  const at = (bus: string) => agents.filter((agent) => agent.bus === bus).map(({ id }) => id);
  return {
    nodes: buses.map(({ id }) => ({
      id,
      series: [`Grid-0.${id}.vm_pu`, ...at(id).map((agent) => `${agent}.measure.vm_pu`)],
      agents: at(id),
    })),
    edges: [
      ...trafos.map(({ id, hv_bus, lv_bus }) => ({
        ...{ id, from: hv_bus, to: lv_bus },
        series: [`Grid-0.${id}.loading_percent`, `${id}.measure.loading_percent`],
      })),
      ...lines.map(({ id, from_bus, to_bus }) => ({
        ...{ id, from: from_bus, to: to_bus },
        series: [`Grid-0.${id}.loading_percent`],
      })),
    ],
    nodeScale: { name: "voltage", unit: "p.u.", low: VM_MIN_PU, best: 1, high: VM_MAX_PU },
    edgeScale: { name: "loading", unit: "%", best: 0, high: 100 },
  };
}
