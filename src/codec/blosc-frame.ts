import { expandBloscLz } from "./blosclz.ts";
import { Refusal } from "./value.ts";

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
