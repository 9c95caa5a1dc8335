import { RunError } from "../errors.ts";
import { endTicks, turn, watchTicks } from "./drain.ts";
import type { Faults } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { watchRejections } from "./rejections.ts";
import { endTraps, setTraps } from "./traps.ts";

/**
 * A stretch of a run in which rounds are served. While it lasts the run is `advancing`, ticks are counted and rejections
 * that nobody handled are taken, and a strict container's traps stand. Whoever begins one ends it, by `end` or `fail`.
 */
export class Stretch {
  readonly #kernel: Kernel;
  readonly #unwatch: () => void;

  constructor(kernel: Kernel, faults: Faults) {
    this.#kernel = kernel;
    kernel.phase = "advancing";
    this.#unwatch = watchRejections(faults.onRejection);
    watchTicks();
    if (kernel.strict !== undefined) setTraps();
  }

  /** Everything has settled. */
  end(): void {
    this.#kernel.phase = "idle";
    this.#leave();
  }

  /** The run has failed with `error`: what waits outside is rejected. */
  async fail(error: unknown): Promise<void> {
    const kernel = this.#kernel;
    kernel.phase = "failed";
    kernel.failure = error;
    kernel.serving = false;
    await turn(); // what agents left rejected is reported now, while it is still known whose it is
    kernel.outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
    this.#leave();
  }

  #leave(): void {
    if (this.#kernel.strict !== undefined) endTraps();
    this.#kernel.tracer.flush();
    endTicks();
    this.#unwatch();
  }
}

/** A stretch in which `body` serves rounds. If it throws, the run has failed, and the error goes on to the caller. */
export async function stretch(kernel: Kernel, faults: Faults, body: () => Promise<void>): Promise<void> {
  const whole = new Stretch(kernel, faults);
  try {
    // Always begin in a microtask: called from a socket or timer, ticks would else run before microtasks.
    await undefined;
    await body();
  } catch (error) {
    await whole.fail(error);
    throw error;
  }
  whole.end();
}
