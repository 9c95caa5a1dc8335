import { ScenarioError } from "../../../src/cosim/index.ts";
import type { SimLink, SimNode } from "./sim-node.ts";
import type { Ranked } from "./tiered-time.ts";

/** `from` is served before `to` at one time, by reason of `link`. */
interface Edge {
  readonly from: SimNode;
  readonly to: SimNode;
  readonly link: SimLink;
}

/**
 * The place of every simulator among the others: its ranks. By the first, of two that are due at one time the source comes before the
 * destination; those of a same-time loop share it, and are ranked within a sub-step by the second, and so on.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_CYCLE` if connections form a cycle without delay; the message names a
 *   connection for each part of it.
 *
 * Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972), for each tier; a rank is
 * the length of the longest path to the component.
 */
export function rankSimulators(sims: readonly SimNode[]): Map<SimNode, Ranked> {
  const byId = [...sims].sort((a, b) => (a.sid < b.sid ? -1 : 1));
  const places = new Map(byId.map((sim, order) => [sim, { order, ranks: [] as number[] }]));
  const depth = sims.reduce((most, sim) => Math.max(most, sim.group.depth), 1);
  for (let tier = 1; tier <= depth; tier++) {
    const edges = edgesOf(sims, tier);
    const components = componentsOf(byId, edges);
    for (const component of components) refuseCycle(component, edges, tier);
    const ranks = ranksOf(components, edges);
    for (const [sim, { ranks: own }] of places) own.push(ranks.get(sim)!);
  }
  return places;
}

/** Who comes before whom as far as the first `tier` tiers go. */
function edgesOf(sims: readonly SimNode[], tier: number): Map<SimNode, Edge[]> {
  const edges = new Map<SimNode, Edge[]>(sims.map((sim) => [sim, []]));
  for (const link of sims.flatMap((sim) => sim.outgoing)) {
    const { source, dest, delay } = link;
    if (delay.tiers.slice(0, tier).some((part) => part > 0)) continue;
    edges.get(source)!.push({ from: source, to: dest, link });
    // Its next sub-step waits for who may make requests.
    if (link.asyncRequests && tier < delay.cutoff) edges.get(dest)!.push({ from: dest, to: source, link });
  }
  return edges;
}

/** A simulator that is being looked at, and how many of its edges have been followed. */
interface Visit {
  readonly sim: SimNode;
  readonly number: number;
  /** Lowest number that is known to be reached from it. */
  low: number;
  followed: number;
}

/**
 * Strongly connected components, each after all that can be reached from it. It keeps its own stack: a chain of many
 * thousand simulators is no deeper than one.
 */
function componentsOf(sims: readonly SimNode[], edges: ReadonlyMap<SimNode, readonly Edge[]>): SimNode[][] {
  const components: SimNode[][] = [];
  const found = new Map<SimNode, number>();
  const closed = new Set<SimNode>();
  const open: SimNode[] = [];
  const path: Visit[] = [];
  const enter = (sim: SimNode) => {
    path.push({ sim, number: found.size, low: found.size, followed: 0 });
    found.set(sim, found.size);
    open.push(sim);
  };
  for (const start of sims) {
    if (!found.has(start)) enter(start);
    while (path.length > 0) {
      const visit = path.at(-1)!;
      const edge = edges.get(visit.sim)![visit.followed++];
      if (edge !== undefined) {
        const number = found.get(edge.to);
        if (number === undefined) enter(edge.to);
        else if (!closed.has(edge.to)) visit.low = Math.min(visit.low, number);
        continue;
      }
      path.pop();
      const before = path.at(-1);
      if (before !== undefined) before.low = Math.min(before.low, visit.low);
      if (visit.low < visit.number) continue;
      const component = open.splice(open.lastIndexOf(visit.sim));
      for (const member of component) closed.add(member);
      components.push(component);
    }
  }
  return components;
}

/** Length of the longest path to each simulator's component. */
function ranksOf(
  components: readonly SimNode[][],
  edges: ReadonlyMap<SimNode, readonly Edge[]>,
): ReadonlyMap<SimNode, number> {
  const ranks = new Map<SimNode, number>();
  for (const component of [...components].reverse()) {
    const rank = component.reduce((most, sim) => Math.max(most, ranks.get(sim) ?? 0), 0);
    const members = new Set(component);
    for (const sim of component) ranks.set(sim, rank);
    for (const sim of component) {
      for (const { to } of edges.get(sim)!) {
        if (!members.has(to)) ranks.set(to, Math.max(ranks.get(to) ?? 0, rank + 1));
      }
    }
  }
  return ranks;
}

/**
 * Within a component every connection is on a cycle; one that leaves the group of the tier's sub-steps forgets them,
 * and so the cycle has no delay at all.
 */
function refuseCycle(component: readonly SimNode[], edges: ReadonlyMap<SimNode, readonly Edge[]>, tier: number): void {
  const members = new Set(component);
  const inner = (sim: SimNode) => edges.get(sim)!.filter(({ to }) => members.has(to));
  const closing = component.flatMap(inner).find(({ link }) => link.delay.cutoff <= tier);
  if (closing === undefined) return;
  const cameBy = new Map<SimNode, Edge | undefined>([[closing.to, undefined]]);
  for (const sim of cameBy.keys()) {
    for (const edge of inner(sim)) if (!cameBy.has(edge.to)) cameBy.set(edge.to, edge);
  }
  const path = [closing];
  for (let edge = cameBy.get(closing.from); edge !== undefined; edge = cameBy.get(edge.from)) path.unshift(edge);
  throw cycleError(path.map(({ link }) => link));
}

function cycleError(links: readonly SimLink[]): ScenarioError {
  const parts = links.map(({ source, dest, connections }) => {
    const more = connections.length > 1 ? ` (and ${connections.length - 1} more)` : "";
    return connections[0] === undefined ? `requests of ${dest.sid} to ${source.sid}` : `${connections[0]}${more}`;
  });
  const advice = links.some(({ connections }) => connections.some(({ weak }) => weak))
    ? "a weak connection is no delay for who is outside of its group: put all of them into one group, or make one timeShifted"
    : "make one of these connections timeShifted, or weak within a group, and give it initialData";
  const text = `connections form a cycle without delay: ${parts.join("; ")}; ${advice}`;
  return new ScenarioError("ERR_SCENARIO_CYCLE", text);
}
