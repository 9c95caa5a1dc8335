import { CodecError } from "../errors.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { canonicalInteger, canonicalNumber } from "./value.ts";
import type { Value, ValueLimits, ValueObject } from "./values.ts";

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORD = /null|true|false|NaN|-?Infinity/y;

const WORDS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ["null", null],
  ["true", true],
  ["false", false],
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

/** Reads JSON with Python's bare tokens and exact integers up to 64 bits; slower than `JSON.parse`. */
export class JsonReader {
  readonly #text: string;
  readonly #limits: ValueLimits;
  readonly #types: TypeRegistry | undefined;
  #nodesLeft: number;
  #at = 0;

  constructor(text: string, limits: ValueLimits, types?: TypeRegistry) {
    this.#text = text;
    this.#limits = limits;
    this.#types = types;
    this.#nodesLeft = limits.nodesMax;
  }

  /** The one value of the text. */
  read(): Value {
    const value = this.#value(0);
    this.#match(SPACE);
    if (this.#at !== this.#text.length) throw this.#unexpected();
    return value;
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#limits.nodesMax} values`);
    this.#match(SPACE);
    switch (this.#text[this.#at]) {
      case "[":
        return this.#array(this.#enter(depth));
      case "{":
        return this.#object(this.#enter(depth));
      case '"':
        return this.#string();
    }
    const word = this.#match(WORD)?.[0];
    return word === undefined ? this.#number() : WORDS.get(word)!;
  }

  #array(depth: number): Value[] {
    const items: Value[] = [];
    if (this.#next("]")) return items;
    do items.push(this.#value(depth));
    while (this.#next(","));
    this.#expect("]");
    return items;
  }

  #object(depth: number): Value {
    const object: ValueObject = {};
    let typed = false;
    if (this.#next("}")) return object;
    do {
      this.#match(SPACE);
      const key = this.#string();
      if (key === "__proto__") throw refused("the key __proto__ is not allowed");
      this.#expect(":");
      if (key === TYPE_KEY) typed = true;
      object[key] = this.#value(depth);
    } while (this.#next(","));
    this.#expect("}");
    if (typed && this.#types?.size) return this.#types.read(object[TYPE_KEY]!);
    return object;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw this.#unexpected();
    const start = this.#at;
    this.#at = this.#closingQuote(start + 1) + 1;
    let text: string;
    try {
      text = JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch (error) {
      throw new CodecError("ERR_CODEC_BYTES", "not JSON: a bad character or escape in a string", { cause: error });
    }
    if (!text.isWellFormed()) throw refused("a string has a lone surrogate");
    return text;
  }

  /** Place of the first quote from `from` on that is not escaped: one with an even number of backslashes before it. */
  #closingQuote(from: number): number {
    for (let quote = this.#text.indexOf('"', from); quote >= 0; quote = this.#text.indexOf('"', quote + 1)) {
      let first = quote;
      while (first > from && this.#text[first - 1] === "\\") first--;
      if ((quote - first) % 2 === 0) return quote;
    }
    throw new CodecError("ERR_CODEC_BYTES", "not JSON: a string does not end");
  }

  #number(): Value {
    const found = this.#match(NUMBER);
    if (found === undefined) throw this.#unexpected();
    const [literal, fraction, exponent] = found;
    const number = Number(literal);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(number))
      return canonicalNumber(number);
    // 20 digits and a sign hold any 64-bit integer; longer ones are not converted, which would take long.
    const integer = literal.length > 21 ? undefined : canonicalInteger(BigInt(literal));
    if (integer === undefined) throw refused("an integer does not fit into 64 bits");
    return integer;
  }

  /** Into an array or object: past its bracket, one level down. */
  #enter(depth: number): number {
    if (depth + 1 > this.#limits.nestingMax)
      throw refused(`nested deeper than nestingMax = ${this.#limits.nestingMax}`);
    this.#at++;
    return depth + 1;
  }

  #next(mark: string): boolean {
    this.#match(SPACE);
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #expect(mark: string): void {
    if (!this.#next(mark)) throw this.#unexpected();
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #unexpected(): CodecError {
    const found = this.#text[this.#at];
    const what = found === undefined ? "it ends too early" : `unexpected ${JSON.stringify(found)} at ${this.#at}`;
    return new CodecError("ERR_CODEC_BYTES", `not JSON: ${what}`);
  }
}

function refused(what: string): CodecError {
  return new CodecError("ERR_CODEC_VALUE", `JSON refused: ${what}`);
}
