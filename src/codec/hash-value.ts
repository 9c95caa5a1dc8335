import type { Hash64 } from "../hash.ts";
import type { TypeRegistry } from "./types.ts";

/**
 * Mix in a value as `copyValue` gives it; each type has a code of its own, so that 1 and "1" differ. Of an instance of
 * a registered type, what stands for it on the wire.
 */
export function hashValue(hash: Hash64, value: unknown, types: TypeRegistry): void {
  switch (typeof value) {
    case "number":
      hash.double(value);
      return;
    case "string":
      hash.word(5);
      hash.string(value);
      return;
    case "boolean":
      hash.word(value ? 6 : 7);
      return;
    case "bigint":
      hash.bigint(value);
      return;
    case "undefined":
      hash.word(8);
      return;
  }
  if (value === null) hash.word(8);
  else if (Array.isArray(value)) {
    hash.word(9);
    hash.word(value.length);
    for (let i = 0; i < value.length; i++) hashValue(hash, value[i], types);
  } else if (value instanceof Uint8Array) {
    hash.word(10);
    hash.bytes(value);
  } else if (value instanceof Map) {
    hash.word(11);
    hash.word(value.size);
    for (const [key, item] of value) {
      hashValue(hash, key, types);
      hashValue(hash, item, types);
    }
  } else hashObject(hash, value as object, types);
}

/** As {@link hashValue} of an array that has `item` alone. */
export function hashArrayOf(hash: Hash64, item: unknown, types: TypeRegistry): void {
  hash.word(9);
  hash.word(1);
  hashValue(hash, item, types);
}

function hashObject(hash: Hash64, value: object, types: TypeRegistry): void {
  const prototype: object = Object.getPrototypeOf(value);
  const type = prototype === Object.prototype ? undefined : types.idOf(value, prototype);
  if (type === undefined) {
    const keys = Object.keys(value);
    hash.word(12);
    hash.word(keys.length);
    for (const key of keys) {
      hash.string(key);
      hashValue(hash, (value as Record<string, unknown>)[key], types);
    }
  } else {
    hash.word(13);
    hash.word(type);
    hashValue(hash, types.write(type, value), types);
  }
}
