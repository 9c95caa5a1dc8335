import type { Codec, CodecOptions } from "./codec.ts";
import { MsgPackReader } from "./msgpack-reader.ts";
import { MsgPackWriter } from "./msgpack-writer.ts";
import type { Value } from "./values.ts";

/** MsgPack as aiomas writes it, byte for byte. */
export function msgpackCodec({ limits, types }: CodecOptions): Codec {
  const writer = new MsgPackWriter(limits, types);
  const reader = new MsgPackReader(limits, types);
  return {
    name: "msgpack",
    types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      return writer.write(value, headroomBytes);
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return reader.read(bytes, start, end);
    },
  };
}
