import { CodecError } from "../errors.ts";
import { Buffer, isUtf8 } from "../host.ts";
import {
  BRACE,
  BRACE_END,
  BRACKET,
  BRACKET_END,
  COLON,
  COMMA,
  isDigit,
  JsonScanner,
  MINUS,
  QUOTE,
  refused,
} from "./json-scanner.ts";
import { plainObject } from "./plain-object.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { type FloatKeeping, Refusal, type Value, type ValueLimits, type ValueObject } from "./value.ts";

/**
 * Reads JSON with Python's bare tokens and exact integers.
 *
 * Messages of a co-simulation have the same keys in every step: a reader keeps the strings that it has met, which makes
 * it faster than `JSON.parse`, and checks the rules of values on the way. Every bound is checked before anything is
 * entered.
 *
 * Source: RFC 8259; bare tokens as in Python's `json`.
 */
export class JsonReader extends JsonScanner {
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  readonly #types: TypeRegistry | undefined;
  readonly #rules: DecodeRules;
  #nodesLeft = 0;
  #busy = false;

  constructor(rules: DecodeRules) {
    const { limits, types, integerDigitsMax, floats } = rules;
    super(integerDigitsMax, floats);
    this.#rules = rules;
    this.#nestingMax = limits.nestingMax;
    this.#nodesMax = limits.nodesMax;
    this.#types = types;
  }

  /**
   * The one value that fills `bytes` from `start` to `end`.
   *
   * @throws CodecError as `Codec.decode`; for a value that is refused, `path` names the place.
   */
  read(bytes: Uint8Array, start = 0, end = bytes.length): Value {
    // A registered type may read something itself.
    if (this.#busy) return new JsonReader(this.#rules).read(bytes, start, end);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    if (!isUtf8(text)) throw new CodecError("ERR_CODEC_BYTES", "not JSON: not UTF-8");
    this.begin(text);
    this.#busy = true;
    this.#nodesLeft = this.#nodesMax;
    try {
      const value = this.#value(0);
      this.skip();
      if (!this.ended) throw this.unexpected();
      return value;
    } catch (error) {
      throw Refusal.toCodecError(error, "JSON");
    } finally {
      this.end();
      this.#busy = false;
    }
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#nodesMax} values`);
    const byte = this.skip();
    if (byte === QUOTE) return this.string();
    if (byte === MINUS || isDigit(byte)) return this.number();
    if (byte === BRACE) return this.#object(depth + 1);
    if (byte === BRACKET) return this.#array(depth + 1);
    return this.word();
  }

  #array(depth: number): Value[] {
    const items: Value[] = [];
    if (this.#enter(depth) === BRACKET_END) {
      this.at++;
      return items;
    }
    try {
      do items.push(this.#value(depth));
      while (this.#more(BRACKET_END));
      return items;
    } catch (error) {
      throw Refusal.below(error, items.length);
    }
  }

  #object(depth: number): Value {
    let byte = this.#enter(depth);
    if (byte === BRACE_END) {
      this.at++;
      return {};
    }
    let object: ValueObject | undefined;
    for (;;) {
      if (byte !== QUOTE) throw this.unexpected();
      const key = this.string();
      object ??= plainObject((this.hash >>> 5) ^ this.hash);
      try {
        if (key === "__proto__") throw refused("the key __proto__ is not allowed");
        if (this.skip() !== COLON) throw this.unexpected();
        this.at++;
        object[key] = this.#value(depth);
      } catch (error) {
        throw Refusal.below(error, key);
      }
      if (!this.#more(BRACE_END)) return revived(object, this.#types);
      byte = this.skip();
    }
  }

  /** Past a comma, after which more comes, or the mark that ends the array or object. */
  #more(endMark: number): boolean {
    const mark = this.skip();
    if (mark !== COMMA && mark !== endMark) throw this.unexpected();
    this.at++;
    return mark === COMMA;
  }

  /** Into an array or object: past its bracket; its first byte that is no space. */
  #enter(depth: number): number {
    if (depth > this.#nestingMax) throw refused(`nested deeper than nestingMax = ${this.#nestingMax}`);
    this.at++;
    return this.skip();
  }
}

/** What may come out of bytes. */
interface DecodeRules {
  readonly limits: ValueLimits;
  /** Undefined if `{"__type__": …}` is a plain object. */
  readonly types: TypeRegistry | undefined;
  /** Longest integer in decimal digits. */
  readonly integerDigitsMax: number;
  /** As `CodecOptions.floats`. */
  readonly floats?: FloatKeeping | undefined;
}

/**
 * The instance that a decoded object stands for, or the object itself.
 *
 * @throws Refusal `ERR_CODEC_TYPE` if it has more keys, or its type cannot read it.
 */
export function revived(object: ValueObject, types: TypeRegistry | undefined): Value {
  if (types === undefined || !Object.hasOwn(object, TYPE_KEY)) return object;
  if (Object.keys(object).length > 1) throw new Refusal("ERR_CODEC_TYPE", `${TYPE_KEY} has to be the only key`);
  return types.read(object[TYPE_KEY]!);
}
