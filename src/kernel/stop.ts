import { RunError } from "../errors.ts";
import { settleStops } from "./externals.ts";
import type { Kernel } from "./kernel.ts";

/**
 * Close a run: call `stop` of all agents, reject what waits.
 *
 * @returns The error of a `stop` that failed or did not end in time.
 */
export function stopAll(kernel: Kernel): Promise<RunError | undefined> {
  const alive = [...kernel.registry].filter((record) => record.state !== "removed");
  kernel.serving = true;
  const stops = alive.map(async (record) => record.agent?.stop());
  kernel.serving = false;
  kernel.phase = "closed";
  kernel.outside.end(new RunError("ERR_RUN_CLOSED", "the container was closed"));
  for (const record of alive) {
    record.state = "removed";
    record.end(kernel.tag);
  }
  return settleStops(stops, kernel.limits.stopTimeoutMs);
}
