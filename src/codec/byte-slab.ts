/** First size of the memory, and what a slab has left at least before the next one is begun. */
const SLAB_BYTES = 32 * 1024;

/**
 * Memory that is written from front to back, one run of bytes after another. A run that is finished belongs to whoever
 * takes it; what is not finished may move to larger memory.
 *
 * Whoever writes calls `reserve` first; nothing else checks for room.
 */
export class ByteSlab {
  /** Where to write; valid until the next `reserve`. */
  bytes: Buffer = Buffer.alloc(0);
  /** The same memory. */
  view: DataView = new DataView(this.bytes.buffer, 0, 0);
  /** Next place to write. */
  at = 0;
  /** Where the present run began. */
  #start = 0;

  /** Bytes of the present run. */
  get written(): number {
    return this.at - this.#start;
  }

  /** Begin a run, of which `headroomBytes` are left as they are. */
  begin(headroomBytes: number): void {
    this.#start = this.at;
    this.reserve(headroomBytes);
    this.at += headroomBytes;
  }

  /** Make sure that `length` more bytes can be written. */
  reserve(length: number): void {
    if (this.at + length > this.bytes.length) this.#move(length);
  }

  /** End the run and hand it out. */
  take(): Buffer {
    return this.bytes.subarray(this.#start, this.at);
  }

  /** Forget the present run. */
  drop(): void {
    this.at = this.#start;
  }

  #move(length: number): void {
    const { written } = this;
    const size = written === 0 ? Math.max(SLAB_BYTES, length) : Math.max(SLAB_BYTES, 2 * (written + length));
    // Memory of its own, never the pool that small buffers share: it is handed out in pieces.
    const bytes = Buffer.allocUnsafeSlow(size);
    this.bytes.copy(bytes, 0, this.#start, this.at);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = written;
    this.#start = 0;
  }
}
