/**
 * The contract between a simulator and its master: what meta data mean, what `create` and `step` may answer, and how who
 * breaks it is named.
 */
import { TICKS_PER_SECOND } from "../clock/index.ts";
import { BridgeError, ScenarioError } from "../errors.ts";
import type { Attr, CreateResult, EntityId, Meta, ModelMeta, SimId, SimulatorType, Time } from "./types.ts";

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
    throw callFailure(site, error);
  }
  if (!isPromise(result)) return result;
  return (result as PromiseLike<T>).then(undefined, (error: unknown) => {
    throw callFailure(site, error);
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

/** What a simulator threw at `site`, or why it cannot be asked any more, as the error that its master throws. */
export function callFailure(site: CallSite, error: unknown): BridgeError {
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

/** Attributes of a model, if not listed as such then as one kind or the other. */
export function attrsOf(model: ModelMeta): readonly Attr[] {
  const kinds = ["trigger", "non-trigger", "persistent", "non-persistent"] as const;
  return [...new Set([...(model.attrs ?? []), ...kinds.flatMap((kind) => model[kind] ?? [])])];
}

/**
 * Does a value for input `attr` cause a step? Always for an event-based simulator, never for a time-based one; a hybrid
 * one lists those that do, or those that do not.
 *
 * Source: mosaik `parse_attrs`.
 */
export function isTrigger(type: SimulatorType, model: ModelMeta, attr: Attr): boolean {
  if (type !== "hybrid") return type === "event-based";
  if (model.trigger !== undefined) return model.trigger.includes(attr);
  return model["non-trigger"] !== undefined && !model["non-trigger"].includes(attr);
}

/**
 * Does a value of output `attr` stay valid until the next one? Always of a time-based simulator, never of an
 * event-based one; a hybrid one lists those that do not, or those that do.
 *
 * Source: mosaik `parse_attrs`.
 */
export function isPersistent(type: SimulatorType, model: ModelMeta, attr: Attr): boolean {
  if (type !== "hybrid") return type === "time-based";
  if (model["non-persistent"] !== undefined) return !model["non-persistent"].includes(attr);
  return model.persistent === undefined || model.persistent.includes(attr);
}

/** Newest major version of the interface that is understood. */
const API_MAJOR = 3;

/** Names that the interface itself uses, on the wire and here. */
const INTERFACE_NAMES = [
  "init",
  "create",
  "setup_done",
  "step",
  "get_data",
  "finalize",
  "stop",
  "setupDone",
  "getData",
];

/** Names that a simulator's handle has besides its models and extra methods; `then` would make it a promise. */
const HANDLE_NAMES = ["sid", "meta", "entity", "then", "toJSON"];

const TYPES: readonly SimulatorType[] = ["time-based", "event-based", "hybrid"];

const RESERVED = new Set([...INTERFACE_NAMES, ...HANDLE_NAMES, "__proto__"]);

/**
 * Check what `init` returned.
 *
 * @throws `BridgeError` `ERR_BRIDGE_META` that names the field.
 *
 * Source: mosaik `async_scenario.parse_attrs` and `AsyncModelFactory`.
 */
export function checkMeta(site: CallSite, meta: Meta): Meta {
  const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_META", site, problem);
  if (typeof meta !== "object" || meta === null) throw refuse(`returned ${String(meta)} instead of its meta data`);
  const major = typeof meta.api_version === "string" ? Number(meta.api_version.split(".")[0]) : Number.NaN;
  if (major !== API_MAJOR) {
    throw refuse(`meta.api_version is ${JSON.stringify(meta.api_version)}; it must be a string "${API_MAJOR}.x"`);
  }
  if (!TYPES.includes(meta.type)) {
    throw refuse(`meta.type is ${JSON.stringify(meta.type)}; it must be time-based, event-based or hybrid`);
  }
  if (typeof meta.models !== "object" || meta.models === null) throw refuse("meta.models is not an object");
  const names = [...Object.keys(meta.models), ...(meta.extra_methods ?? [])];
  for (const [index, name] of names.entries()) {
    if (name === "" || RESERVED.has(name)) throw refuse(`${JSON.stringify(name)} names no model or extra method`);
    if (names.indexOf(name) !== index) throw refuse(`"${name}" is named twice among models and extra methods`);
  }
  for (const [name, model] of Object.entries(meta.models)) checkModel(meta.type, name, model, refuse);
  return meta;
}

function checkModel(type: SimulatorType, name: string, model: ModelMeta, refuse: (problem: string) => Error): void {
  if (typeof model !== "object" || model === null) throw refuse(`meta.models.${name} is not an object`);
  for (const field of ["params", "attrs", "trigger", "non-trigger", "persistent", "non-persistent"] as const) {
    const value: unknown = model[field];
    if (value === undefined) continue;
    const wellFormed = Array.isArray(value) && value.every((item) => typeof item === "string" && item !== "__proto__");
    if (!wellFormed) throw refuse(`meta.models.${name}.${field} is not an array of names`);
  }
  if (type === "hybrid") {
    checkHybrid(name, model, refuse);
    return;
  }
  const timeBased = type === "time-based";
  for (const field of timeBased ? (["trigger", "non-persistent"] as const) : (["non-trigger", "persistent"] as const)) {
    const value = model[field] ?? [];
    if (value.length > 0)
      throw refuse(`model ${name} of a ${type} simulator names ${field} attributes: ${listed(value)}`);
  }
  for (const field of timeBased ? (["non-trigger", "persistent"] as const) : (["trigger", "non-persistent"] as const)) {
    const value = model[field];
    const whole = value === undefined || (model.attrs ?? []).every((attr) => value.includes(attr));
    if (!whole) throw refuse(`${field} of model ${name} must list all its attributes: ${listed(model.attrs ?? [])}`);
  }
}

/** Of a hybrid simulator's attributes, each is one or the other. */
function checkHybrid(name: string, model: ModelMeta, refuse: (problem: string) => Error): void {
  for (const [one, other] of [
    ["trigger", "non-trigger"],
    ["persistent", "non-persistent"],
  ] as const) {
    const both = (model[one] ?? []).filter((attr) => model[other]?.includes(attr));
    if (both.length > 0) throw refuse(`model ${name} names attributes both ${one} and ${other}: ${listed(both)}`);
  }
}

/**
 * Check what `create` returned, children included.
 *
 * @param num - Entities that were asked for, of model `type`.
 * @param taken - Is this id in use already?
 * @returns The ids of what was made, children included.
 * @throws `BridgeError` `ERR_BRIDGE_CREATE` that names the entity.
 *
 * Source: mosaik `AsyncModelMock._make_entities`, which asserts some of this and fails with a KeyError at the rest.
 */
export function checkCreated(
  site: CallSite,
  results: readonly CreateResult[],
  num: number,
  type: string,
  { models }: Meta,
  taken: (eid: EntityId) => boolean,
): ReadonlySet<EntityId> {
  const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_CREATE", site, problem);
  if (!Array.isArray(results)) throw refuse(`returned ${String(results)} instead of an array`);
  if (results.length !== num) throw refuse(`${num} entities of ${type} were requested, ${results.length} were created`);
  const ids = new Set<EntityId>();
  const check = (result: CreateResult, wanted: string | undefined): void => {
    const { eid, type: given, rel = [], children = [] } = result ?? {};
    if (typeof eid !== "string" || eid === "" || eid === "__proto__") {
      throw refuse(`${JSON.stringify(eid)} is no entity id`);
    }
    if (ids.has(eid) || taken(eid)) throw refuse(`entity id "${eid}" is there already`);
    ids.add(eid);
    if (wanted !== undefined && given !== wanted) {
      throw refuse(`entity "${eid}" is of type "${given}", not "${wanted}"`);
    }
    if (!Object.hasOwn(models, given)) throw refuse(`entity "${eid}" is of type "${given}", which meta does not name`);
    if (!Array.isArray(rel)) throw refuse(`rel of entity "${eid}" is no array of ids`);
    if (!Array.isArray(children)) throw refuse(`children of entity "${eid}" are no array`);
    for (const child of children as readonly CreateResult[]) check(child, undefined);
  };
  for (const result of results) check(result, type);
  return ids;
}

/**
 * Check what `step` answered: the time of the next step, an integer later than this one, or null for none.
 *
 * @throws `BridgeError` `ERR_BRIDGE_NEXT_STEP`; so, too, if a time-based simulator names none.
 *
 * Source: mosaik `scheduler.step`.
 */
export function checkNextStep(site: CallSite, type: SimulatorType, next: Time | null): Time | null {
  if (next === null || next === undefined) {
    if (type !== "time-based") return null;
    throw refusedNext(site, `${next}; a time-based simulator must name its next step`);
  }
  if (!Number.isSafeInteger(next)) {
    const shown = typeof next === "number" ? String(next) : `a ${typeof next}, ${String(next)}`;
    throw refusedNext(site, `${shown}; the next step must be an integer`);
  }
  if (next <= site.time!) throw refusedNext(site, `${next}; the next step must be later than ${site.time}`);
  return next;
}

function refusedNext(site: CallSite, problem: string): Error {
  return simulatorFault("ERR_BRIDGE_NEXT_STEP", site, `returned ${problem}`);
}
