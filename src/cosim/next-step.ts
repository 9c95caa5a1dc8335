import { type CallSite, simulatorFault } from "./fault.ts";
import type { SimulatorType, Time } from "./types.ts";

/**
 * Check what `step` answered: the time of the next step, an integer later than this one, or null for none.
 *
 * @throws `BridgeError` `ERR_BRIDGE_NEXT_STEP`; so, too, if a time-based simulator names none.
 *
 * Source: mosaik `scheduler.step`.
 */
export function checkNextStep(site: CallSite, type: SimulatorType, next: Time | null): Time | null {
  if (next === null || next === undefined) {
    if (type !== "time-based") return null;
    throw refused(site, `${next}; a time-based simulator must name its next step`);
  }
  if (!Number.isSafeInteger(next)) {
    const shown = typeof next === "number" ? String(next) : `a ${typeof next}, ${String(next)}`;
    throw refused(site, `${shown}; the next step must be an integer`);
  }
  if (next <= site.time!) throw refused(site, `${next}; the next step must be later than ${site.time}`);
  return next;
}

function refused(site: CallSite, problem: string): Error {
  return simulatorFault("ERR_BRIDGE_NEXT_STEP", site, `returned ${problem}`);
}
