import { after, every, simulatorFault, wallMs, warn } from "../../../src/cosim/index.ts";
import type { Cursor } from "./cursor.ts";

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

/** Wall time of the steps that are being made: it never changes a result, it warns, and fails the run. */
export class Deadlines {
  readonly #options: DeadlineOptions;
  readonly #steps = new Map<Cursor, { readonly sinceMs: number; warned: boolean }>();
  #stopLooking: () => void = () => {};
  #endGrace: (() => void) | undefined;
  #over = false;

  constructor(options: DeadlineOptions) {
    this.#options = options;
  }

  /** @param expired - Called with the error that says who is stuck. */
  start(expired: (error: Error) => void): void {
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    const periodMs = Math.min(Math.max(1, Math.min(warningMs, timeoutMs) / PARTS), 60_000);
    this.#stopLooking = every(periodMs, () => this.#look(expired));
  }

  stop(): void {
    this.#stopLooking();
    this.#endGrace?.();
    this.#steps.clear();
  }

  /** It has begun a step. */
  add(sim: Cursor): void {
    this.#steps.set(sim, { sinceMs: wallMs(), warned: false });
  }

  /** Its step is over. */
  delete(sim: Cursor): void {
    this.#steps.delete(sim);
  }

  /** Has an aborted run waited long enough? The first time this is asked it begins to wait, and calls `over` after it. */
  isAbortOver(over: () => void): boolean {
    this.#endGrace ??= after(ABORT_GRACE_MS, () => {
      this.#over = true;
      over();
    });
    return this.#over;
  }

  #look(expired: (error: Error) => void): void {
    const nowMs = wallMs();
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    for (const [sim, step] of this.#steps) {
      const ms = nowMs - step.sinceMs;
      const site = sim.node.site("step", sim.current?.[0] ?? 0);
      if (ms >= timeoutMs) {
        expired(simulatorFault("ERR_BRIDGE_TIMEOUT", site, `has not ended within ${timeoutMs} ms`));
        return;
      }
      if (ms < warningMs || step.warned) continue;
      step.warned = true;
      const text = `simulator ${sim.node.sid}: its step at time ${site.time} goes on for ${(ms / 1000).toFixed(1)} s`;
      warn(text, "COSIMAS_SLOW_STEP");
    }
  }
}
