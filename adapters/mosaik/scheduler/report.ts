import type { Time } from "../../../src/cosim/index.ts";
import { PlacedInputs, RunError, type TraceEvent, ticksOf, withoutFloats } from "../../../src/cosim/index.ts";
import type { Agenda, Page } from "./agenda.ts";
import type { Cursor, StepOutcome } from "./cursor.ts";
import { comparePositions, type Ranked, type TieredTime } from "./tiered-time.ts";

/** A step that failed. */
export interface Failure {
  readonly place: Ranked;
  readonly time: TieredTime;
  readonly error: unknown;
}

/** Does the step at `time` of the simulator at `place` come before the one that failed? */
export function isBeforeFailure(place: Ranked, time: TieredTime, failure: Failure | undefined): boolean {
  return failure === undefined || comparePositions(place, time, failure.place, failure.time) < 0;
}

/** What a step is reported as. */
export function stepEvent(
  { node, plan }: Cursor,
  time: Time,
  outcome: StepOutcome,
  timeResolution: number,
): TraceEvent {
  const { next, values } = outcome;
  const taken = outcome.inputs instanceof PlacedInputs ? outcome.inputs.toData() : outcome.inputs;
  const inputs = node.remote === undefined ? taken : withoutFloats(taken);
  const tag = { ticks: ticksOf(time, timeResolution), round: 0 };
  const outputs = plan.ports.toData(values);
  return { kind: "step", ...tag, sim: node.sid, time, next: next ?? undefined, inputs, outputs };
}

/** The events of a time that is over. */
export function pageEvents({ time, reported }: Page, timeResolution: number): TraceEvent[] {
  const tick: TraceEvent = { kind: "tick", ticks: ticksOf(time, timeResolution), round: 0 };
  return [tick, ...reported.map(({ event }) => event)];
}

/** Of the times that are not over when a run ends, those with steps that were made before the one that failed, if one has. */
export function leftPages(agenda: Agenda, failure: Failure | undefined): Page[] {
  const pages: Page[] = [];
  for (let page = agenda.take(); page !== undefined; page = agenda.take()) {
    const reported = page.reported.filter(({ place, time }) => isBeforeFailure(place, time, failure));
    if (reported.length > 0) pages.push({ ...page, reported });
  }
  return pages;
}

/** `sim` would make a sub-step too many at `time`. */
export function loopError(
  sim: Cursor,
  time: TieredTime,
  sims: Iterable<Cursor>,
  limits: { readonly maxLoopIterations: number; readonly timeResolution: number },
): RunError {
  const isIn = ({ last, unfinished }: Cursor) =>
    [last, unfinished].some((at) => at !== undefined && at[0] === time[0] && at.slice(1).some((tier) => tier > 0));
  const members = [...sims].filter(isIn).map(({ node }) => node.sid);
  const text =
    `simulator ${sim.node.sid} would make more than maxLoopIterations = ${limits.maxLoopIterations} sub-steps at time ` +
    `${time[0]} (${time.join(":")}); in the loop: ${members.join(", ")}`;
  return new RunError("ERR_RUN_LOOP", text, { tag: { ticks: ticksOf(time[0], limits.timeResolution), round: 0 } });
}

/**
 * How far a run is: the mean of all simulators' times, in percent of its end; of one without a next step, the time at
 * which others may cause one.
 *
 * Source: mosaik `scheduler.get_progress`.
 */
export function meanProgress(cursors: Iterable<Cursor>, until: Time): number {
  let total = 0;
  let count = 0;
  for (const { unfinished, ancestors } of cursors) {
    let time = Math.min(until, unfinished[0]);
    for (const { sim, ways } of ancestors) {
      for (const { tiers } of ways) time = Math.min(time, sim.unfinished[0] + tiers[0]!);
    }
    total += time;
    count++;
  }
  return (total / count / until) * 100;
}
