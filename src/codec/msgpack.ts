import { Packr } from "msgpackr";
import type { Codec, CodecOptions } from "./codec.ts";
import { MsgPackReader } from "./msgpack-reader.ts";
import { copyForPacking, type Value } from "./values.ts";

/** Flag of `Packr.pack`: leave as many bytes free in front as the low byte says. Source: msgpackr `pack.js`. */
const RESERVE_START_SPACE = 2048;

const packr = new Packr({
  useRecords: false, // else objects become an extension that other implementations cannot read
  variableMapSize: true, // else every map has a 16-bit size
  encodeUndefinedAsNil: true,
  useToJSON: false, // else a field `toJSON` is called
});

/**
 * MsgPack as aiomas writes it: smallest integers, float64, `str` and `bin` apart, no extension types.
 *
 * msgpackr packs; unpacking is {@link MsgPackReader}, because msgpackr's result depends on whether its native part is
 * installed (without it a byte order mark in front of a long string is lost), it renames `__proto__`, turns integer
 * keys into strings, and unpacks extensions (RegExp, Error, cyclic references, records) that nobody asked for.
 * Integers beyond 32 bits are written as int64, where aiomas writes uint64 for positive ones; both read both.
 */
export function msgpackCodec({ limits, types }: CodecOptions): Codec {
  const reader = new MsgPackReader(limits, types);
  return {
    name: "msgpack",
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const ready = copyForPacking(value, limits, types);
      return headroomBytes === 0 ? packr.pack(ready) : packr.pack(ready, RESERVE_START_SPACE | headroomBytes);
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return reader.read(bytes, start, end);
    },
  };
}
