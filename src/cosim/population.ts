import type { AgentClass, AgentInput, Container, Counts } from "../agent/index.ts";
import type { RunError } from "../errors.ts";
import type { OutputReader, TakenEvents } from "../kernel/outside.ts";
import type { Isolation, Platform } from "../platform/index.ts";
import type { TraceSource } from "../trace.ts";

/** What agents put out: by agent's id, then by the name of the output. The caller owns it. */
export type Values = Map<string, Record<string, unknown>>;

/** On how many containers a population lives; it changes no result and no trace. */
export interface PopulationOptions {
  /** Number of containers, at least 1. Default 1. */
  readonly containers?: number | undefined;
  /** Where they run: in this thread, in threads or in processes of their own. Default `inline`. */
  readonly isolation?: Exclude<Isolation, "remote"> | undefined;
  /**
   * The module with the agents' classes, as `new URL("./agents.ts", import.meta.url)`, which every container loads: it
   * exports them, or makes them models by `agentModel` while it loads. Needed with more than one container, or those
   * that are not inline; `cosimas sim` and `cosimas run` fill in the module that they were given.
   */
  readonly module?: URL | string | undefined;
}

/** How an agent of a population is made. */
export interface PopulationSpawnOptions {
  /** Unique in the run. */
  readonly id: string;
  /** Arguments of its constructor; a platform's agents get copies. */
  readonly args?: readonly unknown[];
  /** Ids of the agents that it knows, as `topology.neighbours(id)` gives them. */
  readonly neighbours?: readonly string[];
}

/**
 * Agents under a clock that is set from outside: what a master of a co-simulation drives, step by step. A `Container` and
 * a `Platform` are populations; one suite of tests holds both to it.
 *
 * All of it but `attach`, `traceHash`, `counts` and `close` is possible between two advances only: RunError
 * `ERR_RUN_BUSY`, `ERR_RUN_FAILED`, `ERR_RUN_CLOSED`. Whoever makes a population calls `close`.
 */
export interface Population extends TraceSource {
  /** Ticks in one second of its clock. */
  readonly ticksPerSecond: number;
  /** What has been done so far, over all containers, as of the end of the last advance. */
  readonly counts: Counts;
  /**
   * Make an agent; its `setup` runs at the next advance. What comes back is the population's own affair, a promise perhaps,
   * which is to be awaited before the next advance.
   *
   * @throws AgentError `ERR_AGENT_ID`, `ERR_AGENT_DUPLICATE`, `ERR_AGENT_CLASS`; what the constructor throws.
   */
  spawn(type: AgentClass, options: PopulationSpawnOptions): unknown;
  /**
   * Give agents inputs, delivered at the time of the next advance in this order; if one is refused, none is taken.
   *
   * @throws AgentError `ERR_AGENT_UNKNOWN`; ValueError for arguments that cannot cross.
   */
  inputs(list: readonly AgentInput[]): void;
  /**
   * Go to an absolute time and settle everything there.
   *
   * @param t - Seconds since the start, not before the present.
   * @returns Seconds of the next event; undefined if nothing is due.
   */
  advance(t: number): Promise<number | undefined>;
  /**
   * Read outputs of many agents at once, after an advance.
   *
   * @param request - Names of outputs by agent.
   * @returns The values, in the order of the request.
   * @throws AgentError `ERR_AGENT_UNKNOWN`, `ERR_AGENT_OUTPUT` for the first of the request that cannot be read; what its
   *   getter throws.
   */
  read(request: ReadonlyMap<string, readonly string[]>): Values | Promise<Values>;
  /**
   * What reads these outputs again and again, as `read`, the values alone in the order of the request. Undefined if any of
   * them cannot be read now, which `read` says; not there where agents live elsewhere.
   *
   * @internal
   */
  reader?(request: ReadonlyMap<string, readonly string[]>): OutputReader | undefined;
  /** Take all events that agents have emitted since the last call. */
  takeAllOutputEvents(): TakenEvents;
  /** The same, the last value of each output alone: by agent, then by output. */
  takeOutputEvents(): ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /**
   * End the advance under way before its next round: it is rejected with `reason`, and only {@link close} is left. Between two
   * advances nothing happens.
   *
   * @internal
   */
  endAdvance?(reason: RunError): void;
  /** Hash over everything delivered to every agent so far, 16 hexadecimal digits: equal runs have equal hashes. */
  traceHash(): string;
  /** Call `stop` of all agents, end everything. At any time; a second call waits for the first. */
  close(): Promise<void>;
}

/** Both are held to it by the compiler, too: they lie below this room and cannot name the interface themselves. */
type Held<P extends Population> = P;
export type ContainerIsPopulation = Held<Container>;
export type PlatformIsPopulation = Held<Platform>;
