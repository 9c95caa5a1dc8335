import type { Timer } from "../clock/clock.ts";
import type { ExternalClock } from "../clock/external-clock.ts";
import { TimerQueue } from "../clock/timer-queue.ts";
import { copyValue, TypeRegistry, type Value, type ValueType } from "../codec/index.ts";
import { ForeignAwaitError, RunError, type Tag } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type Activity, current } from "./activity.ts";
import { Delivery, Kind } from "./delivery.ts";
import type { External } from "./externals.ts";
import { OutputEvents } from "./outputs.ts";
import { Outside } from "./outside.ts";
import type { AgentRecord, Wait } from "./record.ts";
import { Registry } from "./registry.ts";
import { Round } from "./round.ts";
import type { Counts, Phase, StepFailure } from "./run-state.ts";
import { type TraceLevel, Tracer } from "./tracer.ts";

/**
 * The state of one container's simulation, and every way in which agent code adds to it. Who serves what was added is
 * `Rounds`; who moves the clock is `Advance`.
 */
export class Kernel {
  readonly clock: ExternalClock;
  readonly limits: Limits;
  readonly types: TypeRegistry;
  readonly valueTypes: readonly ValueType[];
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

  /** @param types - Registered types; their order is that of their ids. */
  constructor(clock: ExternalClock, limits: Limits, trace: TraceLevel, types: readonly ValueType[]) {
    this.clock = clock;
    this.limits = limits;
    this.types = new TypeRegistry(types);
    this.valueTypes = types;
    this.tracer = new Tracer(trace, this.types);
  }

  /** What another agent gets of a value; `root` names it in errors. @throws ValueError as `copyValue`. */
  copy(value: unknown, root: string): Value {
    return copyValue(value, this.limits, root, this.types);
  }

  /** Tag that is being served, or the next one. */
  get tag(): Tag {
    return { ticks: this.clock.ticks, round: this.round };
  }

  /** Whether something is left to do at the present time. */
  get busy(): boolean {
    return this.next.size > 0 || this.externals.length > 0;
  }

  /** Id of the event that the running code handles, while the run is observed. */
  get cause(): string | undefined {
    return this.tracer.observed ? current.getStore()?.cause : undefined;
  }

  /** Undo the registration of an agent that could not be made, with all that its constructor has left. */
  forget(record: AgentRecord): void {
    record.state = "removed";
    this.registry.delete(record);
    this.outputEvents.forget(record.id);
    this.timers.cancelWhere((delivery) => delivery.from === record);
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
   * Whether a program may use an agent's proxy from outside now.
   *
   * @throws AgentError `ERR_AGENT_GONE`; {@link RunError} during an advance, or when the run is over.
   */
  guardOutside(record: AgentRecord, api: string): void {
    if (record.state === "removed") throw record.gone(this.tag);
    this.requireIdle(`${api} by agent "${record.id}" from outside`);
  }

  /** @throws {@link RunError} `ERR_RUN_BUSY`, `ERR_RUN_FAILED` or `ERR_RUN_CLOSED` unless the run is between two advances. */
  requireIdle(what: string): void {
    const { phase } = this;
    if (phase === "idle") return;
    const code = phase === "advancing" ? "ERR_RUN_BUSY" : phase === "failed" ? "ERR_RUN_FAILED" : "ERR_RUN_CLOSED";
    const details = this.failure === undefined ? {} : { cause: this.failure };
    throw new RunError(code, `${what} is not possible now: the run is ${phase}`, details);
  }

  /** The error of an agent that waited on something foreign; the run fails with it. */
  foreign(record: AgentRecord, what: string, method?: string): ForeignAwaitError {
    const open = [...new Set(record.open.map((activity) => activity.name))].join(", ");
    const methods = method ?? (open || "code outside its handlers");
    const error = new ForeignAwaitError(
      "ERR_FOREIGN_AWAIT",
      `agent "${record.id}" ${what} in ${methods} after waiting on something that simulation time does not govern ` +
        "(a Node timer, file or socket); wrap it in this.external(() => …)",
      { agent: record.id, method: methods, tag: this.tag },
    );
    const known = this.failures.some(
      (failure) => failure.agent === record.id && failure.error instanceof ForeignAwaitError,
    );
    if (!known) this.fail(record.id, error);
    return error;
  }

  /** Let the step fail once the round has ended. */
  fail(agent: string, error: Error): void {
    this.failures.push({ agent, error });
    const record = this.registry.get(agent);
    const number = record === undefined ? 0 : record.faults++;
    this.tracer.note(() => {
      const code = (error as { code?: string }).code ?? error.name;
      const id = `${agent}#fault-${number}`;
      return { kind: "fault", ...this.tag, agent, id, cause: this.cause, code, message: error.message };
    });
  }

  /** Due at `ticks`: in the next round if that is the present time. */
  emit(ticks: number, delivery: Delivery): void {
    if (ticks === this.clock.ticks) this.next.add(delivery);
    else this.timers.add(ticks, delivery);
  }

  /** Open a simulated wait under a number of its own. */
  openWait(
    record: AgentRecord,
    method: string,
    peer: string,
  ): { readonly promise: Promise<unknown>; readonly settle: Pick<Wait, "resolve" | "reject"> } {
    this.guard(record, method);
    const seq = record.seq++;
    const promise = this.#wait(record, seq, method, peer);
    const settle = {
      resolve: (value: unknown) => this.endWait(record, seq)?.resolve(value),
      reject: (error: Error) => this.endWait(record, seq)?.reject(error),
    };
    return { promise, settle };
  }

  /** Take a wait out of its agent's list; undefined if it has ended before. */
  endWait(record: AgentRecord, seq: number, by?: Delivery): Wait | undefined {
    const wait = record.pending.get(seq);
    if (wait === undefined) return undefined;
    record.pending.delete(seq);
    if (wait.activity !== undefined && by !== undefined) wait.activity.cause = by.id;
    return wait;
  }

  /**
   * A call to the agent `to`; never throws, all goes into the promise.
   *
   * @param outside - The proxy was given to a program outside, which may use it between advances.
   */
  async call(
    record: AgentRecord,
    to: string,
    method: string,
    args: readonly unknown[],
    outside: boolean,
  ): Promise<unknown> {
    if (outside && !this.serving) this.guardOutside(record, `call of ${to}.${method}`);
    else this.guard(record, `call of ${to}.${method}`);
    const content = this.copy(args, `${to}.${method}`);
    const seq = record.seq++;
    this.next.add(new Delivery(Kind.request, to, record, seq, method, content, -1, undefined, this.cause));
    return this.#wait(record, seq, method, to);
  }

  /** A one-way message, due at `ticks`. */
  send(record: AgentRecord, to: string, method: string, args: readonly unknown[], ticks: number): void {
    this.guard(record, `send to ${to}.${method}`);
    const content = this.copy(args, `${to}.${method}`);
    this.emit(ticks, new Delivery(Kind.oneway, to, record, record.seq++, method, content, -1, undefined, this.cause));
  }

  /** A promise that resolves at `ticks`. */
  sleep(record: AgentRecord, ticks: number): Promise<void> {
    this.guard(record, "sleep");
    const seq = record.seq++;
    this.emit(ticks, new Delivery(Kind.timer, record.id, record, seq, "", undefined, -1, undefined, this.cause));
    return this.#wait(record, seq, "sleep", record.id) as Promise<void>;
  }

  /** A callback at `ticks`. */
  callAt(record: AgentRecord, ticks: number, run: () => unknown): Timer {
    this.guard(record, "callAt");
    const timer = new Delivery(Kind.timer, record.id, record, record.seq++, "", undefined, -1, run, this.cause);
    this.emit(ticks, timer);
    return {
      cancel: () => {
        if (timer.spent || record.state === "removed") return false;
        this.guard(record, "timer.cancel");
        timer.spent = true;
        this.timers.cancel(timer);
        return true;
      },
    };
  }

  /** Real I/O, started now; its end is waited for before the next round. */
  external<T>(record: AgentRecord, start: () => Promise<T> | T): Promise<T> {
    this.guard(record, "external");
    const seq = record.seq++;
    const { serving } = this;
    this.serving = false; // what `start` does is real: a simulated wait in it could never end
    const promise = new Promise<T>((resolve) => resolve(start()));
    this.serving = serving;
    promise.catch(() => {}); // its rejection is taken when the round ends
    this.externals.push({ record, seq, cause: this.cause, promise });
    return this.#wait(record, seq, "external", record.id) as Promise<T>;
  }

  #wait(record: AgentRecord, seq: number, method: string, peer: string): Promise<unknown> {
    const activity: Activity | undefined = this.tracer.observed ? current.getStore() : undefined;
    return new Promise((resolve, reject) => {
      record.pending.set(seq, { resolve, reject, peer, method, activity });
    });
  }
}
