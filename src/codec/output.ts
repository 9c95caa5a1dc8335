import { Buffer } from "../host.ts";

const EMPTY = Buffer.alloc(0);

/**
 * A buffer that is written from front to back. What is being written lies from `start` to `at`; what lies before `start` was
 * written earlier and belongs to somebody else. Both move to another buffer if this one becomes too small, and what was
 * written earlier stays behind in the old one.
 */
export class Output {
  bytes: Buffer = EMPTY;
  start = 0;
  at = 0;
  readonly #sizeMin: number;

  /** @param sizeMin - Bytes of each buffer, unless what is being written needs more. */
  constructor(sizeMin: number) {
    this.#sizeMin = sizeMin;
  }

  /** Make sure that `count` bytes can be written behind `at`. */
  reserve(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(count);
  }

  /** Write bytes that nobody else will change. Many are not copied where they are all that is being written. */
  append(bytes: Uint8Array): void {
    if (this.at === this.start && bytes.length >= this.#sizeMin / 4) {
      this.bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      this.start = 0;
      this.at = bytes.length;
      return;
    }
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  /** What was written, to keep; what comes next is written behind it, or elsewhere if that was much. */
  take(): Buffer {
    const written = this.bytes.subarray(this.start, this.at);
    if (this.bytes.length > this.#sizeMin) this.bytes = EMPTY;
    this.start = this.bytes === EMPTY ? 0 : this.at;
    this.at = this.start;
    return written;
  }

  #grow(count: number): void {
    const length = this.at - this.start;
    const needed = length + count;
    // Not from Node's pool, which would be kept by what is written here.
    const grown = Buffer.allocUnsafeSlow(needed <= this.#sizeMin ? this.#sizeMin : 2 * needed);
    this.bytes.copy(grown, 0, this.start, this.at);
    this.bytes = grown;
    this.start = 0;
    this.at = length;
  }
}
