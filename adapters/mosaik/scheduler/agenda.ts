import type { Time } from "../../../src/cosim/index.ts";
import type { TraceEvent } from "../../../src/index.ts";
import { comparePositions, type Ranked, type TieredTime } from "./tiered-time.ts";

/** What a step is reported as, and its place among others. */
export interface Reported {
  readonly place: Ranked;
  readonly time: TieredTime;
  readonly event: TraceEvent;
}

/** One time of a run. */
export interface Page {
  readonly time: Time;
  /** Steps that are scheduled or being made. */
  open: number;
  readonly reported: Reported[];
}

/**
 * The times that steps are scheduled for, are being made at, or were made at but are not over: a time is over when no
 * step at it or before it is unfinished. What is reported of a time waits here until it is over.
 */
export class Agenda {
  readonly #pages = new Map<Time, Page>();
  /** Keys of `#pages`, the first one last. */
  readonly #times: Time[] = [];

  /** No step before it is unfinished. Infinity if there is none at all. */
  get floor(): Time {
    return this.#times.at(-1) ?? Number.POSITIVE_INFINITY;
  }

  /** Times that are not over. */
  get size(): number {
    return this.#times.length;
  }

  /** A step was scheduled at `time`, not before {@link floor}. */
  open(time: Time): void {
    const page = this.#pages.get(time);
    if (page !== undefined) {
      page.open++;
      return;
    }
    this.#pages.set(time, { time, open: 1, reported: [] });
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! > time) low = middle + 1;
      else high = middle;
    }
    this.#times.splice(low, 0, time);
  }

  /**
   * Of the first time, where a step is being made, and no other: up to when is nothing else to be done?
   *
   * @param loops - Can the others of the same time cause another step of it?
   */
  quietUntil(time: Time, loops: boolean): Time {
    if (loops && this.#pages.get(time)!.open > 1) return time - 1;
    return Math.max(time, (this.#times.at(-2) ?? Number.POSITIVE_INFINITY) - 1);
  }

  /** Keep what a step at `time` is reported as. */
  report(reported: Reported): void {
    this.#pages.get(reported.time[0])!.reported.push(reported);
  }

  /** A step at `time` is finished, and what it causes is scheduled. */
  close(time: Time): void {
    this.#pages.get(time)!.open--;
  }

  /** Take out the first time, if it is over. */
  takeOver(): Page | undefined {
    const time = this.#times.at(-1);
    const page = time === undefined ? undefined : this.#pages.get(time);
    return page === undefined || page.open > 0 ? undefined : this.take();
  }

  /** Take out the first time, over or not. */
  take(): Page | undefined {
    const time = this.#times.pop();
    if (time === undefined) return undefined;
    const page = this.#pages.get(time)!;
    this.#pages.delete(time);
    if (page.reported.length > 1) page.reported.sort((a, b) => comparePositions(a.place, a.time, b.place, b.time));
    return page;
  }
}
