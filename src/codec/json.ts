import { isUtf8 } from "node:buffer";
import { CodecError } from "../errors.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { JsonReader } from "./json-reader.ts";
import { COMPACT, jsonText, PYTHON } from "./json-writer.ts";
import { PROFILES } from "./profile.ts";
import { type DecodeRules, validateDecoded } from "./validate.ts";
import type { WalkRules } from "./value-walk.ts";
import { type Value, walkValue } from "./values.ts";

/**
 * What `JSON.parse` cannot read or would round: Python's bare tokens, and integers of 16 digits and more. It may find
 * them inside strings too; the slow reader is then taken for nothing, and gives the same value.
 */
const BEYOND_JSON_PARSE = /NaN|Infinity|(?<![.\d])\d{16}/;

const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

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
  const reading: DecodeRules = { limits, types: profile.types ? types : undefined, integerDigitsMax };
  return {
    name,
    types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const text = jsonText(walkValue(value, writing), style);
      const bytes = Buffer.allocUnsafe(headroomBytes + Buffer.byteLength(text));
      bytes.write(text, headroomBytes);
      return bytes;
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return readJson(bytes.subarray(start, end), reading);
    },
  };
}

/** @throws CodecError as `Codec.decode`. */
function readJson(bytes: Uint8Array, rules: DecodeRules): Value {
  if (!isUtf8(bytes)) throw new CodecError("ERR_CODEC_BYTES", "not JSON: not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (BEYOND_JSON_PARSE.test(text) || mayHoldMoreThan(rules.limits.nodesMax, bytes)) {
    return new JsonReader(text, rules).read();
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CodecError("ERR_CODEC_BYTES", `not JSON: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
  return validateDecoded(value, rules);
}

/** Whether the text may be of more than `nodesMax` values; `JSON.parse` would build all of them before they are counted. */
function mayHoldMoreThan(nodesMax: number, bytes: Uint8Array): boolean {
  if (bytes.length <= nodesMax) return false;
  let marks = 1;
  for (const byte of bytes) if (byte === COMMA || byte === BRACKET || byte === BRACE) marks++;
  return marks > nodesMax;
}
