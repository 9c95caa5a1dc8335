import type { Timer } from "../clock/clock.ts";
import type { ExternalClock } from "../clock/external-clock.ts";
import { TimerQueue } from "../clock/timer-queue.ts";
import { copyValue } from "../codec/values.ts";
import { AgentError, ForeignAwaitError, RunError, type Tag } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { type Activity, current } from "./activity.ts";
import { Delivery, Kind } from "./delivery.ts";
import type { External } from "./externals.ts";
import { Outside } from "./outside.ts";
import type { AgentRecord, Wait } from "./record.ts";
import { byCodeUnits, Round } from "./round.ts";
import type { Tracer } from "./tracer.ts";

/** State of a run: a failed or closed one takes no further steps. */
export type Phase = "idle" | "advancing" | "failed" | "closed";

/** Counts of what a run has done. */
export interface Counts {
  rounds: number;
  /** Deliveries by kind: input, timer, reply, failure, external, request, oneway. */
  readonly deliveries: number[];
}

/** An error that fails the step, with what puts it in order among others of the same round. */
interface StepFailure {
  readonly agent: string;
  readonly error: Error;
}

/**
 * The state of one container's simulation, and every way in which agent code adds to it. Who serves what was added is
 * `Rounds`; who moves the clock is `Advance`.
 */
export class Kernel {
  readonly clock: ExternalClock;
  readonly limits: Limits;
  readonly tracer: Tracer;
  readonly records = new Map<string, AgentRecord>();
  readonly timers = new TimerQueue<Delivery>();
  readonly outside = new Outside();
  readonly counts: Counts = { rounds: 0, deliveries: [0, 0, 0, 0, 0, 0, 0] };
  /** What happens in the next round of the present time. */
  next = new Round();
  /** Number of the round being served, or of the next one. */
  round = 0;
  /** True from the first delivery of a class until its drain has ended: only then may agent code run. */
  serving = false;
  phase: Phase = "idle";
  externals: External[] = [];
  failures: StepFailure[] = [];
  /** Ranks are to be given anew: an agent was added. */
  #ranksStale = false;

  constructor(clock: ExternalClock, limits: Limits, tracer: Tracer) {
    this.clock = clock;
    this.limits = limits;
    this.tracer = tracer;
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

  /** Take in a new agent's record. @throws AgentError `ERR_AGENT_DUPLICATE`: an id is used once in a run. */
  register(record: AgentRecord): void {
    if (this.records.has(record.id)) {
      throw new AgentError(
        "ERR_AGENT_DUPLICATE",
        `there is or was an agent "${record.id}"; an id is used once in a run`,
        {
          agent: record.id,
          tag: this.tag,
        },
      );
    }
    this.records.set(record.id, record);
    this.#ranksStale = true;
  }

  /** Give every agent its place in the order of ids, if agents were added. */
  refreshRanks(): void {
    if (!this.#ranksStale) return;
    this.#ranksStale = false;
    const records = [...this.records.values()].sort((a, b) => byCodeUnits(a.id, b.id));
    for (const [rank, record] of records.entries()) record.rank = rank;
  }

  /**
   * Whether agent code may use its API now.
   *
   * @throws AgentError `ERR_AGENT_GONE`; {@link ForeignAwaitError} if a handler of the agent is open and this is not a
   *   drain; {@link RunError} `ERR_RUN_BUSY` from outside during an advance, `ERR_RUN_CLOSED`.
   */
  guard(record: AgentRecord, api: string): void {
    if (record.state === "removed") throw record.gone(this.tag);
    if (this.serving) return;
    if (this.phase === "closed") throw new RunError("ERR_RUN_CLOSED", "the container is closed");
    if (record.open.length > 0) throw this.foreign(record, `used ${api}`);
    if (this.phase === "advancing") {
      throw new RunError(
        "ERR_RUN_BUSY",
        `agent "${record.id}" was used (${api}) from outside during an advance; await it first`,
      );
    }
  }

  /** The error of an agent that waited on something foreign; the run fails with it. */
  foreign(record: AgentRecord, what: string, method?: string): ForeignAwaitError {
    const methods = method ?? [...new Set(record.open.map((activity) => activity.name))].join(", ");
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
    this.tracer.note(() => {
      const code = (error as { code?: string }).code ?? error.name;
      const id = `${agent}#fault-${this.failures.length}`;
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
  ): { readonly promise: Promise<unknown>; readonly seq: number; readonly settle: Pick<Wait, "resolve" | "reject"> } {
    this.guard(record, method);
    const seq = record.seq++;
    const promise = this.#wait(record, seq, method, peer);
    const settle = {
      resolve: (value: unknown) => this.endWait(record, seq)?.resolve(value),
      reject: (error: Error) => this.endWait(record, seq)?.reject(error),
    };
    return { promise, seq, settle };
  }

  /** Take a wait out of its agent's list; undefined if it has ended before. */
  endWait(record: AgentRecord, seq: number, by?: Delivery): Wait | undefined {
    const wait = record.pending.get(seq);
    if (wait === undefined) return undefined;
    record.pending.delete(seq);
    if (wait.activity !== undefined && by !== undefined) wait.activity.cause = by.id;
    return wait;
  }

  /** A call to the agent `to`; never throws, all goes into the promise. */
  async call(record: AgentRecord, to: string, method: string, args: readonly unknown[]): Promise<unknown> {
    this.guard(record, `call of ${to}.${method}`);
    const content = copyValue(args, this.limits, `${to}.${method}`);
    const seq = record.seq++;
    this.next.add(new Delivery(Kind.request, to, record, seq, method, content, -1, undefined, this.cause));
    return this.#wait(record, seq, method, to);
  }

  /** A one-way message, due at `ticks`. */
  send(record: AgentRecord, to: string, method: string, args: readonly unknown[], ticks: number): void {
    this.guard(record, `send to ${to}.${method}`);
    const content = copyValue(args, this.limits, `${to}.${method}`);
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
        if (timer.spent) return false;
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
    const promise = new Promise<T>((resolve) => resolve(start()));
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
