import { ByteSlab } from "./byte-slab.ts";
import { sizeBytes, writeCount, writeNegative, writePositive } from "./msgpack-forms.ts";
import { canonicalInteger, fits64Bits, Refusal } from "./value.ts";
import { wellFormed } from "./value-walk.ts";

/** Longest string that is written character by character; longer ones are left to `Buffer.write`. */
const SHORT_CHARS = 48;

/** Writes what MsgPack has besides its containers, and their sizes. What it throws is a Refusal. */
export class MsgPackSlab extends ByteSlab {
  number(value: number): void {
    this.reserve(9);
    const { bytes, view, at } = this;
    if (value >= -0x20 && value < 0x80 && (value | 0) === value) {
      bytes[at] = value;
      this.at = at + 1;
    } else if (!Number.isSafeInteger(value)) {
      bytes[at] = 0xcb;
      // All NaN are one.
      view.setFloat64(at + 1, Number.isNaN(value) ? Number.NaN : value);
      this.at = at + 9;
    } else this.at = value < 0 ? writeNegative(bytes, view, at, value) : writePositive(bytes, view, at, value);
  }

  bigint(value: bigint): void {
    if (!fits64Bits(value)) throw new Refusal("ERR_VALUE_INTEGER", "the bigint does not fit into 64 bits");
    const canonical = canonicalInteger(value);
    if (typeof canonical === "number") {
      this.number(canonical);
      return;
    }
    this.reserve(9);
    this.bytes[this.at] = value < 0n ? 0xd3 : 0xcf;
    this.view.setBigUint64(this.at + 1, BigInt.asUintN(64, value));
    this.at += 9;
  }

  string(text: string): void {
    const { length } = text;
    if (length > SHORT_CHARS) {
      this.#longString(text);
      return;
    }
    this.reserve(length + 2);
    const { bytes } = this;
    let at = this.at;
    if (length < 32) bytes[at++] = 0xa0 | length;
    else {
      bytes[at++] = 0xd9;
      bytes[at++] = length;
    }
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        this.#longString(text);
        return;
      }
      bytes[at++] = unit;
    }
    this.at = at;
  }

  #longString(text: string): void {
    wellFormed(text);
    const length = Buffer.byteLength(text);
    if (length < 32) this.byte(0xa0 | length);
    else this.#length(0xd9, length);
    this.reserve(length);
    this.bytes.write(text, this.at, length, "utf8");
    this.at += length;
  }

  binary(bytes: Uint8Array): void {
    const { length } = bytes;
    this.#length(0xc4, length);
    this.reserve(length);
    this.bytes.set(bytes, this.at);
    this.at += length;
  }

  byte(byte: number): void {
    this.reserve(1);
    this.bytes[this.at++] = byte;
  }

  /** The length of a string or bytes; `token` is that of the form with 8 bits, those with 16 and 32 follow it. */
  #length(token: number, length: number): void {
    this.reserve(5);
    const { bytes, view, at } = this;
    if (length < 0x100) {
      bytes[at] = token;
      bytes[at + 1] = length;
      this.at = at + 2;
    } else this.at = writeCount(bytes, view, at, token + 1, length);
  }

  /** The size of a list or map; `short` is the token of the form with 4 bits, `wide` that with 16, that with 32 follows. */
  size(short: number, wide: number, size: number): void {
    this.reserve(5);
    const { bytes, view, at } = this;
    if (size < 16) {
      bytes[at] = short | size;
      this.at = at + 1;
    } else this.at = writeCount(bytes, view, at, wide, size);
  }

  /** Give the map that began at `place` of the run the size that it turned out to have. */
  resize(place: number, from: number, to: number): void {
    const start = this.at - this.written + place;
    const spare = sizeBytes(from) - sizeBytes(to);
    if (spare > 0) this.bytes.copyWithin(start + sizeBytes(to), start + sizeBytes(from), this.at);
    const end = this.at - spare;
    this.at = start;
    this.size(0x80, 0xde, to);
    this.at = end;
  }
}
