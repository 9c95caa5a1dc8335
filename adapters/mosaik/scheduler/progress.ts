import type { Time } from "../../../src/cosim/index.ts";
import type { SimRunner } from "./sim-runner.ts";

/**
 * How far a run is: the mean of all simulators' times, in percent of its end; of one without a next step, the time at
 * which others may cause one. 0 before the run.
 *
 * Source: mosaik `scheduler.get_progress`.
 */
export function meanProgress(sims: ReadonlySet<SimRunner>, until: Time | undefined): number {
  if (until === undefined) return 0;
  let total = 0;
  for (const sim of sims) {
    let time = Math.min(until, sim.unfinished[0]);
    for (const { sim: ancestor, ways } of sim.ancestors) {
      for (const { tiers } of ways) time = Math.min(time, ancestor.unfinished[0] + tiers[0]!);
    }
    total += time;
  }
  return (total / sims.size / until) * 100;
}
