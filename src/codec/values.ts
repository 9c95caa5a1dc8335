import { ValueError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { PROFILES } from "./profile.ts";
import { NO_TYPES, type TypeRegistry } from "./types.ts";
import { canonicalNumber, Refusal, type Value } from "./value.ts";
import { ValueWalk, type WalkRules } from "./value-walk.ts";

export type { Value, ValueObject } from "./value.ts";
export type { WalkRules } from "./value-walk.ts";

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

/**
/** The rules of {@link copyValue}, made once for many copies. */
export function copyRules(limits: ValueLimits, types: TypeRegistry): WalkRules {
  return { limits, profile: PROFILES.platform, types, integerDigitsMax: 0, form: "copy" };
}

/**
 * As {@link copyValue} of the arguments of a call to the method of an agent, by which an error names the place. Numbers,
 * booleans and nothing, of which most calls consist, are copied without a walk.
 */
export function copyArguments(args: readonly unknown[], rules: WalkRules, agent: string, method: string): Value {
  const { length } = args;
  const { nodesMax, nestingMax } = rules.limits;
  const first = args[0];
  // An array that grows from nothing has room for 17 items; these have room for their own.
  if (length === 1 && isFlat(first) && nodesMax > 1 && nestingMax > 0) return [flat(first)];
  if (length === 2 && isFlat(first) && isFlat(args[1]) && nodesMax > 2 && nestingMax > 0) {
    return [flat(first), flat(args[1])];
  }
  return walkValue(args, rules, `${agent}.${method}`);
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
