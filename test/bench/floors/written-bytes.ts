import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { compress } from "../../../src/recording/zstd.ts";
import { batchesOf, chunksOf } from "./chunks.ts";

/**
 * The least that a recording can cost the run that is recorded: the bytes of its chunks, as they are, through zstd and to a
 * file. Nothing is made, kept beside it or waited for.
 */
export class WrittenBytes {
  readonly #chunks: readonly { readonly bytes: Buffer; readonly batches: readonly Buffer[] }[];
  readonly #to: string;

  /** @param path - The recording; @param to - The file that is written. */
  constructor(path: string, to: string) {
    // What `decompress` gives may lie in memory that it uses again.
    this.#chunks = [...chunksOf(readFileSync(path))].map((chunk) => {
      const bytes = Buffer.from(chunk);
      return { bytes, batches: [...batchesOf(bytes)] };
    });
    this.#to = to;
  }

  /** @param isChecked - With what the format asks for: SHA-256 of each batch, and checksums of batches, chunks and file. */
  write(isChecked: boolean): void {
    const file = openSync(this.#to, "w");
    let link = Buffer.alloc(0);
    let fileCrc = 0;
    for (const { bytes, batches } of this.#chunks) {
      const compressed = compress(bytes);
      if (isChecked) {
        for (const batch of batches) {
          link = createHash("sha256").update(link).update(batch).digest();
          crc32(batch);
        }
        crc32(bytes);
        fileCrc = crc32(compressed, fileCrc);
      }
      writeSync(file, compressed);
    }
    closeSync(file);
  }
}
