import type { Timer } from "../../clock/clock.ts";
import { type AgentRecord, AgentTimer } from "../model.ts";
import type { Cause } from "../trace/cause.ts";

/** Timers that are kept to be set again, at most: 12 MB. */
const FREE_MAX = 2 ** 17;

/**
 * Timers that have fired, to be set again. A timer lives from one step to another, so that the collector copies each new one
 * once or twice; with 100,000 agents that was a quarter of a step's time. What has fired is given back before the agent's code
 * runs, and is most often the next that the agent sets.
 *
 * Only who has taken a timer out of everything that it was in gives it back: those that were cancelled are not.
 */
export class TimerPool {
  readonly #free: AgentTimer[] = [];

  /** A timer that is in no queue yet. */
  take(record: AgentRecord, seq: number, run: (() => unknown) | undefined, cause: Cause | undefined): AgentTimer {
    const timer = this.#free.pop();
    if (timer === undefined) return new AgentTimer(record, seq, run, cause);
    timer.slot = -1;
    timer.record = record;
    timer.seq = seq;
    timer.run = run;
    timer.cause = cause;
    return timer;
  }

  /** Take back a timer that has fired; it keeps nothing alive but its agent's record. */
  give(timer: AgentTimer): void {
    timer.spend();
    timer.bucket = undefined;
    timer.run = undefined;
    timer.cause = undefined;
    if (this.#free.length < FREE_MAX) this.#free.push(timer);
  }
}

/** What an agent has of a timer that it has set. */
export class TimerHandle implements Timer {
  readonly #timer: AgentTimer;
  readonly #record: AgentRecord;
  readonly #seq: number;

  constructor(timer: AgentTimer) {
    this.#timer = timer;
    this.#record = timer.record;
    this.#seq = timer.seq;
  }

  cancel(): boolean {
    const timer = this.#timer;
    // It has fired if it was set again; its agent's numbers are used once.
    if (timer.seq !== this.#seq || timer.record !== this.#record) return false;
    return this.#record.type.owner.cancelTimer(timer);
  }
}
