/**
 * A 64-bit non-cryptographic hash over 32-bit words, in two lanes of integer arithmetic.
 *
 * For traces and seeds: fast, the same on every machine, not safe against somebody who wants collisions. Doubles are
 * hashed by their bytes, never by printed text. Mixing as in MurmurHash3 (Appleby, public domain): multiply, rotate,
 * xor, with the final avalanche of its 32-bit variant on each lane.
 */
const A1 = 0xcc9e2d51 | 0;
const A2 = 0x1b873593 | 0;
const B1 = 0x85ebca6b | 0;
const B2 = 0xc2b2ae35 | 0;

const doubles = new Float64Array(1);
const words = new Int32Array(doubles.buffer);
const bigints = new BigInt64Array(doubles.buffer);

function avalanche(word: number): number {
  let h = word;
  h ^= h >>> 16;
  h = Math.imul(h, B1);
  h ^= h >>> 13;
  h = Math.imul(h, B2);
  h ^= h >>> 16;
  return h;
}

function mixA(lane: number, value: number): number {
  const k = Math.imul(value, A1);
  const a = lane ^ Math.imul((k << 15) | (k >>> 17), A2);
  return (Math.imul((a << 13) | (a >>> 19), 5) + 0xe6546b64) | 0;
}

/** @param value - The word, crossed with the first lane. */
function mixB(lane: number, value: number): number {
  const j = Math.imul(value, B2);
  const b = lane ^ Math.imul((j << 17) | (j >>> 15), B1);
  return (Math.imul((b << 11) | (b >>> 21), 5) + 0x38495ab5) | 0;
}

/** A running hash; words go in with `word`, the digest can be read at any time. */
export class Hash64 {
  #a: number;
  #b: number;
  #count = 0;

  constructor(seedA = 0x9747b28c | 0, seedB = 0x3c6ef372 | 0) {
    this.#a = seedA;
    this.#b = seedB;
  }

  /** Mix in one integer, taken modulo 2^32. */
  word(value: number): void {
    const a = mixA(this.#a, value);
    this.#a = a;
    this.#b = mixB(this.#b, value ^ a);
    this.#count = (this.#count + 1) | 0;
  }

  /** Mix in four integers, as `word` would one after the other. */
  words(first: number, second: number, third: number, fourth: number): void {
    let a = mixA(this.#a, first);
    let b = mixB(this.#b, first ^ a);
    a = mixA(a, second);
    b = mixB(b, second ^ a);
    a = mixA(a, third);
    b = mixB(b, third ^ a);
    a = mixA(a, fourth);
    this.#b = mixB(b, fourth ^ a);
    this.#a = a;
    this.#count = (this.#count + 4) | 0;
  }

  /** Mix in a double by its bits; all NaN are one NaN, -0 is 0. */
  double(value: number): void {
    if ((value | 0) === value) {
      this.word(1);
      this.word(value);
      return;
    }
    doubles[0] = Number.isNaN(value) ? Number.NaN : value;
    this.word(2);
    this.word(words[0]!);
    this.word(words[1]!);
  }

  /** Mix in an integer of 64 bits, signed or unsigned. */
  bigint(value: bigint): void {
    bigints[0] = BigInt.asIntN(64, value);
    this.word(value < 0n ? 3 : 4);
    this.word(words[0]!);
    this.word(words[1]!);
  }

  /** Mix in a string: its length, then its code units two by two. */
  string(value: string): void {
    const length = value.length;
    let a = mixA(this.#a, length);
    let b = mixB(this.#b, length ^ a);
    for (let i = 0; i < length; i += 2) {
      const low = value.charCodeAt(i);
      const word = i + 1 < length ? low | (value.charCodeAt(i + 1) << 16) : low;
      a = mixA(a, word);
      b = mixB(b, word ^ a);
    }
    this.#a = a;
    this.#b = b;
    this.#count = (this.#count + 1 + ((length + 1) >> 1)) | 0;
  }

  /** Mix in bytes: their number, then themselves. */
  bytes(value: Uint8Array): void {
    this.word(value.length);
    for (const byte of value) this.word(byte);
  }

  /** First lane of the digest, a signed 32-bit integer. */
  get a(): number {
    return avalanche(this.#a ^ this.#count);
  }

  /** Second lane of the digest, a signed 32-bit integer. */
  get b(): number {
    return avalanche(this.#b ^ Math.imul(this.#count, A1) ^ this.a);
  }

  /** The digest as 16 hexadecimal digits. */
  hex(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
