import type { Time } from "../../../src/cosim/index.ts";
import { after, RunError, wallMs, warn } from "../../../src/cosim/index.ts";
import type { SimNode } from "./sim-node.ts";

/**
 * Keeps a run at the pace of wall time. Every step is due at an absolute time since its start: none begins early,
 * and what one is late by does not delay the others.
 */
export class Pace {
  readonly #msPerStep: number;
  readonly #strict: boolean;
  readonly #warned = new Set<SimNode>();
  #originMs = 0;
  #pausedMs: number | undefined;
  #wake: () => void = () => {};
  #cancel: () => void = () => {};
  #timerTime: Time | undefined;

  /** @param strict - Is a late step an error? */
  constructor(msPerStep: number, strict: boolean) {
    this.#msPerStep = msPerStep;
    this.#strict = strict;
  }

  /** The run goes on from `from` at this moment; `wake` is called when a time that was waited for is due. */
  start(wake: () => void, from: Time): void {
    this.#wake = wake;
    this.#originMs = wallMs() - from * this.#msPerStep;
  }

  stop(): void {
    this.#clear();
    this.#wake = () => {};
  }

  /** Is `time` not due yet? Then this wakes the run when it is, unless it is asked for another time before. */
  waitsFor(time: Time): boolean {
    const leftMs = this.#originMs + time * this.#msPerStep - wallMs();
    if (leftMs <= 0) return false;
    if (this.#timerTime === time) return true;
    this.#clear();
    this.#timerTime = time;
    this.#cancel = after(Math.ceil(leftMs), () => {
      this.#timerTime = undefined;
      this.#wake();
    });
    return true;
  }

  /** Wall time does not count until {@link resume}. */
  pause(): void {
    this.#pausedMs ??= wallMs();
    this.#clear();
  }

  resume(): void {
    if (this.#pausedMs !== undefined) this.#originMs += wallMs() - this.#pausedMs;
    this.#pausedMs = undefined;
  }

  /**
   * A step at `time` is finished. It is late if the next time was due before: then it warns, once for each simulator.
   *
   * @throws `RunError` `ERR_RUN_TOO_SLOW` instead, in strict mode.
   */
  check(sim: SimNode, time: Time): void {
    const lateMs = wallMs() - (this.#originMs + (time + 1) * this.#msPerStep);
    if (lateMs <= 0) return;
    const text = `simulator ${sim.sid}: its step at time ${time} ended ${lateMs.toFixed(1)} ms after time ${time + 1} was due`;
    if (this.#strict) throw new RunError("ERR_RUN_TOO_SLOW", text);
    if (this.#warned.has(sim)) return;
    this.#warned.add(sim);
    warn(text, "COSIMAS_TOO_SLOW");
  }

  #clear(): void {
    this.#cancel();
    this.#timerTime = undefined;
  }
}
