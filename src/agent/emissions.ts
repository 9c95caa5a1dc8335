import type { Timer } from "../clock/clock.ts";
import { copyValue } from "../codec/values.ts";
import { type Activity, current } from "./activity.ts";
import { Delivery, Kind } from "./delivery.ts";
import { type External, type Outcome, resultOf, settle } from "./externals.ts";
import type { Kernel } from "./kernel.ts";
import type { AgentRecord, Wait } from "./record.ts";
import { untrapped } from "./strict.ts";

/** Everything that agent code emits: messages, sleeps, timers, externals; and the simulated waits that this opens. */
export class Emissions {
  readonly #kernel: Kernel;

  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Open a simulated wait under a number of its own. */
  openWait(
    record: AgentRecord,
    method: string,
    peer: string,
  ): { readonly promise: Promise<unknown>; readonly settle: Pick<Wait, "resolve" | "reject"> } {
    this.#kernel.guard(record, method);
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
    if (wait.deadline !== undefined) {
      wait.deadline.spent = true;
      this.#kernel.timers.cancel(wait.deadline);
    }
    if (wait.activity !== undefined && by !== undefined) wait.activity.cause = by.id;
    return wait;
  }

  /**
   * A call to the agent `to`; never throws, all goes into the promise.
   *
   * @param outside - The proxy was given to a program outside, which may use it between advances.
   * @param timeoutTicks - Simulated time that it may take; -1: any.
   */
  async call(
    record: AgentRecord,
    to: string,
    method: string,
    args: readonly unknown[],
    outside: boolean,
    timeoutTicks: number,
  ): Promise<unknown> {
    if (outside && !this.#kernel.serving) this.#kernel.guardOutside(record, `call of ${to}.${method}`);
    else this.#kernel.guard(record, `call of ${to}.${method}`);
    const content = copyValue(args, this.#kernel.limits, `${to}.${method}`);
    const seq = record.seq++;
    const { clock, cause } = this.#kernel;
    const request = new Delivery(Kind.request, to, record, seq, method, content, -1, undefined, cause);
    this.#kernel.post(record, clock.presentTicks, request);
    const promise = this.#wait(record, seq, method, to);
    if (timeoutTicks >= 0) this.#setDeadline(record, seq, timeoutTicks);
    if (outside) this.#kernel.wake?.();
    return promise;
  }

  /** A one-way message, due at `ticks`. */
  send(record: AgentRecord, to: string, method: string, args: readonly unknown[], ticks: number): void {
    this.#kernel.guard(record, `send to ${to}.${method}`);
    const content = copyValue(args, this.#kernel.limits, `${to}.${method}`);
    const seq = record.seq++;
    const message = new Delivery(Kind.oneway, to, record, seq, method, content, -1, undefined, this.#kernel.cause);
    this.#kernel.post(record, ticks, message);
  }

  /** A promise that resolves at `ticks`. */
  sleep(record: AgentRecord, ticks: number): Promise<void> {
    this.#kernel.guard(record, "sleep");
    const seq = record.seq++;
    this.#kernel.emit(
      ticks,
      new Delivery(Kind.timer, record.id, record, seq, "", undefined, -1, undefined, this.#kernel.cause),
    );
    return this.#wait(record, seq, "sleep", record.id) as Promise<void>;
  }

  /** A callback at `ticks`. */
  callAt(record: AgentRecord, ticks: number, run: () => unknown): Timer {
    this.#kernel.guard(record, "callAt");
    const timer = new Delivery(Kind.timer, record.id, record, record.seq++, "", undefined, -1, run, this.#kernel.cause);
    this.#kernel.emit(ticks, timer);
    return {
      cancel: () => {
        if (timer.spent || record.state === "removed") return false;
        this.#kernel.guard(record, "timer.cancel");
        timer.spent = true;
        this.#kernel.timers.cancel(timer);
        return true;
      },
    };
  }

  /** Real I/O, started now; its end is waited for before the next round. */
  external<T>(record: AgentRecord, start: () => Promise<T> | T): Promise<T> {
    this.#kernel.guard(record, "external");
    const seq = record.seq++;
    const { serving } = this.#kernel;
    this.#kernel.serving = false; // what `start` does is real: a simulated wait in it could never end
    const promise = new Promise<T>((resolve) => resolve(untrapped(start)));
    this.#kernel.serving = serving;
    const external = { record, seq, cause: this.#kernel.cause, promise };
    promise.catch(() => {}); // its rejection is taken when the round ends
    if (this.#kernel.wake === undefined) this.#kernel.externals.push(external);
    else void settle(external).then((outcome) => this.#arrive(external, outcome));
    return this.#wait(record, seq, "external", record.id) as Promise<T>;
  }

  /** On a real-time clock no round waits for an external: its result comes when it is there. */
  #arrive(external: External, outcome: Outcome): void {
    this.#kernel.next.add(resultOf(external, outcome, this.#kernel.limits));
    this.#kernel.wake?.();
  }

  /** A timer of the call's own; an answer that comes at the same time comes too late, since timers are served first. */
  #setDeadline(record: AgentRecord, callSeq: number, timeoutTicks: number): void {
    const { clock, timers, cause } = this.#kernel;
    const deadline = new Delivery(
      Kind.timer,
      record.id,
      record,
      record.seq++,
      "",
      undefined,
      callSeq,
      undefined,
      cause,
    );
    timers.add(clock.presentTicks + timeoutTicks, deadline);
    const wait = record.pending.get(callSeq);
    if (wait !== undefined) wait.deadline = deadline;
  }

  #wait(record: AgentRecord, seq: number, method: string, peer: string): Promise<unknown> {
    const activity: Activity | undefined = this.#kernel.followed ? current.getStore() : undefined;
    return new Promise((resolve, reject) => {
      record.pending.set(seq, { resolve, reject, peer, method, activity, deadline: undefined });
    });
  }
}
