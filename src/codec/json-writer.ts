import { Buffer } from "../host.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { type WalkRules, walkValue } from "./copy.ts";
import { JsonReader } from "./json-reader.ts";
import { BACKSLASH, BRACE, BRACE_END, BRACKET, BRACKET_END, COLON, COMMA, QUOTE } from "./json-scanner.ts";
import { PROFILES } from "./profile.ts";
import { type Value, type ValueLimits, WholeFloat } from "./value.ts";

/**
 * JSON as Python's `json` module reads and writes it: NaN, Infinity and -Infinity are bare tokens, integers are exact,
 * strings may be raw UTF-8. Bytes and maps with other keys than strings cannot be written.
 *
 * `json` writes the bytes that aiomas writes and has registered types; `mosaik-json` writes as little as possible and
 * has none.
 */
export function jsonCodec(name: "json" | "mosaik-json", options: CodecOptions): Codec {
  const { limits, types, integerDigitsMax, floats } = options;
  const profile = PROFILES[name === "json" ? "aiomas-json" : "mosaik-json"];
  const style = profile.pythonText ? PYTHON : COMPACT;
  const writing: WalkRules = { limits, profile, types, integerDigitsMax, form: "wire" };
  const writer = profile.pythonText || profile.types ? undefined : new QuickJsonWriter(limits);
  const reader = new JsonReader({ limits, types: profile.types ? types : undefined, integerDigitsMax, floats });
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

/** How JSON is laid out: Python's `json.dumps` puts a blank after commas and colons, and writes ASCII alone. */
interface JsonStyle {
  readonly comma: string;
  readonly colon: string;
  readonly string: (text: string) => string;
  readonly float: (value: number) => string;
}

/** As short as possible, except that integers beyond 2^53 - 1 that are numbers have a fraction. */
export const COMPACT: JsonStyle = { comma: ",", colon: ":", string: JSON.stringify, float: shortFloat };

/** Byte for byte as Python's `json.dumps` with its defaults. Source: CPython `json/encoder.py`. */
const PYTHON: JsonStyle = { comma: ", ", colon: ": ", string: asciiString, float: pythonFloat };

/** @param value - In canonical form, without bytes, maps and instances. */
export function jsonText(value: Value, style: JsonStyle): string {
  switch (typeof value) {
    case "number":
      return Number.isSafeInteger(value) ? String(value) : style.float(value);
    case "bigint":
      return value.toString();
    case "string":
      return style.string(value);
    case "boolean":
      return value ? "true" : "false";
  }
  if (value === null) return "null";
  if (value instanceof WholeFloat) return style.float(value.value);
  return Array.isArray(value) ? arrayText(value, style) : objectText(value as Record<string, Value>, style);
}

function arrayText(items: readonly Value[], style: JsonStyle): string {
  if (items.length === 0) return "[]";
  let text = `[${jsonText(items[0]!, style)}`;
  for (let i = 1; i < items.length; i++) text += style.comma + jsonText(items[i]!, style);
  return `${text}]`;
}

function objectText(fields: Readonly<Record<string, Value>>, style: JsonStyle): string {
  let text = "";
  for (const key of Object.keys(fields)) {
    text += (text === "" ? "" : style.comma) + style.string(key) + style.colon + jsonText(fields[key]!, style);
  }
  return `{${text}}`;
}

/** An integer gets a fraction, so that no reader takes it for an exact one. */
function shortFloat(value: number): string {
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/**
 * As Python's `repr`: like JavaScript's the shortest digits that give the number again, but an exponent of two digits
 * at least, and from 1e16 on and below 1e-4.
 */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (size < 1e16 && size >= 1e-4)) return shortFloat(value);
  return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

function asciiString(text: string): string {
  const quoted = JSON.stringify(text);
  return BEYOND_ASCII.test(quoted) ? quoted.replace(EACH_BEYOND_ASCII, escaped) : quoted;
}

/** What Python escapes besides what JavaScript does: everything after `~`. */
const BEYOND_ASCII = /[^\0-~]/;
const EACH_BEYOND_ASCII = /[^\0-~]/g;

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** First size of the buffer, and the largest that is kept for the next value. */
const BUFFER_BYTES_MIN = 16 * 1024;
const BUFFER_BYTES_KEPT = 4 * 1024 * 1024;

/** Longest string that is copied unit by unit. */
const SHORT = 64;

/** Thrown where something is not for this writer; it has no place to tell of, so it is one object. */
const OTHER = new Error("not for the quick writer");

/**
 * Writes the same bytes as `jsonText(copyValue(value))`, in one pass and without the copy, for what nearly all messages
 * are made of: null, booleans, numbers, strings, arrays and plain objects. It puts no strings together: of a message with
 * 10,000 entities they would be a hundred thousand, all alive until its end.
 */
class QuickJsonWriter {
  readonly #nodesMax: number;
  readonly #nestingMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  #end = 0;
  #left = 0;
  #busy = false;

  constructor({ nodesMax, nestingMax }: ValueLimits) {
    this.#nodesMax = nodesMax;
    this.#nestingMax = nestingMax;
  }

  /**
   * Bytes of the value after `headroomBytes` free ones; they belong to the caller.
   *
   * @returns Undefined if there is anything else in the value, or something that is refused.
   */
  write(value: unknown, headroomBytes: number): Buffer | undefined {
    // A getter in the value may send something itself.
    if (this.#busy) return undefined;
    this.#busy = true;
    if (this.#bytes.length < BUFFER_BYTES_MIN) this.#bytes = Buffer.allocUnsafeSlow(BUFFER_BYTES_MIN);
    this.#end = headroomBytes;
    this.#left = this.#nodesMax;
    try {
      this.#value(value, 0);
      const written = Buffer.allocUnsafe(this.#end);
      this.#bytes.copy(written, 0, 0, this.#end);
      return written;
    } catch (error) {
      if (error === OTHER) return undefined;
      throw error;
    } finally {
      this.#busy = false;
      if (this.#bytes.length > BUFFER_BYTES_KEPT) this.#bytes = Buffer.alloc(0);
    }
  }

  #value(value: unknown, depth: number): void {
    if (--this.#left < 0) throw OTHER;
    switch (typeof value) {
      case "number":
        this.#ascii(Number.isInteger(value) && !Number.isSafeInteger(value) ? COMPACT.float(value) : String(value));
        return;
      case "string":
        this.#string(value);
        return;
      case "boolean":
        this.#ascii(value ? "true" : "false");
        return;
      case "undefined":
        this.#ascii("null");
        return;
      case "object":
        if (value === null) this.#ascii("null");
        else this.#container(value, depth + 1);
        return;
      default:
        throw OTHER;
    }
  }

  #container(value: object, depth: number): void {
    if (depth > this.#nestingMax) throw OTHER;
    if (Array.isArray(value)) {
      this.#array(value, depth);
      return;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === WholeFloat.prototype) {
      this.#ascii(COMPACT.float((value as WholeFloat).value));
      return;
    }
    if (prototype !== Object.prototype && prototype !== null) throw OTHER;
    this.#object(value as Record<string, unknown>, depth);
  }

  #array(items: readonly unknown[], depth: number): void {
    const { length } = items;
    // Before anything is written: a sparse array may claim 2^32 - 1 items.
    if (length > this.#left) throw OTHER;
    this.#byte(BRACKET);
    for (let i = 0; i < length; i++) {
      if (i > 0) this.#byte(COMMA);
      this.#value(items[i], depth);
    }
    this.#byte(BRACKET_END);
  }

  #object(fields: Record<string, unknown>, depth: number): void {
    this.#byte(BRACE);
    let some = false;
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      if (field === undefined) continue;
      if (key === "__proto__") throw OTHER;
      if (some) this.#byte(COMMA);
      some = true;
      this.#string(key);
      this.#byte(COLON);
      this.#value(field, depth);
    }
    this.#byte(BRACE_END);
  }

  #string(text: string): void {
    const { length } = text;
    if (length <= SHORT) {
      const bytes = this.#room(length + 2);
      let end = this.#end;
      bytes[end++] = QUOTE;
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) break;
        bytes[end++] = unit;
      }
      if (i === length) {
        bytes[end++] = QUOTE;
        this.#end = end;
        return;
      }
    }
    if (!text.isWellFormed()) throw OTHER;
    const quoted = JSON.stringify(text);
    this.#end += this.#room(3 * quoted.length).write(quoted, this.#end);
  }

  #ascii(text: string): void {
    const { length } = text;
    const bytes = this.#room(length);
    const start = this.#end;
    for (let i = 0; i < length; i++) bytes[start + i] = text.charCodeAt(i);
    this.#end = start + length;
  }

  #byte(byte: number): void {
    this.#room(1)[this.#end++] = byte;
  }

  /** The buffer, with room for `length` bytes more. */
  #room(length: number): Buffer {
    const needed = this.#end + length;
    if (needed <= this.#bytes.length) return this.#bytes;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length));
    this.#bytes.copy(grown, 0, 0, this.#end);
    this.#bytes = grown;
    return grown;
  }
}
