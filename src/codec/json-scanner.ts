import {
  BACKSLASH,
  DELETE,
  LOWER_E,
  MINUS,
  NEWLINE,
  PLUS,
  POINT,
  QUOTE,
  RETURN,
  SPACE,
  TAB,
  UPPER_I,
  ZERO,
} from "./json-bytes.ts";
import {
  closingQuote,
  isDigit,
  longDecimal,
  longInteger,
  TENS,
  unexpected,
  unusualString,
  wordAt,
} from "./json-literals.ts";
import { hashed, StringCache } from "./string-cache.ts";
import { canonicalNumber, type Refusal, type Value } from "./value.ts";

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

  /** @param integerDigitsMax - Longest integer in decimal digits; only one that is no safe integer is looked at. */
  constructor(integerDigitsMax: number) {
    this.#integerDigitsMax = integerDigitsMax;
  }

  /** Go to the start of `bytes`, which are UTF-8. */
  protected begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#end = bytes.length;
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
      return canonicalNumber(Number(this.#bytes.toString("latin1", start, this.at)));
    }
    // Both are exact, so that the quotient is the double nearest to the literal. Source: Clinger 1990.
    if (digits <= Number.MAX_SAFE_INTEGER && places < TENS.length) {
      const number = digits / TENS[places]!;
      return negative && number !== 0 ? -number : number;
    }
    return places === 0
      ? longInteger(this.#bytes, start, this.at, this.#integerDigitsMax)
      : longDecimal(this.#bytes, start, this.at);
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
