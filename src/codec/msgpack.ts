import { addExtension, Packr } from "msgpackr";
import { Buffer } from "../host.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { UnsignedInteger, walkValue } from "./copy.ts";
import { MsgPackReader } from "./msgpack-reader.ts";
import { PROFILES, type Profile } from "./profile.ts";
import { NO_TYPES, TYPE_KEY, type TypeRegistry } from "./types.ts";
import type { Value, ValueLimits } from "./value.ts";

/** Flag of `Packr.pack`: leave as many bytes free in front as the low byte says. Source: msgpackr `pack.js`. */
const RESERVE_START_SPACE = 2048;

/** Place in msgpackr's output where an extension may write by itself. Source: msgpackr `pack.js`, as its `Date` does. */
type Allocate = (bytes: number) => { target: Buffer; targetView: DataView; position: number };

// As aiomas: uint64 for all positive integers beyond 32 bits. msgpackr has that form only from 2^63 on.
addExtension({
  Class: UnsignedInteger,
  type: 1, // asked for, and not written: `pack` writes by itself
  pack: ((integer: UnsignedInteger, allocate: Allocate): undefined => {
    const { target, targetView, position } = allocate(9);
    target[position] = 0xcf;
    targetView.setBigUint64(position + 1, integer.value);
  }) as unknown as (integer: UnsignedInteger) => Buffer,
});

const packr = new Packr({
  useRecords: false, // else objects become an extension that other implementations cannot read
  variableMapSize: true, // else every map has a 16-bit size
  encodeUndefinedAsNil: true,
  useToJSON: false, // else a field `toJSON` is called
});

/**
 * MsgPack as aiomas writes it, byte for byte: smallest integers, float64, `str` and `bin` apart, no extension types.
 *
 * msgpackr packs; unpacking is {@link MsgPackReader}, because msgpackr's result depends on whether its native part is
 * installed (without it a byte order mark in front of a long string is lost), it renames `__proto__`, turns integer
 * keys into strings, and unpacks extensions (RegExp, Error, cyclic references, records) that nobody asked for.
 */
export function msgpackCodec({ limits, types }: CodecOptions): Codec {
  return codecBy(limits, types, PROFILES["aiomas-msgpack"]);
}

/**
 * MsgPack of what traces hold: what stood for an instance of a registered type, `{"__type__": [id, repr]}`, is a plain
 * object there, and stays one.
 */
export function traceCodec(limits: ValueLimits): Codec {
  return codecBy(limits, NO_TYPES, { ...PROFILES.platform, types: false });
}

function codecBy(limits: ValueLimits, types: TypeRegistry, profile: Profile): Codec {
  const reader = new MsgPackReader(limits, profile.types ? types : undefined);
  const packable = new Packable(limits);
  const rules = { limits, profile, types, integerDigitsMax: 0, form: "pack" } as const;
  return {
    name: "msgpack",
    types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const ready = packable.test(value) ? value : walkValue(value, rules);
      return headroomBytes === 0 ? packr.pack(ready) : packr.pack(ready, RESERVE_START_SPACE | headroomBytes);
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return reader.read(bytes, start, end);
    },
  };
}

const BYTES_PROTOTYPES: ReadonlySet<object | null> = new Set([Uint8Array.prototype, Buffer.prototype]);

/**
 * Finds out whether a value may be packed as it is. Most are: a copy in canonical form would be equal to them, and
 * msgpackr writes them as the profile says. Anything unusual, right or wrong, is not: the walk that copies decides.
 */
class Packable {
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
