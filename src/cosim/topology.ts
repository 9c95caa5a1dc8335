import { completeGraph, fromEdges, ring, smallWorld, star } from "./agent-topology.ts";
import { parseTopology } from "./topology-text.ts";

/**
 * What a scenario looks like: a grid with its buses and lines, the simulators of a world, or agents that know each other.
 * Plain data.
 */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly edges: readonly TopologyEdge[];
  /** How values of nodes are coloured. */
  readonly nodeScale?: TopologyScale;
  /** How values of edges are coloured. */
  readonly edgeScale?: TopologyScale;
}

/**
 * Topologies of agents, by whom each of them knows: `Topology.ring(["a", "b", "c"])`. They are given to agents when these
 * are made, `container.spawn(House, { id, neighbours: topology.neighbours(id) })`, or to an `AgentSimulator` as its option
 * `topology`; an agent has them as `this.neighbours()`.
 */
export const Topology = Object.freeze({
  ring,
  star,
  complete: completeGraph,
  smallWorld,
  fromEdges,
  parse: parseTopology,
});

/** A place of the grid: a bus. */
export interface TopologyNode {
  readonly id: string;
  readonly label?: string;
  /** Series whose present value colours it; the first of these that there is. */
  readonly series?: readonly string[];
  /** Agents that live here. */
  readonly agents?: readonly string[];
  /** Where it is drawn, in any unit; the page finds a place if it is not given. */
  readonly x?: number;
  readonly y?: number;
}

/** What joins two places: a line, a transformer. */
export interface TopologyEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly label?: string;
  readonly series?: readonly string[];
}

/** Below `low` and above `high` is what nobody wants; `unit` is shown. */
export interface TopologyScale {
  readonly name: string;
  readonly unit: string;
  readonly low?: number;
  readonly high: number;
  /** What is best, in the middle of the colours. */
  readonly best: number;
}
