import type { SimulationClock } from "../clock/simulation-clock.ts";
import { ZenoError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { NAMED_AGENTS_MAX } from "./faults.ts";
import { byCodeUnits } from "./round.ts";

/** Last rounds before the bound whose agents are taken for those of the endless exchange. */
export const CHAIN_ROUNDS = 10;

/** The error of a time at which agents go on exchanging without end. */
export function zeno(limits: Limits, clock: SimulationClock, round: number, chain: ReadonlySet<string>): ZenoError {
  const agents = [...chain].sort(byCodeUnits).slice(0, NAMED_AGENTS_MAX);
  const text =
    `more than ${limits.roundsMax} rounds at ${clock.time()} s without settling; ` +
    `still exchanging: ${agents.join(", ")}`;
  return new ZenoError("ERR_ZENO", text, { agent: agents[0] ?? "", tag: { ticks: clock.ticks, round } });
}
