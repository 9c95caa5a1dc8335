import { TYPE_KEY } from "./types.ts";
import type { ValueLimits } from "./values.ts";

const BYTES_PROTOTYPES: ReadonlySet<object | null> = new Set([Uint8Array.prototype, Buffer.prototype]);

/**
 * Finds out whether a value may be packed as it is. Most are: a copy in canonical form would be equal to them, and
 * msgpackr writes them as the profile says. Anything unusual, right or wrong, is not: the walk that copies decides.
 */
export class Packable {
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  #left = 0;

  constructor({ nestingMax, nodesMax }: ValueLimits) {
    this.#nestingMax = nestingMax;
    this.#nodesMax = nodesMax;
  }

  /** Looks at every part of `value` once. */
  test(value: unknown): boolean {
    this.#left = this.#nodesMax;
    return this.#value(value, 0);
  }

  #value(value: unknown, depth: number): boolean {
    if (--this.#left < 0) return false;
    switch (typeof value) {
      case "number":
        // msgpackr would write larger integers as floats, and each NaN with its own bits.
        return value >>> 0 === value || value >> 0 === value || (!Number.isSafeInteger(value) && !Number.isNaN(value));
      case "string":
        return value.isWellFormed();
      case "boolean":
        return true;
      case "undefined":
        return true;
      case "object":
        return value === null || this.#container(value, depth + 1);
      default:
        return false;
    }
  }

  #container(value: object, depth: number): boolean {
    if (depth > this.#nestingMax) return false;
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Array.prototype) return this.#array(value as readonly unknown[], depth);
    if (prototype === Object.prototype) return this.#object(value as Readonly<Record<string, unknown>>, depth);
    return BYTES_PROTOTYPES.has(prototype) && ArrayBuffer.isView(value);
  }

  #array(items: readonly unknown[], depth: number): boolean {
    const { length } = items;
    if (length > this.#left) return false;
    for (let i = 0; i < length; i++) if (!this.#value(items[i], depth)) return false;
    return true;
  }

  #object(fields: Readonly<Record<string, unknown>>, depth: number): boolean {
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      // msgpackr looks at `constructor`, and drops nothing.
      if (field === undefined || key === "constructor" || key === "__proto__" || key === TYPE_KEY) return false;
      if (!key.isWellFormed() || !this.#value(field, depth)) return false;
    }
    return true;
  }
}
