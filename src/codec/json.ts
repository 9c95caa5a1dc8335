import { isUtf8 } from "node:buffer";
import { CodecError } from "../errors.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { JsonReader } from "./json-reader.ts";
import type { TypeRegistry } from "./types.ts";
import { validateDecoded } from "./validate.ts";
import { Refusal } from "./value.ts";
import { copyValue, type Value, type ValueLimits } from "./values.ts";

/**
 * What `JSON.parse` cannot read or would round: Python's bare tokens, and integers of 16 digits and more. It may find
 * them inside strings too; the slow reader is then taken for nothing, and gives the same value.
 */
const BEYOND_JSON_PARSE = /NaN|Infinity|(?<![.\d])\d{16}/;

const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/**
 * JSON as Python's `json` module reads and writes it: NaN, Infinity and -Infinity are bare tokens, integers are exact
 * up to 64 bits, strings may be raw UTF-8. Bytes and maps with other keys than strings cannot be written.
 */
export function jsonCodec({ limits, types }: CodecOptions): Codec {
  return {
    name: "json",
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const text = writeJson(value, limits, types);
      const bytes = Buffer.allocUnsafe(headroomBytes + Buffer.byteLength(text));
      bytes.write(text, headroomBytes);
      return bytes;
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      return readJson(bytes.subarray(start, end), limits, types);
    },
  };
}

/** @throws ValueError as `Codec.encode`. */
function writeJson(value: unknown, limits: ValueLimits, types: TypeRegistry | undefined): string {
  const copy = copyValue(value, limits, "$", types);
  try {
    return jsonText(copy);
  } catch (error) {
    throw Refusal.toError(error, "$");
  }
}

/** @throws CodecError as `Codec.decode`. */
function readJson(bytes: Uint8Array, limits: ValueLimits, types: TypeRegistry | undefined): Value {
  if (!isUtf8(bytes)) throw new CodecError("ERR_CODEC_BYTES", "not JSON: not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (BEYOND_JSON_PARSE.test(text) || mayHoldMoreThan(limits.nodesMax, bytes))
    return new JsonReader(text, limits, types).read();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CodecError("ERR_CODEC_BYTES", `not JSON: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
  return validateDecoded(value, limits, "$", types);
}

/** Whether the text may be of more than `nodesMax` values; `JSON.parse` would build all of them before they are counted. */
function mayHoldMoreThan(nodesMax: number, bytes: Uint8Array): boolean {
  if (bytes.length <= nodesMax) return false;
  let marks = 1;
  for (const byte of bytes) if (byte === COMMA || byte === BRACKET || byte === BRACE) marks++;
  return marks > nodesMax;
}

/** @param value - In canonical form. */
function jsonText(value: Value): string {
  switch (typeof value) {
    case "number":
      return numberText(value);
    case "bigint":
      return value.toString();
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
  }
  if (value === null) return "null";
  if (Array.isArray(value)) return `[${joined(value.entries(), (_index, text) => text)}]`;
  if (value instanceof Uint8Array) throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write bytes");
  if (value instanceof Map)
    throw new Refusal("ERR_VALUE_TYPE", "JSON cannot write a Map whose keys are not all strings");
  return `{${joined(Object.entries(value), (key, text) => `${JSON.stringify(key)}:${text}`)}}`;
}

function joined<K extends string | number>(
  entries: Iterable<readonly [K, Value]>,
  write: (key: K, text: string) => string,
): string {
  let all = "";
  for (const [key, value] of entries) {
    try {
      all += (all === "" ? "" : ",") + write(key, jsonText(value));
    } catch (error) {
      throw Refusal.below(error, key);
    }
  }
  return all;
}

/** A float that is an integer beyond 2^53 - 1 gets a fraction, so that no reader takes it for an exact integer. */
function numberText(value: number): string {
  const text = String(value);
  return Number.isSafeInteger(value) || !/^-?\d+$/.test(text) ? text : `${text}.0`;
}
