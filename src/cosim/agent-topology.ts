import { checkAgentId } from "../agent/agent.ts";
import { ScenarioError } from "../errors.ts";
import {
  checkArgument,
  checkOptions,
  either,
  listOf,
  number,
  type OptionChecks,
  required,
  string,
  suggestion,
} from "../options.ts";
import { createRandom } from "../random.ts";

/** Two agents that know each other. */
export type AgentPair = readonly [string, string];

/** Edges of one topology, at most: each is an object, for whoever draws it. */
const EDGES_MAX = 1_000_000;

/**
 * Which agents know each other: an undirected graph without loops and without parallel edges. Plain data besides its
 * methods, so that a scenario can give it as its `topology`, too, and the page draws it.
 *
 * All orders are those of the ids as they were given, so that what agents do by it repeats.
 */
export class AgentTopology {
  /** One for each agent, in the order of the ids. */
  readonly nodes: readonly { readonly id: string; readonly agents: readonly string[] }[];
  /** Each once, by the order of the ids: `from` comes before `to`. */
  readonly edges: readonly { readonly id: string; readonly from: string; readonly to: string }[];
  readonly #neighbours = new Map<string, readonly string[]>();
  #isConnected: boolean | undefined;

  /** @param links - For each agent the places of its neighbours in `ids`; each edge at both of its ends. @internal */
  constructor(ids: readonly string[], links: readonly Iterable<number>[]) {
    this.nodes = ids.map((id) => ({ id, agents: [id] }));
    const edges: { id: string; from: string; to: string }[] = [];
    for (const [i, from] of ids.entries()) {
      const near = [...links[i]!].sort((a, b) => a - b);
      this.#neighbours.set(from, Object.freeze(near.map((j) => ids[j]!)));
      // No id has white space, so that two edges never have one id.
      for (const j of near) if (j > i) edges.push({ id: `${from} - ${ids[j]!}`, from, to: ids[j]! });
    }
    this.edges = edges;
  }

  /** Ids of all agents, in the order in which they were given. */
  get ids(): readonly string[] {
    return [...this.#neighbours.keys()];
  }

  /** Whether the agent is part of it. */
  has(id: string): boolean {
    return this.#neighbours.has(id);
  }

  /**
   * Ids of those whom the agent knows, in the order of `ids`: what `spawn` takes as its option `neighbours`.
   *
   * @throws ScenarioError `ERR_SCENARIO_TOPOLOGY` for an agent that is not part of it.
   */
  neighbours(id: string): readonly string[] {
    const near = this.#neighbours.get(id);
    if (near !== undefined) return near;
    throw wrong(`there is no agent "${id}" in this topology; ${suggestion(id, this.ids.slice(0, NAMED_MAX))}`);
  }

  /** Whether everybody can be reached from everybody; so it is with one agent, and with none. */
  get isConnected(): boolean {
    this.#isConnected ??= this.#reach() === this.#neighbours.size;
    return this.#isConnected;
  }

  /** How many can be reached from the first. */
  #reach(): number {
    const reached = new Set(this.ids.slice(0, 1));
    for (const id of reached) for (const next of this.neighbours(id)) reached.add(next);
    return reached.size;
  }
}

/** Ids that an error names, at most. */
const NAMED_MAX = 20;

/** `ERR_SCENARIO_TOPOLOGY` */
export function wrong(text: string): ScenarioError {
  return new ScenarioError("ERR_SCENARIO_TOPOLOGY", text);
}

/** Ids of agents, each once. @throws AgentError `ERR_AGENT_ID`; ScenarioError `ERR_SCENARIO_TOPOLOGY` for one that is there twice. */
function checkIds(ids: readonly string[]): readonly string[] {
  checkArgument("Topology", "ids", ids, listOf(string));
  const known = new Set<string>();
  for (const id of ids) {
    if (known.has(checkAgentId(id))) throw wrong(`"${id}" is there twice: each agent is one node`);
    known.add(id);
  }
  return [...known];
}

function checkEdges(count: number): void {
  if (count <= EDGES_MAX) return;
  throw new RangeError(`a topology has at most ${EDGES_MAX} edges, these would be ${count}`);
}

/** A circle: everybody knows the one before and the one after. Two agents have one edge. */
export function ring(ids: readonly string[]): AgentTopology {
  return lattice(checkIds(ids), 1);
}

/** Everybody knows the `reach` before and the `reach` after. */
function lattice(ids: readonly string[], reach: number): AgentTopology {
  return new AgentTopology(ids, latticeLinks(ids.length, reach));
}

function latticeLinks(count: number, reach: number): Set<number>[] {
  checkEdges(count * reach);
  const links = Array.from({ length: count }, () => new Set<number>());
  for (let step = 1; step <= reach; step++) {
    for (let i = 0; i < count; i++) {
      const j = (i + step) % count;
      if (i === j) continue;
      links[i]!.add(j);
      links[j]!.add(i);
    }
  }
  return links;
}

/** One in the middle, whom all others know, and nobody else. @param ids - Of the others. */
export function star(hub: string, ids: readonly string[]): AgentTopology {
  const all = checkIds([hub, ...ids]);
  checkEdges(all.length);
  const others = all.slice(1).map((_, i) => i + 1);
  return new AgentTopology(all, [others, ...others.map(() => [0])]);
}

/** Everybody knows everybody. */
export function completeGraph(ids: readonly string[]): AgentTopology {
  const all = checkIds(ids);
  checkEdges((all.length * (all.length - 1)) / 2);
  const places = all.map((_, i) => i);
  return new AgentTopology(
    all,
    places.map((i) => places.filter((j) => j !== i)),
  );
}

/** How a small world is made. */
export interface SmallWorldOptions {
  /** Neighbours of each in the ring that it starts with: even, at least 2, below the number of agents. */
  readonly k: number;
  /** Probability with which an edge of the ring leads to anybody instead; 0 leaves the ring, 1 is a random graph. */
  readonly p: number;
  /** Default 0. */
  readonly seed?: number | string;
}

const SMALL_WORLD: OptionChecks<SmallWorldOptions> = {
  k: required(number({ integer: true, min: 2 })),
  p: required(number({ min: 0, max: 1 })),
  seed: either(number(), string),
};

/**
 * A small world: mostly neighbours in a ring, and a few far away, so that everybody is a few edges from everybody. The same
 * seed gives the same graph; whether it is in one piece `isConnected` tells.
 *
 * Source: D. J. Watts, S. H. Strogatz, "Collective dynamics of 'small-world' networks", Nature 393 (1998) 440–442; edges are
 * taken in the order of networkx' `watts_strogatz_graph`.
 *
 * @throws RangeError unless `k` is even and below the number of agents.
 */
export function smallWorld(ids: readonly string[], options: SmallWorldOptions): AgentTopology {
  checkOptions("Topology.smallWorld", options, SMALL_WORLD);
  const all = checkIds(ids);
  const { k, p, seed = 0 } = options;
  const count = all.length;
  if (k % 2 !== 0 || k >= count) {
    const text = `Topology.smallWorld: k must be even and below the number of agents, which is ${count}; got ${k}`;
    throw Object.assign(new RangeError(text), { code: "ERR_OPTION_RANGE" });
  }
  const links = latticeLinks(count, k / 2);
  const random = createRandom(seed, "topology");
  for (let step = 1; step <= k / 2; step++) {
    for (let from = 0; from < count; from++) {
      // Somebody who knows everybody has nowhere to lead an edge to.
      if (random() < p && links[from]!.size < count - 1) rewire(links, from, (from + step) % count, random);
    }
  }
  return new AgentTopology(all, links);
}

/** Let the edge between two lead from the first to anybody whom it does not know yet. */
function rewire(links: readonly Set<number>[], from: number, to: number, random: () => number): void {
  const near = links[from]!;
  if (!near.has(to)) return;
  let other: number;
  do other = Math.floor(random() * links.length);
  while (other === from || near.has(other));
  near.delete(to);
  links[to]!.delete(from);
  near.add(other);
  links[other]!.add(from);
}

/**
 * The topology with these edges.
 *
 * @param pairs - Each edge once, in either direction.
 * @param ids - All agents, those without an edge too, in the order that is to be. Default: as the edges name them.
 * @throws ScenarioError `ERR_SCENARIO_TOPOLOGY` for an edge from an agent to itself, one that is there twice, and one of an
 *   agent that `ids` does not name; AgentError `ERR_AGENT_ID`.
 */
export function fromEdges(pairs: Iterable<AgentPair>, ids?: readonly string[]): AgentTopology {
  const list = [...pairs];
  checkEdges(list.length);
  for (const [i, pair] of list.entries()) checkArgument("Topology.fromEdges", `pairs[${i}]`, pair, PAIR);
  const all = checkIds(ids ?? [...new Set(list.flat())]);
  const places = new Map(all.map((id, i) => [id, i]));
  const links = all.map(() => new Set<number>());
  const placeOf = (id: string) => {
    const place = places.get(id);
    if (place !== undefined) return place;
    throw wrong(`an edge names "${id}", which is none of the agents; ${suggestion(id, all.slice(0, NAMED_MAX))}`);
  };
  for (const [one, other] of list) {
    const [i, j] = [placeOf(one), placeOf(other)];
    if (i === j) throw wrong(`an edge leads from "${one}" to itself`);
    if (links[i]!.has(j))
      throw wrong(`the edge between "${one}" and "${other}" is there twice; an edge has no direction`);
    links[i]!.add(j);
    links[j]!.add(i);
  }
  return new AgentTopology(all, links);
}

const PAIR = {
  allowed: "two ids",
  accepts: (value: unknown) =>
    Array.isArray(value) && value.length === 2 && value.every((id) => typeof id === "string"),
};
