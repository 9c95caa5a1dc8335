import { type DecodeRules, revived } from "./validate.ts";
import { canonicalInteger, canonicalNumber, Refusal, type Value, type ValueObject } from "./value.ts";

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

/** Reads JSON with Python's bare tokens and exact integers; slower than `JSON.parse`. */
export class JsonReader {
  readonly #text: string;
  readonly #rules: DecodeRules;
  #nodesLeft: number;
  #at = 0;

  constructor(text: string, rules: DecodeRules) {
    this.#text = text;
    this.#rules = rules;
    this.#nodesLeft = rules.limits.nodesMax;
  }

  /** The one value of the text. @throws CodecError as `Codec.decode`. */
  read(): Value {
    try {
      const value = this.#value(0);
      this.#match(SPACE);
      if (this.#at !== this.#text.length) throw this.#unexpected();
      return value;
    } catch (error) {
      throw Refusal.toCodecError(error, "JSON");
    }
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#rules.limits.nodesMax} values`);
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
    try {
      do items.push(this.#value(depth));
      while (this.#next(","));
    } catch (error) {
      throw Refusal.below(error, items.length);
    }
    this.#expect("]");
    return items;
  }

  #object(depth: number): Value {
    const object: ValueObject = {};
    if (this.#next("}")) return object;
    do this.#field(object, depth);
    while (this.#next(","));
    this.#expect("}");
    return revived(object, this.#rules.types);
  }

  #field(object: ValueObject, depth: number): void {
    this.#match(SPACE);
    const key = this.#string();
    this.#expect(":");
    try {
      if (key === "__proto__") throw refused("the key __proto__ is not allowed");
      object[key] = this.#value(depth);
    } catch (error) {
      throw Refusal.below(error, key);
    }
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw this.#unexpected();
    const start = this.#at;
    this.#at = this.#closingQuote(start + 1) + 1;
    let text: string;
    try {
      text = JSON.parse(this.#text.slice(start, this.#at)) as string;
    } catch (error) {
      throw new Refusal("ERR_CODEC_BYTES", "a bad character or escape in a string", error);
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
    throw new Refusal("ERR_CODEC_BYTES", "a string does not end");
  }

  #number(): Value {
    const found = this.#match(NUMBER);
    if (found === undefined) throw this.#unexpected();
    const [literal, fraction, exponent] = found;
    const number = Number(literal);
    if (fraction !== undefined || exponent !== undefined || Number.isSafeInteger(number))
      return canonicalNumber(number);
    const { integerDigitsMax } = this.#rules;
    // Checked before it is converted, which takes long.
    if (literal.length - (literal[0] === "-" ? 1 : 0) > integerDigitsMax) {
      throw refused(`an integer has more than integerDigitsMax = ${integerDigitsMax} digits`);
    }
    return canonicalInteger(BigInt(literal));
  }

  /** Into an array or object: past its bracket, one level down. */
  #enter(depth: number): number {
    const { nestingMax } = this.#rules.limits;
    if (depth + 1 > nestingMax) throw refused(`nested deeper than nestingMax = ${nestingMax}`);
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

  #unexpected(): Refusal {
    const found = this.#text[this.#at];
    const what = found === undefined ? "it ends too early" : `unexpected ${JSON.stringify(found)} at ${this.#at}`;
    return new Refusal("ERR_CODEC_BYTES", what);
  }
}

function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", what);
}
