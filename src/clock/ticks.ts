import { ClockError } from "../errors.ts";
import { shown } from "../options.ts";

/** Ticks in a second unless a clock says otherwise: one tick is a microsecond, and 2^53 of them are 285 years. */
export const TICKS_PER_SECOND = 1_000_000;

/** How seconds and ticks belong together for one clock. */
export class Resolution {
  /** Whole ticks in a second, at least 1. */
  readonly ticksPerSecond: number;

  constructor(ticksPerSecond: number = TICKS_PER_SECOND) {
    if (!Number.isSafeInteger(ticksPerSecond) || ticksPerSecond < 1) {
      throw new RangeError(
        `resolution must be a whole number of ticks per second of at least 1, got ${ticksPerSecond}`,
      );
    }
    this.ticksPerSecond = ticksPerSecond;
  }

  /**
   * Whole ticks nearest to an absolute time.
   *
   * @param seconds - Time in seconds since the start.
   * @throws TypeError if it is no number; RangeError if it is not finite or beyond 2^53 - 1 ticks.
   */
  toTicks(seconds: number): number {
    if (typeof seconds !== "number") throw noTime(seconds);
    const ticks = Math.round(seconds * this.ticksPerSecond);
    if (!Number.isSafeInteger(ticks)) throw beyondTicks(seconds);
    return ticks;
  }

  /**
   * Whole ticks of a delay: 0 stays 0, and a positive one is at least one tick.
   *
   * @throws RangeError if it is not finite; {@link ClockError} `ERR_CLOCK_NEGATIVE_DELAY` below 0.
   */
  delayToTicks(seconds: number): number {
    const ticks = this.toTicks(seconds);
    if (seconds < 0) throw negativeDelay(seconds);
    return seconds > 0 && ticks === 0 ? 1 : ticks;
  }

  /** Seconds of a number of ticks. */
  toSeconds(ticks: number): number {
    return ticks / this.ticksPerSecond;
  }
}

// The texts stand apart: what is called for each timer is small enough for the compiler to put it into its caller.

function noTime(seconds: unknown): TypeError {
  return new TypeError(`a time is a number of seconds, got ${shown(seconds)}`);
}

function beyondTicks(seconds: number): RangeError {
  return new RangeError(`time must be finite and within 2^53 - 1 ticks, got ${seconds} s`);
}

function negativeDelay(seconds: number): ClockError {
  return new ClockError("ERR_CLOCK_NEGATIVE_DELAY", `a delay must be at least 0 s, got ${seconds} s`);
}
