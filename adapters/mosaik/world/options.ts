import type { SimId, Time } from "../../../src/cosim/index.ts";
import { TICKS_PER_SECOND, unsupported } from "../../../src/cosim/index.ts";

/** What a world is like. */
export interface WorldOptions {
  /** Seconds in one step; finite and > 0, default 1. */
  timeResolution?: number;
  /**
   * Are persistent outputs kept, and pulled by a step that needs them? Default true; otherwise they are pushed to where
   * they go and remembered there.
   */
  cache?: boolean;
  /** Sub-steps of one simulator at one time that end the run with `ERR_RUN_LOOP`; an integer >= 1, default 100. */
  maxLoopIterations?: number;
  /** Milliseconds of wall time after which a step that goes on is warned of, by simulator and time; default 30 s. */
  stepWarningMs?: number;
  /** Milliseconds of wall time after which a step that goes on ends the run with `ERR_BRIDGE_TIMEOUT`; default 10 min. */
  stepTimeoutMs?: number;
  /** Milliseconds of wall time until a simulator is connected, and for its `init`; default 10 s. */
  startTimeoutMs?: number;
  /**
   * Milliseconds of wall time that a remote simulator has to end after stop; default 10 s. A process that the world has
   * started then gets SIGTERM, and 2 s later SIGKILL. After a call that has not ended it is 1 s.
   */
  stopTimeoutMs?: number;
  /**
   * Told every line that a simulator's process writes. Default: the line goes to standard error, after the simulator's
   * id in brackets.
   */
  onOutput?: (sid: SimId, line: string) => void;
  /** mosaik's execution graph; not supported: `true` is refused. */
  debug?: boolean;
}

/** Options of a world with all defaults. */
export type WorldSettings = Readonly<Required<Omit<WorldOptions, "debug">>>;

/** Where a run is. */
export interface RunProgress {
  /** Time that has just been finished, in steps. */
  readonly time: Time;
  /** The same in seconds. */
  readonly timeS: number;
  /** End of the run, in steps. */
  readonly until: Time;
  /** Part of the run that is over, > 0 and <= 1: it counts up to the next step. */
  readonly fraction: number;
}

/** How to run. */
export interface RunOptions {
  /** End of the run in steps, an integer >= 1; no step is made at or after it. */
  until: Time;
  /** Called after each time at which something stepped. */
  progress?: (progress: RunProgress) => void;
  /** Ends the run with `ERR_RUN_ABORTED` before its next time. */
  signal?: AbortSignal;
  /**
   * Run in real time: seconds of wall time for one simulated second, > 0. No step begins before it is due, counted from
   * the start of the run. Default: as fast as possible.
   */
  rtFactor?: number;
  /** Is it an error if a step ends after the time after its own was due? Default false: it warns. */
  rtStrict?: boolean;
  /**
   * Does a simulator wait for those that get its outputs, and run ahead of them by one step only? Default true;
   * otherwise more steps may overlap, and more outputs are kept.
   */
  lazyStepping?: boolean;
}

/** Parameters of `start`: `simId`, by default `<name>-<n>`, and what goes to the simulator's `init`. */
export interface StartParams {
  readonly simId?: SimId;
  readonly [param: string]: unknown;
}

/** Check and complete a world's options. */
export function checkWorld(options: WorldOptions): WorldSettings {
  const { timeResolution = 1, cache = true, maxLoopIterations = 100, debug = false } = options;
  const { stepWarningMs = 30_000, stepTimeoutMs = 600_000, startTimeoutMs = 10_000, stopTimeoutMs = 10_000 } = options;
  const { onOutput = printOutput } = options;
  const times = { stepWarningMs, stepTimeoutMs, startTimeoutMs, stopTimeoutMs };
  for (const [name, value] of Object.entries({ timeResolution, ...times })) {
    if (Number.isFinite(value) && value > 0) continue;
    throw new RangeError(`${name} must be a finite number > 0, got ${value}`);
  }
  if (!(Number.isSafeInteger(maxLoopIterations) && maxLoopIterations >= 1)) {
    throw new RangeError(`maxLoopIterations must be an integer >= 1, got ${maxLoopIterations}`);
  }
  if (debug) throw unsupported("debug: true", "attach an observer instead");
  return { timeResolution, cache, maxLoopIterations, onOutput, ...times };
}

function printOutput(sid: SimId, line: string): void {
  process.stderr.write(`[${sid}] ${line}\n`);
}

/** Refuse a time that is no step. */
export function checkTime(name: string, time: unknown): void {
  if (Number.isSafeInteger(time) && (time as Time) >= 0) return;
  throw new RangeError(`${name} must be an integer >= 0, got ${shown(time)}`);
}

/** A value in an error: a text shows its quotes. */
function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Refuse a run whose end ticks cannot count, or without a pace. */
export function checkRun(options: RunOptions, timeResolution: number): RunOptions {
  const { until, rtFactor } = options;
  const last = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, timeResolution * TICKS_PER_SECOND));
  if (!(Number.isSafeInteger(until) && until >= 1 && until <= last)) {
    throw new RangeError(`until must be an integer from 1 to ${last}, got ${until}`);
  }
  if (rtFactor !== undefined && !(Number.isFinite(rtFactor) && rtFactor > 0)) {
    throw new RangeError(`rtFactor must be a finite number > 0, got ${rtFactor}`);
  }
  return options;
}
