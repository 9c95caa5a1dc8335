import type { Topology } from "../../../src/cosim/index.ts";
import type { SimNode } from "../scheduler/sim-node.ts";

/** Attributes that one edge names; more are counted. */
const ATTRS_SHOWN_MAX = 2;

/** The simulators of a scenario and what flows between them, for a page that draws it. */
export function worldTopology(sims: readonly SimNode[]): Topology {
  return {
    nodes: sims.map(({ sid, meta, entities }) => {
      const size = `${entities.size} ${entities.size === 1 ? "entity" : "entities"}`;
      return { id: sid, label: `${sid}\n${meta.type}, ${size}` };
    }),
    edges: sims.flatMap((dest) =>
      dest.incoming.map(({ source, delay, connections }) => {
        const attrs = [...new Set(connections.map(({ srcAttr }) => srcAttr))];
        const more = attrs.length > ATTRS_SHOWN_MAX ? `, ${attrs.length - ATTRS_SHOWN_MAX} more` : "";
        const later = (delay.tiers[0] ?? 0) > 0 ? ", a step later" : "";
        const label = `${attrs.slice(0, ATTRS_SHOWN_MAX).join(", ")}${more}${later}`;
        return { id: `${source.sid} to ${dest.sid}`, from: source.sid, to: dest.sid, label };
      }),
    ),
  };
}
