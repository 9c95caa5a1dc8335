import type { Codec, CodecOptions } from "./codec.ts";
import { QuickJsonWriter } from "./json-quick-writer.ts";
import { JsonReader } from "./json-reader.ts";
import { COMPACT, jsonText, PYTHON } from "./json-writer.ts";
import { PROFILES } from "./profile.ts";
import type { WalkRules } from "./value-walk.ts";
import { type Value, walkValue } from "./values.ts";

/**
 * JSON as Python's `json` module reads and writes it: NaN, Infinity and -Infinity are bare tokens, integers are exact,
 * strings may be raw UTF-8. Bytes and maps with other keys than strings cannot be written.
 *
 * `json` writes the bytes that aiomas writes and has registered types; `mosaik-json` writes as little as possible and
 * has none.
 */
export function jsonCodec(name: "json" | "mosaik-json", { limits, types, integerDigitsMax }: CodecOptions): Codec {
  const profile = PROFILES[name === "json" ? "aiomas-json" : "mosaik-json"];
  const style = profile.pythonText ? PYTHON : COMPACT;
  const writing: WalkRules = { limits, profile, types, integerDigitsMax, form: "wire" };
  const writer = profile.pythonText || profile.types ? undefined : new QuickJsonWriter(limits);
  const reader = new JsonReader({ limits, types: profile.types ? types : undefined, integerDigitsMax });
  return {
    name,
    types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const quick = writer?.write(value, headroomBytes);
      if (quick !== undefined) return quick;
      const text = jsonText(walkValue(value, writing), style);
      const bytes = Buffer.allocUnsafe(headroomBytes + Buffer.byteLength(text));
      bytes.write(text, headroomBytes);
      return bytes;
    },
    decode(bytes: Uint8Array, start?: number, end?: number): Value {
      return reader.read(bytes, start, end);
    },
  };
}
