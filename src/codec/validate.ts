import { CodecError } from "../errors.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { Refusal, type Value, type ValueObject } from "./value.ts";
import type { ValueLimits } from "./values.ts";

/**
 * Check what a parser of JSON gave, and bring it into canonical form in place: -0 becomes 0. Nothing else that JSON
 * can express needs a change.
 *
 * @param value - Made of null, booleans, numbers, strings, arrays and plain objects; the caller owns it.
 * @returns `value` itself, unless it is -0 or the stand-in of a typed value.
 * @throws CodecError `ERR_CODEC_VALUE` for the key `__proto__`, a lone surrogate, or a limit; `path` names the
 *   place.
 */
export function validateDecoded(value: unknown, limits: ValueLimits, root = "$", types?: TypeRegistry): Value {
  try {
    return new Validation(limits, types).check(value as Value, 0);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const path = root + error.path;
    throw new CodecError("ERR_CODEC_VALUE", `${path}: ${error.what}`, { path });
  }
}

class Validation {
  readonly #limits: ValueLimits;
  readonly #types: TypeRegistry | undefined;
  #left: number;

  constructor(limits: ValueLimits, types: TypeRegistry | undefined) {
    this.#limits = limits;
    this.#types = types;
    this.#left = limits.nodesMax;
  }

  check(value: Value, depth: number): Value {
    if (--this.#left < 0) throw new Refusal("", `more than nodesMax = ${this.#limits.nodesMax} values`);
    if (typeof value === "string") checkText(value);
    if (typeof value !== "object" || value === null) return value === 0 ? 0 : value;
    if (depth + 1 > this.#limits.nestingMax) {
      throw new Refusal("", `nested deeper than nestingMax = ${this.#limits.nestingMax}`);
    }
    if (Array.isArray(value)) this.#array(value, depth + 1);
    else return this.#object(value as ValueObject, depth + 1);
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
    let typed = false;
    try {
      for (const key of Object.keys(fields)) {
        at = key;
        if (key === "__proto__") throw new Refusal("", "the key __proto__ is not allowed");
        checkText(key);
        if (key === TYPE_KEY) typed = true;
        fields[key] = this.check(fields[key]!, depth);
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    return typed && this.#types?.size ? this.#types.read(fields[TYPE_KEY]!) : fields;
  }
}

function checkText(text: string): void {
  if (!text.isWellFormed()) throw new Refusal("", "the string has a lone surrogate");
}
