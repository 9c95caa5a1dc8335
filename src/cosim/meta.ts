import { type CallSite, listed, simulatorFault } from "./fault.ts";
import type { Meta, ModelMeta, SimulatorType } from "./types.ts";

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
