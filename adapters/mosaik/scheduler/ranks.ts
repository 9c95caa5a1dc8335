import { ScenarioError } from "../../../src/index.ts";
import type { Link } from "./link.ts";
import type { SimRunner } from "./sim-runner.ts";

/** `from` is served before `to` at one time, by reason of `link`. */
interface Edge {
  readonly from: SimRunner;
  readonly to: SimRunner;
  readonly link: Link;
}

/**
 * Give every simulator its ranks. By the first, of two that are due at one time the source comes before the
 * destination; those of a same-time loop share it, and are ranked within a sub-step by the second, and so on.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_CYCLE` if connections form a cycle without delay; the message names a
 *   connection for each part of it.
 *
 * Source: Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972), for each tier; a rank is
 * the length of the longest path to the component.
 */
export function rankSimulators(sims: readonly SimRunner[]): void {
  const byId = [...sims].sort((a, b) => (a.sid < b.sid ? -1 : 1));
  for (const [order, sim] of byId.entries()) {
    sim.order = order;
    sim.ranks = [];
  }
  const depth = sims.reduce((most, sim) => Math.max(most, sim.group.depth), 1);
  for (let tier = 1; tier <= depth; tier++) {
    const edges = edgesOf(sims, tier);
    const components = componentsOf(byId, edges);
    for (const component of components) refuseCycle(component, edges, tier);
    assignRanks(components, edges);
  }
}

/** Who comes before whom as far as the first `tier` tiers go. */
function edgesOf(sims: readonly SimRunner[], tier: number): Map<SimRunner, Edge[]> {
  const edges = new Map<SimRunner, Edge[]>(sims.map((sim) => [sim, []]));
  for (const link of sims.flatMap((sim) => sim.outgoing)) {
    const { source, dest, delay } = link;
    if (delay.tiers.slice(0, tier).some((part) => part > 0)) continue;
    edges.get(source)!.push({ from: source, to: dest, link });
    // Its next sub-step waits for who may make requests.
    if (link.asyncRequests && tier < delay.cutoff) edges.get(dest)!.push({ from: dest, to: source, link });
  }
  return edges;
}

/** Strongly connected components, each after all that can be reached from it. */
function componentsOf(sims: readonly SimRunner[], edges: ReadonlyMap<SimRunner, readonly Edge[]>): SimRunner[][] {
  const components: SimRunner[][] = [];
  const found = new Map<SimRunner, number>();
  const closed = new Set<SimRunner>();
  const open: SimRunner[] = [];
  const visit = (sim: SimRunner): number => {
    const number = found.size;
    let low = number;
    found.set(sim, number);
    open.push(sim);
    for (const { to } of edges.get(sim)!) {
      if (!closed.has(to)) low = Math.min(low, found.get(to) ?? visit(to));
    }
    if (low < number) return low;
    const component = open.splice(open.indexOf(sim));
    for (const member of component) closed.add(member);
    components.push(component);
    return low;
  };
  for (const sim of sims) if (!found.has(sim)) visit(sim);
  return components;
}

function assignRanks(components: readonly SimRunner[][], edges: ReadonlyMap<SimRunner, readonly Edge[]>): void {
  const rankOf = new Map<SimRunner, number>();
  for (const component of [...components].reverse()) {
    const rank = component.reduce((most, sim) => Math.max(most, rankOf.get(sim) ?? 0), 0);
    const members = new Set(component);
    for (const sim of component) {
      sim.ranks.push(rank);
      for (const { to } of edges.get(sim)!) {
        if (!members.has(to)) rankOf.set(to, Math.max(rankOf.get(to) ?? 0, rank + 1));
      }
    }
  }
}

/**
 * Within a component every connection is on a cycle; one that leaves the group of the tier's sub-steps forgets them,
 * and so the cycle has no delay at all.
 */
function refuseCycle(
  component: readonly SimRunner[],
  edges: ReadonlyMap<SimRunner, readonly Edge[]>,
  tier: number,
): void {
  const members = new Set(component);
  const inner = (sim: SimRunner) => edges.get(sim)!.filter(({ to }) => members.has(to));
  const closing = component.flatMap(inner).find(({ link }) => link.delay.cutoff <= tier);
  if (closing === undefined) return;
  const cameBy = new Map<SimRunner, Edge | undefined>([[closing.to, undefined]]);
  for (const sim of cameBy.keys()) {
    for (const edge of inner(sim)) if (!cameBy.has(edge.to)) cameBy.set(edge.to, edge);
  }
  const path = [closing];
  for (let edge = cameBy.get(closing.from); edge !== undefined; edge = cameBy.get(edge.from)) path.unshift(edge);
  throw cycleError(path.map(({ link }) => link));
}

function cycleError(links: readonly Link[]): ScenarioError {
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
