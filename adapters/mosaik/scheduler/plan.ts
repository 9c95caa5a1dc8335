import type { OutputRequest } from "../../../src/cosim/index.ts";
import type { Connection } from "./connection.ts";
import { type Ancestor, type Guard, type Guarded, guardsOf } from "./guards.ts";
import { makeWire, type Wire } from "./inputs.ts";
import { Ports } from "./outputs.ts";
import { rankSimulators } from "./ranks.ts";
import type { SimNode } from "./sim-node.ts";
import type { Duration, Ranked } from "./tiered-time.ts";

/** Values that a step of the destination pulls from its source. */
export interface Pull {
  readonly source: SimNode;
  readonly delay: Duration;
  readonly wire: Wire;
}

/** Values that a step of the source pushes to its destination. */
export interface Push {
  readonly dest: SimNode;
  readonly delay: Duration;
  readonly wire: Wire;
}

/** Ports whose values cause steps of another. */
export interface Trigger {
  readonly dest: SimNode;
  readonly delay: Duration;
  readonly ports: readonly number[];
}

/** What follows for one simulator from all connections of its world; nothing of it changes during a run. */
export interface NodePlan extends Ranked {
  readonly node: SimNode;
  /** What its steps wait for, in the order of a run. */
  readonly guards: readonly Guard[];
  /** Who can cause steps of it, without itself. */
  readonly ancestors: readonly Ancestor[];
  /** Can it cause steps of others? */
  readonly hasDescendants: boolean;
  /** Outputs that somebody is connected to. */
  readonly ports: Ports;
  /** What to ask `getData` for; frozen, since every step gets the same object. */
  readonly request: OutputRequest;
  /** In the order of connecting, as all that follows. */
  readonly pulls: readonly Pull[];
  /** Wires whose newest value is an input of every step. */
  readonly remembered: readonly Wire[];
  readonly pushes: readonly Push[];
  readonly triggers: readonly Trigger[];
  /** Steps by which its newest outputs may still be pulled after they were superseded; undefined: by nobody. */
  readonly pulledShift: number | undefined;
}

/** What follows from all connections of a world. */
export interface Plan {
  /** In the order of starting. */
  readonly nodes: ReadonlyMap<SimNode, NodePlan>;
  /**
   * May steps that do not depend on each other overlap? Otherwise, in a world so large that it would take too long to tell
   * them apart, steps are made one after the other in the order of a run, and no guards are needed.
   */
  readonly overlaps: boolean;
}

/** How values travel, and who waits for whom. */
export interface PlanOptions {
  /** Are persistent outputs pulled when they are needed, or else pushed and remembered? */
  readonly cache: boolean;
  /** Does a simulator wait for those that get its outputs? */
  readonly lazy: boolean;
}

const UNGUARDED: Guarded = { guards: [], ancestors: [] };

/** A plan that is being made. */
type Draft = { -readonly [K in keyof Omit<NodePlan, "request">]: NodePlan[K] } & {
  readonly pulls: Pull[];
  readonly remembered: Wire[];
  readonly pushes: Push[];
  readonly triggers: Trigger[];
};

/**
 * Everything is connected: work out what the steps of `nodes` wait for, and how values travel.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_CYCLE`.
 */
export function makePlan(nodes: readonly SimNode[], { cache, lazy }: PlanOptions): Plan {
  const places = rankSimulators(nodes);
  const guarded = guardsOf(nodes, places, lazy);
  const causing = new Set<SimNode>();
  for (const { ancestors } of guarded?.values() ?? []) for (const { sim } of ancestors) causing.add(sim);
  const drafts = new Map<SimNode, Draft>();
  for (const node of nodes) {
    drafts.set(node, {
      ...{ node, ...places.get(node)!, ...(guarded?.get(node) ?? UNGUARDED), hasDescendants: causing.has(node) },
      ...{ ports: new Ports(), pulls: [], remembered: [], pushes: [], triggers: [], pulledShift: undefined },
    });
  }
  for (const draft of drafts.values()) wire(draft, drafts, cache);
  const planned = [...drafts].map(([node, draft]) => [node, { ...draft, request: draft.ports.request() }] as const);
  return { nodes: new Map(planned), overlaps: guarded !== undefined };
}

/** Fix the way of each value that `dest` gets. */
function wire(dest: Draft, drafts: ReadonlyMap<SimNode, Draft>, cache: boolean): void {
  let index = 0;
  for (const { source, delay, connections } of dest.node.incoming) {
    const from = drafts.get(source)!;
    const betweenRemotes = source.remote !== undefined && dest.node.remote !== undefined;
    const portOf = ({ src, srcAttr }: Connection) => from.ports.add(src.eid, srcAttr);
    for (const connection of connections) {
      const wire = makeWire(connection, portOf(connection), index++, betweenRemotes);
      if (cache && connection.persistent) {
        dest.pulls.push({ source, delay, wire });
        from.pulledShift = Math.max(from.pulledShift ?? 0, delay.tiers[0]!);
      } else {
        from.pushes.push({ wire, dest: dest.node, delay });
        if (connection.initial !== undefined || connection.persistent) dest.remembered.push(wire);
      }
    }
    const ports = connections.filter(({ triggers }) => triggers).map(portOf);
    if (ports.length > 0) from.triggers.push({ ports: [...new Set(ports)], dest: dest.node, delay });
  }
}
