import type { DateTime } from "../clock/calendar.ts";
import type { Timer } from "../clock/clock.ts";
import type { Emissions } from "../kernel/emissions.ts";
import type { AgentRecord } from "../kernel/model.ts";
import { anything, checkArgument, checkOptions, func, number, type OptionChecks } from "../options.ts";

/** Options of what is done periodically. */
export interface EveryOptions {
  /** When it is done first, in seconds since the start or as a date; not before now. Default: one period from now. */
  readonly at?: number | DateTime;
}

/** Something that is done periodically. */
export interface Periodic {
  /** Do it no more. @returns False if it had ended before. */
  stop(): boolean;
}

const PERIOD = number({ above: 0, unit: "seconds" });
/** Times are checked by the clock. */
const CHECKS: OptionChecks<EveryOptions> = { at: anything };

/** Begin what `Agent.every` says. Throws as it does. */
export function startPeriodic(
  emissions: Emissions,
  record: AgentRecord,
  dt: number,
  f: () => unknown,
  options: EveryOptions,
): Periodic {
  checkArgument("every", "dt", dt, PERIOD);
  checkArgument("every", "f", f, func);
  checkOptions("every", options, CHECKS);
  const { clock } = emissions.kernel;
  const first = options.at === undefined ? clock.ticksIn(dt) : clock.ticksAt(options.at);
  const period = new RepeatedTimer(emissions, record, first, dt, f);
  period.start();
  return period;
}

class RepeatedTimer implements Periodic {
  readonly #emissions: Emissions;
  readonly #record: AgentRecord;
  readonly #firstTicks: number;
  /** Need not be whole: the n-th time is rounded, not the period, so that it does not drift. */
  readonly #periodTicks: number;
  readonly #f: () => unknown;
  #count = 0;
  #dueTicks: number;
  /** Undefined once there is no next time. */
  #timer: Timer | undefined;

  constructor(emissions: Emissions, record: AgentRecord, firstTicks: number, dt: number, f: () => unknown) {
    this.#emissions = emissions;
    this.#record = record;
    this.#firstTicks = firstTicks;
    this.#dueTicks = firstTicks;
    this.#periodTicks = dt * emissions.kernel.clock.resolution.ticksPerSecond;
    this.#f = f;
  }

  start(): void {
    this.#timer = this.#emissions.callAt(this.#record, this.#dueTicks, this.#step);
  }

  stop(): boolean {
    const timer = this.#timer;
    this.#timer = undefined;
    return timer?.cancel() === true;
  }

  readonly #step = (): unknown => {
    this.#count++;
    const ticks = this.#firstTicks + Math.round(this.#count * this.#periodTicks);
    this.#dueTicks = Math.max(ticks, this.#dueTicks + 1);
    // The next one first: what `f` does with `stop` concerns it, and what `f` waits for does not hold it up.
    if (Number.isSafeInteger(this.#dueTicks)) this.start();
    else this.#timer = undefined;
    return this.#f();
  };
}
