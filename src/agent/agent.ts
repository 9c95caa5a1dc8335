import type { Clock } from "../clock/clock.ts";
import { AgentError } from "../errors.ts";
import { checkArgument, type OptionCheck, shown } from "../options.ts";
import type { Remote } from "../rpc/types.ts";
import type { Gathered, GatherOptions, MethodArguments, MethodResult } from "./gather.ts";
import type { EveryOptions, Periodic } from "./periodic.ts";
import { knowAgents } from "./references.ts";
import type { AgentFuture, AgentQueue } from "./waits.ts";

/** Options of a one-way message. */
export interface SendOptions {
  /** Seconds until it is delivered; 0, the default, is the next round. */
  delay?: number;
}

/** Options of a new agent. */
export interface SpawnOptions {
  /** Unique in the run; an id is never used again, even after its agent was removed. */
  id?: string;
  /** Arguments of its constructor. */
  args?: readonly unknown[];
  /** Ids of the agents that it knows, as `topology.neighbours(id)` gives them: see {@link Agent.neighbours}. */
  neighbours?: readonly string[];
}

/** Options of a proxy. */
export interface ConnectOptions {
  /**
   * Simulated seconds, above 0, within which a call has to be answered, or it fails with `ERR_CALL_TIMEOUT`; an answer at
   * exactly that time is late. Default: `callTimeout` of the communication model, otherwise none. Calls of live peers
   * have `limits.callTimeoutMs` of wall time instead.
   */
  timeout?: number;
}

/** A class of agents. */
// biome-ignore lint/suspicious/noExplicitAny: a class's constructor parameters are its own affair
export type AgentClass<A extends Agent = Agent, Args extends any[] = any[]> = {
  new (...args: Args): A;
  readonly exposed: readonly string[];
  readonly outputs: readonly string[];
};

/** Arguments of the constructor of `C`; they may be left out only where it needs none. */
export type ConstructorArguments<C extends AgentClass> =
  [] extends ConstructorParameters<C>
    ? { args?: Readonly<ConstructorParameters<C>> }
    : { args: Readonly<ConstructorParameters<C>> };

/** Options of a spawn as parameters: there have to be some where the constructor needs arguments. */
export type SpawnParameters<C extends AgentClass> =
  [] extends ConstructorParameters<C>
    ? [options?: Omit<SpawnOptions, "args"> & ConstructorArguments<C>]
    : [options: Omit<SpawnOptions, "args"> & ConstructorArguments<C>];

/** What is given where no options are: most messages have none, and then nothing is checked. */
export const NO_OPTIONS: object = Object.freeze({});

/** Everything that one agent may ask of its container. */
export interface AgentApi {
  readonly id: string;
  readonly addr: string;
  readonly clock: Clock;
  connect(address: string, options: ConnectOptions): Promise<object>;
  random(): number;
  external<T>(start: () => Promise<T> | T): Promise<T>;
  future<T>(): AgentFuture<T>;
  queue<T>(): AgentQueue<T>;
  task(code: () => unknown): void;
  send(to: string, method: string, args: readonly unknown[], options: SendOptions): void;
  readonly sender: string | undefined;
  every(dt: number, f: () => unknown, options: EveryOptions): Periodic;
  neighbours(): readonly object[];
  broadcast(method: string, args: readonly unknown[]): void;
  gather(
    peers: readonly (string | object)[],
    method: string,
    args: readonly unknown[],
    options: GatherOptions,
  ): Promise<Gathered>;
  emit(output: string, value: unknown): void;
  log(message: string, fields: Record<string, unknown>): void;
  spawn(type: AgentClass, options: SpawnOptions): object;
  remove(): void;
}

/** Link for the agent that is being constructed: a container sets it for the length of one constructor call. */
let nascent: AgentApi | undefined;

/** Construct an agent inside its container. @internal */
export function construct<A extends Agent, Args extends unknown[]>(
  link: AgentApi,
  type: AgentClass<A, Args>,
  args: Args,
): A {
  const outer = nascent;
  nascent = link;
  try {
    return new type(...args);
  } finally {
    nascent = outer;
  }
}

/**
 * Base of all agents. An agent is a plain class: peers call the methods that its class lists in `exposed`, nearly as
 * if it were a local object. It shares nothing with other agents; what goes in and out is copied.
 *
 * Agent code waits only on simulated things: calls to agents, the clock, futures and queues of its own, `external`.
 * Its methods may be asynchronous and may overlap; between two waits nothing else of this agent runs.
 */
export abstract class Agent {
  /** Names of the methods that a peer may call. A subclass restates the list of its parent. */
  static readonly exposed: readonly string[] = [];
  /**
   * Names of an entity's output attributes: fields or getters that a bridge reads after a step, or events that the agent
   * emits.
   */
  static readonly outputs: readonly string[] = [];

  readonly #link: AgentApi;

  constructor() {
    if (nascent === undefined) {
      throw new AgentError("ERR_AGENT_CONSTRUCTED", `use container.spawn(${new.target.name}, …) to make an agent`);
    }
    this.#link = nascent;
    nascent = undefined;
  }

  static {
    knowAgents((value): value is Agent => #link in value);
  }

  /** The agent's id, unique in the run. */
  get id(): string {
    return this.#link.id;
  }

  /** Where live peers find it, as `tcp://127.0.0.1:5555/battery-1`; its id alone if its container does not listen. */
  get addr(): string {
    return this.#link.addr;
  }

  /** Simulation time, and waits on it. */
  get clock(): Clock {
    return this.#link.clock;
  }

  /**
   * Get a proxy of another agent, by id or by URL (`tcp://host:port/id`). An id costs no round and is not checked: a
   * call to an agent that does not exist is rejected with `ERR_AGENT_UNKNOWN`. A URL of another container connects
   * now, in wall time; inside the simulation that is an external.
   *
   * @param options - A time-out of the calls through this proxy.
   */
  connect<C extends AgentClass>(address: string, options: ConnectOptions = NO_OPTIONS): Promise<Remote<C>> {
    return this.#link.connect(address, options) as Promise<Remote<C>>;
  }

  /** Called once before the first message is delivered; messages wait until it has settled. */
  setup(): void | Promise<void> {}

  /** Called once when the agent is removed or its container closes; what it sends on removal is still delivered. */
  stop(): void | Promise<void> {}

  /** A random number, uniform in [0, 1), from a generator seeded by the run's seed and this agent's id. */
  protected random(): number {
    return this.#link.random();
  }

  /**
   * Do real I/O. All externals opened at one tag settle before the next round; the result is copied and arrives in
   * the next round of the same time. A rejection arrives as RemoteError.
   */
  protected external<T>(start: () => Promise<T> | T): Promise<T> {
    return this.#link.external(start);
  }

  /** A promise for this agent's own handlers to settle. */
  protected future<T = void>(): AgentFuture<T> {
    return this.#link.future<T>();
  }

  /** A queue between this agent's own handlers. */
  protected queue<T>(): AgentQueue<T> {
    return this.#link.queue<T>();
  }

  /** Run `code` beside the present handler; what it throws fails the step. */
  protected task(code: () => unknown): void {
    this.#link.task(code);
  }

  /** Send a one-way message; what the receiver throws fails the step, a receiver that does not exist loses it. */
  protected send(to: string, method: string, args: readonly unknown[] = [], options: SendOptions = NO_OPTIONS): void {
    this.#link.send(to, method, args, options);
  }

  /**
   * Id of the agent whose message is being handled; undefined if it came from outside (an input, a call by the program or by
   * a live peer), and in a timer, `setup` and `stop`. It is known until the handler's first `await`; keep it for later:
   * `const { sender } = this`.
   *
   * @throws AgentError `ERR_AGENT_SENDER` after an `await`: other handlers may have run since.
   */
  protected get sender(): string | undefined {
    return this.#link.sender;
  }

  /**
   * Call `f` again and again, until the agent ends or `stop` of what comes back is called: first after `dt` seconds, or at
   * `at`, then `dt` after the time before, without drift. What it throws fails the step. It may be asynchronous; one that still
   * waits when its next time comes does not hold it up, so that the two overlap, as handlers do.
   *
   * @param dt - Seconds, above 0; under half a tick is one tick.
   * @throws TypeError or RangeError unless `dt` is such a number; ClockError `ERR_CLOCK_PAST` if `at` is over.
   */
  protected every(dt: number, f: () => unknown, options: EveryOptions = NO_OPTIONS): Periodic {
    return this.#link.every(dt, f, options);
  }

  /**
   * Proxies of the agents that this one knows, in the order in which `neighbours` of its spawn named them; none if nobody
   * did. Source: mango's `Agent.neighbors`.
   */
  protected neighbours<C extends AgentClass>(): readonly Remote<C>[] {
    return this.#link.neighbours() as readonly Remote<C>[];
  }

  /** Send a one-way message to each neighbour, in their order; as `send`. */
  protected broadcast(method: string, ...args: readonly unknown[]): void {
    this.#link.broadcast(method, args);
  }

  /**
   * Call one method of many agents, and gather what they answer until a deadline: the first half of a contract net, from
   * FIPA's call for proposals (`cfp`) to its deadline. It resolves as soon as all have answered, at the deadline at the latest.
   * Who answers at the deadline or after it is late; what he answers is dropped, and a log entry of the trace names him.
   *
   * @param peers - Ids, or proxies of agents of this run; each once.
   * @returns Answers and refusals in the order of `peers`, whoever was first. Who throws refuses, and so does an agent that
   *   does not exist or is removed meanwhile.
   * @throws AgentError `ERR_AGENT_PEER` for a peer that is no agent of this run, or there twice; ValueError for
   *   arguments that cannot cross: nothing was sent then. `ERR_AGENT_GONE` if this agent ends.
   *
   * Source: FIPA Contract Net Interaction Protocol Specification, SC00029H.
   */
  protected gather<R extends object, M extends keyof R & string>(
    peers: readonly R[],
    method: M,
    args: MethodArguments<R[M]>,
    options: GatherOptions,
  ): Promise<Gathered<MethodResult<R[M]>, R>>;
  protected gather<T = unknown>(
    peers: readonly string[],
    method: string,
    args: readonly unknown[],
    options: GatherOptions,
  ): Promise<Gathered<T, string>>;
  protected gather(
    peers: readonly (string | object)[],
    method: string,
    args: readonly unknown[],
    options: GatherOptions,
  ): Promise<Gathered<never, never>> {
    return this.#link.gather(peers, method, args, options) as Promise<Gathered<never, never>>;
  }

  /**
   * Put out an event: whoever steps the agents takes it after this step, once. Of several events of one output in one
   * step the last one counts.
   *
   * @param output - A name that the class lists in `outputs`.
   * @throws AgentError `ERR_AGENT_OUTPUT` for another; ValueError for a value that cannot cross.
   */
  protected emit(output: string, value: unknown = true): void {
    this.#link.emit(output, value);
  }

  /** Write to the trace: text, and fields as values. */
  protected log(message: string, fields: Record<string, unknown> = {}): void {
    this.#link.log(message, fields);
  }

  /**
   * Bring another agent to life in the next round of the present time.
   *
   * @param options - `id` defaults to `<this id>/<n>`; `args` for its constructor are copied.
   */
  protected spawn<C extends AgentClass>(type: C, ...options: SpawnParameters<C>): Remote<C> {
    const [given = {}] = options as [SpawnOptions?];
    return this.#link.spawn(type, given) as Remote<C>;
  }

  /** End this agent's life in the next round: its waits reject, callers get `ERR_AGENT_GONE`. */
  protected remove(): void {
    this.#link.remove();
  }
}

const AGENT_CLASS: OptionCheck = {
  allowed: "a class that extends Agent",
  accepts: (value) => typeof value === "function" && value.prototype instanceof Agent,
};

/** Check what is to be spawned. @throws TypeError `ERR_OPTION_TYPE`. */
export function checkAgentClass(type: unknown): void {
  checkArgument("spawn", "type", type, AGENT_CLASS);
}

/** Length of an agent's id in code units, at most. */
const ID_LENGTH_MAX = 255;

/** Visible characters without `#`, which separates an event's number; `@` first is for what is no agent. */
const ID = /^(?!@)[^\s#\p{Cc}]+$/u;

/**
 * Check the id of an agent: 1 to 255 code units, no white space, no control characters, no `#`, no `@` in front.
 *
 * @returns The id.
 * @throws {@link AgentError} `ERR_AGENT_ID`.
 */
export function checkAgentId(id: unknown): string {
  if (typeof id === "string" && id.length <= ID_LENGTH_MAX && ID.test(id) && id.isWellFormed()) return id;
  throw new AgentError(
    "ERR_AGENT_ID",
    `an agent's id has 1 to ${ID_LENGTH_MAX} characters without white space and "#", and does not start with "@"; got ${shown(id)}`,
  );
}
