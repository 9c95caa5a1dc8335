import { CodecError, ValueError } from "../errors.ts";
import type { Limits } from "../limits.ts";

/**
 * A value that may cross from one agent or process to another, in its one canonical form.
 *
 * Integers within 2^53 - 1 are numbers, larger ones bigints; a map whose keys are all strings is a plain object, any
 * other is a `Map`; bytes are a plain `Uint8Array` that owns them.
 */
export type Value = null | boolean | number | bigint | string | Uint8Array | Value[] | ValueObject | Map<Value, Value>;

/** A map from strings, as a plain object. */
export interface ValueObject {
  [key: string]: Value;
}

/** The bounds of one value. */
export type ValueLimits = Pick<Limits, "nestingMax" | "nodesMax">;

/** Smallest and largest integers that may cross: int64's lower and uint64's upper end, both included. */
const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER);
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** -0 is 0 and all NaN are one NaN; anything else is itself. */
export function canonicalNumber(value: number): number {
  return value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value;
}

/** A number if it is one exactly, else the bigint itself. */
export function canonicalInteger(value: bigint): number | bigint {
  return value >= SAFE_MIN && value <= SAFE_MAX ? Number(value) : value;
}

/** Whether it is an int64 or a uint64. */
export function fits64Bits(value: bigint): boolean {
  return value >= INT64_MIN && value <= UINT64_MAX;
}

/** Why a value was refused; `path` grows towards the root while the walk unwinds, then it becomes an error. */
export class Refusal {
  readonly code: string;
  readonly what: string;
  /** What was thrown by code that is not of this layer, if anything was. */
  readonly cause: unknown;
  path = "";

  constructor(code: string, what: string, cause?: unknown) {
    this.code = code;
    this.what = what;
    this.cause = cause;
  }

  /** Refusals of the values below `key` pass through here; any other error is left as it is. */
  static below(error: unknown, key: string | number): unknown {
    if (error instanceof Refusal) error.path = segment(key) + error.path;
    return error;
  }

  /** The error that the sender of the value sees; any other error is left as it is. */
  static toError(error: unknown, root: string): unknown {
    if (!(error instanceof Refusal)) return error;
    const path = root + error.path;
    return new ValueError(error.code, `${path}: ${error.what}`, { path, cause: error.cause });
  }

  /**
   * The error that the receiver of the bytes sees; any other error is left as it is.
   *
   * @param encoding - As people call it: `MsgPack`, `JSON`.
   */
  static toCodecError(error: unknown, encoding: string): unknown {
    if (!(error instanceof Refusal)) return error;
    const { code, what, cause } = error;
    const path = `$${error.path}`;
    const verdict = code === "ERR_CODEC_BYTES" ? `not ${encoding}` : `${encoding} refused`;
    return new CodecError(code, `${verdict}: ${path}: ${what}`, { path, cause });
  }
}

/** Characters of a key that a path shows: keys may come from a peer. */
const SEGMENT_CHARS_MAX = 64;

function segment(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  const short = key.slice(0, SEGMENT_CHARS_MAX);
  return /^[A-Za-z_$][\w$]*$/.test(short) ? `.${short}` : `[${JSON.stringify(short)}]`;
}

/** A whole number that Python wrote as a float, `1.0`: a codec that is told to keeps the difference. It is no value of ours. */
export class WholeFloat {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Whether whole floats are kept, and whether some have been read; the reader's user sets both. */
export interface FloatKeeping {
  keep: boolean;
  seen: boolean;
}

/** A copy of what was read with whole floats in it, which has numbers in their place. */
export function withoutFloats(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof WholeFloat) return value.value;
  if (Array.isArray(value)) return value.map(withoutFloats);
  const plain: Record<string, unknown> = {};
  for (const key in value) plain[key] = withoutFloats((value as Record<string, unknown>)[key]);
  return plain;
}
