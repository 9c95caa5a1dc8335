/**
 * The least that reading a recording can cost on this machine: `recording.ts FILE [BYTES FILE]`, the floor of `npm run bench --
 * recordings`. The file's bytes are read, its chunks decompressed by zstd, and the rows of its batches walked; nothing is
 * checked and nothing kept. With BYTES as many are written to the second file, as an export does. It prints the number of rows.
 */
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { zstdReady } from "../../../src/recording/zstd.ts";
import { batchesOf, chunksOf } from "./chunks.ts";

/** Link and ticks in front of a batch's names. */
const NAMES_AT = 20;
const WRITE_BYTES = 1024 * 1024;

/** Of tokens from 0xc0 to 0xdf: bytes of the length, and of the value where that is fixed. */
const WIDTHS = [0, 0, 0, 0, 1, 2, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 2, 4, 2, 4];
const SIZES = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/** Place behind the value of MsgPack at `at`. */
function skip(bytes: Uint8Array, at: number): number {
  for (let left = 1; left > 0; left--) {
    const token = bytes[at++]!;
    if (token < 0x80 || token >= 0xe0) continue;
    if (token < 0x90) left += 2 * (token & 0x0f);
    else if (token < 0xa0) left += token & 0x0f;
    else if (token < 0xc0) at += token & 0x1f;
    else {
      let length = 0;
      for (let i = WIDTHS[token - 0xc0]!; i > 0; i--) length = length * 256 + bytes[at++]!;
      at += SIZES[token - 0xc0]!;
      if (token >= 0xdc) left += token >= 0xde ? 2 * length : length;
      else at += length;
    }
  }
  return at;
}

/** Rows of the batch at `at`, each of them walked. */
function rowsOf(bytes: Buffer, at: number): number {
  let next = skip(bytes, at);
  const token = bytes[next++]!;
  const width = token < 0xa0 ? 0 : token === 0xdc ? 2 : 4;
  const rows = width === 0 ? token & 0x0f : bytes.readUIntBE(next, width);
  next += width;
  for (let row = 0; row < rows; row++) next = skip(bytes, next);
  return rows;
}

function walk(file: Buffer): number {
  let rows = 0;
  for (const chunk of chunksOf(file)) for (const batch of batchesOf(chunk)) rows += rowsOf(batch, NAMES_AT);
  return rows;
}

const [path, bytes, target] = process.argv.slice(2);
await zstdReady();
console.log(walk(readFileSync(path!)));
if (target !== undefined) {
  const file = openSync(target, "w");
  const piece = Buffer.alloc(WRITE_BYTES, "a row of it\n");
  for (let left = Number(bytes); left > 0; ) left -= writeSync(file, piece, 0, Math.min(left, piece.length));
  closeSync(file);
}
