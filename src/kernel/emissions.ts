import type { Timer } from "../clock/clock.ts";
import { copyOnly } from "../codec/copy.ts";
import { AgentError, describeError } from "../errors.ts";
import { within } from "../wall.ts";
import { NAMED_AGENTS_MAX } from "./faults.ts";
import type { External, Kernel } from "./kernel.ts";
import { type AgentRecord, type AgentTimer, Deadline, Delivery, Wait } from "./model.ts";
import { Kind, type Sender } from "./order.ts";
import { TimerHandle, TimerPool } from "./record/timers.ts";
import { untrapped } from "./strict-mode.ts";

/** Everything that agent code emits: messages, sleeps, timers, externals; and the simulated waits that this opens. */
export class Emissions {
  readonly kernel: Kernel;
  readonly timerPool = new TimerPool();

  constructor(kernel: Kernel) {
    this.kernel = kernel;
  }

  /** Open a simulated wait under a number of its own. */
  openWait(
    record: AgentRecord,
    method: string,
    peer: string,
  ): { readonly promise: Promise<unknown>; readonly settle: Pick<Wait, "resolve" | "reject"> } {
    if (record.mute) return { promise: never(), settle: { resolve() {}, reject() {} } };
    this.kernel.guard(record, method);
    const seq = record.seq++;
    const promise = this.#wait(record, seq, method, peer);
    const settle = {
      resolve: (value: unknown) => this.endWait(record, seq)?.resolve(value),
      reject: (error: Error) => this.endWait(record, seq)?.reject(error),
    };
    return { promise, settle };
  }

  /** Take a wait out of its agent's list; undefined if it has ended before. */
  endWait(record: AgentRecord, seq: number, from?: Sender, number = 0): Wait | undefined {
    const wait = record.takeWait(seq);
    if (wait === undefined) return undefined;
    if (wait.deadline !== undefined) this.#cancel(record, wait.deadline);
    if (wait.activity !== undefined && from !== undefined) {
      wait.activity.cause = this.kernel.tracer.causeOf(from, number);
    }
    return wait;
  }

  /**
   * A call to the agent `to`; never throws, all goes into the promise.
   *
   * @param outside - The proxy was given to a program outside, which may use it between advances.
   * @param timeoutTicks - Simulated time that it may take; -1: any.
   */
  call(
    record: AgentRecord,
    to: string,
    method: string,
    args: readonly unknown[],
    outside: boolean,
    timeoutTicks: number,
  ): Promise<unknown> {
    const kernel = this.kernel;
    if (record.mute) return never();
    try {
      const asked = outside && !kernel.serving;
      if (asked) kernel.guardOutside(record, `call of ${to}.${method}`);
      else if (!kernel.allows(record)) kernel.guard(record, `call of ${to}.${method}`);
      const only = asked ? undefined : copyOnly(args, kernel.limits);
      const single = only !== undefined;
      const content = single ? only : kernel.copyArguments(args, to, method);
      if (asked) kernel.feed("ask", record.id, to, method, content, timeoutTicks);
      const seq = record.seq++;
      const receiver = kernel.receiverOf(record, to);
      const request = new Delivery(Kind.request, to, receiver, record, seq, method, content, -1, kernel.cause, single);
      kernel.post(record, kernel.clock.presentTicks, request);
      const promise = this.#wait(record, seq, method, to);
      if (timeoutTicks >= 0) this.#setDeadline(record, seq, timeoutTicks);
      if (outside) kernel.wake?.();
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** A one-way message, due at `ticks`. */
  send(record: AgentRecord, to: string, method: string, args: readonly unknown[], ticks: number): void {
    const kernel = this.kernel;
    if (record.mute) return;
    if (!kernel.allows(record)) kernel.guard(record, `send to ${to}.${method}`);
    const only = copyOnly(args, kernel.limits);
    const single = only !== undefined;
    const content = single ? only : kernel.copyArguments(args, to, method);
    const seq = record.seq++;
    const receiver = kernel.receiverOf(record, to);
    const message = new Delivery(Kind.oneway, to, receiver, record, seq, method, content, -1, kernel.cause, single);
    kernel.post(record, ticks, message);
  }

  /** A promise that resolves at `ticks`. */
  sleep(record: AgentRecord, ticks: number): Promise<void> {
    if (record.mute) return never();
    this.kernel.guard(record, "sleep");
    const seq = record.seq++;
    this.#setTimer(record, ticks, this.timerPool.take(record, seq, undefined, this.kernel.cause));
    return this.#wait(record, seq, "sleep", record.id) as Promise<void>;
  }

  /** A callback at `ticks`. */
  callAt(record: AgentRecord, ticks: number, run: () => unknown): Timer {
    if (record.mute) return NO_TIMER;
    this.kernel.guard(record, "callAt");
    const timer = this.timerPool.take(record, record.seq++, run, this.kernel.cause);
    this.#setTimer(record, ticks, timer);
    return new TimerHandle(timer);
  }

  /** Take a timer back; false if it has run or was cancelled before. */
  cancelTimer(timer: AgentTimer): boolean {
    const { record } = timer;
    if (timer.spent || record.state === "removed") return false;
    this.kernel.guard(record, "timer.cancel");
    this.#cancel(record, timer);
    return true;
  }

  /** Real I/O, started now; its end is waited for before the next round. */
  external<T>(record: AgentRecord, start: () => Promise<T> | T): Promise<T> {
    if (record.mute) return never();
    this.kernel.guard(record, "external");
    const seq = record.seq++;
    const { serving, running } = this.kernel;
    this.kernel.running = undefined;
    this.kernel.serving = false; // what `start` does is real: a simulated wait in it could never end
    const { recorded } = this.kernel;
    const promise =
      recorded === undefined
        ? new Promise<T>((resolve) => resolve(untrapped(start)))
        : (recorded(record.id, seq) as Promise<T>);
    this.kernel.serving = serving;
    this.kernel.running = running;
    const external = { record, seq, cause: this.kernel.cause, promise };
    promise.catch(() => {}); // its rejection is taken when the round ends
    if (this.kernel.wake === undefined) this.kernel.externals.push(external);
    else void settle(external).then((outcome) => this.#arrive(external, outcome));
    return this.#wait(record, seq, "external", record.id) as Promise<T>;
  }

  /** On a real-time clock no round waits for an external: its result comes when it is there. */
  #arrive(external: External, outcome: Outcome): void {
    this.kernel.next.add(resultOf(external, outcome, this.kernel));
    this.kernel.wake?.();
  }

  #setTimer(record: AgentRecord, ticks: number, timer: AgentTimer): void {
    record.addTimer(timer);
    this.kernel.setTimer(ticks, timer);
  }

  #cancel(record: AgentRecord, timer: AgentTimer): void {
    record.dropTimer(timer);
    this.kernel.timers.cancel(timer);
    timer.spend();
  }

  /** A timer of the call's own; an answer that comes at the same time comes too late, since timers are served first. */
  #setDeadline(record: AgentRecord, callSeq: number, timeoutTicks: number): void {
    const { clock, cause } = this.kernel;
    const deadline = new Deadline(record, record.seq++, callSeq, cause);
    this.#setTimer(record, clock.presentTicks + timeoutTicks, deadline);
    const wait = record.waitOf(callSeq);
    if (wait !== undefined) wait.deadline = deadline;
  }

  #wait(record: AgentRecord, seq: number, method: string, peer: string): Promise<unknown> {
    const { activity } = this.kernel;
    return new Promise((resolve, reject) => {
      record.addWait(new Wait(seq, resolve, reject, peer, method, activity));
    });
  }
}

/** The timer that a mute agent gets. */
const NO_TIMER: Timer = { cancel: () => false };

/** What a mute agent waits for. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** How an external ended. */
type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

/** Wait for one external; never rejects. */
async function settle(external: External): Promise<Outcome> {
  try {
    return { ok: true, value: await external.promise };
  } catch (error) {
    return { ok: false, error };
  }
}

/**
 * Wait for all externals of a tag, in wall time.
 *
 * @param timeoutMs - Bound on all of them together.
 * @returns Their outcomes, in the given order.
 * @throws {@link AgentError} `ERR_EXTERNAL_TIMEOUT` naming the agents that still wait.
 */
export async function settleExternals(externals: readonly External[], timeoutMs: number): Promise<Outcome[]> {
  const waiting = new Set(externals);
  const outcomes = Promise.all(
    externals.map(async (external) => {
      const outcome = await settle(external);
      waiting.delete(external);
      return outcome;
    }),
  );
  if (await within(outcomes, timeoutMs)) return outcomes;
  const agents = [...new Set([...waiting].map((external) => external.record.id))].slice(0, NAMED_AGENTS_MAX);
  const message = `external waits of ${agents.join(", ")} did not settle within ${timeoutMs} ms`;
  throw new AgentError("ERR_EXTERNAL_TIMEOUT", message, { agent: agents[0] ?? "" });
}

/** What the agent gets: a copy of the value, or what may be told of the error. */
export function resultOf({ record, seq, cause }: External, outcome: Outcome, kernel: Kernel): Delivery {
  let content: { ok: boolean; content: unknown };
  try {
    if (!outcome.ok) throw outcome.error;
    content = { ok: true, content: kernel.copyFor(record.id, outcome.value, `${record.id}.external()`) };
  } catch (error) {
    content = { ok: false, content: [...describeError(error)] };
  }
  return new Delivery(Kind.external, record.id, record, record, seq, "", content, -1, cause);
}
