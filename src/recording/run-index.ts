import { decodeBatch } from "./batch.ts";
import type { RunEntry } from "./entry.ts";
import { damaged } from "./mcap-scan.ts";
import { openRun, type RunFile } from "./reader.ts";
import { NameDictionary } from "./rows.ts";

/** Chunks that are kept decoded: somebody who looks at a time looks at it again. */
const CHUNKS_KEPT = 16;

/**
 * Where the times of a run file are: after one pass over it, any time can be read without what is before it. Whoever
 * opened it closes it.
 */
export class RunIndex {
  readonly run: RunFile;
  readonly #path: string;
  readonly #names = new NameDictionary(0);
  /** Ticks of the first and of the last batch of each chunk; ascending. */
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  readonly #kept = new Map<number, readonly (readonly RunEntry[])[]>();

  private constructor(path: string, run: RunFile) {
    this.#path = path;
    this.run = run;
  }

  /** Open a run file; see `openRun`. Nothing can be read before `batches` has gone over it. */
  static async open(path: string): Promise<RunIndex> {
    return new RunIndex(path, await openRun(path));
  }

  /** Chunks that can be read. */
  get chunks(): number {
    return this.#first.length;
  }

  /** Ticks of the last batch so far; 0 if there is none. */
  get lastTicks(): number {
    return this.#last.at(-1) ?? 0;
  }

  /**
   * All batches, once: with it the index is made. The chain of hashes is checked.
   *
   * @throws RecordingError `ERR_RECORDING_DAMAGED` at the first batch that is not what was written.
   */
  async *batches(): AsyncGenerator<readonly RunEntry[], void, undefined> {
    for await (const { data, ticks, chunk } of this.run.stored()) {
      let entries: readonly RunEntry[];
      try {
        entries = decodeBatch(data, ticks, this.#names);
      } catch (error) {
        throw damaged(this.#path, `a batch of chunk ${chunk} cannot be decoded`, error);
      }
      if (chunk === this.#first.length) this.#first.push(ticks);
      this.#last[chunk] = ticks;
      yield entries;
    }
  }

  /** Number of the first chunk that may hold entries at or after `ticks`; `chunks` if there is none. */
  chunkAt(ticks: number): number {
    let [low, high] = [0, this.#last.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#last[middle]! < ticks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Ticks of the first batch of a chunk. */
  firstTicksOf(chunk: number): number {
    return this.#first[chunk]!;
  }

  /** The batches of one chunk; they belong to the index. */
  async chunk(index: number): Promise<readonly (readonly RunEntry[])[]> {
    const known = this.#kept.get(index);
    if (known !== undefined) return known;
    const batches = await this.run.chunkBatches(index, this.#names);
    this.#kept.set(index, batches);
    if (this.#kept.size > CHUNKS_KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return batches;
  }

  close(): Promise<void> {
    return this.run.close();
  }
}
