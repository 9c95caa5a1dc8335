import { ValueError } from "../errors.ts";
import { types as kinds } from "../host.ts";
import { PROFILES, type Profile } from "./profile.ts";
import { NO_TYPES, TYPE_KEY, type TypeRegistry } from "./types.ts";
import {
  canonicalInteger,
  canonicalNumber,
  fits64Bits,
  Refusal,
  type Value,
  type ValueLimits,
  type ValueObject,
  WholeFloat,
} from "./value.ts";

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
 * | plain object (prototype `Object.prototype` or null) | own enumerable string keys; `__proto__` and `__type__` are `ERR_VALUE_KEY` |
 * | Map | keys canonical too, undefined as a key is null; with string keys only (or empty): a plain object |
 * | instance of a registered type | written and read again; if writing throws, `ERR_VALUE_SERIALIZER` |
 * | function, symbol, Date, RegExp, Set, Error, other typed arrays, other class instances | `ERR_VALUE_TYPE` |
 * | cyclic, or nested deeper than `nestingMax` | `ERR_VALUE_NESTING`; `nestingMax` containers in one another still pass |
 * | more than `nodesMax` leaves and containers | `ERR_VALUE_NODES` |
 *
 * A number that is an integer beyond ±(2^53 - 1) stays a number; on the wire it is a float. This is the profile
 * `platform` of {@link PROFILES}.
 *
 * @param root - What the path in an error starts with.
 * @param types - The registered types. Default: none.
 * @throws ValueError one of the above, `path` names the place, as `$[0].power`; CodecError `ERR_CODEC_TYPE` if a
 *   registered type cannot read what it wrote.
 */
export function copyValue(value: unknown, limits: ValueLimits, root = "$", types: TypeRegistry = NO_TYPES): Value {
  return copyBy(value, copyRules(limits, types), root);
}

/** As {@link copyValue}, by rules made before. */
export function copyBy(value: unknown, rules: WalkRules, root: string): Value {
  switch (typeof value) {
    case "number":
      return canonicalNumber(value);
    case "boolean":
      return value;
    case "undefined":
      return null;
  }
  return value === null ? null : walkValue(value, rules, root);
}

const NO_LIMITS: ValueLimits = { nestingMax: Number.POSITIVE_INFINITY, nodesMax: Number.POSITIVE_INFINITY };

/** The rules of {@link copyValue}, made once for many copies. */
export function copyRules(limits: ValueLimits, types: TypeRegistry): WalkRules {
  return { limits, profile: PROFILES.platform, types, integerDigitsMax: 0, form: "copy" };
}

/**
 * As {@link copyValue} of the arguments of a call, if they are at most two numbers, booleans or null, as those of most calls are:
 * then no walk is needed. Undefined for any others.
 */
export function copyFlat(args: readonly unknown[], { nodesMax, nestingMax }: ValueLimits): Value[] | undefined {
  const first = args[0];
  if (args.length === 0 && nodesMax > 0 && nestingMax > 0) return [];
  // An array that grows from nothing has room for 17 items; these have room for their own.
  if (args.length === 1 && isFlat(first) && nodesMax > 1 && nestingMax > 0) return [flat(first)];
  if (args.length === 2 && isFlat(first) && isFlat(args[1]) && nodesMax > 2 && nestingMax > 0) {
    return [flat(first), flat(args[1])];
  }
  return undefined;
}

/** As {@link copyFlat}, of the one argument that most calls have; undefined unless it is one number, boolean or null. */
export function copyOnly(args: readonly unknown[], { nodesMax, nestingMax }: ValueLimits): Value | undefined {
  const only = args[0];
  return args.length === 1 && isFlat(only) && nodesMax > 1 && nestingMax > 0 ? flat(only) : undefined;
}

function isFlat(value: unknown): value is number | boolean | null {
  return typeof value === "number" || typeof value === "boolean" || value === null;
}

function flat(value: number | boolean | null): Value {
  return typeof value === "number" ? canonicalNumber(value) : value;
}

/**
 * A copy of what {@link copyValue} gave, for observers and recordings: instances of registered types become what stands
 * for them on the wire.
 */
export function plainCopy(value: unknown, types: TypeRegistry): Value {
  if (isFlat(value) || typeof value === "string") return value;
  if (Array.isArray(value) && value.length === 1 && isFlat(value[0])) return [value[0]];
  return walkValue(value, { limits: NO_LIMITS, profile: PROFILES.platform, types, integerDigitsMax: 0, form: "wire" });
}

/** @throws ValueError as {@link copyValue}, by the rules of the profile. */
export function walkValue(value: unknown, rules: WalkRules, root = "$"): Value {
  try {
    return new ValueWalk(rules).copy(value, 0);
  } catch (error) {
    throw Refusal.toError(error, root);
  }
}

/**
 * The error of a value within an envelope, as the sender of the value should see it: `from`, the value's place in the
 * envelope, becomes `to`. Any other error is left as it is.
 */
export function rebase(error: unknown, from: string, to: string): unknown {
  if (!(error instanceof ValueError) || error.path?.startsWith(from) !== true) return error;
  const path = to + error.path.slice(from.length);
  return new ValueError(error.code, path + error.message.slice(error.path.length), { path, cause: error.cause });
}

/** What a walk makes of a value. */
export interface WalkRules {
  readonly limits: ValueLimits;
  readonly profile: Profile;
  readonly types: TypeRegistry;
  /** Longest integer in decimal digits, where the profile allows more than 64 bits. */
  readonly integerDigitsMax: number;
  /**
   * `copy`: instances of registered types become such instances; `wire`: what stands for them on the wire; `pack`: the
   * same, with integers beyond 32 bits as msgpackr takes them, and bytes as they are.
   */
  readonly form: "copy" | "wire" | "pack";
}

/** A positive integer beyond 32 bits, to be packed. */
export class UnsignedInteger {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** One walk over one value: checks it, and copies it in canonical form. */
class ValueWalk {
  readonly #rules: WalkRules;
  readonly #nestingMax: number;
  readonly #typed: boolean;
  readonly #packs: boolean;
  #left: number;

  constructor(rules: WalkRules) {
    this.#rules = rules;
    this.#nestingMax = rules.limits.nestingMax;
    this.#typed = rules.profile.types;
    this.#packs = rules.form === "pack";
    this.#left = rules.limits.nodesMax;
  }

  /** @throws Refusal as the table of `copyValue` says. */
  copy(value: unknown, depth: number): Value {
    if (--this.#left < 0) throw this.#tooMany();
    switch (typeof value) {
      case "number":
        return this.#packs ? packedNumber(value) : canonicalNumber(value);
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
      case "function":
        return this.#instance(value, Object.getPrototypeOf(value), depth + 1);
      default:
        throw new Refusal("ERR_VALUE_TYPE", `a ${typeof value} cannot be sent`);
    }
  }

  #integer(value: bigint): Value {
    const { profile, integerDigitsMax } = this.#rules;
    if (fits64Bits(value)) return this.#packs ? packedInteger(value) : canonicalInteger(value);
    if (!profile.longIntegers) throw new Refusal("ERR_VALUE_INTEGER", "the bigint does not fit into 64 bits");
    if (isLonger(value, integerDigitsMax)) {
      throw new Refusal("ERR_VALUE_INTEGER", `the bigint has more than integerDigitsMax = ${integerDigitsMax} digits`);
    }
    return value;
  }

  #container(value: object, depth: number): Value {
    if (depth > this.#nestingMax) {
      throw new Refusal("ERR_VALUE_NESTING", `nested deeper than nestingMax = ${this.#nestingMax}, or cyclic`);
    }
    if (Array.isArray(value)) return this.#array(value, depth);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) return this.#object(value as ValueObject, depth);
    if (kinds.isUint8Array(value)) return this.#bytes(value);
    if (kinds.isMap(value)) return this.#map(value, depth);
    return this.#instance(value, prototype, depth);
  }

  #array(items: readonly unknown[], depth: number): Value[] {
    const { length } = items;
    // Before anything is allocated: a sparse array may claim 2^32 - 1 items.
    if (length > this.#left) throw this.#tooMany();
    let i = 0;
    try {
      // An array that grows from nothing has room for 17 items: of the arguments of most calls, one, that is most of the copy.
      if (length === 1) return [this.copy(items[0], depth)];
      const copy: Value[] = [];
      for (; i < length; i++) copy.push(this.copy(items[i], depth));
      return copy;
    } catch (error) {
      throw Refusal.below(error, i);
    }
  }

  #object(fields: { readonly [key: string]: unknown }, depth: number): ValueObject {
    const copy: ValueObject = {};
    let at = "";
    try {
      for (const key of Object.keys(fields)) {
        at = key;
        const field = fields[key];
        if (field !== undefined) copy[this.#key(key)] = this.copy(field, depth);
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    return copy;
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    if (this.#rules.profile.bytes) return this.#packs ? plainBytes(bytes) : new Uint8Array(bytes);
    throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write bytes");
  }

  #map(entries: ReadonlyMap<unknown, unknown>, depth: number): Value {
    const copy = new Map<Value, Value>();
    let allStrings = true;
    let at = 0;
    try {
      for (const [key, item] of entries) {
        if (item !== undefined) {
          const copied = this.copy(key, depth);
          if (typeof copied === "string") this.#key(copied);
          else allStrings = false;
          copy.set(copied, this.copy(item, depth));
        }
        at++;
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    if (allStrings) return objectOf(copy as Map<string, Value>);
    if (this.#rules.profile.anyKeys) return copy;
    throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write a Map whose keys are not all strings");
  }

  #instance(value: object, prototype: object, depth: number): Value {
    const { types, form } = this.#rules;
    // Only a writer of JSON sees it.
    if (value instanceof WholeFloat && form === "wire") return value as unknown as Value;
    const id = this.#typed ? types.idOf(value, prototype) : undefined;
    if (id === undefined) {
      const name = value.constructor?.name || "an unnamed class";
      const what = typeof value === "function" ? "a function" : `an instance of ${name}`;
      throw new Refusal("ERR_VALUE_TYPE", `${what} cannot be sent`);
    }
    const written = types.write(id, value);
    const typed = this.copy([id, written], depth);
    return form === "copy" ? types.read(typed) : { [TYPE_KEY]: typed };
  }

  #key(key: string): string {
    if (this.#typed || key !== TYPE_KEY) checkKey(key);
    return wellFormed(key);
  }

  #tooMany(): Refusal {
    return new Refusal("ERR_VALUE_NODES", `more than nodesMax = ${this.#rules.limits.nodesMax} values`);
  }
}

/** The number as msgpackr writes it as it should: integers as integers, all NaN as one. */
function packedNumber(value: number): Value {
  if (value >>> 0 === value || value >> 0 === value) return value;
  return Number.isSafeInteger(value) ? packedInteger(BigInt(value)) : canonicalNumber(value);
}

/** An integer of 64 bits; the smaller ones are numbers again. */
function packedInteger(value: bigint): Value {
  if (value >= -0x8000_0000n && value <= 0xffff_ffffn) return Number(value);
  // Only the packer sees it.
  return value < 0n ? value : (new UnsignedInteger(value) as unknown as Value);
}

/** The same memory without the class of a subclass, which msgpackr may write otherwise. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The plain object of a map that has only strings for keys. */
function objectOf(entries: ReadonlyMap<string, Value>): ValueObject {
  const object: ValueObject = {};
  for (const [key, item] of entries) object[key] = item;
  return object;
}

/** Whether `value` has more than `digits` decimal digits; found without writing them. */
function isLonger(value: bigint, digits: number): boolean {
  // One digit is 3.32 bits: above this the decimal text, which takes long, is not even tried.
  const bitsMax = Math.ceil((digits + 1) * 3.33);
  if (BigInt.asIntN(bitsMax, value) !== value) return true;
  return (value < 0n ? -value : value) >= 10n ** BigInt(digits);
}

/** @throws Refusal `ERR_VALUE_KEY`. */
export function checkKey(key: string): void {
  if (key === "__proto__") throw new Refusal("ERR_VALUE_KEY", "the key __proto__ cannot be sent");
  if (key === TYPE_KEY) throw new Refusal("ERR_VALUE_KEY", `the key ${TYPE_KEY} stands for registered types alone`);
}

/** @throws Refusal `ERR_VALUE_STRING`. */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new Refusal("ERR_VALUE_STRING", "the string has a lone surrogate");
}
