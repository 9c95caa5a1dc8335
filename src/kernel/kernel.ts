import type { Agent } from "../agent/agent.ts";
import { callsOf } from "../agent/agent-link.ts";
import { AgentReferences } from "../agent/references.ts";
import type { SimulationClock } from "../clock/simulation-clock.ts";
import { TimerQueue } from "../clock/timer-queue.ts";
import { copyArguments, copyBy, copyRules, type WalkRules } from "../codec/copy.ts";
import { plainCopy, TypeRegistry, type Value, type ValueType } from "../codec/index.ts";
import { ForeignAwaitError, RunError, type Tag } from "../errors.ts";
import type { Limits } from "../limits.ts";
import type { FeedOp, Journal } from "../trace.ts";
import { current } from "./activity.ts";
import { Communication } from "./communication.ts";
import type { Delivery } from "./delivery.ts";
import { Emissions } from "./emissions.ts";
import type { External, RecordedExternals } from "./externals.ts";
import { foreignAwait } from "./foreign.ts";
import type { KernelOptions } from "./kernel-options.ts";
import { OutputEvents } from "./outputs.ts";
import { Outside } from "./outside.ts";
import type { AgentRecord } from "./record.ts";
import { Registry } from "./registry.ts";
import { Round } from "./round.ts";
import { type Counts, type Phase, refusal, type StepFailure } from "./run-state.ts";
import { Strict } from "./strict.ts";
import { Tracer } from "./tracer.ts";
import type { Transit } from "./transit.ts";

/**
 * The state of one container's simulation. `Emissions` has the ways in which agent code adds to it, `Rounds` serves what
 * was added, `Advance` and `LiveRun` move the clock.
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
  readonly references: AgentReferences;
  readonly tracer: Tracer;
  readonly registry = new Registry();
  readonly timers = new TimerQueue<Delivery>();
  readonly outside = new Outside();
  readonly outputEvents = new OutputEvents();
  readonly counts: Counts = { rounds: 0, deliveries: [0, 0, 0, 0, 0, 0, 0] };
  /** What happens in the next round of the present time. */
  next = new Round();
  /** Number of the round being served, or of the next one. */
  round = 0;
  /** True from the first delivery of a class until its drain has ended: only then may agent code run. */
  serving = false;
  phase: Phase = "idle";
  /** Why the run has failed. */
  failure: unknown;
  /** Agent whose constructor runs now. */
  constructing: AgentRecord | undefined;
  externals: External[] = [];
  failures: StepFailure[] = [];
  /** In a run on a real-time clock: says that something has arrived. Undefined in a run that is advanced. */
  wake: (() => void) | undefined;
  /** How messages between agents travel; undefined: all arrive in the next round. */
  readonly communication: Communication | undefined;
  readonly emissions = new Emissions(this);
  readonly journal: Journal | undefined;
  readonly recorded: RecordedExternals | undefined;

  /** Takes what is for other containers of a platform. */
  readonly transit: Transit | undefined;
  /** Undefined unless the container is strict. */
  readonly strict: Strict | undefined;

  constructor({ clock, limits, trace, seed, types, strict, communication, ...others }: KernelOptions) {
    this.transit = others.transit;
    this.journal = others.journal;
    if (others.journal !== undefined) this.outside.onFeed = (op, ...call) => this.feed(op, ...call);
    this.recorded = others.recorded;
    this.clock = clock;
    this.limits = limits;
    const isOwn = (agent: Agent) => this.registry.get(agent.id)?.agent === agent;
    this.references = new AgentReferences(this, isOwn, (receiver, id) => callsOf(this, receiver, id));
    this.types = new TypeRegistry([...types, this.references.type]);
    this.valueTypes = types;
    this.#rules = copyRules(limits, this.types);
    this.#outwardRules = copyRules(limits, new TypeRegistry(types));
    this.tracer = new Tracer(trace, this.types);
    this.strict = strict ? new Strict(this) : undefined;
    this.communication = communication && new Communication(this, communication, seed);
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
    const copy = copyArguments(args, this.#rules, agent, method);
    this.references.bindTo(agent);
    return copy;
  }

  /** Note in the journal, if there is one, what is about to be done to the run; values in any form that agents get. */
  feed(op: FeedOp, ...content: unknown[]): void {
    this.journal?.feed(op, this.tag, plainCopy(content, this.types) as unknown[]);
  }

  /** Tag that is being served, or the next one. */
  get tag(): Tag {
    return { ticks: this.clock.ticks, round: this.round };
  }

  /** Whether something is left to do at the present time. */
  get busy(): boolean {
    return this.next.size > 0 || this.externals.length > 0;
  }

  /** Whether it is followed through promises whose code runs. */
  get followed(): boolean {
    return this.tracer.observed || this.strict !== undefined;
  }

  /** Id of the event that the running code handles, while the run is observed. */
  get cause(): string | undefined {
    return this.followed ? current.getStore()?.cause : undefined;
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
    this.timers.cancelWhere((delivery) => delivery.from === record); // messages on their way
    this.transit?.forget(record);
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
    if (record.state === "removed") throw record.gone(this.tag);
    if (this.serving || this.constructing === record) return;
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
    const { phase } = this;
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
   */
  fail(agent: string, error: Error, id?: string): void {
    this.failures.push({ agent, error });
    this.wake?.();
    this.transit?.failed();
    const record = this.registry.get(agent);
    const fault = id ?? `${agent}#fault-${record === undefined ? 0 : record.seldom.faults++}`;
    this.tracer.note(() => {
      const code = (error as { code?: string }).code ?? error.name;
      return { kind: "fault", ...this.tag, agent, id: fault, cause: this.cause, code, message: error.message };
    });
  }

  /** Let the present be `ticks`, not before it, and let the next round have what is due there. */
  moveTo(ticks: number): void {
    if (ticks !== this.clock.ticks) {
      this.clock.moveTo(ticks);
      this.round = 0;
    }
    for (const delivery of this.timers.take(ticks)) this.next.add(delivery);
  }

  /** Send a message of an agent to another on its way; a perfect link delivers it at `ticks`. */
  post(sender: AgentRecord, ticks: number, delivery: Delivery): void {
    if (this.communication === undefined) this.emit(ticks, delivery);
    else this.communication.carry(sender, ticks, delivery);
  }

  /** Due at `ticks`: in the next round if that is the present time. */
  emit(ticks: number, delivery: Delivery): void {
    const { transit } = this;
    if (transit !== undefined && delivery.receiver === undefined && transit.isElsewhere(delivery.to)) {
      transit.send(ticks, delivery);
    } else if (ticks === this.clock.ticks) this.next.add(delivery);
    else this.timers.add(ticks, delivery);
  }
}
