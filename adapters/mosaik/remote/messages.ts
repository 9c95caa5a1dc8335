import type { EntityId, OutputData, OutputRequest } from "../../../src/cosim/index.ts";
import {
  BridgeError,
  type CallSite,
  DEFAULT_LIMITS,
  listed,
  simulatorFault,
  type Value,
} from "../../../src/cosim/index.ts";

/** What mosaik asks for: `[name, [args...], {kwargs}]` on the wire. */
export interface RemoteCall {
  readonly name: string;
  readonly args: readonly Value[];
  readonly kwargs: Readonly<Record<string, Value>>;
}

/** The call that a request's content is; undefined if it is none. */
export function callOf(content: Value): RemoteCall | undefined {
  if (!Array.isArray(content) || content.length !== 3) return undefined;
  const [name, args, kwargs] = content;
  if (typeof name !== "string" || !Array.isArray(args) || !isObject(kwargs)) return undefined;
  return { name, args, kwargs };
}

/** @throws `BridgeError` `ERR_BRIDGE_CALL` if a request's content is no call. */
export function parseCall(content: Value): RemoteCall {
  const call = callOf(content);
  if (call !== undefined) return call;
  throw new BridgeError("ERR_BRIDGE_CALL", "a request is [name, [arguments], {keyword arguments}], this one is not");
}

/** Is it a map from names? */
export function isObject(value: unknown): value is Record<string, Value> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Entities that one `create` may ask for: a longer answer would be refused by any codec. */
const CREATE_MAX = DEFAULT_LIMITS.nodesMax;

/** What each of the interface's calls takes, as its error says, and whether these arguments are that. */
const SIGNATURES: Readonly<Record<string, readonly [string, (args: readonly Value[], kwargs: object) => boolean]>> = {
  init: [
    "an id and a time resolution > 0",
    ([sid], { time_resolution = 1 }: { time_resolution?: unknown }) =>
      typeof sid === "string" && typeof time_resolution === "number" && time_resolution > 0,
  ],
  create: [
    `an integer number from 0 to ${CREATE_MAX} and a model's name`,
    ([num, model]) =>
      Number.isSafeInteger(num) && (num as number) >= 0 && (num as number) <= CREATE_MAX && typeof model === "string",
  ],
  step: [
    "an integer time >= 0, inputs of entities and the time up to which nothing interferes",
    ([time, inputs, maxAdvance]) =>
      Number.isSafeInteger(time) && (time as number) >= 0 && areInputs(inputs) && typeof maxAdvance === "number",
  ],
  get_data: [
    "lists of attributes by entity",
    ([asked]) => isObject(asked) && Object.values(asked).every((attrs) => Array.isArray(attrs) && attrs.every(isName)),
  ],
};

/** @throws `BridgeError` `ERR_BRIDGE_CALL` if a call of the interface has arguments that it does not take. */
export function checkArguments({ name, args, kwargs }: RemoteCall): void {
  const signature = Object.hasOwn(SIGNATURES, name) ? SIGNATURES[name] : undefined;
  if (signature === undefined || signature[1](args, kwargs)) return;
  const text = `${name} takes ${signature[0]}, got ${cut(JSON.stringify([args, kwargs], bigintText))}`;
  throw new BridgeError("ERR_BRIDGE_CALL", text, { method: name });
}

/** Entity, attribute, source, value. */
function areInputs(inputs: Value | undefined): boolean {
  if (!isObject(inputs)) return false;
  for (const eid in inputs) {
    const attrs = inputs[eid];
    if (!isObject(attrs)) return false;
    for (const attr in attrs) if (!isObject(attrs[attr])) return false;
  }
  return true;
}

function isName(value: unknown): value is string {
  return typeof value === "string";
}

/** Characters of arguments in an error. */
const ARGUMENTS_CHARS_MAX = 200;

function cut(text: string): string {
  return text.length <= ARGUMENTS_CHARS_MAX ? text : `${text.slice(0, ARGUMENTS_CHARS_MAX - 1)}…`;
}

/** Integers beyond 2^53 in a text for people. */
export function bigintText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** What an answer of `getData` is held against, besides the question. */
export interface OutputRules {
  /** Must it hold all that was asked for? */
  readonly complete: boolean;
  /** Ids of all entities. */
  readonly created: ReadonlySet<EntityId>;
}

/**
 * Check what `getData` answered, so that the fault is named here and not met in mosaik.
 *
 * @throws `BridgeError` `ERR_BRIDGE_OUTPUT`, `ERR_BRIDGE_OUTPUT_TIME`.
 */
export function checkOutputs(
  site: CallSite,
  data: OutputData,
  asked: OutputRequest,
  { complete, created }: OutputRules,
): OutputData {
  const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_OUTPUT", site, `returned ${problem}`);
  if (!isObject(data)) throw refuse(`${data === null ? "null" : typeof data} instead of an object`);
  for (const eid of Object.keys(data)) {
    const attrs = data[eid];
    if (!isObject(attrs)) {
      if (eid !== "time") throw refuse(`${String(attrs)} for entity ${eid}`);
      checkTime(site, attrs);
      continue;
    }
    if (!Object.hasOwn(asked, eid) && !created.has(eid)) {
      throw refuse(`data of "${eid}", an entity that was never created; there are: ${listed(created)}`);
    }
    for (const attr in attrs) if (attrs[attr] === undefined) throw refuse(`undefined for "${attr}" of ${eid}`);
  }
  if (!complete) return data;
  for (const eid in asked) {
    const given = data[eid];
    for (const attr of asked[eid]!) {
      if (!isObject(given) || !Object.hasOwn(given, attr)) throw refuse(`no value for attribute "${attr}" of ${eid}`);
    }
  }
  return data;
}

function checkTime(site: CallSite, time: unknown): void {
  if (Number.isSafeInteger(time) && (site.time === undefined || (time as number) >= site.time)) return;
  const problem = `output time ${String(time)} is no integer from the time of the step, ${site.time}, on`;
  throw simulatorFault("ERR_BRIDGE_OUTPUT_TIME", site, problem);
}

/** Arguments that a codec of the simulator's own has read, and thereby checked. */
export class CheckedArguments extends Array<unknown> {}

/** An answer that a codec of the simulator's own writes, and thereby checks. */
export abstract class PreparedAnswer {}
