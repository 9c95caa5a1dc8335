import { number } from "../options.ts";
import { after, dateMs, wallMs } from "../wall.ts";
import { DateTime } from "./calendar.ts";
import { checkedClock, SimulationClock, type SimulationClockOptions } from "./simulation-clock.ts";

/** Where time starts, how fine it is and how fast it runs. */
export interface RealTimeClockOptions extends SimulationClockOptions {
  /** Calendar time of second 0. Default: the computer's date when the clock is made. */
  start?: string | DateTime;
  /** Wall seconds for one simulated second, above 0: 0.1 runs ten times as fast as the wall. Default 1. */
  factor?: number;
}

/**
 * A clock that follows the wall: second 0 is when its container is made, and the container runs by itself.
 *
 * What is due has an absolute deadline in wall time, so lateness does not add up. The wall is the computer's monotonic
 * clock: setting the date changes nothing. While an event is handled, `time()` is the event's own due time, however
 * late it is served; between events it is the wall's.
 *
 * Source: SimPy `RealtimeEnvironment` (the same queue with another driver; `factor`).
 */
export class RealTimeClock extends SimulationClock {
  readonly factor: number;
  /** Reading of the monotonic clock at second 0, in milliseconds; undefined before. */
  #originMs: number | undefined;
  /** Cancels the timer that is set. */
  #cancel: (() => void) | undefined;
  /** True while events are served: then the present is theirs, not the wall's. */
  #held = false;

  /** @throws RangeError if `factor` is not a finite number above 0; TypeError for an option that there is not. */
  constructor(options: RealTimeClockOptions = {}) {
    checkedClock("RealTimeClock", options, { factor: number({ above: 0 }) });
    const { factor = 1, start = DateTime.fromMillis(dateMs()), ...others } = options;
    super({ ...others, start });
    this.factor = factor;
  }

  /** Of the event that is handled, otherwise of the wall. */
  override get presentTicks(): number {
    return this.#held ? this.ticks : Math.max(this.ticks, this.wallTicks);
  }

  /** Seconds since second 0: of the event that is handled, otherwise of the wall. */
  override time(): number {
    return this.resolution.toSeconds(this.presentTicks);
  }

  /** Whole ticks of the wall since second 0; 0 before it. */
  get wallTicks(): number {
    if (this.#originMs === undefined) return 0;
    const seconds = (wallMs() - this.#originMs) / 1000 / this.factor;
    return Math.floor(seconds * this.resolution.ticksPerSecond);
  }

  /** Let second 0 be now. @internal */
  begin(): void {
    this.#originMs = wallMs();
  }

  /** Go to `ticks` and stay there until {@link release}. @internal */
  override moveTo(ticks: number): void {
    super.moveTo(ticks);
    this.#held = true;
  }

  /** Follow the wall again. @internal */
  release(): void {
    this.#held = false;
  }

  /**
   * Call `wake` once when the wall has reached `ticks`; this takes the place of an earlier call. The process stays alive
   * for it.
   *
   * @internal
   */
  wakeAt(ticks: number, wake: () => void): void {
    this.sleepOn();
    const leftMs = (this.#originMs ?? 0) + this.resolution.toSeconds(ticks) * this.factor * 1000 - wallMs();
    // Node's timers may fire a little early, and know no delay beyond their bound: look again then.
    this.#cancel = after(Math.ceil(leftMs), () => (this.wallTicks >= ticks ? wake() : this.wakeAt(ticks, wake)));
  }

  /** Forget what {@link wakeAt} was told. @internal */
  sleepOn(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
