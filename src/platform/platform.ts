import { type AgentClass, type ConstructorArguments, checkAgentId } from "../agent/agent.ts";
import type { AgentInput } from "../agent/container-options.ts";
import { checkNeighbours } from "../agent/neighbours.ts";
import { type Crossing, crossingToFeed } from "../agent/populations.ts";
import type { ExternalClock } from "../clock/external-clock.ts";
import { ClockError, type RunError } from "../errors.ts";
import { beginJournal, Hold, journaled } from "../kernel/journal.ts";
import type { Counts } from "../kernel/kernel.ts";
import { LastEvents, Outside, type TakenEvents } from "../kernel/outside.ts";
import { Sinks } from "../kernel/tracer.ts";
import type { Limits } from "../limits.ts";
import { eventStream, type Observable } from "../observe/stream.ts";
import type { Remote } from "../rpc/types.ts";
import type { FeedOp, Gate, Journal, TraceEvent, TraceSink, TraceSource } from "../trace.ts";
import { openPage, type PageOptions, type RunPage } from "../watching.ts";
import { AgentDirectory } from "./agent-changes.ts";
import { Coordinator } from "./coordinator.ts";
import type { MemberLink } from "./members/link.ts";
import { type AgentModule, nameOfClass } from "./module.ts";
import type { PlatformOptions } from "./options.ts";
import { createParts, type PlatformParts } from "./parts.ts";
import type { NewAgent, Pack, ReadRequest, Report, Task } from "./protocol.ts";
import { OutputReads, unknownAgent } from "./reads.ts";
import { PlatformRun } from "./run.ts";
import { OutsideValues } from "./values.ts";
import { joinedPacks } from "./wire/packs.ts";

/**
 * Containers under one clock, in threads or processes if that is asked for: agents call each other by id wherever they
 * are, and the trace is the same for any number of containers. Whoever creates it calls `close()`.
 */
export class Platform implements TraceSource {
  /** The clock; only this platform moves it. */
  readonly clock: ExternalClock;
  readonly #module: AgentModule;
  readonly #limits: Limits;
  readonly #values: OutsideValues;
  readonly #containerOf: (id: string) => number;
  readonly #members: readonly MemberLink[];
  readonly #coordinator: Coordinator;
  readonly #run: PlatformRun;
  readonly #outside = new Outside();
  readonly #agents: AgentDirectory;
  readonly #lastEvents = new LastEvents("takeAllOutputEvents has all of them");
  readonly #journal: Journal | undefined;
  readonly #sinks = new Sinks();
  readonly #hold = new Hold();
  #events: Observable<TraceEvent> | undefined;
  /** Agents that are to be made. */
  #spawns: Spawn[] = [];
  readonly #reads: OutputReads;
  /** For other populations. */
  #packs: Pack[] = [];
  #closing: Promise<void> | undefined;

  private constructor({ module, limits, clock, types, codec, containerOf, members, journal }: PlatformParts) {
    this.clock = clock;
    this.#module = module;
    this.#limits = limits;
    this.#values = new OutsideValues(limits, types, (agent, method, args) => this.call(agent, method, args));
    this.#containerOf = containerOf;
    this.#members = members;
    this.#agents = new AgentDirectory(members.length, limits.outputEventsMax);
    this.#reads = new OutputReads(this.#agents);
    this.#coordinator = new Coordinator({
      members,
      clock,
      outside: this.#outside,
      limits,
      codec,
      containerOf,
      placeOf: this.#agents.placeOf,
      isObserved: () => this.#sinks.size > 0,
      onEvents: (events) => this.#sinks.give(events),
      onReport: (index, { changes, values, packs }) => {
        if (changes !== undefined) this.#agents.note(index, changes);
        if (packs !== undefined) this.#packs.push(...packs);
        if (values !== undefined) this.#reads.note(index, values);
      },
    });
    this.#run = new PlatformRun(this.#coordinator, members, this.#outside, limits);
    this.#journal = journal;
    if (journal !== undefined) this.#outside.onFeed = (op, ...call) => this.#feed(op, ...call);
  }

  /**
   * Make a platform and start its containers.
   *
   * @throws TypeError or RangeError for an option that there is not, or of another kind or range; ScenarioError `ERR_SCENARIO_LOAD` if the module does not load;
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
    return this.#members.map((member) => member.name);
  }

  /** Ticks in one second of the clock. */
  get ticksPerSecond(): number {
    return this.clock.resolution.ticksPerSecond;
  }

  /** What has been done so far, by all containers, as of the end of the last advance. */
  get counts(): Counts {
    return { rounds: this.#coordinator.rounds, deliveries: this.#agents.deliveries };
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

  /** Let `gate` say when each advance may resolve, after all is settled; one at a time. @returns Ends it. */
  hold(gate: Gate): () => void {
    return this.#hold.set(gate);
  }

  /** Show the run on a page, and let the page hold it; see `PageOptions`. Throws as `openPage`. */
  watch(options: PageOptions = {}): Promise<RunPage> {
    return openPage(this, options);
  }

  /** Hash over everything delivered to every agent until the last advance has ended, as `Container.traceHash`. */
  traceHash(): string {
    return this.#agents.traceHash();
  }

  /** The chain of each agent, as of the end of the last advance; as `Container.traceChains`. */
  traceChains(): { readonly id: string; readonly chain: readonly [number, number] }[] {
    return this.#agents.traceChains();
  }

  /** What is sent to other populations is due at this tick or later. @internal */
  set horizonTicks(ticks: number) {
    this.#coordinator.horizonTicks = ticks;
  }

  /** Take what the agents have sent to other populations, as of the end of the last advance. @internal */
  takePacks(): Pack[] {
    const packs = joinedPacks(this.#packs);
    this.#packs = [];
    return packs;
  }

  /** Take messages of agents of other populations, as `Container.arrive`. @internal */
  arrive(crossings: readonly Crossing[]): void {
    this.#run.requireIdle("a message of another population");
    if (this.#journal !== undefined) for (const each of crossings) this.#feed("arrive", ...crossingToFeed(each));
    this.#coordinator.post(crossings);
  }

  /**
   * Make an agent. Its `setup` runs at the next advance, in the next round of the present time.
   *
   * @param type - Name under which the module exports its class, or the class.
   * @param options - `args` go to the constructor as copies; `neighbours` are ids of the agents that it knows.
   * @returns A proxy whose calls are those of `call`.
   * @throws AgentError `ERR_AGENT_CLASS`, `ERR_AGENT_ID`, `ERR_AGENT_DUPLICATE`, `ERR_AGENT_NEIGHBOURS`; what the
   *   constructor throws; RunError
   *   during an advance (use `this.spawn` there).
   */
  async spawn<C extends AgentClass>(
    type: string | C,
    options: { id: string; neighbours?: readonly string[] } & ConstructorArguments<C>,
  ): Promise<Remote<C>> {
    this.#run.requireIdle("spawn");
    const id = checkAgentId(options.id);
    const name = nameOfClass(this.#module, type);
    const args = this.#values.inward(options.args ?? [], `spawn(${id})`) as unknown[];
    const neighbours = checkNeighbours(id, options.neighbours);
    const agent: NewAgent = neighbours === undefined ? [name, id, args] : [name, id, args, neighbours];
    const index = this.#containerOf(id);
    this.#feed("spawn", ...agent);
    await new Promise<void>((resolve, reject) => {
      this.#spawns.push({ index, agent, resolve, reject });
      if (this.#spawns.length > 1) return;
      this.#run.between(() => this.#makeAgents()).catch((error) => this.#refuseSpawns(error));
    });
    return this.#values.proxy(id) as Remote<C>;
  }

  /** Make all agents that were asked for since the last time: one order a container; each spawn settles in its turn. */
  async #makeAgents(): Promise<void> {
    const spawns = this.#spawns;
    this.#spawns = [];
    const agents = new Map<number, NewAgent[]>();
    for (const { index, agent } of spawns) {
      const list = agents.get(index);
      if (list === undefined) agents.set(index, [agent]);
      else list.push(agent);
    }
    const tasks = new Map([...agents].map(([index, list]): [number, Task] => [index, { what: "spawn", agents: list }]));
    try {
      const reports = await this.#coordinator.askEach(tasks);
      const outcomes = new Map([...tasks.keys()].map((index, i) => [index, { ...reports[i]!, next: 0 }]));
      for (const { index, resolve, reject } of spawns) {
        const outcome = outcomes.get(index)!;
        const refused = outcome.error ?? outcome.refused?.[outcome.next++];
        if (refused) reject(refused);
        else resolve();
      }
    } catch (error) {
      for (const { reject } of spawns) reject(error);
      throw error;
    }
  }

  /** The run is over before they could be made. */
  #refuseSpawns(error: unknown): void {
    const spawns = this.#spawns;
    this.#spawns = [];
    for (const { reject } of spawns) reject(error);
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
      return this.#values.inwardArguments(args, agent, method);
    });
    for (const [i, { agent, method }] of inputs.entries()) this.#outside.input(agent, method, copies[i]);
  }

  /**
   * Call an exposed method from outside. The call enters when the next advance starts, at the time from which that
   * advance goes on, and is settled by it, unless the method waits for a later time. Nobody has to handle its rejection.
   */
  call(agent: string, method: string, args: readonly unknown[] = []): Promise<unknown> {
    const answer = (async () => {
      const content = this.#values.inward(args, `${agent}.${method}`);
      return this.#values.outward(await this.#outside.call(agent, method, content, this.#limits.outsideCallsMax));
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
    this.#run.requireIdleForAdvance();
    const target = resolution.toTicks(t);
    if (target < this.clock.ticks) {
      const text = `cannot advance to ${resolution.toSeconds(target)} s: it is ${this.clock.time()} s already`;
      throw new ClockError("ERR_CLOCK_BACKWARDS", text);
    }
    this.#feed("advance", target);
    this.#coordinator.reads = this.#reads.begin();
    const made = journaled(this.#journal, this.#run.advance(target));
    const due = await (this.#hold.isSet ? this.#hold.after(made, this.clock) : made);
    return due === undefined ? undefined : resolution.toSeconds(due);
  }

  /**
   * Read what an agent puts out: copies of fields or getters that its class lists in `outputs`.
   *
   * @throws AgentError `ERR_AGENT_UNKNOWN`, `ERR_AGENT_OUTPUT`; RunError during an advance.
   */
  async outputs(agent: string, names: readonly string[]): Promise<Record<string, unknown>> {
    return (await this.read(new Map([[agent, names]]))).get(agent)!;
  }

  /**
   * Read outputs of many agents at once, as `outputs`: names by agent. The caller owns the values.
   *
   * @throws as `outputs`, for the first of the request that cannot be read.
   */
  async read(request: ReadonlyMap<string, readonly string[]>): Promise<Map<string, Record<string, unknown>>> {
    this.#run.requireIdle("reading outputs");
    return this.#run.between(() => this.#reads.read(request, (requests) => this.#ask(requests)));
  }

  #ask(requests: ReadonlyMap<number, ReadRequest | undefined>): Promise<Report[]> {
    const tasks = [...requests].map(([index, request]): [number, Task] => [index, { what: "read", request }]);
    return this.#coordinator.askEach(new Map(tasks));
  }

  /** Take the events that agents have emitted, as `Container.takeOutputEvents`. The caller owns them. */
  takeOutputEvents(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return this.#lastEvents.ofAll(this.#agents.takeAllOutputEvents());
  }

  /** Take all events that agents have emitted, as `Container.takeAllOutputEvents`. The caller owns them. */
  takeAllOutputEvents(): TakenEvents {
    return this.#agents.takeAllOutputEvents();
  }

  /**
   * Resolves when the platform was closed; rejects with the reason when the run has failed, be it between two advances, as
   * by the loss of a container.
   */
  get ended(): Promise<void> {
    return this.#run.ended;
  }

  /** See `Population.endAdvance`. @internal */
  endAdvance(reason: RunError): void {
    this.#run.endAdvance(reason);
  }

  /**
   * Call `stop` of all agents, end all containers. During an advance it waits for that first, for `limits.stopTimeoutMs` at
   * most; then the advance fails with `ERR_RUN_CLOSED`. A second call waits for the first.
   *
   * @throws RunError `ERR_RUN_STOP` if an agent's `stop` throws or does not end within `limits.stopTimeoutMs`, after
   *   everything was closed.
   */
  async close(): Promise<void> {
    this.#hold.release();
    this.#closing ??= this.#run.close().finally(() => {
      this.#sinks.end();
      return this.#journal?.end(this.#run.isCut ? undefined : this.traceHash());
    });
    return this.#closing;
  }

  #feed(op: FeedOp, ...content: unknown[]): void {
    this.#journal?.feed(op, this.#run.tag, this.#values.plain(content));
  }

  #requireAgent(agent: string, method: string): void {
    if (!this.#agents.has(agent)) throw unknownAgent(agent, method);
  }
}

/** An agent that is to be made, and who waits for it. */
interface Spawn {
  readonly index: number;
  readonly agent: NewAgent;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}
