import { ExternalClock } from "../clock/external-clock.ts";
import { RealTimeClock } from "../clock/real-time-clock.ts";
import { ClockError, RunError } from "../errors.ts";
import { Advance } from "../kernel/advance.ts";
import { beginJournal, Hold, journaled } from "../kernel/journal.ts";
import type { Counts, Kernel, ValueReferences } from "../kernel/kernel.ts";
import { LiveRun } from "../kernel/live-run.ts";
import type { AgentRecord } from "../kernel/model.ts";
import { LastEvents, type OutputReader, outputReader, readOutputs, type TakenEvents } from "../kernel/outside.ts";
import { stopAll } from "../kernel/serving.ts";
import type { RowSink } from "../kernel/trace/row.ts";
import { combine } from "../kernel/tracer.ts";
import { limitsOf } from "../limits.ts";
import { eventStream, type Observable } from "../observe/stream.ts";
import type { Gate, TraceEvent, TraceSink, TraceSource } from "../trace.ts";
import { within } from "../wall.ts";
import {
  type Agent,
  type AgentClass,
  checkAgentClass,
  checkAgentId,
  type SpawnOptions,
  type SpawnParameters,
} from "./agent.ts";
import {
  type AgentInput,
  type ContainerOptions,
  checkContainerOptions,
  checkSpawnOptions,
} from "./container-options.ts";
import { checkNeighbours } from "./neighbours.ts";
import type { LiveOptions } from "./peers.ts";
import { type Crossing, crossingToFeed } from "./populations.ts";
import { createSimulation, type Simulation } from "./simulation.ts";
import { strictByDefault } from "./strict-default.ts";

/** Containers in one another of arguments that are the agent's own: the list, its object, and objects in that. */
const OWN_NESTING = 3;

/** The options that were given. */
function defined(options: { [K in keyof LiveOptions]: LiveOptions[K] | undefined }): LiveOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/**
 * A home of agents: lets them call each other, on a clock that is set from outside by `advance`, or on one that follows
 * the wall, where it runs by itself. Whoever creates it calls `close()`.
 */
export class Container implements TraceSource {
  readonly #simulation: Simulation;
  readonly #kernel: Kernel;
  readonly #run: Advance | LiveRun;
  readonly #hold = new Hold();
  readonly #lastEvents = new LastEvents("takeAllOutputEvents has all of them");
  #events: Observable<TraceEvent> | undefined;
  #unnamed = 0;
  /** The advance under way. */
  #advancing: Promise<unknown> | undefined;
  /** Its last advance was ended before its time. */
  #isCut = false;
  #closing: Promise<void> | undefined;

  private constructor(simulation: Simulation) {
    const { kernel, driver } = simulation;
    this.#simulation = simulation;
    this.#kernel = kernel;
    this.#run =
      kernel.clock instanceof RealTimeClock ? new LiveRun(kernel, driver, kernel.clock) : new Advance(kernel, driver);
  }

  /**
   * Make a container and, if it has an address, start to listen there.
   *
   * @throws TypeError or RangeError for an option that there is not, or that is none of what it may be; ChannelError if the
   *   address is taken or not allowed.
   */
  static async create(options: ContainerOptions = {}): Promise<Container> {
    checkContainerOptions(options);
    const {
      clock = new ExternalClock(),
      seed = 0,
      trace = "hash",
      codec = "msgpack",
      strict = strictByDefault(),
      communication,
      record: journal,
      recorded,
      populations,
    } = options;
    if (journal !== undefined && clock instanceof RealTimeClock) {
      const text = "a run on a real-time clock cannot be recorded: what arrives when is not in it";
      throw new RunError("ERR_RUN_RECORD", text);
    }
    const limits = limitsOf(options.limits);
    const { types = [] } = options;
    const { tls, hello, origins, insecure, onRefused, retryMs, backoff } = options;
    const live = defined({ tls, hello, origins, insecure, onRefused, retryMs, backoff });
    const container = new Container(
      createSimulation({
        clock,
        limits,
        trace,
        seed,
        types,
        strict,
        communication: populations === undefined ? communication : populations.modelOf(communication),
        codec,
        live,
        journal,
        recorded,
        others: populations,
      }),
    );
    if (journal !== undefined) {
      const { limits } = options;
      const { names } = populations ?? {};
      const run = { seed, strict, communication, modules: [], limits, populations: names };
      await beginJournal(journal, container, clock, run);
    }
    if (options.address !== undefined) await container.#simulation.peers.listen(options.address);
    return container;
  }

  /** Where it listens, as `tcp://127.0.0.1:41234`; undefined if it does not. */
  get address(): string | undefined {
    return this.#simulation.peers.address;
  }

  /** The clock; only this container moves it. */
  get clock(): ExternalClock | RealTimeClock {
    return this.#kernel.clock as ExternalClock | RealTimeClock;
  }

  /**
   * On a real-time clock: resolves when the container was closed, rejects when the run has failed. If nobody has asked
   * for it, a failure is an uncaught exception. On another clock `advance` tells.
   */
  get ended(): Promise<void> | undefined {
    return this.#run instanceof LiveRun ? this.#run.ended : undefined;
  }

  /** Ticks in one second of the clock. */
  get ticksPerSecond(): number {
    return this.#kernel.clock.resolution.ticksPerSecond;
  }

  /** What has been done so far. */
  get counts(): Counts {
    return this.#kernel.counts;
  }

  /** Every event from now on, one by one. Observing never changes the run or its trace hash. */
  get events$(): Observable<TraceEvent> {
    this.#events ??= eventStream(this);
    return this.#events;
  }

  /** Every event from now on, in batches of one round. */
  attach(sink: TraceSink, ended?: () => void): () => void {
    return this.#kernel.tracer.attach(sink, ended);
  }

  /** Feed the recording of the run from the next event on, with rows in place of events. @internal */
  keepRows(sink: RowSink): void {
    this.#kernel.tracer.keep(sink);
  }

  /** Let `gate` say when each advance may resolve, after all is settled; one at a time. @returns Ends it. */
  hold(gate: Gate): () => void {
    return this.#hold.set(gate);
  }

  /** Hash over everything delivered to every agent so far, 16 hexadecimal digits: equal runs have equal hashes. */
  traceHash(): string {
    return combine(this.#kernel.registry.inOrder());
  }

  /** The chain of each agent, from which the trace hash is made: of several populations together, too. */
  traceChains(): { readonly id: string; readonly chain: readonly [number, number] }[] {
    return [...this.#kernel.registry].map(({ id, chain }) => ({ id, chain: [chain.a, chain.b] }));
  }

  /** How agents of other populations are read in messages: what was read is bound to its receiver right after. @internal */
  get references(): ValueReferences {
    return this.#kernel.references;
  }

  /** Take messages of agents of other populations, between two advances: each arrives at its own tick. @internal */
  arrive(crossings: readonly Crossing[]): void {
    const kernel = this.#kernel;
    kernel.requireIdle("a message of another population");
    for (const crossing of crossings) {
      if (kernel.journal !== undefined) kernel.feed("arrive", ...crossingToFeed(crossing));
      kernel.delay(crossing.ticks, crossing.delivery);
    }
  }

  /**
   * Make an agent. Its `setup` runs at the next advance, in the next round of the present time.
   *
   * @param options - `id` defaults to "0", "1", … as in aiomas; `args` go to the constructor as they are; `neighbours` are
   *   ids of the agents that it knows.
   * @returns The agent itself, for use outside the simulation: read it, connect from it, do not call its methods.
   * @throws AgentError `ERR_AGENT_ID`, `ERR_AGENT_DUPLICATE`, `ERR_AGENT_NEIGHBOURS`; RunError during an advance (use `this.spawn` there).
   */
  spawn<A extends Agent, C extends AgentClass<A>>(
    type: C & (new (...args: ConstructorParameters<C>) => A),
    ...options: SpawnParameters<C>
  ): InstanceType<C> {
    this.#kernel.requireIdle("spawn");
    checkAgentClass(type);
    const [given = {}] = options as [SpawnOptions?];
    checkSpawnOptions(given);
    const id = checkAgentId(given.id ?? String(this.#unnamed++));
    const { args = [] } = given;
    const neighbours = checkNeighbours(id, given.neighbours);
    if (this.#kernel.journal !== undefined) {
      const copy = this.#kernel.copyFor(id, args, `spawn(${id})`);
      this.#kernel.feed("spawn", type.name, id, copy, ...(neighbours === undefined ? [] : [neighbours]));
    }
    const record = this.#simulation.factory.create(type, id, args, neighbours);
    this.#kernel.next.addBirth({ id, create: () => record, parent: undefined, cause: undefined });
    this.#kernel.tracer.flush();
    this.#kernel.wake?.();
    return record.agent as InstanceType<C>;
  }

  /**
   * Give an agent an input: a call of any of its methods, delivered at the time of the next advance, before all else.
   *
   * @throws AgentError `ERR_AGENT_UNKNOWN`; ValueError for arguments that cannot cross; RunError unless between advances.
   */
  input(agent: string, method: string, args: readonly unknown[] = []): void {
    this.inputs([{ agent, method, args }]);
  }

  /** Give several inputs, in their order; if one of them is refused, none is taken. Throws as `input`. */
  inputs(inputs: readonly AgentInput[]): void {
    this.#kernel.requireIdle("an input");
    const { nodesMax, nestingMax } = this.#kernel.limits;
    const records: AgentRecord[] = [];
    const copies = inputs.map(({ agent, method, args, ownNodes }) => {
      records.push(this.#simulation.factory.living(agent, method));
      if (ownNodes !== undefined && ownNodes <= nodesMax && OWN_NESTING <= nestingMax) return args;
      return this.#kernel.copyFor(agent, args, `${agent}.${method}`);
    });
    for (let i = 0; i < inputs.length; i++) {
      const { agent, method } = inputs[i]!;
      this.#kernel.outside.input(agent, method, copies[i], records[i]);
    }
  }

  /**
   * Call an exposed method from outside. The call enters when the next advance starts, at the time from which that
   * advance goes on, and is settled by it, unless the method waits for a later time. During an advance it waits for the
   * next one. Nobody has to handle its rejection.
   */
  call(agent: string, method: string, args: readonly unknown[] = []): Promise<unknown> {
    const { limits, outside } = this.#kernel;
    const answer = (async () => {
      const content = this.#kernel.copyFor(agent, args, `${agent}.${method}`);
      return outside.call(agent, method, content, limits.outsideCallsMax);
    })();
    answer.catch(() => {}); // it may well be awaited only after the advance that settles it
    return answer;
  }

  /**
   * Move the clock to `t` and settle: everything due before runs first, each at its own time, then rounds at `t` until
   * one emits nothing more. Nothing beyond `t` runs. The present time is legal and goes on with the next round.
   *
   * @param t - Seconds since the start.
   * @returns Seconds of the next event, or undefined if nothing is due.
   * @throws ClockError `ERR_CLOCK_BACKWARDS`, nothing has changed; `ERR_CLOCK_REAL_TIME`; RangeError if `t` is no time; AgentError if an agent
   *   failed: then the run has failed.
   */
  async advance(t: number): Promise<number | undefined> {
    const { resolution } = this.#kernel.clock;
    if (this.#run instanceof LiveRun) {
      throw new ClockError("ERR_CLOCK_REAL_TIME", "a container on a real-time clock runs by itself");
    }
    this.#kernel.requireIdle("an advance");
    const made = journaled(this.#kernel.journal, this.#run.to(resolution.toTicks(t)));
    const advance = this.#hold.isSet ? this.#hold.after(made, this.#kernel.clock) : made;
    this.#advancing = advance;
    try {
      const next = await advance;
      return next === undefined ? undefined : resolution.toSeconds(next);
    } finally {
      if (this.#advancing === advance) this.#advancing = undefined;
    }
  }

  /** Call `method` of the agent `peer` as the agent `from` does through a proxy that it has given to the outside. @internal */
  ask(from: string, peer: string, method: string, args: readonly unknown[], timeoutTicks: number): Promise<unknown> {
    const { emissions, factory } = this.#simulation;
    return emissions.call(factory.living(from, "ask"), peer, method, args, true, timeoutTicks);
  }

  /**
   * Read what an agent puts out: copies of fields or getters that its class lists in `outputs`.
   *
   * @throws AgentError `ERR_AGENT_OUTPUT` for a name that is not listed.
   */
  outputs(agent: string, names: readonly string[]): Record<string, unknown> {
    return readOutputs(this.#simulation.factory.living(agent, "outputs"), names, (value, root) =>
      this.#kernel.copyOut(value, root),
    );
  }

  /** Read outputs of many agents at once, as `outputs`: names by agent. The caller owns the values. */
  read(request: ReadonlyMap<string, readonly string[]>): Map<string, Record<string, unknown>> {
    const values = new Map<string, Record<string, unknown>>();
    for (const [agent, names] of request) values.set(agent, this.outputs(agent, names));
    return values;
  }

  /** See `Population`. @internal */
  reader(request: ReadonlyMap<string, readonly string[]>): OutputReader | undefined {
    const kernel = this.#kernel;
    return outputReader(
      request,
      (id) => kernel.registry.get(id),
      (value, root) => kernel.copyOut(value, root),
    );
  }

  /**
   * Take the events that agents have emitted since the last call: by agent, then by output, the last value of each; where
   * that replaces others, Node warns (`COSIMAS_EVENTS_REPLACED`). The caller owns them.
   */
  takeOutputEvents(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return this.#lastEvents.ofAll(this.#kernel.outputEvents.take());
  }

  /** Take all events that agents have emitted since the last call, with their times. The caller owns them. */
  takeAllOutputEvents(): TakenEvents {
    return this.#kernel.outputEvents.take();
  }

  /** See `Population.endAdvance`. @internal */
  endAdvance(reason: RunError): void {
    if (this.#advancing === undefined) return;
    this.#isCut = true;
    this.#simulation.driver.abort(reason);
  }

  /**
   * Call `stop` of all agents, reject what waits, close every connection, end the streams of events. It may be called at
   * any time, and again: a further call gives the outcome of the first. An advance under way is waited for; one that has
   * not ended after `limits.stopTimeoutMs` is rejected with `ERR_RUN_CLOSED` before its next round.
   *
   * @throws RunError `ERR_RUN_STOP` if an agent's `stop` throws or does not end within `limits.stopTimeoutMs`, after
   *   everything was closed.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { peers } = this.#simulation;
    this.#kernel.closing = true;
    this.#hold.release();
    if (this.#run instanceof LiveRun) await this.#run.stop();
    else if (this.#advancing !== undefined) await this.#waitForAdvance(this.#advancing);
    const failure = await stopAll(this.#kernel);
    await peers.close();
    await this.#kernel.journal?.end(this.#isCut ? undefined : this.traceHash());
    if (failure !== undefined) throw failure;
  }

  /** Wait until an advance has ended; its outcome is its caller's. */
  async #waitForAdvance(advance: Promise<unknown>): Promise<void> {
    const { stopTimeoutMs } = this.#kernel.limits;
    const ended = advance.catch(() => {});
    if (await within(ended, stopTimeoutMs)) return;
    this.endAdvance(new RunError("ERR_RUN_CLOSED", "the container was closed during this advance"));
    await within(ended, stopTimeoutMs);
  }
}
