import type { SimId, Time } from "../../../src/cosim/index.ts";
import {
  boolean,
  checkArgument,
  checkOptions,
  func,
  number,
  type OptionChecks,
  required,
  shown,
  signal,
  string,
  TICKS_PER_SECOND,
  unsupported,
} from "../../../src/cosim/index.ts";

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

const WORLD_CHECKS: OptionChecks<WorldOptions> = {
  timeResolution: number({ above: 0, unit: "seconds" }),
  cache: boolean,
  maxLoopIterations: number({ integer: true, min: 1 }),
  stepWarningMs: number({ above: 0, unit: "milliseconds" }),
  stepTimeoutMs: number({ above: 0, unit: "milliseconds" }),
  startTimeoutMs: number({ above: 0, unit: "milliseconds" }),
  stopTimeoutMs: number({ above: 0, unit: "milliseconds" }),
  onOutput: func,
  debug: boolean,
};

/** Check and complete a world's options. */
export function checkWorld(options: WorldOptions): WorldSettings {
  checkOptions("World", options, WORLD_CHECKS);
  const { timeResolution = 1, cache = true, maxLoopIterations = 100, debug = false } = options;
  const { stepWarningMs = 30_000, stepTimeoutMs = 600_000, startTimeoutMs = 10_000, stopTimeoutMs = 10_000 } = options;
  const { onOutput = printOutput } = options;
  if (debug) throw unsupported("debug: true", "attach an observer instead");
  const times = { stepWarningMs, stepTimeoutMs, startTimeoutMs, stopTimeoutMs };
  return { timeResolution, cache, maxLoopIterations, onOutput, ...times };
}

function printOutput(sid: SimId, line: string): void {
  process.stderr.write(`[${sid}] ${line}\n`);
}

/** Refuse a time that is no step. */
export function checkTime(of: string, time: unknown): void {
  checkArgument(of, "time", time, number({ integer: true, min: 0, unit: "in steps" }));
}

/** Refuse a run whose end ticks cannot count, or without a pace. */
export function checkRun(options: RunOptions, timeResolution: number): RunOptions {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`run: it takes its options by name, as run({ until: 10 }), got ${shown(options)}`);
  }
  const last = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, timeResolution * TICKS_PER_SECOND));
  checkOptions<RunOptions>("run", options, {
    until: required(number({ integer: true, min: 1, max: last })),
    progress: func,
    signal,
    rtFactor: number({ above: 0 }),
    rtStrict: boolean,
    lazyStepping: boolean,
  });
  return options;
}

/** Names of mosaik's that would reach the simulator's `init` unnoticed, and what stands here for them. */
const START_NAMES: Readonly<Record<string, string>> = {
  sim_id: 'simId, as start("Grid", { simId: "grid" })',
  time_resolution: "the world's own option, as new World(config, { timeResolution: 60 })",
  timeResolution: "the world's own option, as new World(config, { timeResolution: 60 })",
};

/** Refuse what is no set of parameters. */
export function checkStart(name: unknown, params: unknown): void {
  checkArgument("start", "name", name, string);
  if (typeof params !== "object" || params === null || Array.isArray(params)) {
    throw new TypeError(`start(${name}): parameters have names, as start("${name}", { a: 1 }), got ${shown(params)}`);
  }
  for (const [given, instead] of Object.entries(START_NAMES)) {
    if (Object.hasOwn(params, given)) throw new TypeError(`start(${name}): there is no ${given}; write ${instead}`);
  }
}
