import { Buffer } from "../host.ts";
import { BACKSLASH, COMMA, isDigit, JsonScanner, LOWER_E, MINUS, POINT, QUOTE, TENS, ZERO } from "./json-scanner.ts";
import { COMPACT } from "./json-writer.ts";
import { WholeFloat } from "./value.ts";

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
   */
  constructor(text: Uint8Array, integerDigitsMax: number) {
    this.#text = Buffer.from(text);
    this.#marks = marksIn(this.#text);
    this.count = this.#marks.length / 2;
    this.#scanner = new NumberScanner(integerDigitsMax);
  }

  /**
   * Read the numbers of another text, which lies from `start` to `end`.
   *
   * @param into - Gets them in their order; at least {@link count} places.
   * @returns False if the text is not of this pattern, or has an integer that is no double; `into` is then undefined.
   */
  read(bytes: Uint8Array, start: number, end: number, into: Float64Array): boolean {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    const like = this.#text;
    const marks = this.#marks;
    const scanner = this.#scanner;
    scanner.open(text);
    try {
      let from = 0;
      let at = 0;
      for (let i = 0; i < marks.length; i += 2) {
        const to = marks[i]!;
        if (!isSame(like, from, to, text, at)) return false;
        at += to - from;
        if (!scanner.readInto(into, i >> 1, at)) return false;
        at = scanner.place;
        from = marks[i + 1]!;
      }
      if (text.length - at !== like.length - from) return false;
      return isSame(like, from, like.length, text, at);
    } finally {
      scanner.close();
    }
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

/** Are the bytes of `like` between `from` and `to` those of `text` from `at` on? */
function isSame(like: Buffer, from: number, to: number, text: Buffer, at: number): boolean {
  const length = to - from;
  if (length > text.length - at) return false;
  if (length >= LONG_BYTES) return like.compare(text, at, at + length, from, to) === 0;
  for (let i = 0; i < length; i++) if (like[from + i] !== text[at + i]) return false;
  return true;
}

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

const EMPTY = Buffer.alloc(0);

/** Bytes that numbers are made of. */
const NUMBER: ReadonlySet<number> = new Set(Buffer.from("0123456789.+-eE"));

/** Reads single numbers out of a text. */
class NumberScanner extends JsonScanner {
  #text: Buffer = EMPTY;

  open(text: Buffer): void {
    this.#text = text;
    this.begin(text);
  }

  close(): void {
    this.#text = EMPTY;
    this.end();
  }

  /** After the number that was read last. */
  get place(): number {
    return this.at;
  }

  /**
   * Read the number that begins at `at` into a place of `into`. Most are read here: a double that is handed on between
   * functions is an object each time, nine of them when `number` reads it.
   *
   * @returns False if none begins there, or if no double holds it.
   */
  readInto(into: Float64Array, place: number, start: number): boolean {
    const text = this.#text;
    let at = start;
    const isNegative = text[at] === MINUS;
    if (isNegative) at++;
    const first = at;
    let digits = 0;
    while (isDigit(text[at]!)) digits = digits * 10 + (text[at++]! - ZERO);
    const point = at;
    let places = 0;
    if (text[at] === POINT) {
      at++;
      while (isDigit(text[at]!)) digits = digits * 10 + (text[at++]! - ZERO);
      places = at - point - 1;
    }
    const isUsual = point > first && (at === point || places > 0) && (text[first] !== ZERO || point === first + 1);
    const hasExponent = (text[at]! | 0x20) === LOWER_E;
    // As in `JsonScanner.number`: both are exact, and so the quotient is the nearest double.
    if (!isUsual || hasExponent || digits > Number.MAX_SAFE_INTEGER || places >= TENS.length) {
      return this.#readAny(into, place, start);
    }
    const size = digits / TENS[places]!;
    into[place] = isNegative && size !== 0 ? -size : size;
    this.at = at;
    return true;
  }

  #readAny(into: Float64Array, place: number, start: number): boolean {
    this.at = start;
    try {
      const number = this.number();
      if (typeof number !== "number" || this.at === start) return false;
      into[place] = number;
      return true;
    } catch {
      return false;
    }
  }
}
