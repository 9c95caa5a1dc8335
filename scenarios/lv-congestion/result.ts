import type { QuarterHour } from "./collector.ts";
import { VM_MAX_PU, VM_MIN_PU } from "./connections.ts";
import { STEP_H, STEP_S, STEPS_PER_DAY } from "./grid/index.ts";

/** Loading at which the transformer is at its rating, and what rounding may leave above it. */
const LOADING_MAX_PERCENT = 100 + 1e-9;

/** A run in figures. */
export interface Summary {
  readonly loadingMaxPercent: number;
  /** Quarter hours with the transformer over its rating. */
  readonly overloaded: readonly number[];
  readonly vmMinPu: number;
  readonly vmMaxPu: number;
  /** Quarter hours with a voltage out of bounds. */
  readonly outOfBounds: readonly number[];
  readonly curtailedMwh: number;
  readonly pvMwh: number;
  /** Energy that went into the storages, and that came back. */
  readonly chargedMwh: number;
  readonly dischargedMwh: number;
  /** By how much the agents assumed the load lower than last seen: mean and highest, in MW. */
  readonly marginMeanMw: number;
  readonly marginMaxMw: number;
}

/** Figures of a run. */
export function summarize(run: readonly QuarterHour[]): Summary {
  const highest = (of: (q: QuarterHour) => number) => run.reduce((most, q) => Math.max(most, of(q)), -Infinity);
  const energy = (of: (q: QuarterHour) => number) => run.reduce((sum, q) => sum + of(q) * STEP_H, 0);
  const where = (is: (q: QuarterHour) => boolean) => run.flatMap((q, step) => (is(q) ? [step] : []));
  const storages = (q: QuarterHour, sign: number) =>
    total(Object.values(q.storageMw).map((mw) => Math.max(0, sign * mw)));
  return {
    loadingMaxPercent: highest((q) => q.loadingPercent),
    overloaded: where((q) => q.loadingPercent > LOADING_MAX_PERCENT),
    vmMinPu: -highest((q) => -q.vmMinPu),
    vmMaxPu: highest((q) => q.vmMaxPu),
    outOfBounds: where((q) => q.vmMaxPu > VM_MAX_PU || q.vmMinPu < VM_MIN_PU),
    curtailedMwh: energy((q) => q.curtailedMw),
    pvMwh: energy((q) => total(Object.values(q.pvMw))),
    chargedMwh: energy((q) => storages(q, 1)),
    dischargedMwh: energy((q) => storages(q, -1)),
    marginMeanMw: total(run.map((q) => q.marginMw ?? 0)) / run.length,
    marginMaxMw: highest((q) => q.marginMw ?? 0),
  };
}

/**
 * Why a quarter hour of a controlled run was over the rating.
 *
 * @param step - Its index in the run.
 */
export function reasonFor(run: readonly QuarterHour[], step: number): string {
  const now = run[step]!;
  const before = run[step - 1];
  if (before === undefined || now.marginMw === undefined)
    return "the first quarter hour: nothing had been measured yet";
  const expectedMw = residualMw(before) - now.marginMw;
  const shortKw = (expectedMw - residualMw(now)) * 1000;
  if (shortKw > 0) return `the loads fell ${shortKw.toFixed(1)} kW below the lowest that was seen in the days before`;
  return "plants and storages could not give way any further";
}

/** What flows in less what plants and storages do: loads and losses. */
function residualMw(q: QuarterHour): number {
  return q.flowMw + total(Object.values(q.pvMw)) - total(Object.values(q.storageMw));
}

/** Time of a step in the run, as `day 140 12:15`. */
export function timeOf(day: number, step: number): string {
  const minutes = (step % STEPS_PER_DAY) * (STEP_S / 60);
  const clock = [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, "0")).join(":");
  return `day ${day + Math.floor(step / STEPS_PER_DAY)} ${clock}`;
}

/** Sum of numbers. */
export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
