import { isUtf8 } from "node:buffer";
import { CodecError } from "../errors.ts";
import { plainObject } from "./plain-object.ts";
import { hashed, StringCache } from "./string-cache.ts";
import { canonicalInteger, canonicalNumber, Refusal } from "./value.ts";
import type { Value, ValueLimits, ValueObject } from "./values.ts";

const TAB = 0x09;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const UPPER_I = 0x49;
const BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const BRACKET_END = 0x5d;
const LOWER_E = 0x65;
const BRACE = 0x7b;
const BRACE_END = 0x7d;
const DELETE = 0x7f;

const WORDS: readonly (readonly [text: string, value: Value])[] = [
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
];

/** Powers of ten that doubles hold exactly. */
const TENS = Array.from({ length: 23 }, (_, n) => 10 ** n);

const EMPTY = Buffer.alloc(0);

/**
 * Reads JSON with Python's bare tokens and exact integers up to 64 bits.
 *
 * Messages of a co-simulation have the same keys in every step: a reader keeps the strings that it has met, which makes
 * it faster than `JSON.parse`, and checks the rules of values on the way. Every bound is checked before anything is
 * entered.
 *
 * Source: RFC 8259; bare tokens as in Python's `json`.
 */
export class JsonReader {
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  readonly #strings = new StringCache();
  #bytes: Buffer = EMPTY;
  /** Next byte to read. */
  #at = 0;
  #end = 0;
  #nodesLeft = 0;
  /** Of the string that was read last. */
  #hash = 0;

  constructor({ nestingMax, nodesMax }: ValueLimits) {
    this.#nestingMax = nestingMax;
    this.#nodesMax = nodesMax;
  }

  /**
   * The one value that fills `bytes` from `start` to `end`.
   *
   * @throws CodecError as `Codec.decode`; for a value that is refused, `path` names the place.
   */
  read(bytes: Uint8Array, start = 0, end = bytes.length): Value {
    if (!isUtf8(bytes.subarray(start, end))) throw new CodecError("ERR_CODEC_BYTES", "not JSON: not UTF-8");
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
    this.#nodesLeft = this.#nodesMax;
    try {
      const value = this.#value(0);
      this.#skip();
      if (this.#at !== end) throw this.#unexpected();
      return value;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const path = `$${error.path}`;
      throw new CodecError(error.code, `${path}: ${error.what}`, { path });
    } finally {
      this.#bytes = EMPTY;
    }
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#nodesMax} values`);
    const byte = this.#skip();
    if (byte === QUOTE) return this.#string();
    if (byte === MINUS || isDigit(byte)) return this.#number();
    if (byte === BRACE) return this.#object(depth + 1);
    if (byte === BRACKET) return this.#array(depth + 1);
    return this.#word();
  }

  #array(depth: number): Value[] {
    const items: Value[] = [];
    if (this.#enter(depth) === BRACKET_END) {
      this.#at++;
      return items;
    }
    try {
      for (;;) {
        items.push(this.#value(depth));
        const mark = this.#skip();
        if (mark !== COMMA && mark !== BRACKET_END) throw this.#unexpected();
        this.#at++;
        if (mark === BRACKET_END) return items;
      }
    } catch (error) {
      throw Refusal.below(error, items.length);
    }
  }

  #object(depth: number): ValueObject {
    let byte = this.#enter(depth);
    if (byte === BRACE_END) {
      this.#at++;
      return {};
    }
    let object: ValueObject | undefined;
    for (;;) {
      if (byte !== QUOTE) throw this.#unexpected();
      const key = this.#string();
      object ??= plainObject(this.#hash);
      try {
        if (key === "__proto__") throw refused("the key __proto__ is not allowed");
        if (this.#skip() !== COLON) throw this.#unexpected();
        this.#at++;
        object[key] = this.#value(depth);
      } catch (error) {
        throw Refusal.below(error, key);
      }
      const mark = this.#skip();
      if (mark !== COMMA && mark !== BRACE_END) throw this.#unexpected();
      this.#at++;
      if (mark === BRACE_END) return object;
      byte = this.#skip();
    }
  }

  #string(): string {
    const bytes = this.#bytes;
    const end = this.#end;
    const start = this.#at + 1;
    let hash = 0;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) {
        this.#at = at + 1;
        this.#hash = hash;
        return this.#strings.hashedAscii(bytes, start, at, hash);
      }
      if (byte < SPACE || byte === BACKSLASH || byte > DELETE) break;
      hash = hashed(hash, byte);
    }
    this.#hash = 0;
    return this.#unusualString(start);
  }

  /** One with escapes, with more than ASCII, or wrong. */
  #unusualString(start: number): string {
    const bytes = this.#bytes;
    const quote = this.#closingQuote(start);
    this.#at = quote + 1;
    let text: string;
    try {
      text = JSON.parse(bytes.toString("utf8", start - 1, quote + 1)) as string;
    } catch (error) {
      throw new CodecError("ERR_CODEC_BYTES", "not JSON: a bad character or escape in a string", { cause: error });
    }
    if (!text.isWellFormed()) throw refused("the string has a lone surrogate");
    return text;
  }

  /** Place of the first quote from `from` on that is not escaped. */
  #closingQuote(from: number): number {
    const bytes = this.#bytes;
    for (let at = from; at < this.#end; at++) {
      const byte = bytes[at]!;
      if (byte === QUOTE) return at;
      if (byte === BACKSLASH) at++;
    }
    throw new CodecError("ERR_CODEC_BYTES", "not JSON: a string does not end");
  }

  #number(): Value {
    const start = this.#at;
    const negative = this.#bytes[start] === MINUS;
    if (negative) {
      this.#at++;
      if (this.#byte() === UPPER_I) {
        this.#at--;
        return this.#word();
      }
    }
    // Exact as long as it is a safe integer, and never a safe integer once it is not exact.
    let digits = 0;
    if (this.#byte() === ZERO) this.#at++;
    else digits = this.#digits(0);
    let places = 0;
    if (this.#byte() === POINT) {
      const point = this.#at++;
      digits = this.#digits(digits);
      places = this.#at - point - 1;
    }
    const integer = places === 0;
    if ((this.#byte() | 0x20) === LOWER_E) {
      this.#exponent();
      return canonicalNumber(Number(this.#bytes.toString("latin1", start, this.#at)));
    }
    // Both are exact, so that the quotient is the double nearest to the literal. Source: Clinger 1990.
    if (digits <= Number.MAX_SAFE_INTEGER && places < TENS.length) {
      const number = digits / TENS[places]!;
      return negative && number !== 0 ? -number : number;
    }
    return this.#longNumber(start, integer);
  }

  /** Read one digit or more, and append them to those of `before`. */
  #digits(before: number): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    let number = before;
    while (at < end && isDigit(bytes[at]!)) number = number * 10 + (bytes[at++]! - ZERO);
    if (at === this.#at) throw this.#unexpected();
    this.#at = at;
    return number;
  }

  #exponent(): void {
    this.#at++;
    const sign = this.#byte();
    if (sign === PLUS || sign === MINUS) this.#at++;
    this.#digits(0);
  }

  #longNumber(start: number, integer: boolean): Value {
    const length = this.#at - start;
    // 20 digits and a sign hold any 64-bit integer; longer ones are not converted, which would take long.
    if (integer && length > 21) throw refused("an integer does not fit into 64 bits");
    const literal = this.#bytes.toString("latin1", start, this.#at);
    if (!integer) return canonicalNumber(Number(literal));
    const exact = canonicalInteger(BigInt(literal));
    if (exact === undefined) throw refused("an integer does not fit into 64 bits");
    return exact;
  }

  #word(): Value {
    const bytes = this.#bytes;
    const start = this.#at;
    for (const [text, value] of WORDS) {
      const end = start + text.length;
      if (end > this.#end || bytes.toString("latin1", start, end) !== text) continue;
      this.#at = end;
      return value;
    }
    throw this.#unexpected();
  }

  /** Into an array or object: past its bracket; its first byte that is no space. */
  #enter(depth: number): number {
    if (depth > this.#nestingMax) throw refused(`nested deeper than nestingMax = ${this.#nestingMax}`);
    this.#at++;
    return this.#skip();
  }

  /** Pass white space; the byte after it, or 0 at the end. */
  #skip(): number {
    const bytes = this.#bytes;
    const end = this.#end;
    let at = this.#at;
    while (at < end) {
      const byte = bytes[at]!;
      if (byte > SPACE || (byte !== SPACE && byte !== NEWLINE && byte !== RETURN && byte !== TAB)) break;
      at++;
    }
    this.#at = at;
    return at < end ? bytes[at]! : 0;
  }

  /** The next byte, or 0 at the end. */
  #byte(): number {
    return this.#at < this.#end ? this.#bytes[this.#at]! : 0;
  }

  #unexpected(): CodecError {
    const ended = this.#at >= this.#end;
    const found = ended
      ? ""
      : JSON.stringify(this.#bytes.toString("utf8", this.#at, Math.min(this.#at + 4, this.#end))[0]);
    const what = ended ? "it ends too early" : `unexpected ${found} at byte ${this.#at}`;
    return new CodecError("ERR_CODEC_BYTES", `not JSON: ${what}`);
  }
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", what);
}
