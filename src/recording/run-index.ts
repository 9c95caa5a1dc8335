import { statSync } from "node:fs";
import { checkBatch, follows, type RunChain } from "./batch.ts";
import type { RunEntry } from "./entry.ts";
import { damaged } from "./mcap-scan.ts";
import { openRun, type ReadPoint, type RunFile, type StoredBatch } from "./reader.ts";
import { RowCursor } from "./row-cursor.ts";
import { NameDictionary } from "./rows/names.ts";
import { codeOf } from "./rows/rows.ts";
import { recorderOf } from "./target.ts";
import { readWal } from "./wal.ts";

/** Bytes of chunks that are kept decompressed: somebody who looks at a time looks at it again. */
const KEPT_BYTES = 16 * 1024 * 1024;

/** Bits by which a chunk says which names occur in it: exact for as many names, a hint for more. */
const NAME_BITS = 2048;

/** Which rows are looked for; what is undefined does not matter. */
export interface WantedRows {
  readonly kinds?: ReadonlySet<string> | undefined;
  /** Cells of agents, of which each is the row's own or its peer. */
  readonly agents?: ReadonlySet<number> | undefined;
  readonly methods?: ReadonlySet<number> | undefined;
}

/** What a chunk has, at a glance. */
class Glance {
  readonly first: number;
  last: number;
  /** A bit for each code of a kind. */
  kinds = 0;
  readonly names = new Uint32Array(NAME_BITS / 32);

  constructor(ticks: number) {
    this.first = ticks;
    this.last = ticks;
  }
}

/**
 * Where the times of a run file are, and which kinds and names occur where: after one pass over it, any time can be read
 * without what is before it. Of a file that is being written, or whose writer was killed, it has all that was settled, and
 * `read` goes on from there. Whoever opened it closes it.
 */
export class RunIndex {
  readonly run: RunFile;
  readonly #cursor = new RowCursor(new NameDictionary(0));
  readonly #glances: Glance[] = [];
  /** Chunks that have been read; what is in no chunk yet may be one more. */
  #point: ReadPoint;
  /** Batches of the `.wal` that are in no chunk yet. */
  #tail: readonly StoredBatch[] = [];
  /** Batches that `read` has gone over; those of the tail come again in a chunk. */
  #seen = 0;
  readonly #kept = new Map<number, readonly StoredBatch[]>();
  #keptBytes = 0;

  /** Which file it is, whatever has that name later. */
  readonly #inode: number | undefined;

  private constructor(run: RunFile) {
    this.run = run;
    this.#inode = statSync(run.path, { throwIfNoEntry: false })?.ino;
    this.#point = run.start();
  }

  /** Open a run file; see `openRun`. Nothing can be read before `read` has gone over it. */
  static async open(path: string): Promise<RunIndex> {
    return new RunIndex(await openRun(path));
  }

  /** Chunks that can be read. */
  get chunks(): number {
    return this.#glances.length;
  }

  /** Ticks of the last batch so far; 0 if there is none. */
  get lastTicks(): number {
    return this.#glances.at(-1)?.last ?? 0;
  }

  /** Who writes the file now, as "process 123 on host"; undefined if it has its end, or nobody does, or it was replaced. */
  recorder(): string | undefined {
    if (statSync(this.run.path, { throwIfNoEntry: false })?.ino !== this.#inode) return undefined;
    const holder = this.run.torn ? recorderOf(this.run.path) : undefined;
    return holder && `process ${holder.process} on ${holder.host}`;
  }

  /**
   * Go over all rows once, in order, and make the index; later on over those that have been written since. The chain of
   * hashes is checked.
   *
   * @param look - Stands on each row; it must not keep the cursor.
   * @param onChunk - After each chunk.
   * @throws RecordingError `ERR_RECORDING_DAMAGED` at the first batch that is not what was written.
   */
  async read(look: (cursor: RowCursor) => void, onChunk: () => void = () => {}): Promise<void> {
    await this.run.grow();
    const point = this.#point;
    for (; point.chunk < this.run.chunks; point.chunk++) {
      const first = point.batches;
      const batches = await this.run.checkedChunk(point);
      this.#dropTail();
      for (const [i, batch] of batches.entries()) this.#look(batch, first + i, look);
      onChunk();
    }
    if (!this.run.torn) return this.run.checkEnd(point);
    await this.#readTail(look);
  }

  /** What was settled and is in no chunk yet. */
  async #readTail(look: (cursor: RowCursor) => void): Promise<void> {
    const { batches } = await readWal(this.run.path);
    const chain = this.#point.chain.copy();
    const tail = batches.flatMap((bytes) => this.#following(bytes, chain));
    // The `.wal` is emptied when its chunk is in the file: then the next reading has it.
    if (tail.length <= this.#tail.length) return;
    this.#dropTail();
    this.#tail = tail;
    for (const [i, batch] of tail.entries()) this.#look(batch, this.#point.batches + i, look);
  }

  #following(bytes: Uint8Array, chain: RunChain): StoredBatch[] {
    if (!follows(bytes, chain)) return [];
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return [{ data, ticks: checkBatch(data, chain).ticks, chunk: this.#point.chunk }];
  }

  #dropTail(): void {
    if (this.#tail.length === 0) return;
    this.#tail = [];
    this.#glances.length = this.#point.chunk;
  }

  /** Take a batch into the index; `look` at it, unless that was done while it stood in the tail. */
  #look({ data, ticks, chunk }: StoredBatch, number: number, look: (cursor: RowCursor) => void): void {
    const isNew = number >= this.#seen;
    this.#glances[chunk] ??= new Glance(ticks);
    const glance = this.#glances[chunk];
    glance.last = ticks;
    const cursor = this.#cursor;
    try {
      cursor.open(data, ticks, isNew);
      while (cursor.next()) {
        glance.kinds |= 1 << cursor.code;
        note(glance.names, cursor.agent);
        note(glance.names, cursor.peer);
        note(glance.names, cursor.method);
        if (isNew) look(cursor);
      }
    } catch (error) {
      throw damaged(this.run.path, `batch ${number} cannot be decoded`, error);
    }
    if (isNew) this.#seen = number + 1;
  }

  /** Number of the first chunk that may hold entries at or after `ticks`; `chunks` if there is none. */
  chunkAt(ticks: number): number {
    let [low, high] = [0, this.#glances.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#glances[middle]!.last < ticks) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Ticks of the first batch of a chunk. */
  firstTicksOf(chunk: number): number {
    return this.#glances[chunk]!.first;
  }

  /** Whether a chunk may have such rows; if not, it need not be read. */
  mayHold(chunk: number, { kinds, agents, methods }: WantedRows): boolean {
    const glance = this.#glances[chunk]!;
    if (kinds !== undefined && ![...kinds].some((kind) => (glance.kinds & (1 << codeOf(kind))) !== 0)) return false;
    const has = (cells: ReadonlySet<number> | undefined): boolean => {
      if (cells === undefined) return true;
      for (const cell of cells) if (isNoted(glance.names, cell)) return true;
      return false;
    };
    return has(agents) && has(methods);
  }

  /** Cell of a name; undefined if it has not been met. */
  cellOf(name: string): number | undefined {
    return this.#cursor.cellOf(name);
  }

  /** A cursor for the batches of `chunk`. */
  cursor(): RowCursor {
    return this.#cursor.copy();
  }

  /** The batches of one chunk, undecoded; they belong to the index. */
  async batchesOf(chunk: number): Promise<readonly StoredBatch[]> {
    if (chunk === this.#point.chunk && this.#tail.length > 0) return this.#tail;
    const known = this.#kept.get(chunk);
    if (known !== undefined) {
      this.#kept.delete(chunk);
      this.#kept.set(chunk, known);
      return known;
    }
    const batches = await this.run.chunkBatches(chunk);
    this.#kept.set(chunk, batches);
    this.#keptBytes += bytesOf(batches);
    for (const [old, of] of this.#kept) {
      if (this.#keptBytes <= KEPT_BYTES) break;
      this.#kept.delete(old);
      this.#keptBytes -= bytesOf(of);
    }
    return batches;
  }

  /** The entries of one chunk, in its batches. */
  async chunk(index: number): Promise<readonly (readonly RunEntry[])[]> {
    const cursor = this.cursor();
    return (await this.batchesOf(index)).map(({ data, ticks }) => {
      const entries: RunEntry[] = [];
      cursor.open(data, ticks);
      while (cursor.next()) entries.push(cursor.entry());
      return entries;
    });
  }

  /** Close the file. */
  close(): Promise<void> {
    return this.run.close();
  }
}

function bytesOf(batches: readonly StoredBatch[]): number {
  return batches.reduce((bytes, { data }) => bytes + data.length, 0);
}

function note(names: Uint32Array, cell: number): void {
  if (cell >= 0) names[(cell % NAME_BITS) >> 5]! |= 1 << (cell & 31);
}

function isNoted(names: Uint32Array, cell: number): boolean {
  return (names[(cell % NAME_BITS) >> 5]! & (1 << (cell & 31))) !== 0;
}
