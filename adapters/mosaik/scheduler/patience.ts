import { simulatorFault } from "../../../src/cosim/index.ts";
import type { SimRunner } from "./sim-runner.ts";

/** How long a step may take, in milliseconds of wall time. */
export interface PatienceOptions {
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
export class Patience {
  readonly #options: PatienceOptions;
  readonly #steps = new Map<SimRunner, { readonly sinceMs: number; warned: boolean }>();
  #timer: NodeJS.Timeout | undefined;
  #abortTimer: NodeJS.Timeout | undefined;
  #exhausted = false;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** @param expired - Called with the error that says who is stuck. */
  start(expired: (error: Error) => void): void {
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    const periodMs = Math.min(Math.max(1, Math.min(warningMs, timeoutMs) / PARTS), 60_000);
    this.#timer = setInterval(() => this.#look(expired), periodMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    clearTimeout(this.#abortTimer);
    this.#steps.clear();
  }

  /** It has begun a step. */
  add(sim: SimRunner): void {
    this.#steps.set(sim, { sinceMs: performance.now(), warned: false });
  }

  /** Its step is over. */
  delete(sim: SimRunner): void {
    this.#steps.delete(sim);
  }

  /** Has an aborted run waited long enough? The first time this is asked it begins to wait, and calls `over` after it. */
  isExhausted(over: () => void): boolean {
    this.#abortTimer ??= setTimeout(() => {
      this.#exhausted = true;
      over();
    }, ABORT_GRACE_MS);
    return this.#exhausted;
  }

  #look(expired: (error: Error) => void): void {
    const nowMs = performance.now();
    const { stepWarningMs: warningMs, stepTimeoutMs: timeoutMs } = this.#options;
    for (const [sim, step] of this.#steps) {
      const ms = nowMs - step.sinceMs;
      const site = sim.site("step", sim.current?.[0] ?? 0);
      if (ms >= timeoutMs) {
        expired(simulatorFault("ERR_BRIDGE_TIMEOUT", site, `has not ended within ${timeoutMs} ms`));
        return;
      }
      if (ms < warningMs || step.warned) continue;
      step.warned = true;
      const text = `simulator ${sim.sid}: its step at time ${site.time} goes on for ${(ms / 1000).toFixed(1)} s`;
      process.emitWarning(text, { type: "CosimasWarning", code: "COSIMAS_SLOW_STEP" });
    }
  }
}
