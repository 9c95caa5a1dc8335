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
 * The instance that a decoded object stands for, or the object itself.
 *
 * @throws Refusal `ERR_CODEC_TYPE` if it has more keys, or its type cannot read it.
 */
export function revived(object: ValueObject, types: TypeRegistry | undefined): Value {
  if (types === undefined || !Object.hasOwn(object, TYPE_KEY)) return object;
  if (Object.keys(object).length > 1) throw new Refusal("ERR_CODEC_TYPE", `${TYPE_KEY} has to be the only key`);
  return types.read(object[TYPE_KEY]!);
}
