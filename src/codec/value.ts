import { ValueError } from "../errors.ts";

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

/** Smallest and largest integers that may cross: int64's lower and uint64's upper end, both included. */
export const INT64_MIN = -(2n ** 63n);
export const UINT64_MAX = 2n ** 64n - 1n;

const SAFE_MIN = BigInt(Number.MIN_SAFE_INTEGER);
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** -0 is 0 and all NaN are one NaN; anything else is itself. */
export function canonicalNumber(value: number): number {
  return value === 0 ? 0 : Number.isNaN(value) ? Number.NaN : value;
}

/** A number if it is one exactly, else the bigint itself; undefined if it does not fit into 64 bits. */
export function canonicalInteger(value: bigint): number | bigint | undefined {
  if (value >= SAFE_MIN && value <= SAFE_MAX) return Number(value);
  return value >= INT64_MIN && value <= UINT64_MAX ? value : undefined;
}

/** Why a value was refused; `path` grows towards the root while the walk unwinds, then it becomes an error. */
export class Refusal {
  readonly code: string;
  readonly what: string;
  path = "";

  constructor(code: string, what: string) {
    this.code = code;
    this.what = what;
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
    return new ValueError(error.code, `${path}: ${error.what}`, { path });
  }
}

function segment(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key.slice(0, 64))}]`;
}
