import { Buffer } from "../host.ts";
import { hashed, StringCache } from "./string-cache.ts";
import { canonicalInteger, canonicalNumber, type FloatKeeping, Refusal, type Value, WholeFloat } from "./value.ts";

const EMPTY = Buffer.alloc(0);

/** Reads the parts that JSON is made of, from left to right: strings, numbers and words, and white space between them. */
export class JsonScanner {
  /** Next byte to read. */
  protected at = 0;
  /** Of the string that was read last, as `hashed` gives it; 0 for an unusual one. */
  protected hash = 0;
  #bytes: Buffer = EMPTY;
  #end = 0;
  readonly #strings = new StringCache();
  readonly #integerDigitsMax: number;
  readonly #floats: FloatKeeping | undefined;

  /**
   * @param integerDigitsMax - Longest integer in decimal digits; only one that is no safe integer is looked at.
   * @param floats - Whether `1.0` is read as a {@link WholeFloat}; by default it is 1.
   */
  constructor(integerDigitsMax: number, floats?: FloatKeeping) {
    this.#integerDigitsMax = integerDigitsMax;
    this.#floats = floats;
  }

  /** Go to the start of `bytes`, which are UTF-8 up to `end`. */
  protected begin(bytes: Buffer, end = bytes.length): void {
    this.#bytes = bytes;
    this.#end = end;
    this.at = 0;
  }

  /** Let go of the bytes. */
  protected end(): void {
    this.begin(EMPTY);
  }

  protected get ended(): boolean {
    return this.at === this.#end;
  }

  protected string(): string {
    const bytes = this.#bytes;
    const end = this.#end;
    const start = this.at + 1;
    let hash = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.at = at + 1;
        this.hash = hash;
        return this.#strings.hashedAscii(bytes, start, at, hash);
      }
      if (byte < SPACE || byte === BACKSLASH || byte > DELETE) break;
      hash = hashed(hash, byte);
    }
    this.hash = 0;
    return this.#unusualString(start);
  }

  /** One with escapes, with more than ASCII, or wrong. */
  #unusualString(start: number): string {
    const quote = closingQuote(this.#bytes, start);
    this.at = quote + 1;
    return unusualString(this.#bytes.toString("utf8", start - 1, quote + 1));
  }

  protected number(): Value {
    const start = this.at;
    const negative = this.#bytes[start] === MINUS;
    if (negative) {
      this.at++;
      if (this.#byte() === UPPER_I) {
        this.at--;
        return this.word();
      }
    }
    // Exact as long as it is a safe integer, and never a safe integer once it is not exact.
    let digits = 0;
    if (this.#byte() === ZERO) this.at++;
    else digits = this.#digits(0);
    let places = 0;
    if (this.#byte() === POINT) {
      const point = this.at++;
      digits = this.#digits(digits);
      places = this.at - point - 1;
    }
    if ((this.#byte() | 0x20) === LOWER_E) {
      this.#exponent();
      return this.#float(canonicalNumber(Number(this.#bytes.toString("latin1", start, this.at))));
    }
    // Both are exact, so that the quotient is the double nearest to the literal. Source: Clinger 1990.
    if (digits <= Number.MAX_SAFE_INTEGER && places < TENS.length) {
      const number = digits / TENS[places]!;
      const signed = negative && number !== 0 ? -number : number;
      return places === 0 ? signed : this.#float(signed);
    }
    return places === 0
      ? longInteger(this.#bytes, start, this.at, this.#integerDigitsMax)
      : this.#float(longDecimal(this.#bytes, start, this.at));
  }

  #float(number: number): Value {
    if (this.#floats?.keep !== true || !Number.isSafeInteger(number)) return number;
    this.#floats.seen = true;
    // Who asks for them takes them out again before anything else sees them.
    return new WholeFloat(number) as unknown as Value;
  }

  /** Read one digit or more, and append them to those of `before`. */
  #digits(before: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.at;
    let number = before;
    while (at < end && isDigit(bytes[at]!)) number = number * 10 + (bytes[at++]! - ZERO);
    if (at === this.at) throw this.unexpected();
    this.at = at;
    return number;
  }

  #exponent(): void {
    this.at++;
    const sign = this.#byte();
    if (sign === PLUS || sign === MINUS) this.at++;
    this.#digits(0);
  }

  protected word(): Value {
    const word = wordAt(this.#bytes, this.at);
    if (word === undefined) throw this.unexpected();
    this.at += word.text.length;
    return word.value;
  }

  /** Pass white space; the byte after it, or 0 at the end. */
  protected skip(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.at;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte > SPACE || (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB)) break;
      at++;
    }
    this.at = at;
    return at < end ? bytes[at]! : 0;
  }

  /** The next byte, or 0 at the end. */
  #byte(): number {
    return this.at < this.#end ? this.#bytes[this.at]! : 0;
  }

  protected unexpected(): Refusal {
    return unexpected(this.#bytes, this.at);
  }
}

/** A value that JSON, or Python's JSON, writes as a word. */
interface Word {
  readonly text: string;
  readonly value: Value;
}

const WORDS: readonly Word[] = [
  { text: "null", value: null },
  { text: "true", value: true },
  { text: "false", value: false },
  { text: "NaN", value: Number.NaN },
  { text: "Infinity", value: Number.POSITIVE_INFINITY },
  { text: "-Infinity", value: Number.NEGATIVE_INFINITY },
];

/** Powers of ten that doubles hold exactly. */
const TENS = Array.from({ length: 23 }, (_, n) => 10 ** n);

/** Is it one of 0 to 9? */
export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** The word that begins at `at`, if one does. */
function wordAt(bytes: Buffer, at: number): Word | undefined {
  return WORDS.find(({ text }) => bytes.toString("latin1", at, at + text.length) === text);
}

/** Place of the first quote from `from` on that is not escaped. */
function closingQuote(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  throw new Refusal("ERR_CODEC_BYTES", "a string does not end");
}

/** A string with escapes or more than ASCII in it, given with its quotes. */
function unusualString(quoted: string): string {
  let text: string;
  try {
    text = JSON.parse(quoted) as string;
  } catch (error) {
    throw new Refusal("ERR_CODEC_BYTES", "a bad character or escape in a string", error);
  }
  if (!text.isWellFormed()) throw refused("the string has a lone surrogate");
  return text;
}

/** A number with a fraction and without an exponent whose digits are no safe integer, or very many. */
function longDecimal(bytes: Buffer, start: number, end: number): number {
  return canonicalNumber(Number(bytes.toString("latin1", start, end)));
}

/** An integer that is no safe one. @throws Refusal if it has more than `integerDigitsMax` digits. */
function longInteger(bytes: Buffer, start: number, end: number, integerDigitsMax: number): Value {
  const literal = bytes.toString("latin1", start, end);
  // Checked before it is converted, which takes long.
  if (literal.length - (literal[0] === "-" ? 1 : 0) > integerDigitsMax) {
    throw refused(`an integer has more than integerDigitsMax = ${integerDigitsMax} digits`);
  }
  return canonicalInteger(BigInt(literal));
}

/** A value that is JSON, but may not cross. */
export function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", what);
}

/** The error of bytes that are not JSON from `at` on. */
export function unexpected(bytes: Buffer, at: number): Refusal {
  if (at >= bytes.length) return new Refusal("ERR_CODEC_BYTES", "it ends too early");
  const [found] = bytes.toString("utf8", at, at + 4);
  return new Refusal("ERR_CODEC_BYTES", `unexpected ${JSON.stringify(found)} at byte ${at}`);
}

/** Bytes that mean something in JSON. */
const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
export const QUOTE = 0x22;
const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
const POINT = 0x2e;
export const ZERO = 0x30;
export const COLON = 0x3a;
const UPPER_I = 0x49;
export const BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const BRACKET_END = 0x5d;
const LOWER_E = 0x65;
export const BRACE = 0x7b;
export const BRACE_END = 0x7d;
const DELETE = 0x7f;
