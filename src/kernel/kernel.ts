import type { SimulationClock } from "../clock/simulation-clock.ts";
import { TimerQueue } from "../clock/timer-queue.ts";
import { copyBy, copyFlat, copyRules, type WalkRules } from "../codec/copy.ts";
import { plainCopy, TypeRegistry, type Value, type ValueType } from "../codec/index.ts";
import { ForeignAwaitError, RunError, type Tag } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { FeedOp, Journal } from "../trace.ts";
import { ExpectedError } from "./event-loop.ts";
import { foreignAwait, isTold, type Phase, refusal, type StepFailure } from "./faults.ts";
import {
  type Activity,
  type AgentRecord,
  type AgentTimer,
  current,
  DelayedDelivery,
  type Delivery,
  type StrictMode,
} from "./model.ts";
import { OutputEvents, Outside } from "./outside.ts";
import { type Birth, Registry, Round } from "./round.ts";
import type { Cause } from "./trace/cause.ts";
import { type TraceLevel, Tracer } from "./tracer.ts";

/** What a container's simulation is made of. */
export interface KernelOptions {
  readonly clock: SimulationClock;
  readonly limits: Limits;
  readonly trace: TraceLevel;
  /** Registered types; their order is that of their ids. */
  readonly types: readonly ValueType[];
  /** Agents as values. */
  readonly references: ValueReferences;
  /** Keeps the run; undefined: nobody does. */
  readonly journal?: Journal | undefined;
  /** Results of real I/O, which then is not done. */
  readonly recorded?: RecordedExternals | undefined;
  /** Undefined unless the container is one of several. */
  readonly others?: OtherContainers | undefined;
}

/** Real I/O that an agent has opened at a tag and whose end the next round waits for. */
export interface External {
  readonly record: AgentRecord;
  /** Number of the emission, under which its agent's wait is kept. */
  readonly seq: number;
  readonly cause: Cause | undefined;
  readonly promise: Promise<unknown>;
}

/** Counts of what a run has done. */
export interface Counts {
  rounds: number;
  /** Deliveries by kind: input, timer, reply, failure, external, request, oneway. */
  readonly deliveries: number[];
}

/** Results of externals that a recording has: of the agent's external of this number. */
export type RecordedExternals = (agent: string, seq: number) => Promise<unknown>;

/** References to agents in values: a copy is made before it is known for whom. */
export interface ValueReferences {
  /** The registered type of agents; it comes after all others. */
  readonly type: ValueType;
  /** Let what was read since the last call belong to the agent `receiver`. */
  bindTo(receiver: string): void;
}

/** How messages between agents travel. */
export interface Carrier {
  /** Simulated time that a call may take, in ticks; -1: any. */
  readonly callTimeoutTicks: number;
  /** Send a message on its way; a perfect link would deliver it at `ticks`. */
  carry(sender: AgentRecord, ticks: number, delivery: Delivery): void;
}

/**
 * The other containers of a platform: takes what is not for this one's own agents. Whatever passes here arrives at the same
 * tag, in the same order and with the same value as it would in this container.
 */
export interface OtherContainers {
  /** Whether the agent `id` lives, or would live, in another container. */
  has(id: string): boolean;
  /** Take a message to such an agent, due at `ticks`. */
  send(ticks: number, delivery: Delivery): void;
  /**
   * Take the birth, at `ticks`, of an agent that is to live in another container.
   *
   * @param type - Its class.
   * @returns False if it is to live in this one.
   * @throws AgentError `ERR_AGENT_CLASS` if the other containers do not know `type`, wherever the agent is to live.
   */
  bear(birth: Birth, type: { readonly name: string }, args: readonly unknown[], ticks: number): boolean;
  /** Take the answer to a call from outside. */
  answer(seq: number, ok: boolean, content: unknown): void;
  /** An agent has failed, perhaps between two advances. */
  failed(): void;
  /** Drop what `sender`, which could not be made, has sent. */
  forget(sender: AgentRecord): void;
}

/**
 * The state of one container's simulation. `Emissions` has the ways in which agent code adds to it, `Rounds` serves what
 * was added, `Driver` serves round after round, `Advance` and `LiveRun` move the clock. `createSimulation` puts them
 * together.
 */
export class Kernel {
  readonly clock: SimulationClock;
  readonly limits: Limits;
  readonly types: TypeRegistry;
  readonly valueTypes: readonly ValueType[];
  /** Of what agents get from each other, and of what leaves the simulation: there agents are no values. */
  readonly #rules: WalkRules;
  readonly #outwardRules: WalkRules;
  /** Agents as values. */
  readonly references: ValueReferences;
  readonly tracer: Tracer;
  readonly registry = new Registry();
  readonly timers = new TimerQueue<AgentTimer>();
  /** Messages on their way. */
  readonly delayed = new TimerQueue<DelayedDelivery>();
  readonly outside = new Outside();
  readonly outputEvents: OutputEvents;
  readonly counts: Counts = { rounds: 0, deliveries: [0, 0, 0, 0, 0, 0, 0] };
  /** What happens in the next round of the present time. */
  next = new Round();
  /** Number of the round being served, or of the next one. */
  round = 0;
  /** True from the first delivery of a class until its drain has ended: only then may agent code run. */
  serving = false;
  phase: Phase = "idle";
  /** It is to be closed: nothing more is begun. */
  closing = false;
  /** Why the run has failed. */
  failure: unknown;
  /** Agent whose constructor runs now. */
  constructing: AgentRecord | undefined;
  /**
   * The message whose handler runs now, up to its first await; null in a timer or other code of an agent that no message
   * has started. Undefined between, also while handlers go on after their awaits.
   */
  handling: Delivery | null | undefined = undefined;
  /**
   * The activity whose code runs now, up to its first await, if it is followed; afterwards `current` knows. To ask that takes
   * 10 ns, and there is an emission or two in most handlers.
   */
  running: Activity | undefined = undefined;
  /** Agent whose outputs an observer reads now. */
  #read: AgentRecord | undefined;
  externals: External[] = [];
  failures: StepFailure[] = [];
  /** In a run on a real-time clock: says that something has arrived. Undefined in a run that is advanced. */
  wake: (() => void) | undefined;
  /** How messages between agents travel; undefined: all arrive in the next round. Given when the simulation is put together. */
  communication: Carrier | undefined;
  readonly journal: Journal | undefined;
  readonly recorded: RecordedExternals | undefined;

  /** Undefined unless the container is one of several. */
  readonly others: OtherContainers | undefined;
  /** Undefined unless the container is strict. Given when the simulation is put together. */
  strict: StrictMode | undefined;

  constructor({ clock, limits, trace, types, references, journal, recorded, others }: KernelOptions) {
    this.others = others;
    this.journal = journal;
    if (journal !== undefined) this.outside.onFeed = (op, ...call) => this.feed(op, ...call);
    this.recorded = recorded;
    this.clock = clock;
    this.limits = limits;
    this.outputEvents = new OutputEvents(limits.outputEventsMax);
    this.references = references;
    this.types = new TypeRegistry([...types, references.type]);
    this.valueTypes = types;
    this.#rules = copyRules(limits, this.types);
    this.#outwardRules = copyRules(limits, new TypeRegistry(types));
    this.tracer = new Tracer(trace, this.types, {
      value: (record, name) => this.#readOutput(record, name),
      copy: (value, root) => this.copyOut(value, root),
    });
    this.communication = undefined;
    this.strict = undefined;
  }

  /**
   * What the agent `receiver` gets of a value; `root` names it in errors.
   *
   * @throws ValueError as `copyValue`; AgentError `ERR_AGENT_UNKNOWN` for an agent of another container.
   */
  copyFor(receiver: string, value: unknown, root: string): Value {
    const copy = copyBy(value, this.#rules, root);
    this.references.bindTo(receiver);
    return copy;
  }

  /** As `copyFor`, for a bridge or the trace, which get no agents. */
  copyOut(value: unknown, root: string): Value {
    return copyBy(value, this.#outwardRules, root);
  }

  /** As `copyFor`, of the arguments of a call of `agent`. */
  copyArguments(args: readonly unknown[], agent: string, method: string): Value {
    return copyFlat(args, this.limits) ?? this.copyFor(agent, args, `${agent}.${method}`);
  }

  /** What an agent's output shows, for observers: that must not change the run, so its code finds no API of the agent. */
  #readOutput(record: AgentRecord, name: string): unknown {
    const serving = this.serving;
    this.serving = false;
    this.#read = record;
    try {
      return (record.agent as unknown as Record<string, unknown>)[name];
    } finally {
      this.#read = undefined;
      this.serving = serving;
    }
  }

  /** Note in the journal, if there is one, what is about to be done to the run; values in any form that agents get. */
  feed(op: FeedOp, ...content: unknown[]): void {
    this.journal?.feed(op, this.tag, plainCopy(content, this.types) as unknown[]);
  }

  /** Tag that is being served, or the next one. */
  get tag(): Tag {
    return { ticks: this.clock.ticks, round: this.round };
  }

  /** Ticks of the next event; undefined if nothing is due. */
  get due(): number | undefined {
    const timer = this.timers.peek();
    const message = this.delayed.peek();
    if (timer === undefined || message === undefined) return timer ?? message;
    return Math.min(timer, message);
  }

  /** Whether something is left to do at the present time. */
  get busy(): boolean {
    return this.next.size > 0 || this.externals.length > 0;
  }

  /** Whether it is followed through promises whose code runs. */
  get followed(): boolean {
    return this.tracer.observed || this.strict !== undefined;
  }

  /** The activity whose code runs now, if it is followed. */
  get activity(): Activity | undefined {
    return this.followed ? (this.running ?? current.getStore()) : undefined;
  }

  /** Event that the running code handles, while the run is observed. */
  get cause(): Cause | undefined {
    return this.activity?.cause;
  }

  /** Whether agent code may use its API now, without a word about why not. */
  allows(record: AgentRecord): boolean {
    return this.serving && record.state !== "removed";
  }

  /** Undo the registration of an agent that could not be made, with all that its constructor has left. */
  forget(record: AgentRecord): void {
    record.state = "removed";
    this.registry.delete(record);
    this.outputEvents.forget(record.id);
    for (const timer of record.takeTimers()) this.timers.cancel(timer);
    this.delayed.cancelWhere(({ delivery }) => delivery.from === record);
    this.others?.forget(record);
    this.next = this.next.without(record);
    this.externals = this.externals.filter((external) => external.record !== record);
    record.end(this.tag);
  }

  /**
   * Whether agent code may use its API now: while it is served, or constructed.
   *
   * @throws AgentError `ERR_AGENT_GONE`; {@link ForeignAwaitError}; {@link RunError} `ERR_RUN_CLOSED`.
   */
  guard(record: AgentRecord, api: string): void {
    if (record.state === "removed" || this.#read !== undefined) this.#refuse(record, api);
    if (!this.serving && this.constructing !== record) this.#refuse(record, api);
  }

  #refuse(record: AgentRecord, api: string): never {
    record.rare.refusals++;
    if (record.state === "removed") throw record.gone(this.tag, ExpectedError);
    if (this.#read !== undefined) {
      const text = `an output of agent "${this.#read.id}" used ${api}: an output shows, it must not act`;
      throw new ExpectedError("ERR_AGENT_OUTPUT", text, { agent: this.#read.id, method: api });
    }
    if (this.phase === "closed") throw new RunError("ERR_RUN_CLOSED", "the container is closed");
    throw this.foreign(record, `used ${api}`);
  }

  /**
   * Whether a program may use an agent's proxy from outside now. While a handler of the agent waits on something foreign,
   * nobody knows whether it is the program or the handler.
   *
   * @throws AgentError `ERR_AGENT_GONE`; {@link ForeignAwaitError}; {@link RunError} during an advance, or when the run is
   *   over.
   */
  guardOutside(record: AgentRecord, api: string): void {
    if (record.state === "removed") throw record.gone(this.tag);
    if (record.unsettled) throw this.foreign(record, `used ${api}`);
    this.requireIdle(`${api} by agent "${record.id}" from outside`);
  }

  /** @throws {@link RunError} `ERR_RUN_BUSY`, `ERR_RUN_FAILED` or `ERR_RUN_CLOSED` unless the run is between two advances. */
  requireIdle(what: string): void {
    const phase = this.closing ? "closed" : this.phase;
    if (phase === "idle" || (phase === "advancing" && this.wake !== undefined)) return;
    throw refusal(what, phase, this.failure);
  }

  /** The error of an agent that waited on something foreign; the run fails with it. */
  foreign(record: AgentRecord, what: string, method?: string): ForeignAwaitError {
    const error = foreignAwait(record, what, method, this.tag);
    const known = this.failures.some(
      (failure) => failure.agent === record.id && failure.error instanceof ForeignAwaitError,
    );
    if (!known) this.fail(record.id, error);
    return error;
  }

  /**
   * Let the step fail once the round has ended.
   *
   * @param id - Of the event; by default the next of the agent's faults.
   * @param message - What the event says.
   */
  fail(agent: string, error: Error, id?: string, message = error.message): void {
    if (!isTold(this.failures, agent, error.cause)) this.failures.push({ agent, error });
    // What tells others is the run's own work, though an agent's code has brought it about.
    const { running } = this;
    this.running = undefined;
    current.run(undefined, () => {
      this.wake?.();
      this.others?.failed();
    });
    this.running = running;
    const record = this.registry.get(agent);
    const fault = id ?? `${agent}#fault-${record === undefined ? 0 : record.rare.faults++}`;
    this.tracer.note(() => {
      const code = (error as { code?: string }).code ?? error.name;
      return { kind: "fault", ...this.tag, agent, id: fault, cause: this.cause?.id, code, message };
    });
  }

  /** Let the present be `ticks`, not before it, and let the next round have what is due there. */
  moveTo(ticks: number): void {
    if (ticks !== this.clock.ticks) {
      this.clock.moveTo(ticks);
      this.round = 0;
    }
    const timers = this.timers.take(ticks);
    if (timers.length > 0) this.next.addTimers(timers);
    for (const { delivery } of this.delayed.take(ticks)) this.next.add(delivery);
  }

  /** Let a timer fire at `ticks`: in the next round if that is the present time. */
  setTimer(ticks: number, timer: AgentTimer): void {
    if (ticks === this.clock.ticks) this.next.addTimer(timer);
    else this.timers.add(ticks, timer);
  }

  /**
   * The record to which `sender`'s message to the agent `id` will go, if that is known already. Ids are used once, so it is
   * known for good once the agent has been born.
   */
  receiverOf(sender: AgentRecord, id: string): AgentRecord | undefined {
    return sender.lastTo === id ? sender.lastReceiver : this.#lookUp(sender, id);
  }

  #lookUp(sender: AgentRecord, id: string): AgentRecord | undefined {
    const record = this.registry.get(id);
    if (record === undefined || record.state === "new") return undefined;
    sender.lastTo = id;
    sender.lastReceiver = record;
    return record;
  }

  /** Send a message of an agent to another on its way; a perfect link delivers it at `ticks`. */
  post(sender: AgentRecord, ticks: number, delivery: Delivery): void {
    if (this.communication === undefined) this.emit(ticks, delivery);
    else this.communication.carry(sender, ticks, delivery);
  }

  /** Due at `ticks`: in the next round if that is the present time. */
  emit(ticks: number, delivery: Delivery): void {
    const { others } = this;
    if (others !== undefined && delivery.receiver === undefined && others.has(delivery.to)) {
      others.send(ticks, delivery);
    } else if (ticks === this.clock.ticks) this.next.add(delivery);
    else this.delay(ticks, delivery);
  }

  /** Keep a delivery until `ticks`, which is not over. */
  delay(ticks: number, delivery: Delivery): void {
    this.delayed.add(ticks, new DelayedDelivery(delivery));
  }
}
