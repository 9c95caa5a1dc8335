import { AgentError } from "../errors.ts";
import type { AgentDirectory } from "./agent-changes.ts";
import type { OutputValues, ReadRequest, Report } from "./protocol.ts";

/** Asks containers for outputs, each for those of the request or of the last one; gives the reports in the same order. */
export type AskForOutputs = (requests: ReadonlyMap<number, ReadRequest | undefined>) => Promise<Report[]>;

/** Whose outputs are read, and where they live. */
interface Plan {
  readonly agents: readonly string[];
  readonly names: readonly (readonly string[])[];
  /** Number of each agent's container. */
  readonly containers: readonly number[];
  /** What each container is asked for. */
  readonly requests: ReadonlyMap<number, ReadRequest>;
  /** Containers that have been asked: the values that come with the end of an advance are those. */
  readonly asked: Set<number>;
  /** The agents live as long as this is the number of those that were removed. */
  readonly deaths: number;
}

/**
 * Reads of outputs: what was read after one advance comes by itself with the end of the next, and the same read is not
 * told to the containers again.
 */
export class OutputReads {
  readonly #agents: AgentDirectory;
  #plan: Plan | undefined;
  /** Values that have come since the last advance began, by container. */
  readonly #values = new Map<number, OutputValues>();
  #wasRead = false;

  constructor(agents: AgentDirectory) {
    this.#agents = agents;
  }

  /** An advance begins. @returns Whether something was read since the last one began. */
  begin(): boolean {
    const wasRead = this.#wasRead;
    this.#wasRead = false;
    this.#values.clear();
    return wasRead;
  }

  /** Take what the container `index` has told. */
  note(index: number, values: OutputValues): void {
    if (this.#plan?.asked.has(index)) this.#values.set(index, values);
  }

  /**
   * Outputs by agent, each by its name.
   *
   * @param ask - Called if the values have not come by themselves.
   * @throws AgentError `ERR_AGENT_UNKNOWN`, `ERR_AGENT_OUTPUT`, or another error of the first agent that cannot be read.
   */
  async read(
    request: ReadonlyMap<string, readonly string[]>,
    ask: AskForOutputs,
  ): Promise<Map<string, Record<string, unknown>>> {
    const { plan, unknown } = this.#planFor(request);
    this.#wasRead = true;
    const orders = new Map<number, ReadRequest | undefined>();
    for (const [index, own] of plan.requests) {
      if (this.#values.has(index)) continue;
      orders.set(index, plan.asked.has(index) ? undefined : own);
      plan.asked.add(index);
    }
    if (orders.size > 0) this.#throwFirst(plan, [...orders.keys()], await ask(orders));
    if (unknown !== undefined) throw unknown;
    return this.#collect(plan);
  }

  #planFor(request: ReadonlyMap<string, readonly string[]>): { plan: Plan; unknown?: AgentError } {
    const last = this.#plan;
    if (last !== undefined && last.deaths === this.#agents.deaths && isOf(last, request)) return { plan: last };
    const agents: string[] = [];
    const names: (readonly string[])[] = [];
    const containers: number[] = [];
    const requests = new Map<number, (readonly [agent: string, names: readonly string[]])[]>();
    const { deaths } = this.#agents;
    this.#plan = { agents, names, containers, requests, asked: new Set(), deaths };
    this.#values.clear();
    for (const [agent, given] of request) {
      const place = this.#agents.placeOf(agent);
      if (place === undefined) return { plan: this.#plan, unknown: unknownAgent(agent, "outputs") };
      const own = [...given];
      agents.push(agent);
      names.push(own);
      containers.push(place.container);
      const list = requests.get(place.container);
      if (list === undefined) requests.set(place.container, [[agent, own]]);
      else list.push([agent, own]);
    }
    return { plan: this.#plan };
  }

  /** The first agent of the request that could not be read decides, wherever it lives. */
  #throwFirst(plan: Plan, asked: readonly number[], reports: readonly Report[]): void {
    const errors = new Map<string, Error>();
    for (const [i, index] of asked.entries()) {
      const { error } = reports[i]!;
      if (error === undefined) continue;
      const agent = plan.requests.get(index)![this.#values.get(index)?.count ?? 0]?.[0];
      errors.set(agent ?? "", error);
      this.#values.delete(index);
    }
    if (errors.size === 0) return;
    for (const agent of plan.agents) if (errors.has(agent)) throw errors.get(agent);
    for (const error of errors.values()) throw error;
  }

  #collect({ agents, names, containers }: Plan): Map<string, Record<string, unknown>> {
    const all = new Map<string, Record<string, unknown>>();
    const rows: number[] = [];
    for (let i = 0; i < agents.length; i++) {
      const index = containers[i]!;
      const { columns } = this.#values.get(index)!;
      const row = rows[index] ?? 0;
      rows[index] = row + 1;
      const own = names[i]!;
      const values: Record<string, unknown> = {};
      for (let n = 0; n < own.length; n++) values[own[n]!] = columns[n]![row];
      all.set(agents[i]!, values);
    }
    return all;
  }
}

function isOf({ agents, names }: Plan, request: ReadonlyMap<string, readonly string[]>): boolean {
  if (agents.length !== request.size) return false;
  let i = 0;
  for (const [agent, given] of request) {
    const known = names[i]!;
    if (agents[i++] !== agent || known.length !== given.length) return false;
    for (let n = 0; n < known.length; n++) if (known[n] !== given[n]) return false;
  }
  return true;
}

/** There is no agent of this id. */
export function unknownAgent(agent: string, method: string): AgentError {
  return new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}"`, { agent, method });
}
