import { Buffer } from "../host.ts";
import { BACKSLASH, COMMA, isDigit, JsonScanner, MINUS, QUOTE } from "./json-scanner.ts";
import { COMPACT } from "./json-writer.ts";
import type { Output } from "./output.ts";
import { type FloatKeeping, WholeFloat } from "./value.ts";

/**
 * A JSON text as a pattern: the same text but for its numbers, as messages of a co-simulation are in every step. It reads
 * and writes the numbers alone, without a value of the whole.
 */
export class JsonPattern {
  /** Numbers in the text. */
  readonly count: number;
  readonly #text: Buffer;
  /** Start and end of each number. */
  readonly #marks: readonly number[];
  readonly #scanner: NumberScanner;
  /** Texts of the numbers that are written. */
  #digits: Buffer = Buffer.alloc(0);

  /**
   * @param text - JSON as one of the codecs writes it; copied.
   * @param integerDigitsMax - Longest integer, as in `Limits`.
   * @param floats - Whether {@link readValues} gives a `WholeFloat` for `1.0`; default: it gives 1.
   */
  constructor(text: Uint8Array, integerDigitsMax: number, floats?: FloatKeeping) {
    this.#text = Buffer.from(text);
    this.#marks = marksIn(this.#text);
    this.count = this.#marks.length / 2;
    this.#scanner = new NumberScanner(integerDigitsMax, floats);
  }

  /**
   * Read the numbers of another text, which lies from `start` to `end`.
   *
   * @param into - Gets them in their order; at least {@link count} places.
   * @returns False if the text is not of this pattern, or has an integer that is no double; `into` is then undefined.
   */
  read(bytes: Uint8Array, start: number, end: number, into: Float64Array): boolean {
    return this.#read(bytes, start, end, undefined, into);
  }

  /**
   * As {@link JsonPattern.read}, with `WholeFloat`s if this pattern keeps them.
   *
   * @param places - Of each number its place in `into`.
   */
  readValues(bytes: Uint8Array, start: number, end: number, places: Int32Array, into: unknown[]): boolean {
    return this.#read(bytes, start, end, places, into);
  }

  #read(
    bytes: Uint8Array,
    start: number,
    end: number,
    places: Int32Array | undefined,
    into: Float64Array | unknown[],
  ): boolean {
    const text = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#scanner.open(text, end);
    const isAlike = this.#match(text, start, end, places, into);
    this.#scanner.close();
    return isAlike;
  }

  #match(
    text: Buffer,
    start: number,
    end: number,
    places: Int32Array | undefined,
    into: Float64Array | unknown[],
  ): boolean {
    const like = this.#text;
    const marks = this.#marks;
    const scanner = this.#scanner;
    let from = 0;
    let at = start;
    for (let i = 0; i < marks.length; i += 2) {
      const to = marks[i]!;
      if (!isSame(like, from, to, text, at, end)) return false;
      at += to - from;
      const number = scanner.numberAt(at);
      if (number === undefined) return false;
      into[places === undefined ? i >> 1 : places[i >> 1]!] = number as number;
      at = scanner.place;
      from = marks[i + 1]!;
    }
    if (end - at !== like.length - from) return false;
    return isSame(like, from, like.length, text, at, end);
  }

  /**
   * The text with other numbers, NaN and infinities as Python's bare tokens.
   *
   * @param headroomBytes - Bytes left free in front.
   * @returns Bytes that the caller owns.
   */
  write(numbers: Float64Array, headroomBytes: number): Uint8Array {
    const plain = new Array<number>(this.count);
    for (let i = 0; i < plain.length; i++) plain[i] = numbers[i]!;
    return this.writeValues(plain, headroomBytes)!;
  }

  /**
   * As {@link JsonPattern.write}, with a `WholeFloat` as `1.0`.
   *
   * @param values - As many as there are numbers.
   * @returns Undefined if any of them is something else.
   */
  writeValues(values: readonly unknown[], headroomBytes: number): Uint8Array | undefined {
    const text = this.#text;
    const marks = this.#marks;
    const digits = this.#digitsOf(values);
    if (digits === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(headroomBytes + text.length + digits.length);
    let from = 0;
    let at = headroomBytes;
    let digit = 0;
    for (let i = 0; i < marks.length; i += 2) {
      for (const to = marks[i]!; from < to; from++, at++) bytes[at] = text[from]!;
      for (let byte = digits[digit++]!; byte !== COMMA; byte = digits[digit++]!) bytes[at++] = byte;
      from = marks[i + 1]!;
    }
    for (; from < text.length; from++, at++) bytes[at] = text[from]!;
    return bytes.subarray(0, at);
  }

  /**
   * As {@link JsonPattern.writeValues}, behind what `output` holds: for short texts, where each call counts.
   *
   * @returns False, with nothing written, if any of them is something else.
   */
  append(values: readonly unknown[], output: Output): boolean {
    const text = this.#text;
    const marks = this.#marks;
    output.reserve(text.length + values.length * NUMBER_BYTES_MAX);
    const { bytes } = output;
    let { at } = output;
    let from = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value !== "number" && !(value instanceof WholeFloat)) return false;
      for (const to = marks[2 * i]!; from < to; from++) bytes[at++] = text[from]!;
      const digits = textOf(value);
      for (let k = 0; k < digits.length; k++) bytes[at++] = digits.charCodeAt(k);
      from = marks[2 * i + 1]!;
    }
    for (; from < text.length; from++) bytes[at++] = text[from]!;
    output.at = at;
    return true;
  }

  /** The numbers' texts, each with a comma behind it. */
  #digitsOf(values: readonly unknown[]): Buffer | undefined {
    let unusual = false;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (typeof value === "number" && value > -INTEGER_MAX && value < INTEGER_MAX) continue;
      if (typeof value !== "number" && !(value instanceof WholeFloat)) return undefined;
      unusual = true;
    }
    // One call of the engine's own writer takes two thirds of the time of as many as there are numbers.
    const text = unusual ? values.map(textOf).join(",") : JSON.stringify(values).slice(1, -1);
    const length = text.length + 1;
    if (length > this.#digits.length) this.#digits = Buffer.allocUnsafeSlow(2 * length);
    this.#digits.write(text, "latin1");
    this.#digits[length - 1] = COMMA;
    return this.#digits.subarray(0, length);
  }
}

/** Bytes from which on the engine's own comparison is worth its call. */
const LONG_BYTES = 64;

/** Are the bytes of `like` between `from` and `to` those of `text` from `at` on, before `end`? */
function isSame(like: Buffer, from: number, to: number, text: Buffer, at: number, end: number): boolean {
  const length = to - from;
  if (length > end - at) return false;
  if (length >= LONG_BYTES) return like.compare(text, at, at + length, from, to) === 0;
  for (let i = 0; i < length; i++) if (like[from + i] !== text[at + i]) return false;
  return true;
}

/** No text of a double is longer: a sign, 17 digits and a point, with an exponent or up to six zeros in front. */
const NUMBER_BYTES_MAX = 32;

/** Numbers below it are written by JavaScript as by the codecs. */
const INTEGER_MAX = Number.MAX_SAFE_INTEGER;

/** As the codecs write it; -0 is 0. */
function textOf(value: unknown): string {
  if (value instanceof WholeFloat) return COMPACT.float(value.value);
  const number = value as number;
  return Number.isInteger(number) && !Number.isSafeInteger(number) ? COMPACT.float(number) : String(number);
}

function marksIn(text: Buffer): number[] {
  const marks: number[] = [];
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!;
    if (byte === QUOTE) {
      while (text[++at] !== QUOTE) if (text[at] === BACKSLASH) at++;
    } else if (isDigit(byte) || (byte === MINUS && isDigit(text[at + 1]!))) {
      marks.push(at);
      while (NUMBER.has(text[at + 1]!)) at++;
      marks.push(at + 1);
    }
  }
  return marks;
}

/** Bytes that numbers are made of. */
const NUMBER: ReadonlySet<number> = new Set(Buffer.from("0123456789.+-eE"));

/** Reads single numbers out of a text. */
class NumberScanner extends JsonScanner {
  open(text: Buffer, end: number): void {
    this.begin(text, end);
  }

  /** Let go of the text. */
  close(): void {
    this.end();
  }

  /** After the number that was read last. */
  get place(): number {
    return this.at;
  }

  /** The number that begins at `at`, if one does and a double holds it. */
  numberAt(at: number): number | WholeFloat | undefined {
    this.at = at;
    try {
      const number: unknown = this.number();
      return (typeof number === "number" || number instanceof WholeFloat) && this.at > at ? number : undefined;
    } catch {
      return undefined;
    }
  }
}
