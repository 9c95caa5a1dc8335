import { ScenarioError, TICKS_PER_SECOND } from "../../src/index.ts";
import { listed, unsupported } from "./fault.ts";
import { Simulator } from "./simulator.ts";
import type { SimId, Time } from "./types.ts";

/** How a simulator comes to be. */
export interface SimConfigEntry<S extends Simulator = Simulator> {
  /** Makes one in this process, for each `world.start`. */
  readonly simulator: () => S;
}

/** How simulators come to be, by the name that `world.start` is given. */
export type SimConfig = Readonly<Record<string, SimConfigEntry>>;

/** What a world is like. */
export interface WorldOptions {
  /** Seconds in one step; finite and > 0, default 1. */
  timeResolution?: number;
  /** Only `true`, the default, is supported: inputs are pulled from the sources' newest outputs. */
  cache?: boolean;
  /** mosaik's execution graph; not supported yet: `true` is refused. */
  debug?: boolean;
}

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
  /** Not supported yet: any value is refused. */
  rtFactor?: number;
  /** Not supported yet: `true` is refused. */
  rtStrict?: boolean;
  /** Only `true`, the default, is supported: no simulator runs ahead of another. */
  lazyStepping?: boolean;
}

/** Class of the simulator that a configuration calls `N`. */
export type SimulatorOf<C extends SimConfig, N extends keyof C> = ReturnType<C[N]["simulator"]>;

/** Parameters of `start`: `simId`, by default `<name>-<n>`, and what goes to the simulator's `init`. */
export interface StartParams {
  readonly simId?: SimId;
  readonly [param: string]: unknown;
}

/** Seconds in one step of a world with these options. */
export function resolutionOf(options: WorldOptions): number {
  const { timeResolution = 1, cache = true, debug = false } = options;
  if (!(Number.isFinite(timeResolution) && timeResolution > 0)) {
    throw new RangeError(`timeResolution must be a finite number of seconds > 0, got ${timeResolution}`);
  }
  if (!cache) throw unsupported("cache: false");
  if (debug) throw unsupported("debug: true", "attach an observer instead");
  return timeResolution;
}

/** Refuse a run that is not supported or has no end that ticks can count. */
export function checkRun(options: RunOptions, timeResolution: number): void {
  const { until, rtFactor, rtStrict, lazyStepping } = options;
  const last = Math.floor(Number.MAX_SAFE_INTEGER / Math.max(1, timeResolution * TICKS_PER_SECOND));
  if (!(Number.isSafeInteger(until) && until >= 1 && until <= last)) {
    throw new RangeError(`until must be an integer from 1 to ${last}, got ${until}`);
  }
  if (rtFactor !== undefined) throw unsupported("rtFactor");
  if (rtStrict) throw unsupported("rtStrict");
  if (lazyStepping === false) throw unsupported("lazyStepping: false");
}

/** A simulator as the configuration says. */
export function makeSimulator(config: SimConfig, name: string): Simulator {
  const entry: object | undefined = Object.hasOwn(config, name) ? config[name] : undefined;
  if (entry === undefined) {
    const text = `the configuration has no simulator "${name}"; it has: ${listed(Object.keys(config))}`;
    throw new ScenarioError("ERR_SCENARIO_UNKNOWN_SIMULATOR", text);
  }
  for (const how of ["cmd", "connect"]) {
    if (how in entry) throw unsupported(`simulator ${name}: a remote simulator ("${how}")`);
  }
  const { simulator } = entry as { simulator?: unknown };
  if (typeof simulator !== "function") {
    throw new TypeError(
      `simConfig.${name}.simulator must be a function that makes a Simulator, got ${typeof simulator}`,
    );
  }
  const made: unknown = simulator();
  if (made instanceof Simulator) return made;
  throw new TypeError(`simConfig.${name}.simulator must return a Simulator, it returned ${String(made)}`);
}
