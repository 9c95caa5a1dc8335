import type { Time } from "../../../src/cosim/index.ts";
import { RunError } from "../../../src/index.ts";
import type { SimRunner } from "./sim-runner.ts";

/** Longest delay of a Node timer, in milliseconds; a longer one would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/**
 * Keeps a run at the pace of wall time. Every step is due at an absolute time since the run's start: none begins early,
 * and what one is late by does not delay the others.
 */
export class Pace {
  readonly #msPerStep: number;
  readonly #strict: boolean;
  readonly #warned = new Set<SimRunner>();
  #originMs = 0;
  #pausedMs: number | undefined;
  #wake: () => void = () => {};
  #timer: NodeJS.Timeout | undefined;
  #timerTime: Time | undefined;

  /** @param strict - Is a late step an error? */
  constructor(msPerStep: number, strict: boolean) {
    this.#msPerStep = msPerStep;
    this.#strict = strict;
  }

  /** The run starts at this moment; `wake` is called when a time that was waited for is due. */
  start(wake: () => void): void {
    this.#wake = wake;
    this.#originMs = performance.now();
  }

  stop(): void {
    this.#clear();
    this.#wake = () => {};
  }

  /** Is `time` not due yet? Then this wakes the run when it is, unless it is asked for another time before. */
  waitsFor(time: Time): boolean {
    const leftMs = this.#originMs + time * this.#msPerStep - performance.now();
    if (leftMs <= 0) return false;
    if (this.#timerTime === time) return true;
    this.#clear();
    this.#timerTime = time;
    this.#timer = setTimeout(
      () => {
        this.#timerTime = undefined;
        this.#wake();
      },
      Math.min(Math.ceil(leftMs), DELAY_MS_MAX),
    );
    return true;
  }

  /** Wall time does not count until {@link resume}. */
  pause(): void {
    this.#pausedMs ??= performance.now();
    this.#clear();
  }

  resume(): void {
    if (this.#pausedMs !== undefined) this.#originMs += performance.now() - this.#pausedMs;
    this.#pausedMs = undefined;
  }

  /**
   * A step at `time` is finished. It is late if the next time was due before: then it warns, once for each simulator.
   *
   * @throws `RunError` `ERR_RUN_TOO_SLOW` instead, in strict mode.
   */
  check(sim: SimRunner, time: Time): void {
    const lateMs = performance.now() - (this.#originMs + (time + 1) * this.#msPerStep);
    if (lateMs <= 0) return;
    const text = `simulator ${sim.sid}: its step at time ${time} ended ${lateMs.toFixed(1)} ms after time ${time + 1} was due`;
    if (this.#strict) throw new RunError("ERR_RUN_TOO_SLOW", text);
    if (this.#warned.has(sim)) return;
    this.#warned.add(sim);
    process.emitWarning(text, { type: "CosimasWarning", code: "COSIMAS_TOO_SLOW" });
  }

  #clear(): void {
    clearTimeout(this.#timer);
    this.#timerTime = undefined;
  }
}
