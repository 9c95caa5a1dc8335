import { readSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";
import { grantFrom, grantInto, requestFrom, requestInto, TIME_GRANT, TIME_REQUEST } from "./hot-frames.ts";

/** Bytes of a frame's length, and of what kind its content is. */
const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 1;

/** Content in V8's own format. The other kinds are those of `hot-frames.ts`. */
const ANY = 0;

/** Longest frame, in bytes: a day's values of a large federation have much less. */
const FRAME_BYTES_MAX = 2 ** 30;

/** Bytes that are read at a time. */
const CHUNK_BYTES = 65_536;

/** A value as a frame. */
export function frameOf(value: unknown): Buffer {
  const hot = requestInto(value, HEAD_BYTES) ?? grantInto(value, HEAD_BYTES);
  if (hot !== undefined) return headed(hot.frame, hot.kind);
  const content = serialize(value);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + content.length);
  content.copy(frame, HEAD_BYTES);
  return headed(frame, ANY);
}

function headed(frame: Buffer, kind: number): Buffer {
  frame.writeUInt32LE(frame.length - LENGTH_BYTES);
  frame[LENGTH_BYTES] = kind;
  return frame;
}

function contentOf(kind: number, content: Buffer): unknown {
  if (kind === TIME_REQUEST) return requestFrom(content);
  return kind === TIME_GRANT ? grantFrom(content) : deserialize(content);
}

/** Takes bytes as they come, and gives each frame once it is whole. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #length = 0;
  readonly #take: (value: unknown) => void;

  constructor(take: (value: unknown) => void) {
    this.#take = take;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    for (;;) {
      if (this.#length < HEAD_BYTES) return;
      if (this.#chunks[0]!.length < HEAD_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
      const length = this.#chunks[0]!.readUInt32LE();
      if (length > FRAME_BYTES_MAX) throw tooLong(length);
      const end = LENGTH_BYTES + length;
      if (this.#length < end) return;
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const rest = all.subarray(end);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
      this.#take(contentOf(all[LENGTH_BYTES]!, all.subarray(HEAD_BYTES, end)));
    }
  }
}

/** Frames of a descriptor, each waited for. */
export class FrameSocket {
  readonly #fd: number;
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly #values: unknown[] = [];
  readonly #reader = new FrameReader((value) => this.#values.push(value));

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Wait for the next frame; undefined if the other side has closed the descriptor. */
  read(): unknown {
    while (this.#values.length === 0) {
      const count = attempt(() => readSync(this.#fd, this.#chunk, 0, CHUNK_BYTES, null));
      if (count === undefined || count === 0) return undefined;
      // The reader keeps what is no whole frame yet, and the chunk is read into again.
      const bytes = this.#chunk.subarray(0, count);
      this.#reader.push(count === CHUNK_BYTES || !endsWithFrame(bytes) ? Buffer.from(bytes) : bytes);
    }
    return this.#values.shift();
  }

  /** False if nobody reads it any more. */
  write(value: unknown): boolean {
    const frame = frameOf(value);
    for (let at = 0; at < frame.length; ) {
      const count = attempt(() => writeSync(this.#fd, frame, at));
      if (count === undefined) return false;
      at += count;
    }
    return true;
  }
}

/** Whether it is one whole frame. */
function endsWithFrame(bytes: Buffer): boolean {
  return bytes.length >= HEAD_BYTES && bytes.readUInt32LE() + LENGTH_BYTES === bytes.length;
}

function tooLong(length: number): RangeError {
  return new RangeError(`a frame has at most ${FRAME_BYTES_MAX} bytes, got ${length}`);
}

/** Undefined if the other side is gone; a descriptor that does not block is asked again a little later. */
function attempt(io: () => number): number | undefined {
  for (;;) {
    try {
      return io();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE" || code === "ECONNRESET" || code === "EOF") return undefined;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
