import { BLOSC_HEADER_BYTES, readBloscFrame, writeBloscHeader } from "./blosc-frame.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { msgpackCodec } from "./msgpack.ts";
import { Refusal, type Value } from "./value.ts";

/**
 * MsgPack within a Blosc frame, aiomas's `MsgPackBlosc`, for peers that use it. It reads compressed frames and writes
 * frames that are not: on a network that is worth compressing for, let the network layer compress.
 */
export function bloscCodec(options: CodecOptions): Codec {
  const msgpack = msgpackCodec(options);
  const { frameBytesMax } = options;
  return {
    name: "msgpack-blosc",
    types: options.types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const bytes = msgpack.encode(value, headroomBytes + BLOSC_HEADER_BYTES);
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      writeBloscHeader(frame, headroomBytes, frame.length - headroomBytes - BLOSC_HEADER_BYTES);
      return bytes;
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let content: Buffer;
      try {
        content = readBloscFrame(frame, start, end, frameBytesMax);
      } catch (error) {
        throw Refusal.toCodecError(error, "MsgPack");
      }
      return msgpack.decode(content);
    },
  };
}
