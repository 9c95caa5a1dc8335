import { Buffer, isUtf8 } from "../host.ts";
import { StringCache } from "./string-cache.ts";
import { TYPE_KEY, type TypeRegistry } from "./types.ts";
import { canonicalNumber, Refusal, type Value, type ValueLimits, type ValueObject } from "./value.ts";

/**
 * Reads the part of MsgPack that this project speaks: no extension types, maps with string keys as plain objects,
 * `{"__type__": [id, repr]}` as instances of registered types.
 *
 * Every bound is checked before anything is allocated or entered, so hostile bytes cost no more than their length.
 *
 * Source: MessagePack specification (github.com/msgpack/msgpack, spec.md).
 */
export class MsgPackReader {
  readonly #limits: ValueLimits;
  readonly #nestingMax: number;
  readonly #nodesMax: number;
  readonly #types: TypeRegistry | undefined;
  readonly #strings = new StringCache();
  /** Index or key that is being read at each level; those up to `#depth` count. For errors alone. */
  readonly #places: (string | number)[] = [];
  #depth = 0;
  #bytes: Buffer = Buffer.alloc(0);
  /** Next byte to read; never beyond `#end`. */
  #at = 0;
  #end = 0;
  #nodesLeft = 0;
  /** A value is being read; what a registered type does meanwhile may read another one. */
  #busy = false;

  /** @param types - Without them `__type__` is a key as any other. */
  constructor(limits: ValueLimits, types: TypeRegistry | undefined) {
    this.#limits = limits;
    this.#nestingMax = limits.nestingMax;
    this.#nodesMax = limits.nodesMax;
    this.#types = types;
  }

  /** The one value that fills `bytes` from `start` to `end`. @throws CodecError as `Codec.decode`. */
  read(bytes: Uint8Array, start: number, end: number): Value {
    if (this.#busy) return new MsgPackReader(this.#limits, this.#types).read(bytes, start, end);
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
    this.#end = end;
    this.#depth = 0;
    this.#nodesLeft = this.#nodesMax;
    this.#busy = true;
    try {
      const value = this.#value(0);
      this.#depth = 0;
      if (this.#at !== end) throw malformed(`${end - this.#at} bytes follow the value`);
      return value;
    } catch (error) {
      throw Refusal.toCodecError(this.#located(error), "MsgPack");
    } finally {
      this.#busy = false;
    }
  }

  #value(depth: number): Value {
    if (--this.#nodesLeft < 0) throw refused(`more than nodesMax = ${this.#nodesMax} values`);
    if (this.#at === this.#end) throw cutOff();
    const token = this.#bytes[this.#at++]!;
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
    if (length > this.#end - start) throw cutOff();
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
    const copy = new Uint8Array(length);
    // Each view of bytes costs as much as copying hundreds of them.
    if (length > VIEWED_BYTES_MIN) copy.set(this.#bytes.subarray(start, start + length));
    else for (let i = 0; i < length; i++) copy[i] = this.#bytes[start + i]!;
    return copy;
  }

  /** The item or field at `place`. */
  #child(depth: number, place: string | number): Value {
    this.#places[depth] = place;
    this.#depth = depth;
    return this.#value(depth);
  }

  #array(length: number, depth: number): Value[] {
    this.#enter(length, depth);
    // A literal takes the room of its items; one that grows by `push` takes that of 17.
    switch (length) {
      case 1:
        return [this.#child(depth, 0)];
      case 2:
        return [this.#child(depth, 0), this.#child(depth, 1)];
      case 3:
        return [this.#child(depth, 0), this.#child(depth, 1), this.#child(depth, 2)];
    }
    const items: Value[] = [];
    for (let i = 0; i < length; i++) items.push(this.#child(depth, i));
    return items;
  }

  #map(size: number, depth: number): Value {
    this.#enter(size * 2, depth);
    const start = this.#at;
    const object: ValueObject = {};
    for (let i = 0; i < size; i++) {
      const key = this.#child(depth, i);
      // What was read so far is read again: an object may not have kept the order of its keys. The nodes count twice,
      // which bounds the work.
      if (typeof key !== "string") return this.#mapFrom(start, size, depth);
      if (key === TYPE_KEY && this.#types !== undefined) return this.#instance(this.#types, size, depth);
      this.#checkKey(key, depth);
      this.#nodesLeft++; // a string that is a key counts for nothing, as in `copyValue`
      object[key] = this.#child(depth, key);
    }
    return object;
  }

  #mapFrom(start: number, size: number, depth: number): Value {
    this.#at = start;
    const map = new Map<Value, Value>();
    for (let i = 0; i < size; i++) {
      const key = this.#child(depth, i);
      if (key === TYPE_KEY && this.#types !== undefined) return this.#instance(this.#types, size, depth);
      if (typeof key === "string") this.#checkKey(key, depth);
      map.set(key, this.#child(depth, i));
    }
    return map;
  }

  /** The instance that a map of `size` entries stands for, after its key. */
  #instance(types: TypeRegistry, size: number, depth: number): Value {
    const typed = size === 1 ? this.#child(depth, TYPE_KEY) : null;
    this.#depth = depth - 1;
    if (size > 1) throw new Refusal("ERR_CODEC_TYPE", `${TYPE_KEY} has to be the only key`);
    return types.read(typed);
  }

  #checkKey(key: string, depth: number): void {
    if (key !== "__proto__") return;
    this.#places[depth] = key;
    this.#depth = depth;
    throw refused("the key __proto__ is not allowed");
  }

  /** Check a container before it is built: each of its `children` takes at least one byte. */
  #enter(children: number, depth: number): void {
    if (depth > this.#nestingMax) throw refused(`nested deeper than nestingMax = ${this.#nestingMax}`);
    if (children > this.#end - this.#at) throw cutOff();
  }

  /** An error with the path to where the reader stands. */
  #located(error: unknown): unknown {
    for (let depth = this.#depth; depth > 0; depth--) Refusal.below(error, this.#places[depth]!);
    return error;
  }
}

/** Bytes up to here are copied one by one. */
const VIEWED_BYTES_MIN = 128;

function malformed(what: string): Refusal {
  return new Refusal("ERR_CODEC_BYTES", what);
}

function cutOff(): Refusal {
  return malformed("the value is cut off");
}

function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", what);
}
