import { ScenarioError } from "../errors.ts";
import {
  checkArgument,
  listOf,
  nearest,
  nested,
  number,
  type OptionChecks,
  required,
  string,
  text,
} from "../options.ts";
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

const SERIES = { ...text, allowed: "the name of a series, as Grid-0.A.vm_pu", accepts: isSeries };

function isSeries(value: unknown): boolean {
  return typeof value === "string" && /^.+\..+$/s.test(value);
}

const NODE: OptionChecks<TopologyNode> = {
  id: required(text),
  label: string,
  series: listOf(SERIES),
  agents: listOf(text),
  x: number(),
  y: number(),
};

const EDGE: OptionChecks<TopologyEdge> = {
  id: required(text),
  from: required(text),
  to: required(text),
  label: string,
  series: listOf(SERIES),
};

const SCALE: OptionChecks<TopologyScale> = {
  name: required(text),
  unit: required(string),
  low: number(),
  high: required(number()),
  best: required(number()),
};

const CHECKS: OptionChecks<Topology> = {
  nodes: required(listOf(nested(NODE))),
  edges: required(listOf(nested(EDGE))),
  nodeScale: nested(SCALE),
  edgeScale: nested(SCALE),
};

/**
 * Check a topology: its fields by name and kind, and that its parts fit together.
 *
 * @param of - The call that gets it, as its user writes it.
 * @throws TypeError or RangeError for a field that there is not, or that is none of what it may be; ScenarioError
 *   `ERR_SCENARIO_TOPOLOGY` if an id is there twice, an edge leads to no node, a node has half a place, or a scale no room.
 */
export function checkTopology(of: string, topology: unknown): asserts topology is Topology {
  checkArgument(of, "topology", topology, nested(CHECKS));
  const { nodes, edges, nodeScale, edgeScale } = topology as Topology;
  const ids = onceEach(of, "nodes", nodes);
  onceEach(of, "edges", edges);
  for (const [i, { id, x, y }] of nodes.entries()) {
    if ((x === undefined) === (y === undefined)) continue;
    throw unfit(
      `${of}: topology.nodes[${i}] "${id}" has ${x === undefined ? "y but no x" : "x but no y"}; give both, or none`,
    );
  }
  for (const [i, { id, ...ends }] of edges.entries()) {
    for (const end of ["from", "to"] as const) {
      if (ids.has(ends[end])) continue;
      const near = nearest(ends[end], [...ids]);
      const hint = near === undefined ? "nodes are listed in topology.nodes" : `did you mean "${near}"?`;
      throw unfit(`${of}: topology.edges[${i}] "${id}" leads ${end} "${ends[end]}", which is no node; ${hint}`);
    }
  }
  for (const [name, scale] of Object.entries({ nodeScale, edgeScale })) {
    if (scale === undefined) continue;
    const { low = scale.best, best, high } = scale;
    if (low <= best && best <= high && low < high) continue;
    const given = `low ${scale.low ?? "none"}, best ${best}, high ${high}`;
    throw unfit(
      `${of}: topology.${name} must have low <= best <= high, and room between low and high; it has ${given}`,
    );
  }
}

function onceEach(of: string, what: "nodes" | "edges", items: readonly { readonly id: string }[]): ReadonlySet<string> {
  const places = new Map<string, number>();
  for (const [i, { id }] of items.entries()) {
    const before = places.get(id);
    if (before !== undefined) {
      throw unfit(`${of}: topology.${what}[${before}] and [${i}] both have the id "${id}"; an id is one element's`);
    }
    places.set(id, i);
  }
  return new Set(places.keys());
}

function unfit(message: string): ScenarioError {
  return new ScenarioError("ERR_SCENARIO_TOPOLOGY", message);
}

/**
 * The topology that a scenario gives, or makes when it is asked for.
 *
 * @throws As {@link checkTopology}; whatever the scenario's function throws.
 */
export async function givenTopology(
  given: Topology | (() => Topology | Promise<Topology>) | undefined,
): Promise<Topology | undefined> {
  if (typeof given !== "function") return given; // it was checked by `defineScenario`
  const topology: unknown = await given();
  checkTopology("defineScenario: topology()", topology);
  return topology;
}
