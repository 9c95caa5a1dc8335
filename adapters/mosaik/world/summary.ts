import type { SimId } from "../../../src/cosim/index.ts";

/** What one simulator did in a run, in wall time. */
export interface SimulatorSummary {
  readonly sid: SimId;
  readonly steps: number;
  /** Time in which a step of it was being made, in milliseconds; steps of others may overlap with it. */
  readonly busyMs: number;
  /** Time in which its next step waited for others, in milliseconds, by the one that it waited for. */
  readonly waitedMs: ReadonlyMap<SimId, number>;
}

/** What a run has taken, in wall time. It says nothing of simulated time, and is in no trace. */
export interface RunSummary {
  readonly wallMs: number;
  /** In the order of starting. */
  readonly simulators: readonly SimulatorSummary[];
}

/** Takes the times of one simulator. */
export class Stopwatch {
  steps = 0;
  busyMs = 0;
  readonly waitedMs = new Map<SimId, number>();
  #since = 0;
  #on: SimId | undefined;

  /** A step begins. */
  begin(): void {
    this.#since = performance.now();
  }

  /** It is over. */
  end(): void {
    this.steps++;
    this.busyMs += performance.now() - this.#since;
  }

  /** From now on its next step waits for `on`. */
  wait(on: SimId): void {
    if (this.#on === on) return;
    this.goOn();
    this.#on = on;
    this.#since = performance.now();
  }

  /** It waits no more. */
  goOn(): void {
    if (this.#on === undefined) return;
    this.waitedMs.set(this.#on, (this.waitedMs.get(this.#on) ?? 0) + performance.now() - this.#since);
    this.#on = undefined;
  }
}

/** Wall time of one run. */
export class WallTime {
  #startMs: number | undefined;
  #endMs: number | undefined;

  start(): void {
    this.#startMs = performance.now();
  }

  end(): void {
    this.#endMs = performance.now();
  }

  /** Milliseconds of the run, or so far; 0 before it. */
  get ms(): number {
    return this.#startMs === undefined ? 0 : (this.#endMs ?? performance.now()) - this.#startMs;
  }
}

/** The summary of a run that has taken `wallMs`. */
export function summarize(
  sims: Iterable<{ readonly sid: SimId; readonly stopwatch: Stopwatch }>,
  wallMs: number,
): RunSummary {
  const simulators = [...sims].map(({ sid, stopwatch: { steps, busyMs, waitedMs } }) => {
    return { sid, steps, busyMs, waitedMs: new Map(waitedMs) };
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
