import { types } from "node:util";
import { ValueError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { canonicalInteger, canonicalNumber, Refusal, type Value, type ValueObject } from "./value.ts";

export type { Value, ValueObject } from "./value.ts";

/** The bounds of one value. */
export type ValueLimits = Pick<Limits, "nestingMax" | "nodesMax">;

/**
 * A copy of `value` in canonical form that shares nothing with it: what `decode(encode(value))` gives, without the
 * bytes. Calls between agents of one container go through here, so that they behave as calls between machines do.
 *
 * | value | what happens |
 * |---|---|
 * | null, true, false, finite numbers, infinities | kept |
 * | -0; NaN with a payload | 0; the one NaN |
 * | undefined | null at the top and inside arrays; dropped as a field of an object or a value of a `Map` |
 * | bigint | a number within ±(2^53 - 1); kept within int64 and uint64; else `ERR_VALUE_INTEGER` |
 * | string | kept; a lone surrogate is `ERR_VALUE_STRING`, since UTF-8 cannot write it |
 * | Uint8Array, Buffer | copied to a plain Uint8Array |
 * | array | copied; holes are undefined; properties besides the items are not looked at |
 * | plain object (prototype `Object.prototype` or null) | own enumerable string keys; key `__proto__` is `ERR_VALUE_KEY` |
 * | Map | keys canonical too, undefined as a key is null; with string keys only (or empty): a plain object |
 * | function, symbol, Date, RegExp, Set, Error, other typed arrays, class instances | `ERR_VALUE_TYPE` |
 * | cyclic, or nested deeper than `nestingMax` | `ERR_VALUE_NESTING`; `nestingMax` containers in one another still pass |
 * | more than `nodesMax` leaves and containers | `ERR_VALUE_NODES` |
 *
 * A number that is an integer beyond ±(2^53 - 1) stays a number; on the wire it is a float.
 *
 * @param root - What the path in an error starts with.
 * @throws ValueError one of the above, `path` names the place, as `$[0].power`.
 */
export function copyValue(value: unknown, limits: ValueLimits, root = "$"): Value {
  switch (typeof value) {
    case "number":
      return canonicalNumber(value);
    case "boolean":
      return value;
    case "undefined":
      return null;
  }
  return value === null ? null : walk(value, limits, root, false);
}

/**
 * As {@link copyValue} of the arguments of a call to the method of an agent, by which an error names the place. Numbers,
 * booleans and nothing, of which most calls consist, are copied without a walk.
 */
export function copyArguments(args: readonly unknown[], limits: ValueLimits, agent: string, method: string): Value {
  const { length } = args;
  if (length === 0) return [];
  const first = args[0];
  // An array that grows from nothing has room for 17 items; these have room for their own.
  if (length === 1 && isFlat(first) && limits.nodesMax > 1 && limits.nestingMax > 0) return [flat(first)];
  if (length === 2 && isFlat(first) && isFlat(args[1]) && limits.nodesMax > 2 && limits.nestingMax > 0) {
    return [flat(first), flat(args[1])];
  }
  return walk(args, limits, `${agent}.${method}`, false);
}

function isFlat(value: unknown): value is number | boolean | null {
  return typeof value === "number" || typeof value === "boolean" || value === null;
}

function flat(value: number | boolean | null): Value {
  return typeof value === "number" ? canonicalNumber(value) : value;
}

/**
 * As {@link copyValue}, except that integers beyond 32 bits are bigints and bytes are not copied: what the packer
 * needs so that it writes integers as integers.
 */
export function copyForPacking(value: unknown, limits: ValueLimits): unknown {
  return walk(value, limits, "$", true);
}

/**
 * The error of a value within an envelope, as the sender of the value should see it: `from`, the value's place in the
 * envelope, becomes `to`. Any other error is left as it is.
 */
export function rebase(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof ValueError) || error.path?.startsWith(from) !== true) return error;
  const path = to + error.path.slice(from.length);
  return new ValueError(error.code, path + error.message.slice(error.path.length), { path });
}

function walk(value: unknown, limits: ValueLimits, root: string, packing: boolean): Value {
  try {
    return new ValueWalk(limits, packing).copy(value, 0);
  } catch (error) {
    throw Refusal.toError(error, root);
  }
}

class ValueWalk {
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  readonly #packing: boolean;
  #left: number;

  constructor({ nestingMax, nodesMax }: ValueLimits, packing: boolean) {
    this.#nestingMax = nestingMax;
    this.#nodesMax = nodesMax;
    this.#packing = packing;
    this.#left = nodesMax;
  }

  copy(value: unknown, depth: number): Value {
    if (--this.#left < 0) throw new Refusal("ERR_VALUE_NODES", `more than nodesMax = ${this.#nodesMax} values`);
    switch (typeof value) {
      case "number":
        return this.#packing ? packedNumber(value) : canonicalNumber(value);
      case "string":
        return wellFormed(value);
      case "boolean":
        return value;
      case "undefined":
        return null;
      case "bigint":
        return this.#integer(value);
      case "object":
        return value === null ? null : this.#container(value, depth + 1);
      default:
        throw new Refusal("ERR_VALUE_TYPE", `a ${typeof value} cannot be sent`);
    }
  }

  #integer(value: bigint): Value {
    const canonical = canonicalInteger(value);
    if (canonical === undefined) throw new Refusal("ERR_VALUE_INTEGER", "the bigint does not fit into 64 bits");
    return this.#packing && typeof canonical === "number" ? packedNumber(canonical) : canonical;
  }

  #container(value: object, depth: number): Value {
    if (depth > this.#nestingMax) {
      throw new Refusal("ERR_VALUE_NESTING", `nested deeper than nestingMax = ${this.#nestingMax}, or cyclic`);
    }
    if (Array.isArray(value)) return this.#array(value, depth);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#object(value as ValueObject, depth);
    if (types.isUint8Array(value)) return this.#packing ? value : new Uint8Array(value);
    if (types.isMap(value)) return this.#map(value, depth);
    const name = value.constructor?.name;
    throw new Refusal("ERR_VALUE_TYPE", `an instance of ${name || "an unnamed class"} cannot be sent`);
  }

  #array(items: readonly unknown[], depth: number): Value[] {
    const { length } = items;
    // Before anything is allocated: a sparse array may claim 2^32 - 1 items.
    if (length > this.#left) throw new Refusal("ERR_VALUE_NODES", `more than nodesMax = ${this.#nodesMax} values`);
    const copy: Value[] = [];
    let i = 0;
    try {
      for (; i < length; i++) copy.push(this.copy(items[i], depth));
    } catch (error) {
      throw Refusal.below(error, i);
    }
    return copy;
  }

  #object(fields: { readonly [key: string]: unknown }, depth: number): ValueObject {
    const copy: ValueObject = {};
    let at = "";
    try {
      for (const key of Object.keys(fields)) {
        at = key;
        const field = fields[key];
        if (field !== undefined) copy[allowedKey(key)] = this.copy(field, depth);
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    return copy;
  }

  #map(entries: ReadonlyMap<unknown, unknown>, depth: number): Value {
    const copy = new Map<Value, Value>();
    let allStrings = true;
    let at = 0;
    try {
      for (const [key, item] of entries) {
        if (item !== undefined) {
          const copied = this.copy(key, depth);
          if (typeof copied !== "string") allStrings = false;
          copy.set(copied, this.copy(item, depth));
        }
        at++;
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    return allStrings ? objectOf(copy as Map<string, Value>) : copy;
  }
}

/** The plain object of a map that has only strings for keys. */
function objectOf(entries: ReadonlyMap<string, Value>): ValueObject {
  const object: ValueObject = {};
  for (const [key, item] of entries) object[allowedKey(key)] = item;
  return object;
}

function packedNumber(value: number): Value {
  const beyond32 = value > 0xffff_ffff || value < -0x8000_0000;
  return beyond32 && Number.isSafeInteger(value) ? BigInt(value) : canonicalNumber(value);
}

function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new Refusal("ERR_VALUE_STRING", "the string has a lone surrogate");
}

function allowedKey(key: string): string {
  if (key === "__proto__") throw new Refusal("ERR_VALUE_KEY", "the key __proto__ cannot be sent");
  return wellFormed(key);
}
