import { ScenarioError } from "../../src/index.ts";
import type { SimRunner } from "./sim-runner.ts";

/**
 * Rank the simulators: one that another gets unshifted inputs from ranks below it, so that serving one time in the
 * order of ranks lets every step see what its sources put out at that time.
 *
 * @throws `ScenarioError` `ERR_SCENARIO_CYCLE` if connections without a time shift form a cycle; the message
 *   names a connection for each part of it.
 *
 * Source: Kahn, "Topological sorting of large networks", CACM 5 (1962); a rank is the length of the longest path.
 */
export function rankSimulators(sims: readonly SimRunner[]): void {
  const open = new Map<SimRunner, number>();
  for (const sim of sims) {
    sim.rank = 0;
    open.set(sim, sim.incoming.filter(({ shift }) => shift === 0).length);
  }
  const ready = sims.filter((sim) => open.get(sim) === 0);
  for (const sim of ready) {
    open.delete(sim);
    for (const { dest, shift } of sim.outgoing) {
      if (shift > 0) continue;
      dest.rank = Math.max(dest.rank, sim.rank + 1);
      const left = open.get(dest)! - 1;
      open.set(dest, left);
      if (left === 0) ready.push(dest);
    }
  }
  if (open.size > 0) throw cycleError(open);
}

/** Every simulator in `stuck` has a source in `stuck`: going from source to source must come round. */
function cycleError(stuck: ReadonlyMap<SimRunner, number>): ScenarioError {
  const path: SimRunner[] = [];
  let sim = stuck.keys().next().value!;
  while (!path.includes(sim)) {
    path.push(sim);
    sim = sim.incoming.find(({ source, shift }) => shift === 0 && stuck.has(source))!.source;
  }
  const cycle = path.slice(path.indexOf(sim)).reverse();
  const parts = cycle.map((source, i) => {
    const dest = cycle[(i + 1) % cycle.length]!;
    const { connections } = source.outgoing.find((link) => link.dest === dest && link.shift === 0)!;
    const more = connections.length > 1 ? ` (and ${connections.length - 1} more)` : "";
    return `${connections[0]!.connection}${more}`;
  });
  const advice = "make one of these connections timeShifted and give it initialData";
  const text = `connections form a cycle without delay: ${parts.join("; ")}; ${advice}`;
  return new ScenarioError("ERR_SCENARIO_CYCLE", text);
}
