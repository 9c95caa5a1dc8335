import { BACKSLASH, BRACE, BRACE_END, BRACKET, BRACKET_END, COLON, COMMA, QUOTE } from "./json-bytes.ts";
import { COMPACT } from "./json-writer.ts";
import type { ValueLimits } from "./values.ts";

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
export class QuickJsonWriter {
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
