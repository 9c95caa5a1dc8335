import type { TraceEvent } from "../trace.ts";

/** What the world outside did to a run: with these and the agents' code the run can be made again. */
export interface FeedEntry {
  readonly kind: "feed";
  /** What was done, as `spawn`, `input`, `call` or `advance`; the file does not look at it. */
  readonly op: string;
  /** Simulation time in whole ticks since the start. */
  readonly ticks: number;
  /** Round within the tick. */
  readonly round: number;
  readonly content: readonly unknown[];
}

/** One line of a run: what happened in it, or what was done to it. */
export type RunEntry = TraceEvent | FeedEntry;

/** Says which run it is, in MCAP's metadata record `run`: no wall time, no host, no number of containers. */
export interface RunHeader {
  /** Version of the layout. */
  readonly format: 1;
  readonly seed: number | string;
  /** Calendar time of tick 0, ISO 8601 in UTC. */
  readonly start: string;
  readonly ticksPerSecond: number;
  readonly versions: { readonly cosimas: string; readonly node: string; readonly v8: string };
  /** The scenario's files with the SHA-256 of each in hexadecimal digits. */
  readonly modules: readonly { readonly path: string; readonly sha256: string }[];
  /** Plain JSON: what the run was started with. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** What stands at the end of a run file, in MCAP's metadata record `summary`. */
export interface RunSummary {
  /** Hash of the run's trace, if whoever closed the file knew it. */
  readonly traceHash: string | undefined;
  /** Number of entries in the file. */
  readonly entries: number;
  /** Simulation time of the last entry. */
  readonly ticks: number;
  /** Why entries are missing after the last one, if the file was recovered or its disk failed. */
  readonly gap?: string | undefined;
}
