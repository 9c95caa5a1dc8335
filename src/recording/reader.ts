import { type FileHandle, open, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { RecordingError } from "../errors.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { checkOptions, LIMITS } from "../options.ts";
import { checkBatch, decodeBatch, nanoseconds, RunChain, skipBatch, ticksOfBatch } from "./batch.ts";
import type { RunEntry, RunHeader, RunSummary } from "./entry.ts";
import { damaged, type McapLayout, readAt, scanMcap } from "./mcap-scan.ts";
import { NameDictionary } from "./rows.ts";
import { checkPath } from "./target.ts";
import { readWal } from "./wal.ts";
import { decompress, zstdReady } from "./zstd.ts";

const MESSAGE = 0x05;
const CHANNEL = 0x04;
const SCHEMA = 0x03;
/** Opcode and length of a record. */
const FRONT_BYTES = 9;
/** Channel, sequence and two times in front of a message's data. */
const MESSAGE_BYTES = 22;
/** Times, size, checksum and the length of the compression's name in front of a chunk's records. */
const CHUNK_BYTES = 32;

/** A batch as it stands in the file, its link checked. */
export interface StoredBatch {
  readonly data: Uint8Array;
  readonly ticks: number;
  /** Number of the chunk that it lies in, from 0. */
  readonly chunk: number;
}

/** A run file that is open for reading. Whoever opened it closes it. */
export class RunFile {
  readonly header: RunHeader;
  /** `undefined` if the file is torn before it. */
  readonly summary: RunSummary | undefined;
  /** Its end is missing: the writer was killed, is still writing, or its disk failed. `recoverRun` makes it whole. */
  readonly torn: boolean;
  /** What is missing at its end, if it is torn. */
  readonly missing: string | undefined;
  /** Bytes at its end that are no whole record. */
  readonly tornBytes: number;
  /** JSON text that `header` was read from; the chain of hashes begins with it. */
  readonly headerText: string;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #layout: McapLayout;
  readonly #limits: Limits;

  /** @internal Use `openRun`. */
  constructor(path: string, file: FileHandle, layout: McapLayout, limits: Limits) {
    this.#path = path;
    this.#file = file;
    this.#layout = layout;
    this.#limits = limits;
    this.headerText = layout.metadata.get("run")?.get("header") ?? "";
    this.header = this.#header();
    const summary = layout.metadata.get("summary")?.get("summary");
    this.torn = layout.torn !== undefined;
    this.summary = summary === undefined || this.torn ? undefined : (this.#json(summary) as RunSummary);
    this.missing = layout.torn;
    this.tornBytes = layout.tornBytes;
  }

  /**
   * The entries in batches as they were appended; those of one batch have the same ticks. Of a torn file, all that its
   * chunks hold.
   *
   * @param from - Ticks of the first batch that is wanted; what is before it is checked all the same.
   * @throws RecordingError `ERR_RECORDING_DAMAGED` at the first batch that is not what was written.
   */
  async *batches(from = 0): AsyncGenerator<readonly RunEntry[], void, undefined> {
    const names = new NameDictionary(0);
    let sequence = 0;
    for await (const { data, ticks } of this.stored()) {
      sequence++;
      let entries: readonly RunEntry[] | undefined;
      try {
        if (ticks < from) skipBatch(data, names);
        else entries = decodeBatch(data, ticks, names);
      } catch (error) {
        throw damaged(this.#path, `batch ${sequence - 1} cannot be decoded`, error);
      }
      if (entries !== undefined) yield entries;
    }
  }

  /** The batches without decoding them; `data` is valid until the next one is asked for. */
  async *stored(chain: RunChain = new RunChain(this.headerText)): AsyncGenerator<StoredBatch, void, undefined> {
    let sequence = 0;
    for (const [index, [at, length]] of this.#layout.chunks.entries()) {
      const records = await this.#chunk(at, length);
      for (const message of this.#messages(records, at)) {
        yield { ...this.#batch(message, sequence++, chain, at), chunk: index };
      }
    }
    const link = this.#layout.metadata.get("summary")?.get("link");
    if (!this.torn && link !== chain.hex()) {
      throw damaged(this.#path, `holds ${sequence} batches that do not end where its summary says`);
    }
  }

  /** Chunks of the file. */
  get chunks(): number {
    return this.#layout.chunks.length;
  }

  /**
   * The batches of one chunk, by its checksum alone: the chain of hashes takes the whole file.
   *
   * @param index - Number of the chunk, as in `stored`.
   * @param names - That have been learned of the whole file.
   * @internal Use `RunIndex`.
   */
  async chunkBatches(index: number, names: NameDictionary): Promise<readonly (readonly RunEntry[])[]> {
    const [at, length] = this.#layout.chunks[index]!;
    const records = await this.#chunk(at, length);
    return [...this.#messages(records, at)].map((message) => {
      const data = message.subarray(MESSAGE_BYTES);
      return decodeBatch(data, ticksOfBatch(data), names, false);
    });
  }

  /** Close the file; a loop over `batches` that still runs fails. */
  close(): Promise<void> {
    return this.#file.close();
  }

  #batch(message: Buffer, sequence: number, chain: RunChain, at: number): Omit<StoredBatch, "chunk"> {
    const data = message.subarray(MESSAGE_BYTES);
    try {
      const { ticks } = checkBatch(data, chain);
      if (message.readUInt32LE(2) !== sequence >>> 0) throw new Error("has another number");
      const time = nanoseconds(ticks, this.header.ticksPerSecond);
      if (message.readBigUInt64LE(6) !== time) throw new Error("has another time than its entries");
      return { data, ticks };
    } catch (error) {
      throw damaged(this.#path, `batch ${sequence} in the chunk at byte ${at} ${(error as Error).message}`, error);
    }
  }

  /** Records of a chunk, decompressed within bounds. */
  async #chunk(at: number, length: number): Promise<Buffer> {
    const max = this.#limits.recordingChunkBytesMax;
    try {
      if (length > max || length < CHUNK_BYTES) throw new Error(`has ${length} bytes`);
      const chunk = await readAt(this.#file, at, length);
      const size = chunk.readBigUInt64LE(16);
      if (size > BigInt(max)) throw new Error(`would have ${size} bytes, recordingChunkBytesMax is ${max}`);
      const nameEnd = CHUNK_BYTES + chunk.readUInt32LE(28);
      const compression = chunk.toString("latin1", CHUNK_BYTES, nameEnd);
      if (compression !== "zstd") throw new Error(`is compressed by ${JSON.stringify(compression)}, not zstd`);
      if (chunk.readBigUInt64LE(nameEnd) !== BigInt(length - nameEnd - 8)) throw new Error("has another length inside");
      const records = decompress(chunk.subarray(nameEnd + 8), Number(size));
      if (crc32(records) !== chunk.readUInt32LE(24)) throw new Error("does not fit its checksum");
      return Buffer.from(records.buffer, records.byteOffset, records.length);
    } catch (error) {
      throw damaged(this.#path, `the chunk at byte ${at} ${(error as Error).message}`, error);
    }
  }

  *#messages(records: Buffer, chunkAt: number): Generator<Buffer, void, undefined> {
    for (let at = 0; at < records.length; ) {
      const fits = records.length - at >= FRONT_BYTES;
      const length = fits ? Number(records.readBigUInt64LE(at + 1)) : Number.POSITIVE_INFINITY;
      const opcode = records[at]!;
      const end = at + FRONT_BYTES + length;
      if (end > records.length || ![MESSAGE, CHANNEL, SCHEMA].includes(opcode)) {
        throw damaged(this.#path, `the chunk at byte ${chunkAt} holds a record that makes no sense`);
      }
      if (opcode === MESSAGE) yield records.subarray(at + FRONT_BYTES, end);
      at = end;
    }
  }

  #header(): RunHeader {
    if (this.headerText === "") throw damaged(this.#path, "has no metadata record `run`: it is no run file");
    const header = this.#json(this.headerText) as RunHeader;
    if (header.format !== 1) {
      const text = `${this.#path} is of format ${header.format}; this version reads format 1`;
      throw new RecordingError("ERR_RECORDING_FORMAT", text);
    }
    if (!Number.isSafeInteger(header.ticksPerSecond) || header.ticksPerSecond < 1) {
      throw damaged(this.#path, `has a header with ${header.ticksPerSecond} ticks per second`);
    }
    return header;
  }

  #json(text: string): object {
    try {
      const value: unknown = JSON.parse(text);
      if (typeof value === "object" && value !== null) return value;
    } catch {
      // As any text that is no object.
    }
    throw damaged(this.#path, "has metadata that is no JSON");
  }
}

/**
 * Open a run file. It is read once as a whole for its checksums.
 *
 * @throws RecordingError `ERR_RECORDING_OPEN` if it cannot be read, `ERR_RECORDING_FORMAT` if it is of a later version,
 *   `ERR_RECORDING_DAMAGED` if a byte of it is not what was written; a torn end is no error.
 */
export async function openRun(path: string, options: { readonly limits?: Partial<Limits> } = {}): Promise<RunFile> {
  checkPath("openRun", "path", path);
  checkOptions("openRun", options, { limits: LIMITS });
  await zstdReady();
  const unopened = (why: string, cause?: unknown) =>
    new RecordingError("ERR_RECORDING_OPEN", `${path} cannot be opened: ${why}`, { cause });
  // Opening a FIFO would wait for somebody who writes to it.
  if ((await stat(path).catch(() => undefined))?.isFile() === false) throw unopened("it is no file");
  const file = await open(path, "r").catch((cause: unknown) => {
    throw unopened(String((cause as { code?: unknown }).code), cause);
  });
  try {
    const scanned = await scanMcap(file, path);
    // Whoever ended the recording for a reason has left it in the .wal.
    const gap = scanned.torn === undefined ? undefined : (await readWal(path)).gap;
    const layout = gap === undefined ? scanned : { ...scanned, torn: gap };
    const all = limitsOf(options.limits);
    if (layout.damage !== undefined) throw await damageOf(path, file, layout, all);
    return new RunFile(path, file, layout, all);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What is wrong with a file of which a checksum does not fit: its first bad batch says more than the checksum over all. */
async function damageOf(path: string, file: FileHandle, layout: McapLayout, limits: Limits): Promise<RecordingError> {
  try {
    for await (const _ of new RunFile(path, file, layout, limits).stored());
  } catch (error) {
    if (error instanceof RecordingError && error.code === "ERR_RECORDING_DAMAGED") return error;
  }
  return damaged(path, layout.damage ?? "is damaged");
}

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

  /** Close the file. */
  close(): Promise<void> {
    return this.run.close();
  }
}
