import { Buffer } from "../host.ts";
import type { Codec, CodecOptions } from "./codec.ts";
import { msgpackCodec } from "./msgpack.ts";
import { Refusal, type Value } from "./value.ts";

/**
 * MsgPack within a Blosc frame, aiomas's `MsgPackBlosc`, for peers that use it. It reads compressed frames and writes
 * frames that are not: on a network that is worth compressing for, let the network layer compress.
 */
export function bloscCodec(options: CodecOptions): Codec {
  const msgpack = msgpackCodec(options);
  const { frameBytesMax } = options;
  return {
    name: "msgpack-blosc",
    types: options.types,
    encode(value: unknown, headroomBytes = 0): Uint8Array {
      const bytes = msgpack.encode(value, headroomBytes + BLOSC_HEADER_BYTES);
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      writeBloscHeader(frame, headroomBytes, frame.length - headroomBytes - BLOSC_HEADER_BYTES);
      return bytes;
    },
    decode(bytes: Uint8Array, start = 0, end = bytes.length): Value {
      const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      let content: Buffer;
      try {
        content = readBloscFrame(frame, start, end, frameBytesMax);
      } catch (error) {
        throw Refusal.toCodecError(error, "MsgPack");
      }
      return msgpack.decode(content);
    },
  };
}

/** Header of a Blosc-1 frame. Source: c-blosc 1.21, `README_CHUNK_FORMAT.rst`. */
export const BLOSC_HEADER_BYTES = 16;

/** Format of the frame, and of the compressor's streams. */
const VERSION = 2;
const STREAM_VERSION = 1;

/** Bits of the third byte; the upper three name the compressor. */
const SHUFFLED = 0x01;
const MEMCPYED = 0x02;
const BIT_SHUFFLED = 0x04;
const RESERVED = 0x08;
const NOT_SPLIT = 0x10;
const COMPRESSOR_SHIFT = 5;
const COMPRESSORS = ["blosclz", "lz4", "snappy", "zlib", "zstd"];

/** A block is cut into one stream for each byte of an item, if items are small and streams long enough. */
const SPLITS_MAX = 16;
const STREAM_BYTES_MIN = 128;

/** Bytes of an item that aiomas names to Blosc. Source: aiomas `codecs.py`, `typesize=8`. */
const TYPE_BYTES = 8;

interface Header {
  readonly flags: number;
  readonly typeBytes: number;
  /** Bytes of the content. */
  readonly length: number;
  readonly blockBytes: number;
}

/**
 * The content of a Blosc-1 frame that fills `bytes` from `start` to `end`.
 *
 * Reads what Blosc writes by default, as aiomas uses it: stored, or compressed by BloscLZ with or without byte shuffle.
 *
 * @param contentBytesMax - Largest content; checked before anything is allocated.
 * @throws Refusal `ERR_CODEC_BYTES` if it is no such frame; `ERR_CODEC_VALUE` if it is beyond the limit or compressed
 *   in another way.
 */
export function readBloscFrame(bytes: Buffer, start: number, end: number, contentBytesMax: number): Buffer {
  const header = readHeader(bytes, start, end, contentBytesMax);
  const { flags, length } = header;
  if ((flags & MEMCPYED) !== 0) {
    if (end - start !== length + BLOSC_HEADER_BYTES) throw malformed("its lengths contradict each other");
    return bytes.subarray(start + BLOSC_HEADER_BYTES, end);
  }
  const compressor = COMPRESSORS[flags >> COMPRESSOR_SHIFT] ?? "an unknown compressor";
  if (compressor !== "blosclz") throw refused(`it is compressed by ${compressor}, aiomas uses blosclz`);
  if ((flags & BIT_SHUFFLED) !== 0) throw refused("it is shuffled by bits, aiomas shuffles by bytes");
  return expandBlocks(bytes.subarray(start, end), header);
}

/**
 * Write the header of a frame that holds its content as it is: every Blosc reads it, and for content of less than 128
 * bytes it is what Blosc writes itself.
 *
 * @param at - Where the header begins; `length` bytes of content follow it.
 */
export function writeBloscHeader(bytes: Buffer, at: number, length: number): void {
  bytes[at] = VERSION;
  bytes[at + 1] = STREAM_VERSION;
  bytes[at + 2] = SHUFFLED | MEMCPYED | NOT_SPLIT;
  bytes[at + 3] = TYPE_BYTES;
  bytes.writeUInt32LE(length, at + 4);
  bytes.writeUInt32LE(length < TYPE_BYTES ? 1 : length - (length % TYPE_BYTES), at + 8);
  bytes.writeUInt32LE(length + BLOSC_HEADER_BYTES, at + 12);
}

function readHeader(bytes: Buffer, start: number, end: number, contentBytesMax: number): Header {
  if (end - start < BLOSC_HEADER_BYTES) throw malformed("it is shorter than its header");
  const flags = bytes[start + 2]!;
  const typeBytes = bytes[start + 3]!;
  const length = bytes.readUInt32LE(start + 4);
  const blockBytes = bytes.readUInt32LE(start + 8);
  if (bytes[start] !== VERSION || bytes[start + 1] !== STREAM_VERSION) throw malformed("its version is not 2.1");
  if ((flags & RESERVED) !== 0) throw malformed("a reserved flag is set");
  if (bytes.readUInt32LE(start + 12) !== end - start) throw malformed("its length is not that of the message");
  if (length > contentBytesMax) {
    throw refused(`it decompresses to ${length} bytes; allowed are frameBytesMax = ${contentBytesMax}`);
  }
  if (typeBytes === 0 || blockBytes === 0 || (blockBytes > length && length >= typeBytes)) {
    throw malformed("a size in its header is out of range");
  }
  return { flags, typeBytes, length, blockBytes };
}

/** @param frame - The whole frame, checked but for its blocks. */
function expandBlocks(frame: Buffer, { flags, typeBytes, length, blockBytes }: Header): Buffer {
  const blocks = Math.ceil(length / blockBytes);
  const table = BLOSC_HEADER_BYTES + 4 * blocks;
  if (table > frame.length) throw malformed("it is shorter than its table of blocks");
  const content = Buffer.allocUnsafeSlow(length);
  const shuffled = (flags & SHUFFLED) !== 0 && typeBytes > 1;
  const scratch = shuffled ? Buffer.allocUnsafeSlow(Math.min(blockBytes, length)) : content;
  for (let i = 0; i < blocks; i++) {
    const start = i * blockBytes;
    const size = Math.min(blockBytes, length - start);
    const split =
      (flags & NOT_SPLIT) === 0 &&
      size === blockBytes &&
      typeBytes <= SPLITS_MAX &&
      Math.floor(blockBytes / typeBytes) >= STREAM_BYTES_MIN;
    const from = frame.readUInt32LE(BLOSC_HEADER_BYTES + 4 * i);
    if (from < table) throw malformed("a block lies in front of the blocks");
    const to = shuffled ? 0 : start;
    expandStreams(frame, from, scratch, to, size, split ? typeBytes : 1);
    if (shuffled) unshuffle(scratch, size, typeBytes, content, start);
  }
  return content;
}

/** The streams of one block, each with its length in front; one as long as its content holds it as it is. */
function expandStreams(frame: Buffer, from: number, output: Buffer, to: number, size: number, streams: number): void {
  const each = Math.floor(size / streams);
  if (each * streams !== size) throw malformed("a block cannot be cut into equal streams");
  let at = from;
  for (let i = 0; i < streams; i++) {
    if (at + 4 > frame.length) throw malformed("a block is cut off");
    const length = frame.readUInt32LE(at);
    at += 4;
    if (length > frame.length - at) throw malformed("a block is cut off");
    const place = to + i * each;
    if (length === each) frame.copy(output, place, at, at + length);
    else expandBloscLz(frame, at, at + length, output, place, place + each);
    at += length;
  }
}

/** Put the bytes of each item side by side again; what is no whole item stands at the end as it is. */
function unshuffle(input: Buffer, size: number, typeBytes: number, output: Buffer, start: number): void {
  const items = Math.floor(size / typeBytes);
  const whole = items * typeBytes;
  for (let byte = 0; byte < typeBytes; byte++) {
    for (let i = 0, from = byte * items, to = start + byte; i < items; i++, from++, to += typeBytes) {
      output[to] = input[from]!;
    }
  }
  input.copy(output, start + whole, whole, size);
}

function malformed(what: string): Refusal {
  return new Refusal("ERR_CODEC_BYTES", `a Blosc frame: ${what}`);
}

function refused(what: string): Refusal {
  return new Refusal("ERR_CODEC_VALUE", `a Blosc frame: ${what}`);
}

/** Distance from which on a match names it in 16 bits. Source: c-blosc 1.21, `blosc/blosclz.c`. */
const DISTANCE_MAX = 8191;

/**
 * Decompress one stream of BloscLZ, a relative of FastLZ: runs of literal bytes, and matches that repeat what was
 * written `distance` bytes before. Nothing outside the two ranges is read or written, whatever the stream says.
 *
 * @param output - Filled from `to` (included) to `toEnd` (excluded), exactly.
 * @throws Refusal `ERR_CODEC_BYTES` if the stream does not give exactly that.
 *
 * Source: c-blosc 1.21, `blosc/blosclz.c`, `blosclz_decompress`.
 */
export function expandBloscLz(
  input: Uint8Array,
  from: number,
  fromEnd: number,
  output: Uint8Array,
  to: number,
  toEnd: number,
): void {
  let ip = from;
  let op = to;
  // The first token is always a run of literals.
  let literalOnly = true;
  while (ip < fromEnd) {
    const token = literalOnly ? input[ip++]! & 31 : input[ip++]!;
    literalOnly = false;
    if (token < 32) {
      const run = token + 1;
      if (ip + run > fromEnd || op + run > toEnd) throw corrupt();
      output.set(input.subarray(ip, ip + run), op);
      ip += run;
      op += run;
      continue;
    }
    let length = (token >> 5) + 2;
    if (length === 9) {
      let more = 255;
      while (more === 255) {
        if (ip >= fromEnd) throw corrupt();
        more = input[ip++]!;
        length += more;
      }
    }
    if (ip >= fromEnd) throw corrupt();
    const high = (token & 31) << 8;
    const low = input[ip++]!;
    let distance = high + low + 1;
    if (low === 255 && high === 31 << 8) {
      if (ip + 2 > fromEnd) throw corrupt();
      distance = input[ip]! * 256 + input[ip + 1]! + DISTANCE_MAX + 1;
      ip += 2;
    }
    if (op + length > toEnd || distance > op - to) throw corrupt();
    op = repeat(output, op, length, distance);
  }
  if (op !== toEnd) throw corrupt();
}

/** Copy `length` bytes from `distance` before to `at`; both may overlap, and then repeat. Where it ends. */
function repeat(output: Uint8Array, at: number, length: number, distance: number): number {
  const end = at + length;
  if (distance >= length) output.copyWithin(at, at - distance, end - distance);
  else if (distance === 1) output.fill(output[at - 1]!, at, end);
  else for (let i = at; i < end; i++) output[i] = output[i - distance]!;
  return end;
}

function corrupt(): Refusal {
  return new Refusal("ERR_CODEC_BYTES", "a compressed block is corrupt");
}
