import { TICKS_PER_SECOND } from "../clock/index.ts";
import { BridgeError, ScenarioError } from "../errors.ts";
import type { SimId, Time } from "./types.ts";

/** Where in a run a simulator was called. */
export interface CallSite {
  readonly sid: SimId;
  /** Method that was called. */
  readonly call: string;
  /** Time of the step; undefined if none is being made. */
  readonly time: Time | undefined;
  /** Seconds in one step. */
  readonly timeResolution: number;
}

/** The simulator at `site` broke the interface's contract, as `problem` says; `cause` is what it threw. */
export function simulatorFault(code: string, site: CallSite, problem: string, cause?: unknown): BridgeError {
  const { sid, call, time, timeResolution } = site;
  const at = time === undefined ? "" : ` at time ${time}`;
  const tag = time === undefined ? {} : { tag: { ticks: ticksOf(time, timeResolution), round: 0 } };
  return new BridgeError(code, `simulator ${sid}, ${call}()${at}: ${problem}`, { method: call, cause, ...tag });
}

/** Whole ticks of a time in steps. */
export function ticksOf(time: Time, timeResolution: number): number {
  return Math.round(time * timeResolution * TICKS_PER_SECOND);
}

/** Is it a promise, or what `await` takes for one? */
export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** `next(value)`, now if the value is there, or once it settles: a step that needs no promise makes none. */
export function whenThere<T, U>(value: T | PromiseLike<T>, next: (value: T) => U | PromiseLike<U>): U | PromiseLike<U> {
  return isPromise(value) ? (value as PromiseLike<T>).then(next) : next(value);
}

/**
 * Call a simulator.
 *
 * @throws `BridgeError` `ERR_BRIDGE_SIMULATOR_FAILED`, or rejects with it, if the simulator does; its cause is
 *   what the simulator threw.
 */
export function callSimulator<T>(site: CallSite, call: () => T | PromiseLike<T>): T | PromiseLike<T> {
  let result: T | PromiseLike<T>;
  try {
    result = call();
  } catch (error) {
    throw failed(site, error);
  }
  if (!isPromise(result)) return result;
  return (result as PromiseLike<T>).then(undefined, (error: unknown) => {
    throw failed(site, error);
  });
}

/** A simulator cannot be asked any more: it was lost, is stuck, or did not start. Becomes a BridgeError that names the call. */
export class Loss extends Error {
  readonly code: "ERR_BRIDGE_LOST" | "ERR_BRIDGE_TIMEOUT" | "ERR_BRIDGE_START";

  constructor(code: Loss["code"], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** The simulator was lost, after the call at `site`. */
export function lossAfter(site: CallSite, { code, message, cause }: Loss): BridgeError {
  return simulatorFault(code, site, `lost after it: ${message}`, cause);
}

function failed(site: CallSite, error: unknown): BridgeError {
  if (error instanceof Loss) return simulatorFault(error.code, site, error.message, error.cause);
  const text = error instanceof Error ? error.message : String(error);
  return simulatorFault("ERR_BRIDGE_SIMULATOR_FAILED", site, text, error);
}

/** Codes of failures that end a run at once: waiting for other simulators would help nobody. */
const FATAL = new Set(["ERR_BRIDGE_LOST", "ERR_BRIDGE_TIMEOUT"]);

/** Has a simulator been lost, or is it stuck? */
export function isFatal(error: unknown): boolean {
  return FATAL.has((error as { code?: string } | undefined)?.code ?? "");
}

/** No simulator `sid` was started. */
export function unknownSimulator(sid: SimId, there: Iterable<SimId>): ScenarioError {
  const text = `no simulator "${sid}" was started; there are: ${listed(there)}`;
  return new ScenarioError("ERR_SCENARIO_UNKNOWN_SIMULATOR", text);
}

/** Something of mosaik's that this world does not do. */
export function unsupported(what: string, instead = ""): ScenarioError {
  const advice = instead === "" ? "" : `; ${instead}`;
  return new ScenarioError("ERR_SCENARIO_UNSUPPORTED", `${what} is not supported by this version's World yet${advice}`);
}

/** `a, b, c`, in code unit order and shortened, or `none`. */
export function listed(names: Iterable<string>, most = 20): string {
  const sorted = [...names].sort();
  if (sorted.length === 0) return "none";
  const more = sorted.length > most ? `, … (${sorted.length} in all)` : "";
  return sorted.slice(0, most).join(", ") + more;
}
