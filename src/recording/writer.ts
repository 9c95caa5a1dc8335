import { rm } from "node:fs/promises";
import { RecordingError } from "../errors.ts";
import { warn } from "../host.ts";
import type { TraceRow } from "../kernel/trace/row.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { BatchWriter, link, RunChain } from "./batch.ts";
import { RunDisk } from "./disk.ts";
import type { RunEntry, RunHeader } from "./entry.ts";
import type { McapWriter } from "./mcap-writer.ts";
import { NameDictionary } from "./rows/names.ts";
import { checkTarget, lock, type ReplaceOptions } from "./target.ts";
import { placeOf, RunWal, walPath } from "./wal.ts";
import { zstdReady } from "./zstd.ts";

/** How a run is recorded. */
export interface RunWriterOptions extends ReplaceOptions {
  /**
   * What `settle` waits for: `sync`, the disk has it, so that it outlives a power failure; `write`, the system has it,
   * so that it outlives the process. Default: `sync`.
   */
  readonly durable?: "sync" | "write";
  /** Whether a failing disk fails the run, or ends the recording alone. Default: `fail`. */
  readonly onDiskError?: "fail" | "stop";
  readonly limits?: Partial<Limits>;
}

/**
 * Writes a run file: MCAP with one channel of batches in MsgPack, in chunks compressed by zstd. The same entries in the
 * same batches give the same bytes.
 *
 * Whoever opened it closes it. It keeps no entry: what was appended is encoded at once, written when its chunk of
 * 64 KiB is full, and until then by `settle` to `<path>.wal`, which `close` removes.
 */
export class RunWriter {
  readonly #disk: RunDisk;
  readonly #wal: RunWal;
  readonly #output: McapWriter;
  readonly #batch: BatchWriter;
  readonly #chain: RunChain;
  readonly #limits: Limits;
  readonly #durable: boolean;
  readonly #stops: boolean;
  readonly #unlock: () => void;
  #ticks = 0;
  #entries = 0;
  /** A chunk went into the file since the last `settle`; the frames in the `.wal` are of its batches. */
  #chunkWritten = false;
  #failure: RecordingError | undefined;
  #settling: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(
    Output: typeof McapWriter,
    path: string,
    header: RunHeader,
    options: RunWriterOptions,
    unlock: () => void,
  ) {
    const text = JSON.stringify(header);
    this.#limits = limitsOf(options.limits);
    this.#durable = options.durable !== "write";
    this.#stops = options.onDiskError === "stop";
    this.#unlock = unlock;
    this.#batch = new BatchWriter(new NameDictionary(this.#limits.recordingNamesMax));
    this.#chain = new RunChain(text);
    this.#disk = new RunDisk(path);
    try {
      this.#output = new Output(this.#disk, header, text);
      this.#wal = new RunWal(path);
    } catch (error) {
      this.#disk.close();
      throw error;
    }
  }

  /**
   * Begin a run file. It is locked for this recorder until it is closed, by `<path>.lock`.
   *
   * @throws RecordingError `ERR_RECORDING_EXISTS` if there is one of that name, or a `.wal` beside it, and not `replace`;
   *   `ERR_RECORDING_BUSY` if another recorder writes it, whatever `replace` says.
   * @throws RecordingError `ERR_RECORDING_DISK` if its beginning cannot be written, whatever `onDiskError` says.
   */
  static async open(name: string, header: RunHeader, options: RunWriterOptions = {}): Promise<RunWriter> {
    await zstdReady();
    // What a run without a recording need not load.
    const { McapWriter } = await import("./mcap-writer.ts");
    const { isDevice } = checkTarget(name, { replace: true });
    const path = isDevice ? name : placeOf(name); // where a link leads: replacing the file keeps the link
    const unlock = isDevice ? () => {} : lock(name);
    try {
      checkTarget(name, options);
      if (!isDevice) for (const old of [path, walPath(path)]) await rm(old, { force: true });
      const writer = new RunWriter(McapWriter, path, header, options, unlock);
      if (writer.#durable) await writer.#disk.sync();
      return writer;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Why nothing more is recorded; `undefined` while all goes well. */
  get failure(): RecordingError | undefined {
    return this.#failure;
  }

  /**
   * Record the entries of one round or step, in order: they become one batch, or several if their ticks differ or there
   * are more than `recordingBatchEntriesMax`. Entries of a `step` belong to the ticks before them.
   *
   * A failure is told by the next `settle`.
   *
   * @param entries - Encoded at once; the caller keeps them.
   */
  append(entries: readonly RunEntry[]): void {
    this.#requireOpen();
    for (const entry of entries) this.add(entry);
    this.endBatch();
  }

  /** As `append` of one entry, in a batch that goes on until {@link endBatch}. @internal */
  add(entry: RunEntry): void {
    if (!this.#accepts(entry.kind === "step" ? this.#ticks : entry.ticks)) return;
    try {
      this.#batch.add(entry);
      this.#endIfFull();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** As {@link add}, of what the engine has in place of an entry. @internal */
  addRow(row: TraceRow): void {
    if (!this.#accepts(row.tag.ticks)) return;
    try {
      this.#batch.addRow(row);
      this.#endIfFull();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** End the batch, if there is one. @internal */
  endBatch(): void {
    if (this.#failure !== undefined || this.#batch.entries === 0) return;
    try {
      this.#writeBatch();
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Resolves when everything that was appended would outlive the process, or with `durable: "sync"` the machine.
   *
   * @throws RecordingError `ERR_RECORDING_DISK` if the disk failed, `ERR_RECORDING_ENTRY` if an entry could not be
   *   written; with `onDiskError: "stop"` it resolves, and `failure` says so.
   */
  settle(): Promise<void> {
    this.#settling = this.#settling.then(() => this.#settle());
    const settled = this.#settling;
    this.#settling = settled.catch(() => undefined);
    return settled;
  }

  /**
   * Write the index and the summary, and remove the `.wal`. Calling it again does nothing.
   *
   * @throws RecordingError as `settle`; the file is left as a torn one, with the `.wal` beside it.
   */
  async close(summary: { readonly traceHash?: string | undefined } = {}): Promise<void> {
    if (this.#closed) return;
    await this.settle().finally(() => {
      this.#closed = true;
      if (this.#failure !== undefined) this.#release();
    });
    if (this.#failure !== undefined) return;
    try {
      const { traceHash } = summary;
      this.#output.end({ traceHash, entries: this.#entries, ticks: this.#ticks }, this.#chain.hex());
      if (this.#durable) await this.#disk.sync();
      if (!this.#disk.isDevice) await rm(walPath(this.#disk.path), { force: true });
    } catch (error) {
      this.#fail(error);
      if (!this.#stops) throw this.#failure;
    } finally {
      this.#release();
    }
  }

  /** Be ready for an entry of this time. @returns False if nothing is recorded any more. */
  #accepts(ticks: number): boolean {
    this.#requireOpen();
    if (this.#failure !== undefined) return false;
    if (ticks !== this.#ticks) {
      this.endBatch();
      this.#ticks = ticks;
    }
    return this.#failure === undefined;
  }

  #requireOpen(): void {
    if (this.#closed) throw new RecordingError("ERR_RECORDING_CLOSED", `${this.#disk.path} has been closed`);
  }

  #endIfFull(): void {
    if (this.#batch.entries === this.#limits.recordingBatchEntriesMax) this.#writeBatch();
  }

  #writeBatch(): void {
    const { entries } = this.#batch;
    const data = this.#batch.end(this.#ticks);
    if (data.length > this.#limits.recordingChunkBytesMax / 2) {
      const text = `a batch of ${entries} entries has ${data.length} bytes`;
      throw new RecordingError("ERR_RECORDING_ENTRY", `${text}; recordingChunkBytesMax allows half of its own at most`);
    }
    link(data, this.#chain);
    this.#entries += entries;
    this.#wal.note(data);
    if (!this.#output.add(data, this.#ticks)) return;
    this.#chunkWritten = true;
    this.#wal.drop();
  }

  async #settle(): Promise<void> {
    if (this.#closed) return;
    try {
      if (this.#failure === undefined) await this.#save();
    } catch (error) {
      this.#fail(error);
    }
    if (this.#failure !== undefined && !this.#stops) throw this.#failure;
  }

  async #save(): Promise<void> {
    const before = this.#chunkWritten;
    // Frames may go when their chunk is safe; meanwhile another chunk may have taken up what this call has to save.
    while (this.#chunkWritten) {
      this.#chunkWritten = false;
      if (this.#durable) await this.#disk.sync();
    }
    if (before) this.#wal.empty();
    if (this.#wal.write() && this.#durable) await this.#wal.sync();
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure =
      error instanceof RecordingError
        ? error
        : new RecordingError("ERR_RECORDING_ENTRY", `an entry cannot be recorded: ${(error as Error).message}`, {
            cause: error,
          });
    this.#leaveReadable(this.#failure.message);
    if (this.#stops) warn(`the recording has ended, the run goes on: ${this.#failure.message}`, this.#failure.code);
  }

  /** Cut off what was half written, and say in the `.wal` that and why entries are missing, if it takes that. */
  #leaveReadable(gap: string): void {
    try {
      this.#disk.cut(this.#disk.position);
    } catch {
      // A torn end is what readers of such a file expect.
    }
    try {
      this.#wal.gap(gap);
    } catch {
      // `failure` tells it all the same.
    }
  }

  #release(): void {
    this.#disk.close();
    this.#wal.close();
    this.#unlock();
  }
}
