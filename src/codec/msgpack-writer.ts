import { Buffer } from "../host.ts";
import type { Output } from "./output.ts";
import { TYPE_KEY } from "./types.ts";
import type { ValueLimits } from "./value.ts";

/** Longest string whose characters are looked at one by one. */
const SHORT_CHARS_MAX = 64;

/** Of bytes that are written as they are; a subclass is not. */
const BYTES_PROTOTYPES: ReadonlySet<object | null> = new Set([Uint8Array.prototype, Buffer.prototype]);

const EMPTY = Buffer.alloc(0);

/** Longest form of a number, and of the head of anything else. */
const HEAD_BYTES_MAX = 9;

/**
 * Writes most values as MsgPack, in one pass: those whose canonical copy would be equal to them. Anything unusual, right or
 * wrong (fields that are undefined, maps, bigints, instances, values beyond a limit), is left to the walk that copies.
 *
 * Source: MessagePack specification (github.com/msgpack/msgpack, spec.md), smallest forms, as aiomas writes them: positive
 * integers unsigned, floats in 64 bits.
 */
export class MsgPackWriter {
  readonly #limits: ValueLimits;
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  #bytes: Buffer = EMPTY;
  /** Where the next byte goes. */
  #at = 0;
  #output: Output | undefined;
  #nodesLeft = 0;

  constructor(limits: ValueLimits) {
    this.#limits = limits;
    this.#nestingMax = limits.nestingMax;
    this.#nodesMax = limits.nodesMax;
  }

  /** Whether a value is being written; a getter in it may ask. */
  get busy(): boolean {
    return this.#output !== undefined;
  }

  /**
   * Write one value behind what `output` holds. Every part of it is looked at once.
   *
   * @returns False if it is unusual; nothing was written then.
   */
  write(value: unknown, output: Output): boolean {
    if (this.#output !== undefined) return new MsgPackWriter(this.#limits).write(value, output);
    this.#output = output;
    this.#bytes = output.bytes;
    this.#at = output.at;
    this.#nodesLeft = this.#nodesMax;
    try {
      if (!this.#value(value, 0)) return false;
      output.at = this.#at;
      return true;
    } finally {
      this.#output = undefined;
      this.#bytes = EMPTY;
    }
  }

  #value(value: unknown, depth: number): boolean {
    if (--this.#nodesLeft < 0) return false;
    switch (typeof value) {
      case "number":
        this.#number(value);
        return true;
      case "string":
        return this.#string(value);
      case "boolean":
        this.#byte(value ? 0xc3 : 0xc2);
        return true;
      case "undefined":
        this.#byte(0xc0);
        return true;
      case "object":
        if (value !== null) return this.#container(value, depth + 1);
        this.#byte(0xc0);
        return true;
      default:
        return false;
    }
  }

  #container(value: object, depth: number): boolean {
    if (depth > this.#nestingMax) return false;
    if (Array.isArray(value)) return this.#array(value, depth);
    const prototype: object | null = Object.getPrototypeOf(value);
    if (prototype === Object.prototype) return this.#object(value as Record<string, unknown>, depth);
    if (!BYTES_PROTOTYPES.has(prototype) || !ArrayBuffer.isView(value)) return false;
    this.#binary(value as Uint8Array);
    return true;
  }

  #array(items: readonly unknown[], depth: number): boolean {
    const { length } = items;
    if (length > this.#nodesLeft) return false;
    this.#head(length, 0x90, 0xdc);
    for (let i = 0; i < length; i++) if (!this.#value(items[i], depth)) return false;
    return true;
  }

  #object(fields: Readonly<Record<string, unknown>>, depth: number): boolean {
    const keys = Object.keys(fields);
    this.#head(keys.length, 0x80, 0xde);
    for (const key of keys) {
      const field = fields[key];
      if (field === undefined || key === "__proto__" || key === TYPE_KEY) return false;
      if (!this.#string(key) || !this.#value(field, depth)) return false;
    }
    return true;
  }

  /** @param fixed - The token of the smallest form, @param wide - that with a length of 16 bits; 32 bits is one more. */
  #head(length: number, fixed: number, wide: number): void {
    if (length < 16) this.#byte(fixed | length);
    else if (length <= 0xffff) this.#token(wide, length, 2);
    else this.#token(wide + 1, length, 4);
  }

  #string(text: string): boolean {
    const { length } = text;
    if (length > SHORT_CHARS_MAX) return this.#utf8(text);
    const at = this.#room(HEAD_BYTES_MAX + length);
    const bytes = this.#bytes;
    let to = length < 32 ? at + 1 : at + 2;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return this.#utf8(text);
      bytes[to++] = code;
    }
    if (length < 32) bytes[at] = 0xa0 | length;
    else {
      bytes[at] = 0xd9;
      bytes[at + 1] = length;
    }
    this.#at = to;
    return true;
  }

  #utf8(text: string): boolean {
    if (!text.isWellFormed()) return false;
    const length = Buffer.byteLength(text);
    if (length < 32) this.#byte(0xa0 | length);
    else if (length <= 0xff) this.#token(0xd9, length, 1);
    else if (length <= 0xffff) this.#token(0xda, length, 2);
    else this.#token(0xdb, length, 4);
    const at = this.#room(length);
    this.#bytes.write(text, at, length, "utf8");
    this.#at = at + length;
    return true;
  }

  #binary(value: Uint8Array): void {
    const { length } = value;
    if (length <= 0xff) this.#token(0xc4, length, 1);
    else if (length <= 0xffff) this.#token(0xc5, length, 2);
    else this.#token(0xc6, length, 4);
    const at = this.#room(length);
    this.#bytes.set(value, at);
    this.#at = at + length;
  }

  #number(value: number): void {
    if (value >>> 0 === value) this.#unsigned(value);
    else if (value >> 0 === value) this.#negative(value);
    else if (Number.isSafeInteger(value)) this.#wide(value);
    else this.#float(value);
  }

  #unsigned(value: number): void {
    if (value < 0x80) this.#byte(value);
    else if (value <= 0xff) this.#token(0xcc, value, 1);
    else if (value <= 0xffff) this.#token(0xcd, value, 2);
    else this.#token(0xce, value, 4);
  }

  #negative(value: number): void {
    if (value >= -0x20) this.#byte(value);
    else if (value >= -0x80) this.#token(0xd0, value, 1);
    else if (value >= -0x8000) this.#token(0xd1, value, 2);
    else this.#token(0xd2, value, 4);
  }

  /** An integer beyond 32 bits, in two halves: JavaScript's shifts take its lower one, of a negative one in two's complement. */
  #wide(value: number): void {
    this.#token(value < 0 ? 0xd3 : 0xcf, Math.floor(value / 0x1_0000_0000), 4);
    const at = this.#room(4);
    this.#at = writeInteger(this.#bytes, at, value, 4);
  }

  #float(value: number): void {
    const at = this.#room(HEAD_BYTES_MAX);
    this.#bytes[at] = 0xcb;
    // All NaN are one: the bits of others may differ.
    this.#at = this.#bytes.writeDoubleBE(Number.isNaN(value) ? Number.NaN : value, at + 1);
  }

  #byte(value: number): void {
    const at = this.#room(1);
    this.#bytes[at] = value;
    this.#at = at + 1;
  }

  /** A token, and the lower `size` bytes of an integer behind it. */
  #token(token: number, value: number, size: 1 | 2 | 4): void {
    const at = this.#room(HEAD_BYTES_MAX);
    this.#bytes[at] = token;
    this.#at = writeInteger(this.#bytes, at + 1, value, size);
  }

  /** Make room for so many bytes; where they go. */
  #room(count: number): number {
    if (this.#at + count > this.#bytes.length) this.#grow(count);
    return this.#at;
  }

  #grow(count: number): void {
    const output = this.#output!;
    const before = output.at - output.start;
    output.at = this.#at; // so that what was written here moves, too
    output.reserve(count);
    this.#bytes = output.bytes;
    this.#at = output.at;
    output.at = output.start + before;
  }
}

/** Big-endian, as all of MsgPack; where the next byte goes. */
function writeInteger(bytes: Buffer, start: number, value: number, size: 1 | 2 | 4): number {
  let at = start;
  if (size === 4) {
    bytes[at++] = value >>> 24;
    bytes[at++] = value >>> 16;
  }
  if (size > 1) bytes[at++] = value >>> 8;
  bytes[at++] = value;
  return at;
}
