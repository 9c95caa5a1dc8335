import { wallMs as nowMs, type SimId } from "../../../src/cosim/index.ts";
import type { Stopwatch } from "../scheduler/stopwatch.ts";

/** What one simulator did in a run, in wall time. */
export interface SimulatorSummary {
  readonly sid: SimId;
  readonly steps: number;
  /** Time in which a step of it was being made, in milliseconds; steps of others may overlap with it. */
  readonly busyMs: number;
  /** Time in which its next step waited for others, in milliseconds, by the one that it waited for; an object in JSON. */
  readonly waitedMs: ReadonlyMap<SimId, number>;
}

/** What a world's runs have taken, in wall time. It says nothing of simulated time, and is in no trace. It can be JSON. */
export interface RunSummary {
  readonly wallMs: number;
  /** In the order of starting. */
  readonly simulators: readonly SimulatorSummary[];
}

/** Wall time of a world's runs. */
export class WallTime {
  #startMs: number | undefined;
  /** Of the runs before. */
  #beforeMs = 0;

  start(): void {
    this.#startMs = nowMs();
  }

  end(): void {
    this.#beforeMs = this.ms;
    this.#startMs = undefined;
  }

  /** Milliseconds of all runs, so far; 0 before the first. */
  get ms(): number {
    return this.#beforeMs + (this.#startMs === undefined ? 0 : nowMs() - this.#startMs);
  }
}

/** Becomes an object in JSON, where a Map would be lost. */
class Waits extends Map<SimId, number> {
  toJSON(): Record<SimId, number> {
    return Object.fromEntries(this);
  }
}

/** The summary of runs that have taken `wallMs`. */
export function summarize<S extends { readonly sid: SimId }>(
  sims: Iterable<S>,
  stopwatchOf: (sim: S) => Stopwatch | undefined,
  wallMs: number,
): RunSummary {
  const simulators = Array.from(sims, (sim) => {
    const { steps = 0, busyMs = 0, waitedMs = [] } = stopwatchOf(sim) ?? {};
    return { sid: sim.sid, steps, busyMs, waitedMs: new Waits(waitedMs) };
  });
  return { wallMs, simulators };
}

/** A summary as a table: a line for each simulator, the busiest first. */
export function summaryTable({ wallMs, simulators }: RunSummary): string {
  const rows = [...simulators]
    .sort((a, b) => b.busyMs - a.busyMs)
    .map(({ sid, steps, busyMs, waitedMs }) => {
      const longest = [...waitedMs].sort(([, a], [, b]) => b - a)[0];
      const waited = [...waitedMs.values()].reduce((sum, ms) => sum + ms, 0);
      const share = wallMs > 0 ? `${((100 * busyMs) / wallMs).toFixed(1)} %` : "";
      const on = longest === undefined ? "" : longest[0];
      return [sid, String(steps), seconds(busyMs), share, seconds(waited), on];
    });
  const table = [["simulator", "steps", "busy", "of the run", "waited", "most for"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 || i === row.length - 1 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)));
  return [...table.map((row) => line(row).join("  ").trimEnd()), `wall time ${seconds(wallMs)}`].join("\n");
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}
