import { BridgeError, type Value } from "../../src/index.ts";
import { type CallSite, simulatorFault } from "./fault.ts";
import type { OutputData, OutputRequest } from "./types.ts";

/** What mosaik asks for: `[name, [args...], {kwargs}]` on the wire. */
export interface RemoteCall {
  readonly name: string;
  readonly args: readonly Value[];
  readonly kwargs: Readonly<Record<string, Value>>;
}

/** @throws `BridgeError` `ERR_BRIDGE_CALL` if a request's content is no call. */
export function parseCall(content: Value): RemoteCall {
  if (Array.isArray(content) && content.length === 3) {
    const [name, args, kwargs] = content;
    if (typeof name === "string" && Array.isArray(args) && isObject(kwargs)) return { name, args, kwargs };
  }
  throw new BridgeError("ERR_BRIDGE_CALL", "a request is [name, [arguments], {keyword arguments}], this one is not");
}

/** Is it a map from names? */
export function isObject(value: unknown): value is Record<string, Value> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Check what `getData` answered, so that the fault is named here and not met in mosaik.
 *
 * @throws `BridgeError` `ERR_BRIDGE_OUTPUT`, `ERR_BRIDGE_OUTPUT_TIME`.
 */
export function checkOutputs(site: CallSite, data: OutputData, asked: OutputRequest, complete: boolean): OutputData {
  const refuse = (problem: string) => simulatorFault("ERR_BRIDGE_OUTPUT", site, `returned ${problem}`);
  if (!isObject(data)) throw refuse(`${data === null ? "null" : typeof data} instead of an object`);
  for (const eid of Object.keys(data)) {
    const attrs = data[eid];
    if (isObject(attrs)) {
      for (const attr in attrs) if (attrs[attr] === undefined) throw refuse(`undefined for "${attr}" of ${eid}`);
    } else if (eid === "time") checkTime(site, attrs);
    else throw refuse(`${String(attrs)} for entity ${eid}`);
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
