import { RunError } from "../errors.ts";
import { endTicks, turn, watchTicks } from "./drain.ts";
import type { Faults } from "./faults.ts";
import type { Kernel } from "./kernel.ts";
import { watchRejections } from "./rejections.ts";
import { endTraps, setTraps } from "./traps.ts";

/**
 * A stretch of a run in which rounds are served: `body` serves them. While it lasts the run is `advancing`, ticks are
 * counted and rejections that nobody handled are taken, and a strict container's traps stand.
 *
 * If it throws, the run has failed: what waits outside is rejected, and the error goes on to the caller.
 */
export async function stretch(kernel: Kernel, faults: Faults, body: () => Promise<void>): Promise<void> {
  kernel.phase = "advancing";
  const unwatch = watchRejections(faults.onRejection);
  watchTicks();
  if (kernel.strict !== undefined) setTraps();
  try {
    // Always begin in a microtask: called from a socket or timer, ticks would else run before microtasks.
    await undefined;
    await body();
    kernel.phase = "idle";
  } catch (error) {
    kernel.phase = "failed";
    kernel.failure = error;
    kernel.serving = false;
    await turn(); // what agents left rejected is reported now, while it is still known whose it is
    kernel.outside.end(new RunError("ERR_RUN_FAILED", "the run has failed", { cause: error }));
    throw error;
  } finally {
    if (kernel.strict !== undefined) endTraps();
    kernel.tracer.flush();
    endTicks();
    unwatch();
  }
}
