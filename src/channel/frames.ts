import { Output } from "../codec/index.ts";
import { ProtocolError } from "../errors.ts";
import type { Transport } from "./transports/transport.ts";

/** Length of the header: the payload's length as an unsigned big-endian integer. Source: aiomas `channel.py`. */
export const HEADER_BYTES = 4;

/** First size of the buffer for a payload that arrives in pieces. */
const BUFFER_BYTES_MIN = 16 * 1024;

const EMPTY = Buffer.alloc(0);

/** Takes one payload: `bytes` from `start` to `end`, which are its own only during the call. */
export type FrameSink = (bytes: Buffer, start: number, end: number) => void;

/** Write the header of a frame, which is header and payload from `start` to `end`, into its first four bytes. */
export function writeHeader(bytes: Uint8Array, start = 0, end = bytes.length): void {
  const length = end - start - HEADER_BYTES;
  bytes[start] = length >>> 24;
  bytes[start + 1] = length >>> 16;
  bytes[start + 2] = length >>> 8;
  bytes[start + 3] = length;
}

/**
 * Cuts arriving bytes into frames. A frame that lies within one chunk is handed out in place, without a copy.
 *
 * Two states: in the header (of which `#headerRead` bytes are there), or in the payload (of which `#bodyRead` of
 * `#length` bytes are there). Memory grows with what has arrived, never with what a header claims.
 */
export class FrameSplitter {
  readonly #frameBytesMax: number;
  readonly #sink: FrameSink;
  readonly #peer: string;
  #headerRead = 0;
  /** Length of the payload; while the header is incomplete, as much of it as is known. */
  #length = 0;
  /** Holds a payload of which a part has arrived; empty in the header. */
  #body: Buffer = EMPTY;
  #bodyRead = 0;
  #stopped = false;

  /**
   * @param frameBytesMax - Largest payload; one of exactly this length still passes.
   * @param peer - Who sends, for errors.
   */
  constructor(frameBytesMax: number, sink: FrameSink, peer = "the peer") {
    this.#frameBytesMax = frameBytesMax;
    this.#sink = sink;
    this.#peer = peer;
  }

  /** Whether a frame has begun and not ended. */
  get inFrame(): boolean {
    return this.#headerRead > 0;
  }

  /** Hand out nothing more, not even the rest of the present chunk. */
  stop(): void {
    this.#stopped = true;
  }

  /** @throws ProtocolError `ERR_CHANNEL_FRAME_BYTES` on the header of a frame that is too long. */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      at = this.#headerRead < HEADER_BYTES ? this.#readHeader(bytes, at) : this.#readBody(bytes, at);
    }
  }

  #readHeader(bytes: Buffer, start: number): number {
    let at = start;
    while (at < bytes.length && this.#headerRead < HEADER_BYTES) {
      this.#length = this.#length * 256 + bytes[at++]!;
      this.#headerRead++;
    }
    if (this.#headerRead < HEADER_BYTES) return at;
    if (this.#length > this.#frameBytesMax) {
      const message = `${this.#peer} announced a frame of ${this.#length} bytes; allowed are ${this.#frameBytesMax}`;
      throw new ProtocolError("ERR_CHANNEL_FRAME_BYTES", message, { peer: this.#peer });
    }
    if (this.#length === 0) this.#finish(bytes, at, at);
    return at;
  }

  #readBody(bytes: Buffer, start: number): number {
    const missing = this.#length - this.#bodyRead;
    const end = Math.min(bytes.length, start + missing);
    if (this.#bodyRead === 0 && end - start === missing) {
      this.#finish(bytes, start, end);
      return end;
    }
    this.#keep(bytes, start, end);
    if (this.#bodyRead === this.#length) this.#finish(this.#body, 0, this.#length);
    return end;
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#bodyRead + end - start;
    if (needed > this.#body.length) {
      const size = Math.max(needed, 2 * this.#body.length, BUFFER_BYTES_MIN);
      const grown = Buffer.allocUnsafe(Math.min(size, this.#length));
      this.#body.copy(grown, 0, 0, this.#bodyRead);
      this.#body = grown;
    }
    bytes.copy(this.#body, this.#bodyRead, start, end);
    this.#bodyRead = needed;
  }

  #finish(bytes: Buffer, start: number, end: number): void {
    this.#headerRead = 0;
    this.#length = 0;
    this.#bodyRead = 0;
    this.#body = EMPTY;
    this.#sink(bytes, start, end);
  }
}

/** Frames are collected in slabs of this size; one of a quarter or more is sent as it is. */
const SLAB_BYTES = 64 * 1024;

/** Longest piece that is written at once, where frames have at most `frameBytesMax` bytes of payload. */
export function messageBytesMax(frameBytesMax: number): number {
  return Math.max(SLAB_BYTES, frameBytesMax + HEADER_BYTES);
}

/**
 * Collects the frames of one turn and writes them at its end, in `process.nextTick`: many small messages become one
 * write, and their order is that in which they were sent. Frames are written where they are collected.
 */
export class Outbox {
  readonly #transport: Transport;
  /** Where the next frame is written; its bytes are the slab, unless that frame needs more than is left there. */
  readonly #output = new Output(SLAB_BYTES);
  #slab = this.#output.bytes;
  /** What waits is `#slab` from `#start` to `#end`. */
  #start = 0;
  #end = 0;
  /** Whether each frame is written at once: of a connection that carries one in a turn, as a rule. */
  atOnce = false;
  /** Whether a frame is being written. */
  #drafting = false;
  #scheduled = false;
  /** Whether the operating system is known to have taken all that was written; only what is written here changes that. */
  #taken = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Bytes that the operating system has not taken yet. */
  get queuedBytes(): number {
    const waiting = this.#end - this.#start;
    if (this.#taken) return waiting;
    const { queuedBytes } = this.#transport;
    this.#taken = queuedBytes === 0;
    return waiting + queuedBytes;
  }

  /** Where to write the next frame, from `start` to `at`; `send` or `drop` follows, within this turn. */
  draft(): Output {
    // While a frame is written a getter in its content may send another one.
    if (this.#drafting) return new Output(0);
    this.#drafting = true;
    const output = this.#output;
    output.start = this.#end;
    output.at = this.#end;
    return output;
  }

  /** Send a frame that was written, at the end of the turn; or with `now`, where `flush` follows in this turn anyway. */
  send(output: Output, now = false): void {
    const { bytes, start, at } = output;
    const isOwn = output === this.#output;
    if (isOwn) this.#drafting = false;
    if (!isOwn || at - start >= SLAB_BYTES / 4) {
      this.flush();
      if (bytes === this.#slab) this.#start = this.#end = at;
      else if (isOwn) output.bytes = this.#slab;
      this.#write(bytes.subarray(start, at));
      return;
    }
    if (bytes !== this.#slab) {
      this.flush();
      this.#slab = bytes;
      this.#start = start;
    }
    this.#end = at;
    if (this.atOnce) {
      this.flush();
      return;
    }
    if (now || this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(flush, this);
  }

  /** Forget a frame that was written, or could not be. */
  drop(output: Output): void {
    if (output !== this.#output) return;
    this.#drafting = false;
    output.bytes = this.#slab;
  }

  /** Write what waits now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#end === this.#start) return;
    const waiting = this.#slab.subarray(this.#start, this.#end);
    this.#start = this.#end;
    this.#write(waiting);
  }

  #write(bytes: Uint8Array): void {
    this.#taken = false;
    this.#transport.write(bytes);
  }
}

/** One function for all outboxes: no closure for each turn. */
function flush(outbox: Outbox): void {
  outbox.flush();
}
