import { types as kinds } from "node:util";
import type { Profile } from "./profile.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { canonicalInteger, canonicalNumber, fits64Bits, Refusal, type Value, type ValueObject } from "./value.ts";
import type { ValueLimits } from "./values.ts";

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
export class ValueWalk {
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
