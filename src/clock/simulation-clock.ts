import { ClockError } from "../errors.ts";
import { anything, checkOptions, type OptionCheck, type OptionChecks } from "../options.ts";
import { Calendar, type DateTime } from "./calendar.ts";
import { Resolution } from "./ticks.ts";

/** Calendar time of second 0 where nothing else is said. */
const DEFAULT_START = "2000-01-01T00:00:00Z";

/** Where time starts and how fine it is. */
export interface SimulationClockOptions {
  /** Calendar time of second 0: ISO 8601 (UTC unless it names an offset) or a luxon DateTime. Default 2000-01-01T00:00:00Z. */
  start?: string | DateTime;
  /** Ticks in a second; default 1,000,000. */
  resolution?: number;
}

/** Dates and ticks are checked where they are read. */
const CLOCK_CHECKS: OptionChecks<SimulationClockOptions> = { start: anything, resolution: anything };

/** The options of the clock `of`, checked; `own` are those that it has besides. */
export function checkedClock<O extends SimulationClockOptions>(
  of: string,
  options: O,
  own: { readonly [K in Exclude<keyof O, keyof SimulationClockOptions>]-?: OptionCheck },
): O {
  checkOptions(of, options, { ...CLOCK_CHECKS, ...own } as unknown as OptionChecks<O>);
  return options;
}

/**
 * What all clocks of containers have in common: a present in whole ticks, its calendar time, and the rules of what lies
 * ahead of it. Who moves the present is the affair of each clock.
 *
 * It belongs to one container and holds the present tag; the container owns what is due.
 */
export abstract class SimulationClock {
  readonly resolution: Resolution;
  readonly calendar: Calendar;
  #ticks = 0;
  #owned = false;

  constructor(options: SimulationClockOptions) {
    this.resolution = new Resolution(options.resolution);
    this.calendar = new Calendar(options.start ?? DEFAULT_START);
  }

  /** Present time in whole ticks since the start. */
  get ticks(): number {
    return this.#ticks;
  }

  /** Present time for whoever stands outside the events: on a real-time clock the wall's. */
  get presentTicks(): number {
    return this.#ticks;
  }

  /** Present time in seconds since the start. */
  time(): number {
    return this.resolution.toSeconds(this.#ticks);
  }

  /** Present calendar time in UTC. */
  utcnow(): DateTime {
    return this.calendar.at(this.time());
  }

  /**
   * Ticks of an absolute time that is not over yet.
   *
   * @param t - Seconds since the start, or a date.
   * @throws {@link ClockError} `ERR_CLOCK_PAST` before the present time; RangeError if it is no time.
   */
  ticksAt(t: number | DateTime): number {
    const ticks = this.resolution.toTicks(typeof t === "number" ? t : this.calendar.secondsOf(t));
    // Dates are whole milliseconds: the present one, rounded, is the present.
    if (typeof t !== "number" && Math.abs(ticks - this.#ticks) * 2000 <= this.resolution.ticksPerSecond)
      return this.#ticks;
    if (ticks < this.#ticks) {
      throw new ClockError(
        "ERR_CLOCK_PAST",
        `time ${this.resolution.toSeconds(ticks)} s is over: it is ${this.time()} s`,
      );
    }
    return ticks;
  }

  /**
   * Ticks of the present time plus a delay.
   *
   * @throws {@link ClockError} `ERR_CLOCK_NEGATIVE_DELAY` below 0; RangeError beyond 2^53 - 1 ticks.
   */
  ticksIn(dt: number): number {
    const ticks = this.#ticks + this.resolution.delayToTicks(dt);
    if (!Number.isSafeInteger(ticks)) throw beyondTicks(dt);
    return ticks;
  }

  /**
   * Claim the clock for a container; a clock serves one.
   *
   * @throws {@link ClockError} `ERR_CLOCK_SHARED` if another container has it.
   * @internal
   */
  own(): void {
    if (this.#owned)
      throw new ClockError("ERR_CLOCK_SHARED", "this clock belongs to another container; give each its own");
    this.#owned = true;
  }

  /**
   * Go to `ticks`, which must not be before the present: the owner checks.
   *
   * @internal
   */
  moveTo(ticks: number): void {
    this.#ticks = ticks;
  }
}

function beyondTicks(dt: number): RangeError {
  return new RangeError(`a delay must end within 2^53 - 1 ticks, got ${dt} s`);
}
