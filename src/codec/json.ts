import type { Codec, CodecOptions } from "./codec.ts";
import { QuickJsonWriter } from "./json-quick-writer.ts";
import { JsonReader } from "./json-reader.ts";
import { jsonText } from "./json-writer.ts";
import { Refusal } from "./value.ts";
import { copyValue, type Value, type ValueLimits } from "./values.ts";

/**
 * JSON as Python's `json` module reads and writes it: NaN, Infinity and -Infinity are bare tokens, integers are exact
 * up to 64 bits, strings may be raw UTF-8. Bytes and maps with other keys than strings cannot be written.
 */
export function jsonCodec({ limits }: CodecOptions): Codec {
  const reader = new JsonReader(limits);
  const writer = new QuickJsonWriter(limits);
  return {
    name: "json",
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const quick = writer.write(value, headroomBytes);
      if (quick !== undefined) return quick;
      const text = checkedJsonText(value, limits);
      const bytes = Buffer.allocUnsafe(headroomBytes + Buffer.byteLength(text));
      bytes.write(text, headroomBytes);
      return bytes;
    },
    decode(bytes: Uint8Array, start?: number, end?: number): Value {
      return reader.read(bytes, start, end);
    },
  };
}

/** @throws ValueError as `Codec.encode`. */
function checkedJsonText(value: unknown, limits: ValueLimits): string {
  const copy = copyValue(value, limits);
  try {
    return jsonText(copy);
  } catch (error) {
    throw Refusal.toError(error, "$");
  }
}
