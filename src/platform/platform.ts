import { type AgentClass, checkAgentId } from "../agent/agent.ts";
import type { AgentInput } from "../agent/container-options.ts";
import type { ExternalClock } from "../clock/external-clock.ts";
import { AgentError, ClockError } from "../errors.ts";
import { beginJournal, journaled } from "../kernel/journal.ts";
import type { Counts } from "../kernel/kernel.ts";
import { Outside } from "../kernel/outside.ts";
import { Sinks } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import { eventStream, type Observable } from "../observe/stream.ts";
import type { Remote } from "../rpc/types.ts";
import type { FeedOp, Journal, TraceEvent, TraceSink, TraceSource } from "../trace.ts";
import { type AgentModule, nameOfClass } from "./agent-module.ts";
import { Coordinator } from "./coordinator.ts";
import { Exchange } from "./exchange.ts";
import { createParts, type PlatformParts } from "./parts.ts";
import type { PlatformOptions } from "./platform-options.ts";
import { PlatformRun } from "./platform-run.ts";
import { Roll } from "./roll.ts";
import type { Seat } from "./seat.ts";

/**
 * Containers under one clock, in threads or processes if that is asked for: agents call each other by id wherever they
 * are, and the trace is the same for any number of containers. Whoever creates it calls `close()`.
 */
export class Platform implements TraceSource {
  /** The clock; only this platform moves it. */
  readonly clock: ExternalClock;
  readonly #module: AgentModule;
  readonly #limits: Limits;
  readonly #exchange: Exchange;
  readonly #placeOf: (id: string) => number;
  readonly #seats: readonly Seat[];
  readonly #run: PlatformRun;
  readonly #outside = new Outside();
  readonly #roll: Roll;
  readonly #journal: Journal | undefined;
  readonly #sinks = new Sinks();
  #events: Observable<TraceEvent> | undefined;
  #closing: Promise<void> | undefined;

  private constructor({ module, limits, clock, types, codec, placeOf, seats, journal }: PlatformParts) {
    this.clock = clock;
    this.#module = module;
    this.#limits = limits;
    this.#exchange = new Exchange(limits, types, (agent, method, args) => this.call(agent, method, args));
    this.#placeOf = placeOf;
    this.#seats = seats;
    this.#roll = new Roll(seats.length);
    const coordinator = new Coordinator({
      seats,
      clock,
      outside: this.#outside,
      limits,
      codec,
      placeOf,
      isObserved: () => this.#sinks.size > 0,
      onEvents: (events) => this.#sinks.give(events),
      onReport: (index, { changes }) => changes && this.#roll.note(index, changes),
    });
    this.#run = new PlatformRun(coordinator, seats, this.#outside);
    this.#journal = journal;
    if (journal !== undefined) this.#outside.onFeed = (op, ...call) => this.#feed(op, ...call);
  }

  /**
   * Make a platform and start its containers.
   *
   * @throws RangeError for an option out of range; ScenarioError `ERR_SCENARIO_LOAD` if the module does not load;
   *   RunError `ERR_CONTAINER_START`, with nothing left of the containers that had started.
   */
  static async create(options: PlatformOptions): Promise<Platform> {
    const parts = await createParts(options);
    const platform = new Platform(parts);
    const { journal, clock, run } = parts;
    if (journal !== undefined) await beginJournal(journal, platform, clock, run);
    return platform;
  }

  /** What runs the containers, by their numbers, as `container 2 (process 4711)`. */
  get containers(): readonly string[] {
    return this.#seats.map((seat) => seat.name);
  }

  /** Ticks in one second of the clock. */
  get ticksPerSecond(): number {
    return this.clock.resolution.ticksPerSecond;
  }

  /** What has been done so far, by all containers, as of the end of the last advance. */
  get counts(): Counts {
    return this.#roll.counts;
  }

  /** Every event from now on, one by one. Observing never changes the run or its trace hash. */
  get events$(): Observable<TraceEvent> {
    this.#events ??= eventStream(this);
    return this.#events;
  }

  /** Every event from now on, in batches of one round; within a round by agent, whichever container it lives in. */
  attach(sink: TraceSink, ended?: () => void): () => void {
    return this.#sinks.attach(sink, ended);
  }

  /** Hash over everything delivered to every agent until the last advance has ended, as `Container.traceHash`. */
  traceHash(): string {
    return this.#roll.traceHash();
  }

  /**
   * Make an agent. Its `setup` runs at the next advance, in the next round of the present time.
   *
   * @param type - Name under which the module exports its class, or the class.
   * @param options - `args` go to the constructor as copies.
   * @returns A proxy whose calls are those of `call`.
   * @throws AgentError `ERR_AGENT_CLASS`, `ERR_AGENT_ID`, `ERR_AGENT_DUPLICATE`; what the constructor throws; RunError
   *   during an advance (use `this.spawn` there).
   */
  async spawn<C extends AgentClass>(
    type: string | C,
    options: { id: string; args?: readonly unknown[] },
  ): Promise<Remote<C>> {
    this.#run.requireIdle("spawn");
    const id = checkAgentId(options.id);
    const name = nameOfClass(this.#module, type);
    const args = this.#exchange.inward(options.args ?? [], `spawn(${id})`) as unknown[];
    const index = this.#placeOf(id);
    this.#feed("spawn", name, id, args);
    await this.#run.ask(index, { what: "spawn", type: name, id, args });
    return this.#exchange.proxy(id) as Remote<C>;
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
    this.#run.requireIdle("an input");
    const copies = inputs.map(({ agent, method, args }) => {
      this.#requireAgent(agent, method);
      return this.#exchange.inward(args, `${agent}.${method}`);
    });
    for (const [i, { agent, method }] of inputs.entries()) this.#outside.input(agent, method, copies[i]);
  }

  /**
   * Call an exposed method from outside. The call enters when the next advance starts, at the time from which that
   * advance goes on, and is settled by it, unless the method waits for a later time. Nobody has to handle its rejection.
   */
  call(agent: string, method: string, args: readonly unknown[] = []): Promise<unknown> {
    const answer = (async () => {
      const content = this.#exchange.inward(args, `${agent}.${method}`);
      return this.#exchange.outward(await this.#outside.call(agent, method, content, this.#limits.outsideCallsMax));
    })();
    answer.catch(() => {}); // it may well be awaited only after the advance that settles it
    return answer;
  }

  /**
   * Move the clock to `t` and settle, as `Container.advance`: when it resolves, no message is on its way between any two
   * agents.
   *
   * @param t - Seconds since the start.
   * @returns Seconds of the next event, or undefined if nothing is due.
   * @throws ClockError `ERR_CLOCK_BACKWARDS`, nothing has changed; RangeError if `t` is no time; AgentError if an agent
   *   failed, RunError `ERR_CONTAINER_LOST` or `ERR_STEP_TIMEOUT`: then the run has failed.
   */
  async advance(t: number): Promise<number | undefined> {
    const { resolution } = this.clock;
    this.#run.requireIdle("an advance");
    const target = resolution.toTicks(t);
    if (target < this.clock.ticks) {
      const text = `cannot advance to ${resolution.toSeconds(target)} s: it is ${this.clock.time()} s already`;
      throw new ClockError("ERR_CLOCK_BACKWARDS", text);
    }
    this.#feed("advance", target);
    const due = await journaled(this.#journal, this.#run.advance(target));
    return due === undefined ? undefined : resolution.toSeconds(due);
  }

  /**
   * Read what an agent puts out: copies of fields or getters that its class lists in `outputs`.
   *
   * @throws AgentError `ERR_AGENT_UNKNOWN`, `ERR_AGENT_OUTPUT`; RunError during an advance.
   */
  async outputs(agent: string, names: readonly string[]): Promise<Record<string, unknown>> {
    this.#run.requireIdle("reading outputs");
    this.#requireAgent(agent, "outputs");
    const index = this.#placeOf(agent);
    return { ...(await this.#run.ask(index, { what: "outputs", agent, names })).values };
  }

  /**
   * Read outputs of many agents at once, as `outputs`: names by agent. The caller owns the values.
   *
   * @throws as `outputs`, for the first of the request that cannot be read.
   */
  async read(request: ReadonlyMap<string, readonly string[]>): Promise<Map<string, Record<string, unknown>>> {
    this.#run.requireIdle("reading outputs");
    const values = new Map<string, Record<string, unknown>>();
    for (const [agent, names] of request) values.set(agent, await this.outputs(agent, names));
    return values;
  }

  /** Take the events that agents have emitted, as `Container.takeOutputEvents`. The caller owns them. */
  takeOutputEvents(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return this.#roll.takeOutputEvents();
  }

  /**
   * Call `stop` of all agents, end all containers. A second call waits for the first.
   *
   * @throws RunError `ERR_RUN_BUSY` during an advance; `ERR_RUN_STOP` if an agent's `stop` throws or does not end within
   *   `limits.stopTimeoutMs`, after everything was closed.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#run.close().finally(() => {
      this.#sinks.end();
      return this.#journal?.end(this.traceHash());
    });
    return this.#closing;
  }

  #feed(op: FeedOp, ...content: unknown[]): void {
    this.#journal?.feed(op, this.#run.tag, this.#exchange.plain(content));
  }

  #requireAgent(agent: string, method: string): void {
    if (this.#roll.has(agent)) return;
    throw new AgentError("ERR_AGENT_UNKNOWN", `there is no agent "${agent}"`, { agent, method });
  }
}
