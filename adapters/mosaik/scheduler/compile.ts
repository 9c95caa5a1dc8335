import { setGuards } from "./guards.ts";
import { rankSimulators } from "./ranks.ts";
import type { SimRunner } from "./sim-runner.ts";

/**
 * Everything is connected: work out what the steps of `sims` wait for, and how values travel.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_CYCLE`; then nothing has changed that matters.
 */
export function compile(
  sims: readonly SimRunner[],
  options: { readonly cache: boolean; readonly lazy: boolean },
): void {
  rankSimulators(sims);
  setGuards(sims, options.lazy);
  for (const sim of sims) sim.prepare(options.cache);
  for (const sim of sims) sim.ready();
}
