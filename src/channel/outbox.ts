import { HEADER_BYTES } from "./framing.ts";
import type { Transport } from "./transports/transport.ts";

/** Frames are collected in slabs of this size; one of a quarter or more is sent as it is. */
const SLAB_BYTES = 64 * 1024;

/** Longest piece that is written at once, where frames have at most `frameBytesMax` bytes of payload. */
export function messageBytesMax(frameBytesMax: number): number {
  return Math.max(SLAB_BYTES, frameBytesMax + HEADER_BYTES);
}

/**
 * Collects the frames of one turn and writes them at its end, in `process.nextTick`: many small messages become one
 * write, and their order is that in which they were added.
 */
export class Outbox {
  readonly #transport: Transport;
  #slab: Buffer = Buffer.alloc(0);
  /** What waits is `#slab` from `#start` to `#end`. */
  #start = 0;
  #end = 0;
  #scheduled = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Bytes that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#end - this.#start + this.#transport.queuedBytes;
  }

  /** Send one frame; it is the outbox's from now on. */
  add(frame: Uint8Array): void {
    const { length } = frame;
    if (length >= SLAB_BYTES / 4) {
      this.flush();
      this.#transport.write(frame);
      return;
    }
    if (length > this.#slab.length - this.#end) {
      this.flush();
      this.#slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#start = 0;
      this.#end = 0;
    }
    this.#slab.set(frame, this.#end);
    this.#end += length;
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(flush, this);
  }

  /** Write what waits now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#end === this.#start) return;
    const waiting = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#transport.write(waiting);
  }
}

/** One function for all outboxes: no closure for each turn. */
function flush(outbox: Outbox): void {
  outbox.flush();
}
