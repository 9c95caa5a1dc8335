import type { DateTime } from "./calendar.ts";

/** A timer that can be cancelled. */
export interface Timer {
  /**
   * Take the timer back; nothing of it is kept.
   *
   * @returns False if it has run or was cancelled before.
   */
  cancel(): boolean;
}

/**
 * Time as an agent sees it. While an event is handled, `time()` is that event's own due time, never the end of the
 * step. Absolute times may be seconds since the start or luxon DateTimes.
 */
export interface Clock {
  /** Seconds since the start. */
  time(): number;
  /** Calendar time in UTC, rounded to milliseconds. */
  utcnow(): DateTime;
  /**
   * Resolve after `dt` seconds; 0 resumes in the next round of the same time.
   *
   * @throws ClockError `ERR_CLOCK_NEGATIVE_DELAY` below 0; RangeError if not finite.
   */
  sleep(dt: number): Promise<void>;
  /**
   * Resolve at `t`; the present time resumes in the next round.
   *
   * @throws ClockError `ERR_CLOCK_PAST` before the present time.
   */
  sleepUntil(t: number | DateTime): Promise<void>;
  /** Call `f` after `dt` seconds. What it throws fails the step. */
  callIn(dt: number, f: () => unknown): Timer;
  /** Call `f` at `t`. What it throws fails the step. */
  callAt(t: number | DateTime, f: () => unknown): Timer;
}
