import { readSync, writeSync } from "node:fs";
import { deserialize, serialize } from "node:v8";

/** Bytes of a frame's length. */
const LENGTH_BYTES = 4;

/** Longest frame, in bytes: a day's values of a large federation have much less. */
const FRAME_BYTES_MAX = 2 ** 30;

/** A value as a frame. */
export function frameOf(value: unknown): Buffer {
  const content = serialize(value);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + content.length);
  frame.writeUInt32LE(content.length);
  content.copy(frame, LENGTH_BYTES);
  return frame;
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
      if (this.#length < LENGTH_BYTES) return;
      if (this.#chunks[0]!.length < LENGTH_BYTES) this.#chunks = [Buffer.concat(this.#chunks)];
      const end = LENGTH_BYTES + this.#chunks[0]!.readUInt32LE();
      if (this.#length < end) return;
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      const rest = all.subarray(end);
      this.#chunks = rest.length === 0 ? [] : [rest];
      this.#length = rest.length;
      this.#take(deserialize(all.subarray(LENGTH_BYTES, end)));
    }
  }
}

/** Wait for the next frame of a descriptor; undefined if the other side has closed it. */
export function readFrame(fd: number): unknown {
  const head = readBytes(fd, LENGTH_BYTES);
  if (head === undefined) return undefined;
  const length = head.readUInt32LE();
  if (length > FRAME_BYTES_MAX) throw new RangeError(`a frame has at most ${FRAME_BYTES_MAX} bytes, got ${length}`);
  const content = readBytes(fd, length);
  return content === undefined ? undefined : deserialize(content);
}

/** Write a frame to a descriptor; false if nobody reads it any more. */
export function writeFrame(fd: number, value: unknown): boolean {
  const frame = frameOf(value);
  for (let at = 0; at < frame.length; ) {
    const count = attempt(() => writeSync(fd, frame, at));
    if (count === undefined) return false;
    at += count;
  }
  return true;
}

function readBytes(fd: number, length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const count = attempt(() => readSync(fd, bytes, at, length - at, null));
    if (count === undefined || count === 0) return undefined;
    at += count;
  }
  return bytes;
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
