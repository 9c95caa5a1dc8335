import { decompress } from "../../../src/recording/zstd.ts";

const CHUNK = 0x06;
const MESSAGE = 0x05;
const FRONT_BYTES = 9;
/** Times, size and checksum in front of the name of a chunk's compression; length of its records behind it. */
const COMPRESSION_AT = 28;
/** Front of a message. */
const BATCH_AT = 22;

/** The chunks of a recording, decompressed; nothing is checked. `zstdReady` comes before. */
export function* chunksOf(file: Buffer): Generator<Buffer, void, undefined> {
  for (let at = 8; at < file.length - 8; ) {
    const length = Number(file.readBigUInt64LE(at + 1));
    if (file[at] === CHUNK) {
      const content = at + FRONT_BYTES;
      const size = Number(file.readBigUInt64LE(content + 16));
      const records = content + COMPRESSION_AT + 4 + file.readUInt32LE(content + COMPRESSION_AT) + 8;
      const chunk = decompress(file.subarray(records, content + length), size);
      yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    }
    at += FRONT_BYTES + length;
  }
}

/** The batches of a chunk, as they lie there. */
export function* batchesOf(chunk: Buffer): Generator<Buffer, void, undefined> {
  for (let record = 0; record < chunk.length; ) {
    const length = Number(chunk.readBigUInt64LE(record + 1));
    const content = record + FRONT_BYTES;
    if (chunk[record] === MESSAGE) yield chunk.subarray(content + BATCH_AT, content + length);
    record = content + length;
  }
}
