import { BACKSLASH, QUOTE, ZERO } from "./json-bytes.ts";
import { canonicalInteger, canonicalNumber, Refusal, type Value } from "./value.ts";

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
export const TENS = Array.from({ length: 23 }, (_, n) => 10 ** n);

/** Is it one of 0 to 9? */
export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}

/** The word that begins at `at`, if one does. */
export function wordAt(bytes: Buffer, at: number): Word | undefined {
  return WORDS.find(({ text }) => bytes.toString("latin1", at, at + text.length) === text);
}

/** Place of the first quote from `from` on that is not escaped. */
export function closingQuote(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  throw new Refusal("ERR_CODEC_BYTES", "a string does not end");
}

/** A string with escapes or more than ASCII in it, given with its quotes. */
export function unusualString(quoted: string): string {
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
export function longDecimal(bytes: Buffer, start: number, end: number): number {
  return canonicalNumber(Number(bytes.toString("latin1", start, end)));
}

/** An integer that is no safe one. @throws Refusal if it has more than `integerDigitsMax` digits. */
export function longInteger(bytes: Buffer, start: number, end: number, integerDigitsMax: number): Value {
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
