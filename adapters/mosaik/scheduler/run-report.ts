import type { Time } from "../../../src/cosim/index.ts";
import { ticksOf } from "../../../src/cosim/index.ts";
import { RunError, type TraceEvent } from "../../../src/index.ts";
import type { Agenda, Page } from "./agenda.ts";
import { comparePositions } from "./position.ts";
import type { SimRunner } from "./sim-runner.ts";
import type { StepOutcome } from "./step-outcome.ts";
import type { TieredTime } from "./tiers.ts";

/** A step that failed. */
export interface Failure {
  readonly sim: SimRunner;
  readonly time: TieredTime;
  readonly error: unknown;
}

/** Does the step of `sim` at `time` come before the one that failed? */
export function isBeforeFailure(
  sim: Parameters<typeof comparePositions>[0],
  time: TieredTime,
  failure: Failure | undefined,
): boolean {
  return failure === undefined || comparePositions(sim, time, failure.sim, failure.time) < 0;
}

/** What a step is reported as. */
export function stepEvent(sim: SimRunner, time: Time, outcome: StepOutcome): TraceEvent {
  const { inputs, next, values } = outcome;
  return { kind: "step", sim: sim.sid, time, next: next ?? undefined, inputs, outputs: sim.outputs.toData(values) };
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
    const reported = page.reported.filter(({ sim, time }) => isBeforeFailure(sim, time, failure));
    if (reported.length > 0) pages.push({ ...page, reported });
  }
  return pages;
}

/** `sim` would make a sub-step too many at `time`. */
export function loopError(
  sim: SimRunner,
  time: TieredTime,
  sims: readonly SimRunner[],
  limits: { readonly maxLoopIterations: number; readonly timeResolution: number },
): RunError {
  const isIn = ({ last, unfinished }: SimRunner) =>
    [last, unfinished].some((at) => at !== undefined && at[0] === time[0] && at.slice(1).some((tier) => tier > 0));
  const members = sims.filter(isIn).map(({ sid }) => sid);
  const text =
    `simulator ${sim.sid} would make more than maxLoopIterations = ${limits.maxLoopIterations} sub-steps at time ${time[0]} ` +
    `(${time.join(":")}); in the loop: ${members.join(", ")}`;
  return new RunError("ERR_RUN_LOOP", text, { tag: { ticks: ticksOf(time[0], limits.timeResolution), round: 0 } });
}
