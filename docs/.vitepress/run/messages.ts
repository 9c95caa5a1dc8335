/** What the page asks of its worker, and what the worker tells it. */

/** Run a program, once: a worker is used for one run. */
export interface RunRequest {
  /** What stands in the block. */
  readonly code: string;
  /** The same without types, if it is known; otherwise the worker strips them. */
  readonly js?: string | undefined;
}

/** An event of the run, as a row. */
export interface EventRow {
  readonly timeS: number;
  readonly round: number;
  readonly agent: string;
  readonly what: string;
}

export type RunMessage =
  | { readonly kind: "started" }
  | { readonly kind: "printed"; readonly stream: "out" | "error"; readonly text: string }
  | { readonly kind: "events"; readonly rows: readonly EventRow[]; readonly count: number }
  | { readonly kind: "failed"; readonly text: string }
  /** The program is over; `hashes` has the trace hash of each of its containers. */
  | { readonly kind: "ended"; readonly hashes: readonly string[]; readonly leftOut: number };

/** Lines that are shown; a program may print more. */
export const LINES_MAX = 1000;
/** Events that are shown. */
export const EVENTS_MAX = 300;
/** Wall time after which a program is stopped, in milliseconds. */
export const RUN_MS_MAX = 30_000;
