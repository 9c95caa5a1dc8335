import { isUtf8 } from "node:buffer";
import { CodecError } from "../errors.ts";
import { StringCache } from "./string-cache.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { canonicalNumber } from "./value.ts";
import type { Value, ValueLimits, ValueObject } from "./values.ts";

/**
 * Reads the part of MsgPack that this project speaks: no extension types, maps with string keys as plain objects.
 *
 * Every bound is checked before anything is allocated or entered, so hostile bytes cost no more than their length.
 *
 * Source: MessagePack specification (github.com/msgpack/msgpack, spec.md).
 */
export class MsgPackReader {
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  readonly #types: TypeRegistry | undefined;
  readonly #strings = new StringCache();
  #bytes: Buffer = Buffer.alloc(0);
  /** Next byte to read; never beyond `#end`. */
  #at = 0;
  #end = 0;
  #nodesLeft = 0;

  constructor({ nestingMax, nodesMax }: ValueLimits, types?: TypeRegistry) {
    this.#nestingMax = nestingMax;
    this.#nodesMax = nodesMax;
    this.#types = types;
  }

  /** The one value that fills `bytes` from `start` to `end`. */
  read(bytes: Uint8Array, start: number, end: number): Value {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
    this.#nodesLeft = this.#nodesMax;
    const value = this.#value(0);
    if (this.#at !== end) throw malformed(`${end - this.#at} bytes follow the value`);
    return value;
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#nodesMax} values`);
    const token = this.#bytes[this.#take(1)]!;
    if (token < 0x80) return token;
    if (token < 0x90) return this.#map(token & 0x0f, depth + 1);
    if (token < 0xa0) return this.#array(token & 0x0f, depth + 1);
    if (token < 0xc0) return this.#string(token & 0x1f);
    if (token >= 0xe0) return token - 0x100;
    return this.#wide(token, depth);
  }

  #wide(token: number, depth: number): Value {
    switch (token) {
      case 0xc0:
        return null;
      case 0xc2:
        return false;
      case 0xc3:
        return true;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        return this.#binary(this.#unsigned(1 << (token - 0xc4)));
      case 0xca:
        return canonicalNumber(this.#bytes.readFloatBE(this.#take(4)));
      case 0xcb:
        return canonicalNumber(this.#bytes.readDoubleBE(this.#take(8)));
      case 0xcc:
      case 0xcd:
      case 0xce:
        return this.#unsigned(1 << (token - 0xcc));
      case 0xcf:
        return this.#unsigned64();
      case 0xd0:
        return this.#bytes.readInt8(this.#take(1));
      case 0xd1:
        return this.#bytes.readInt16BE(this.#take(2));
      case 0xd2:
        return this.#bytes.readInt32BE(this.#take(4));
      case 0xd3:
        return this.#signed64();
      case 0xd9:
      case 0xda:
      case 0xdb:
        return this.#string(this.#unsigned(1 << (token - 0xd9)));
      case 0xdc:
      case 0xdd:
        return this.#array(this.#unsigned(2 << (token - 0xdc)), depth + 1);
      case 0xde:
      case 0xdf:
        return this.#map(this.#unsigned(2 << (token - 0xde)), depth + 1);
      default:
        throw refused(`the MsgPack type 0x${token.toString(16)} is not allowed`);
    }
  }

  /** Move on by `length` bytes; where they start. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw malformed("the value is cut off");
    this.#at = start + length;
    return start;
  }

  #unsigned(size: number): number {
    const start = this.#take(size);
    if (size === 1) return this.#bytes[start]!;
    return size === 2 ? this.#bytes.readUInt16BE(start) : this.#bytes.readUInt32BE(start);
  }

  #unsigned64(): number | bigint {
    const start = this.#take(8);
    const number = this.#bytes.readUInt32BE(start) * 0x1_0000_0000 + this.#bytes.readUInt32BE(start + 4);
    return Number.isSafeInteger(number) ? number : this.#bytes.readBigUInt64BE(start);
  }

  #signed64(): number | bigint {
    const start = this.#take(8);
    const number = this.#bytes.readInt32BE(start) * 0x1_0000_0000 + this.#bytes.readUInt32BE(start + 4);
    return Number.isSafeInteger(number) ? number : this.#bytes.readBigInt64BE(start);
  }

  #string(length: number): string {
    const start = this.#take(length);
    const bytes = this.#bytes;
    const end = start + length;
    let ascii = 0;
    for (let i = start; i < end && ascii < 0x80; i++) ascii = bytes[i]!;
    if (ascii < 0x80) return this.#strings.ascii(bytes, start, end);
    if (!isUtf8(bytes.subarray(start, end))) throw malformed("a string is not UTF-8");
    return bytes.toString("utf8", start, end);
  }

  #binary(length: number): Uint8Array {
    const start = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(start, start + length));
  }

  #array(length: number, depth: number): Value[] {
    this.#enter(length, depth);
    const items: Value[] = [];
    for (let i = 0; i < length; i++) items.push(this.#value(depth));
    return items;
  }

  #map(size: number, depth: number): Value {
    this.#enter(size * 2, depth);
    const start = this.#at;
    const object: ValueObject = {};
    let typed = false;
    for (let i = 0; i < size; i++) {
      const key = this.#value(depth);
      // What was read so far is read again: an object may not have kept the order of its keys. The nodes count twice,
      // which bounds the work.
      if (typeof key !== "string") return this.#mapFrom(start, size, depth);
      if (key === "__proto__") throw refused("the key __proto__ is not allowed");
      this.#nodesLeft++; // a string that is a key counts for nothing, as in `copyValue`
      if (key === TYPE_KEY) typed = true;
      object[key] = this.#value(depth);
    }
    if (typed && this.#types?.size) return this.#types.read(object[TYPE_KEY]!);
    return object;
  }

  #mapFrom(start: number, size: number, depth: number): Map<Value, Value> {
    this.#at = start;
    const map = new Map<Value, Value>();
    for (let i = 0; i < size; i++) map.set(this.#value(depth), this.#value(depth));
    return map;
  }

  /** Check a container before it is built: each of its `children` takes at least one byte. */
  #enter(children: number, depth: number): void {
    if (depth > this.#nestingMax) throw refused(`nested deeper than nestingMax = ${this.#nestingMax}`);
    if (children > this.#end - this.#at) throw malformed("the value is cut off");
  }
}

function malformed(what: string): CodecError {
  return new CodecError("ERR_CODEC_BYTES", `not MsgPack: ${what}`);
}

function refused(what: string): CodecError {
  return new CodecError("ERR_CODEC_VALUE", `MsgPack refused: ${what}`);
}
