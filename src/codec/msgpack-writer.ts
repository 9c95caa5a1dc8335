import { types as kinds } from "node:util";
import { MsgPackSlab } from "./msgpack-slab.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { Refusal } from "./value.ts";
import { checkKey } from "./value-walk.ts";
import type { ValueLimits } from "./values.ts";

/**
 * Writes values as MsgPack in one walk that checks, brings into canonical form and writes: by the rules of `copyValue`,
 * each part of the value looked at once. The smallest form of everything, float64, `str` and `bin` apart, no extension
 * types, uint64 for all positive integers beyond 32 bits: byte for byte as aiomas.
 *
 * Source: MessagePack specification (github.com/msgpack/msgpack, spec.md).
 */
export class MsgPackWriter {
  readonly #limits: ValueLimits;
  readonly #types: TypeRegistry;
  readonly #slab = new MsgPackSlab();
  #left = 0;
  /** A walk is under way; getters and registered types may begin another one meanwhile. */
  #busy = false;

  constructor(limits: ValueLimits, types: TypeRegistry) {
    this.#limits = limits;
    this.#types = types;
  }

  /** @throws ValueError as `Codec.encode`. */
  write(value: unknown, headroomBytes: number): Uint8Array {
    if (this.#busy) return new MsgPackWriter(this.#limits, this.#types).write(value, headroomBytes);
    const slab = this.#slab;
    this.#busy = true;
    this.#left = this.#limits.nodesMax;
    slab.begin(headroomBytes);
    try {
      this.#value(value, 0);
      return slab.take();
    } catch (error) {
      slab.drop();
      throw Refusal.toError(error, "$");
    } finally {
      this.#busy = false;
    }
  }

  #value(value: unknown, depth: number): void {
    if (--this.#left < 0) throw this.#tooMany();
    switch (typeof value) {
      case "number":
        this.#slab.number(value);
        return;
      case "string":
        this.#slab.string(value);
        return;
      case "boolean":
        this.#slab.byte(value ? 0xc3 : 0xc2);
        return;
      case "undefined":
        this.#slab.byte(0xc0);
        return;
      case "bigint":
        this.#slab.bigint(value);
        return;
      case "object":
        if (value === null) this.#slab.byte(0xc0);
        else this.#container(value, depth + 1);
        return;
      case "function":
        this.#instance(value, Object.getPrototypeOf(value), depth + 1);
        return;
      default:
        throw new Refusal("ERR_VALUE_TYPE", `a ${typeof value} cannot be sent`);
    }
  }

  #container(value: object, depth: number): void {
    const { nestingMax } = this.#limits;
    if (depth > nestingMax) {
      throw new Refusal("ERR_VALUE_NESTING", `nested deeper than nestingMax = ${nestingMax}, or cyclic`);
    }
    if (Array.isArray(value)) {
      this.#array(value, depth);
      return;
    }
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) this.#object(value as Record<string, unknown>, depth);
    else if (kinds.isUint8Array(value)) this.#slab.binary(value);
    else if (kinds.isMap(value)) this.#map(value, depth);
    else this.#instance(value, prototype, depth);
  }

  #array(items: readonly unknown[], depth: number): void {
    const { length } = items;
    if (length > this.#left) throw this.#tooMany();
    this.#slab.size(0x90, 0xdc, length);
    let i = 0;
    try {
      for (; i < length; i++) this.#value(items[i], depth);
    } catch (error) {
      throw Refusal.below(error, i);
    }
  }

  #object(fields: Readonly<Record<string, unknown>>, depth: number): void {
    const keys = Object.keys(fields);
    const place = this.#slab.written;
    this.#slab.size(0x80, 0xde, keys.length);
    let written = 0;
    let i = 0;
    try {
      for (; i < keys.length; i++) {
        const key = keys[i]!;
        const field = fields[key];
        if (field === undefined) continue;
        checkKey(key);
        this.#slab.string(key);
        this.#value(field, depth);
        written++;
      }
    } catch (error) {
      throw Refusal.below(error, keys[i]!);
    }
    if (written < keys.length) this.#slab.resize(place, keys.length, written);
  }

  #map(entries: ReadonlyMap<unknown, unknown>, depth: number): void {
    const place = this.#slab.written;
    const size = entries.size;
    this.#slab.size(0x80, 0xde, size);
    let written = 0;
    let at = 0;
    try {
      for (const [key, item] of entries) {
        // A map that grows while it is walked, by a getter, has grown too late.
        if (item !== undefined && written < size) {
          if (typeof key === "string") checkKey(key);
          this.#value(key, depth);
          this.#value(item, depth);
          written++;
        }
        at++;
      }
    } catch (error) {
      throw Refusal.below(error, at);
    }
    if (written < size) this.#slab.resize(place, size, written);
  }

  #instance(value: object, prototype: object, depth: number): void {
    const id = this.#types.idOf(value, prototype);
    if (id === undefined) {
      const name = value.constructor?.name || "an unnamed class";
      const what = typeof value === "function" ? "a function" : `an instance of ${name}`;
      throw new Refusal("ERR_VALUE_TYPE", `${what} cannot be sent`);
    }
    const repr = this.#types.write(id, value);
    this.#slab.byte(0x81);
    this.#slab.string(TYPE_KEY);
    this.#value([id, repr], depth);
  }

  #tooMany(): Refusal {
    return new Refusal("ERR_VALUE_NODES", `more than nodesMax = ${this.#limits.nodesMax} values`);
  }
}
