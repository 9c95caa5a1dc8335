import type { Output } from "../../../src/codec/index.ts";
import { withoutFloats } from "../../../src/cosim/index.ts";
import { channel, type Value } from "../../../src/index.ts";
import { DataRequest, WrittenRequest } from "./step-messages.ts";

/**
 * mosaik's JSON of a master, which knows the answers of each step by their bytes where they come as Python writes them, and remembers of what Python's simulators answer which whole numbers were floats: JavaScript has one kind
 * of number, and `1.0` is to be `1.0` again for the next simulator in Python.
 */
export class FloatCodec implements channel.Codec {
  readonly name = "mosaik-json";
  readonly types: channel.TypeRegistry;
  /** What its answers tell of floats. */
  readonly floats = { keep: false, seen: false };
  readonly #base = channel.createCodec("mosaik-json", { floats: this.floats });
  /** Contents of messages with whole floats in them, by the same contents with numbers. */
  readonly #exact = new WeakMap<object, Value>();
  /** The `get_data` that was written last. */
  #asked: DataRequest | undefined;

  constructor() {
    this.types = this.#base.types;
  }

  /** Remember from now on: somebody will ask by {@link exact}. */
  keep(): void {
    this.floats.keep = true;
  }

  /** `content` of a message with its whole floats, if it has any. */
  exact<T extends object>(content: T): T | undefined {
    return this.#exact.get(content) as T | undefined;
  }

  decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
    return this.#quickly(bytes, start, end) ?? this.#read(bytes, start, end);
  }

  /** `[1, 7, 8]`, which is most answers to `step`, and the answer to the last `get_data` if it is like the one before. */
  #quickly(bytes: Uint8Array, start: number, end: number): Value | undefined {
    if (bytes[start] !== BRACKET || bytes[start + 1] !== RESULT || bytes[start + 2] !== COMMA) return undefined;
    const idAt = afterBlank(bytes, start + 3);
    const idEnd = digitsEnd(bytes, idAt);
    if (idEnd === idAt || bytes[idEnd] !== COMMA || bytes[end - 1] !== BRACKET_END) return undefined;
    const id = integerIn(bytes, idAt, idEnd);
    const at = afterBlank(bytes, idEnd + 1);
    const numberEnd = digitsEnd(bytes, at);
    if (numberEnd === end - 1 && numberEnd > at) return [1, id, integerIn(bytes, at, numberEnd)];
    if (this.#asked?.id !== id) return undefined;
    const { answers } = this.#asked;
    const outputs = answers.read(bytes, at, end - 1);
    // Its receiver is the one who has asked for it, and no other.
    if (outputs !== undefined) return [1, id, outputs as unknown as Value];
    answers.keep(bytes, at, end - 1);
    return undefined;
  }

  #read(bytes: Uint8Array, start: number, end: number): Value {
    this.floats.seen = false;
    const message = this.#base.decode(bytes, start, end);
    if (!this.floats.seen) return message;
    const plain = withoutFloats(message) as Value;
    const [content, exact] = [plain, message].map((whole) => (Array.isArray(whole) ? whole[2] : undefined));
    if (typeof content === "object" && content !== null) this.#exact.set(content, exact as Value);
    return plain;
  }

  writeMessage(type: number, id: number, content: unknown, output: Output): boolean {
    if (content instanceof DataRequest) this.#asked = content;
    // The one before was not sent, and its id is used again.
    else if (type === 0 && this.#asked?.id === id) this.#asked = undefined;
    return content instanceof WrittenRequest && content.append(id, output);
  }

  encode(value: unknown, headroomBytes?: number): Uint8Array {
    const [type, id, content] = value as readonly [number, number, unknown];
    if (!(content instanceof WrittenRequest)) return this.#base.encode(value, headroomBytes);
    return content.write(id, headroomBytes ?? 0) ?? this.#base.encode([type, id, content.content], headroomBytes);
  }
}

/** Bytes of JSON: `[`, `]`, `,`, a blank, `0`, and the type of a message that is a result, `1`. */
const BRACKET = 0x5b;
const BRACKET_END = 0x5d;
const COMMA = 0x2c;
const BLANK = 0x20;
const ZERO = 0x30;
const RESULT = 0x31;

/** Digits of an integer that is surely a safe one. */
const DIGITS_MAX = 15;

function afterBlank(bytes: Uint8Array, at: number): number {
  return bytes[at] === BLANK ? at + 1 : at;
}

/** Where the integer ends that begins at `at`; `at` if none does, or it is for the general reader. */
function digitsEnd(bytes: Uint8Array, at: number): number {
  let end = at;
  while (bytes[end]! >= ZERO && bytes[end]! <= ZERO + 9) end++;
  return end - at > DIGITS_MAX || (bytes[at] === ZERO && end - at > 1) ? at : end;
}

function integerIn(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + bytes[at]! - ZERO;
  return number;
}
