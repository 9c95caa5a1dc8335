import { after, every, simulatorFault, wallMs, warn } from "../../../src/cosim/index.ts";
import type { Cursor } from "./cursor.ts";
import type { TieredTime } from "./tiered-time.ts";

/** How long a step may take, in milliseconds of wall time. */
export interface DeadlineOptions {
  /** A warning names the simulator, once for each step. */
  readonly stepWarningMs: number;
  /** The run fails. */
  readonly stepTimeoutMs: number;
}

/** Milliseconds that an aborted run waits for the steps that are being made. */
const ABORT_GRACE_MS = 5_000;

/** How often steps are looked at in one limit. */
const PARTS = 8;

/**
 * Wall time of the steps that are being made: it never changes a result, it warns, and fails the run. A step that ends in time
 * costs nothing here.
 */
export class Deadlines {
  readonly #options: DeadlineOptions;
  /** The step that was warned of last, of each simulator. */
  readonly #warned = new Map<Cursor, TieredTime>();
  #stopLooking: () => void = () => {};
  #endGrace: (() => void) | undefined;
  #over = false;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  /**
   * @param underWay - Those that are making a step; it changes.
   * @param expired - Called with the error that says who is stuck.
   */
  start(underWay: Iterable<Cursor>, expired: (error: Error) => void): void {
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    const periodMs = Math.min(Math.max(1, Math.min(warningMs, timeoutMs) / PARTS), 60_000);
    this.#stopLooking = every(periodMs, () => this.#look(underWay, expired));
  }

  stop(): void {
    this.#stopLooking();
    this.#endGrace?.();
    this.#warned.clear();
  }

  /** Has an aborted run waited long enough? The first time this is asked it begins to wait, and calls `over` after it. */
  isAbortOver(over: () => void): boolean {
    this.#endGrace ??= after(ABORT_GRACE_MS, () => {
      this.#over = true;
      over();
    });
    return this.#over;
  }

  #look(underWay: Iterable<Cursor>, expired: (error: Error) => void): void {
    const nowMs = wallMs();
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    for (const sim of underWay) {
      const ms = nowMs - sim.stopwatch.sinceMs;
      const step = sim.current!;
      const site = sim.node.site("step", step[0]);
      if (ms >= timeoutMs) {
        expired(simulatorFault("ERR_BRIDGE_TIMEOUT", site, `has not ended within ${timeoutMs} ms`));
        return;
      }
      if (ms < warningMs || this.#warned.get(sim) === step) continue;
      this.#warned.set(sim, step);
      const text = `simulator ${sim.node.sid}: its step at time ${site.time} goes on for ${(ms / 1000).toFixed(1)} s`;
      warn(text, "COSIMAS_SLOW_STEP");
    }
  }
}
