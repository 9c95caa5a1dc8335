import type { Output } from "../../../src/codec/index.ts";
import { withoutFloats } from "../../../src/cosim/index.ts";
import { channel, type Value } from "../../../src/index.ts";
import { WrittenRequest } from "./step-messages.ts";

/**
 * mosaik's JSON, which remembers of what Python's simulators answer which whole numbers were floats: JavaScript has one kind
 * of number, and `1.0` is to be `1.0` again for the next simulator in Python.
 */
export class FloatCodec implements channel.Codec {
  readonly name = "mosaik-json";
  readonly types: channel.TypeRegistry;
  readonly #floats = { keep: false, seen: false };
  readonly #base = channel.createCodec("mosaik-json", { floats: this.#floats });
  /** Contents of messages with whole floats in them, by the same contents with numbers. */
  readonly #exact = new WeakMap<object, Value>();

  constructor() {
    this.types = this.#base.types;
  }

  /** Remember from now on: somebody will ask by {@link exact}. */
  keep(): void {
    this.#floats.keep = true;
  }

  /** `content` of a message with its whole floats, if it has any. */
  exact<T extends object>(content: T): T | undefined {
    return this.#exact.get(content) as T | undefined;
  }

  decode(bytes: Uint8Array, start?: number, end?: number): Value {
    this.#floats.seen = false;
    const message = this.#base.decode(bytes, start, end);
    if (!this.#floats.seen) return message;
    const plain = withoutFloats(message) as Value;
    const [content, exact] = [plain, message].map((whole) => (Array.isArray(whole) ? whole[2] : undefined));
    if (typeof content === "object" && content !== null) this.#exact.set(content, exact as Value);
    return plain;
  }

  writeMessage(_type: number, id: number, content: unknown, output: Output): boolean {
    return content instanceof WrittenRequest && content.append(id, output);
  }

  encode(value: unknown, headroomBytes?: number): Uint8Array {
    const [type, id, content] = value as readonly [number, number, unknown];
    if (!(content instanceof WrittenRequest)) return this.#base.encode(value, headroomBytes);
    return content.write(id, headroomBytes ?? 0) ?? this.#base.encode([type, id, content.content], headroomBytes);
  }
}
