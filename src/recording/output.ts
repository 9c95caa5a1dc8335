import type { RunDisk } from "./disk.ts";
import type { RunHeader, RunSummary } from "./entry.ts";
import { McapFile } from "./mcap-file.ts";

/** Nanoseconds of a tick, as MCAP wants them: the largest time that it knows stands for all later ones. */
export function nanoseconds(ticks: number, ticksPerSecond: number): bigint {
  const time = (BigInt(ticks) * 1_000_000_000n) / BigInt(ticksPerSecond);
  return time < 0xffff_ffff_ffff_ffffn ? time : 0xffff_ffff_ffff_ffffn;
}

/** A run file being written: the batches of a recorder, or those that were saved from a torn file. */
export class RunOutput {
  readonly #file: McapFile;
  readonly #ticksPerSecond: number;
  /** Number of batches so far. */
  batches = 0;

  /** @param text - The header's JSON text, which the chain of hashes begins with. */
  constructor(disk: RunDisk, header: RunHeader, text: string) {
    this.#file = new McapFile(disk);
    this.#ticksPerSecond = header.ticksPerSecond;
    this.#file.metadata("run", { header: text });
  }

  /** @returns Whether a chunk was written, this batch included. */
  add(data: Uint8Array, ticks: number): boolean {
    return this.#file.message(this.batches++, nanoseconds(ticks, this.#ticksPerSecond), data);
  }

  /** Write the summary and end the file. @param link - Last link of the chain. */
  end(summary: RunSummary, link: string): void {
    this.#file.closeChunk();
    this.#file.metadata("summary", { summary: JSON.stringify(summary), link });
    this.#file.end();
  }
}
