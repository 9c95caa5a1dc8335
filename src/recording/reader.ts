import { existsSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { RecordingError } from "../errors.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { checkOptions, LIMITS } from "../options.ts";
import { checkBatch, decodeBatch, nanoseconds, RunChain, skipBatch, ticksOfBatch } from "./batch.ts";
import type { RunEntry, RunHeader, RunSummary } from "./entry.ts";
import { damaged, type McapLayout, McapScan, readAt } from "./mcap-scan.ts";
import { RowCursor } from "./row-cursor.ts";
import { NameDictionary } from "./rows/names.ts";
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
  readonly data: Buffer;
  readonly ticks: number;
  /** Number of the chunk that it lies in, from 0. */
  readonly chunk: number;
}

/** How far a file has been read: the next chunk and batch, and the chain of hashes up to there. */
export interface ReadPoint {
  chunk: number;
  batches: number;
  readonly chain: RunChain;
}

/** A run file that is open for reading. Whoever opened it closes it. */
export class RunFile {
  readonly header: RunHeader;
  /** JSON text that `header` was read from; the chain of hashes begins with it. */
  readonly headerText: string;
  readonly path: string;
  readonly #file: FileHandle;
  readonly #scan: McapScan;
  #layout: McapLayout;
  #summary: RunSummary | undefined;
  readonly #limits: Limits;

  /** @internal Use `openRun`. */
  constructor(path: string, file: FileHandle, scan: McapScan, layout: McapLayout, limits: Limits) {
    this.path = path;
    this.#file = file;
    this.#scan = scan;
    this.#limits = limits;
    this.headerText = layout.metadata.get("run")?.get("header") ?? "";
    this.header = this.#header();
    this.#layout = layout;
    this.#summary = this.#summaryOf(layout);
  }

  /** `undefined` if the file is torn before it. */
  get summary(): RunSummary | undefined {
    return this.#summary;
  }

  /** Its end is missing: the writer was killed, is still writing, or its disk failed. `recoverRun` makes it whole. */
  get torn(): boolean {
    return this.#layout.torn !== undefined;
  }

  /** What is missing at its end, if it is torn. */
  get missing(): string | undefined {
    return this.#layout.torn;
  }

  /** Bytes at its end that are no whole record. */
  get tornBytes(): number {
    return this.#layout.tornBytes;
  }

  /**
   * Find what has been written since it was opened, or since the last call. Of a file that has its end there is nothing.
   *
   * @throws RecordingError `ERR_RECORDING_DAMAGED`, as `openRun`.
   */
  async grow(): Promise<void> {
    if (!this.torn) return;
    const layout = await layoutOf(this.path, this.#scan);
    if (layout.damage !== undefined) throw damaged(this.path, layout.damage);
    this.#summary = this.#summaryOf(layout);
    this.#layout = layout;
  }

  #summaryOf({ metadata, torn }: McapLayout): RunSummary | undefined {
    const summary = metadata.get("summary")?.get("summary");
    return summary === undefined || torn !== undefined ? undefined : (this.#json(summary) as RunSummary);
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
      if (ticks >= from) yield this.entriesOf(data, ticks, names, sequence - 1);
      else this.#decoded(sequence - 1, () => skipBatch(data, names));
    }
  }

  /**
   * The entries of a stored batch.
   *
   * @param names - Those of all batches before it; its own are learned.
   * @param sequence - Number of the batch in the file, for an error.
   */
  entriesOf(data: Uint8Array, ticks: number, names: NameDictionary, sequence: number): readonly RunEntry[] {
    return this.#decoded(sequence, () => decodeBatch(data, ticks, names));
  }

  #decoded<T>(sequence: number, decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      throw damaged(this.path, `batch ${sequence} cannot be decoded`, error);
    }
  }

  /**
   * Go over all batches in order, with a cursor before the first row of each.
   *
   * @param look - Goes on with the cursor; it must not keep it. What it throws is a batch that makes no sense.
   * @returns The cursor, for the names of its cells.
   * @throws RecordingError `ERR_RECORDING_DAMAGED` at the first batch that is not what was written.
   */
  async eachBatch(look: (cursor: RowCursor) => void): Promise<RowCursor> {
    const cursor = this.cursor();
    const point = this.start();
    for (; point.chunk < this.chunks; point.chunk++) {
      const first = point.batches;
      const batches = await this.checkedChunk(point);
      for (let i = 0; i < batches.length; i++) this.openBatch(cursor, batches[i]!, first + i, look);
    }
    this.checkEnd(point);
    return cursor;
  }

  /** Put a cursor that has read the batches before it before the first row of a batch, and let `look` go on. */
  openBatch(
    cursor: RowCursor,
    { data, ticks }: StoredBatch,
    sequence: number,
    look: (cursor: RowCursor) => void,
  ): void {
    this.#decoded(sequence, () => {
      cursor.open(data, ticks, true);
      look(cursor);
    });
  }

  /**
   * The batches without decoding them; they belong to whoever asks.
   *
   * @param point - Where to begin: moved on, chunk by chunk. Default: the start.
   */
  async *stored(point: ReadPoint = this.start()): AsyncGenerator<StoredBatch, void, undefined> {
    for (; point.chunk < this.chunks; point.chunk++) {
      for (const batch of await this.checkedChunk(point)) yield batch;
    }
    this.checkEnd(point);
  }

  /** A cursor that knows no names yet. */
  cursor(): RowCursor {
    return new RowCursor(new NameDictionary(0));
  }

  /** Before the first chunk. */
  start(): ReadPoint {
    return { chunk: 0, batches: 0, chain: new RunChain(this.headerText) };
  }

  /**
   * The batches of the point's chunk, which become part of its chain; the number of its chunk stays.
   *
   * @param bytes - The chunk as it lies in the file, if it has been read.
   */
  async checkedChunk(point: ReadPoint, bytes?: Buffer): Promise<readonly StoredBatch[]> {
    const [at, length] = this.#layout.chunks[point.chunk]!;
    const records = await this.#chunk(at, length, bytes);
    return [...this.#messages(records, at)].map((message) => ({
      ...this.#batch(message, point.batches++, point.chain, at),
      chunk: point.chunk,
    }));
  }

  /** @throws RecordingError `ERR_RECORDING_DAMAGED` if the file has its end, and it is another than that of the chain. */
  checkEnd({ batches, chain }: ReadPoint): void {
    if (this.torn || this.#layout.metadata.get("summary")?.get("link") === chain.hex()) return;
    throw damaged(this.path, `holds ${batches} batches that do not end where its summary says`);
  }

  /** Chunks of the file. */
  get chunks(): number {
    return this.#layout.chunks.length;
  }

  /**
   * The batches of one chunk, by its checksum alone: the chain of hashes takes the whole file.
   *
   * @param index - Number of the chunk, as in `stored`.
   * @internal Use `RunIndex`.
   */
  async chunkBatches(index: number): Promise<readonly StoredBatch[]> {
    const [at, length] = this.#layout.chunks[index]!;
    const records = await this.#chunk(at, length);
    return [...this.#messages(records, at)].map((message) => {
      const data = message.subarray(MESSAGE_BYTES);
      return { data, ticks: ticksOfBatch(data), chunk: index };
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
      throw damaged(this.path, `batch ${sequence} in the chunk at byte ${at} ${(error as Error).message}`, error);
    }
  }

  /** A chunk as it lies in the file, compressed. */
  async chunkBytes(index: number): Promise<Buffer> {
    const [at, length] = this.#layout.chunks[index]!;
    try {
      return await this.#chunkBytes(at, length);
    } catch (error) {
      throw damaged(this.path, `the chunk at byte ${at} ${(error as Error).message}`, error);
    }
  }

  #chunkBytes(at: number, length: number): Promise<Buffer> {
    const max = this.#limits.recordingChunkBytesMax;
    if (length > max || length < CHUNK_BYTES) throw new Error(`has ${length} bytes`);
    return readAt(this.#file, at, length);
  }

  /** Records of a chunk, decompressed within bounds. */
  async #chunk(at: number, length: number, bytes?: Buffer): Promise<Buffer> {
    const max = this.#limits.recordingChunkBytesMax;
    try {
      const chunk = bytes ?? (await this.#chunkBytes(at, length));
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
      throw damaged(this.path, `the chunk at byte ${at} ${(error as Error).message}`, error);
    }
  }

  *#messages(records: Buffer, chunkAt: number): Generator<Buffer, void, undefined> {
    for (let at = 0; at < records.length; ) {
      const fits = records.length - at >= FRONT_BYTES;
      const length = fits ? Number(records.readBigUInt64LE(at + 1)) : Number.POSITIVE_INFINITY;
      const opcode = records[at]!;
      const end = at + FRONT_BYTES + length;
      if (end > records.length || ![MESSAGE, CHANNEL, SCHEMA].includes(opcode)) {
        throw damaged(this.path, `the chunk at byte ${chunkAt} holds a record that makes no sense`);
      }
      if (opcode === MESSAGE) yield records.subarray(at + FRONT_BYTES, end);
      at = end;
    }
  }

  #header(): RunHeader {
    if (this.headerText === "") throw damaged(this.path, "has no metadata record `run`: it is no run file");
    const header = this.#json(this.headerText) as RunHeader;
    if (header.format !== 1) {
      const text = `${this.path} is of format ${header.format}; this version reads format 1`;
      throw new RecordingError("ERR_RECORDING_FORMAT", text);
    }
    if (!Number.isSafeInteger(header.ticksPerSecond) || header.ticksPerSecond < 1) {
      throw damaged(this.path, `has a header with ${header.ticksPerSecond} ticks per second`);
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
    throw damaged(this.path, "has metadata that is no JSON");
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
  if (path.endsWith(".wal") && existsSync(path.slice(0, -".wal".length))) {
    throw unopened(`it is what a recording has not in its chunks yet; open ${path.slice(0, -".wal".length)}`);
  }
  // Opening a FIFO would wait for somebody who writes to it.
  if ((await stat(path).catch(() => undefined))?.isFile() === false) throw unopened("it is no file");
  const file = await open(path, "r").catch((cause: unknown) => {
    throw unopened(String((cause as { code?: unknown }).code), cause);
  });
  try {
    const scan = new McapScan(file, path);
    const layout = await layoutOf(path, scan);
    const all = limitsOf(options.limits);
    if (layout.damage !== undefined)
      throw await damageOf(path, layout.damage, () => new RunFile(path, file, scan, layout, all));
    return new RunFile(path, file, scan, layout, all);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function layoutOf(path: string, scan: McapScan): Promise<McapLayout> {
  const scanned = await scan.run();
  // Whoever ended the recording for a reason has left it in the .wal.
  const gap = scanned.torn === undefined ? undefined : (await readWal(path)).gap;
  return gap === undefined ? scanned : { ...scanned, torn: gap };
}

/** What is wrong with a file of which a checksum does not fit: its first bad batch says more than the checksum over all. */
async function damageOf(path: string, damage: string, opened: () => RunFile): Promise<RecordingError> {
  try {
    for await (const _ of opened().stored());
  } catch (error) {
    if (error instanceof RecordingError && error.code === "ERR_RECORDING_DAMAGED") return error;
  }
  return damaged(path, damage);
}
