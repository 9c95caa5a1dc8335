import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { Refusal, type Value, type ValueObject } from "./value.ts";
import type { ValueLimits } from "./values.ts";

/** What may come out of bytes. */
export interface DecodeRules {
  readonly limits: ValueLimits;
  /** Undefined if `{"__type__": …}` is a plain object. */
  readonly types: TypeRegistry | undefined;
  /** Longest integer in decimal digits. */
  readonly integerDigitsMax: number;
}

/**
 * Check what a parser of JSON gave, and bring it into canonical form in place: -0 becomes 0, and what stands for an
 * instance of a registered type becomes one. Nothing else that JSON can express needs a change.
 *
 * @param value - Made of null, booleans, numbers, strings, arrays and plain objects; the caller owns it.
 * @returns `value` itself, unless it is -0 or stands for an instance.
 * @throws CodecError `ERR_CODEC_VALUE` for the key `__proto__`, a lone surrogate, or a limit; `ERR_CODEC_TYPE`;
 *   `path` names the place.
 */
export function validateDecoded(value: unknown, rules: DecodeRules): Value {
  try {
    return new Validation(rules).check(value as Value, 0);
  } catch (error) {
    throw Refusal.toCodecError(error, "JSON");
  }
}

/**
 * The instance that a decoded object stands for, or the object itself.
 *
 * @throws Refusal `ERR_CODEC_TYPE` if it has more keys, or its type cannot read it.
 */
export function revived(object: ValueObject, types: TypeRegistry | undefined): Value {
  if (types === undefined || !Object.hasOwn(object, TYPE_KEY)) return object;
  if (Object.keys(object).length > 1) throw new Refusal("ERR_CODEC_TYPE", `${TYPE_KEY} has to be the only key`);
  return types.read(object[TYPE_KEY]!);
}

class Validation {
  readonly #limits: ValueLimits;
  readonly #types: TypeRegistry | undefined;
  #left: number;

  constructor({ limits, types }: DecodeRules) {
    this.#limits = limits;
    this.#types = types;
    this.#left = limits.nodesMax;
  }

  check(value: Value, depth: number): Value {
    if (--this.#left < 0) throw refused(`more than nodesMax = ${this.#limits.nodesMax} values`);
    if (typeof value === "string") checkText(value);
    if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
    if (depth + 1 > this.#limits.nestingMax) {
      throw refused(`nested deeper than nestingMax = ${this.#limits.nestingMax}`);
    }
    if (!Array.isArray(value)) return this.#object(value as ValueObject, depth + 1);
    this.#array(value, depth + 1);
    return value;
  }

  #array(items: Value[], depth: number): void {
    let i = 0;
    try {
      for (; i < items.length; i++) items[i] = this.check(items[i]!, depth);
    } catch (error) {
      throw Refusal.below(error, i);
    }
  }

  #object(fields: ValueObject, depth: number): Value {
    let at = "";
    try {
      for (const key of Object.keys(fields)) {
        at = key;
        if (key === "__proto__") throw refused("the key __proto__ is not allowed");
        checkText(key);
        fields[key] = this.check(fields[key]!, depth);
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    return revived(fields, this.#types);
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) throw refused("the string has a lone surrogate");
}

function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", what);
}
