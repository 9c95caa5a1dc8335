import { rm } from "node:fs/promises";
import { RecordingError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkBatch, decodeBatch, follows, RunChain } from "./batch.ts";
import { RunDisk } from "./disk.ts";
import { openRun, type RunFile } from "./reader.ts";
import { NameDictionary } from "./rows/names.ts";
import { checkPath, checkTarget, complete, partialOf, REPLACE_CHECKS, type ReplaceOptions } from "./target.ts";
import { readWal } from "./wal.ts";

/** What was saved of a torn file. */
export interface Recovered {
  readonly entries: number;
  readonly batches: number;
  /** Batches of these that were in no chunk, but in the `.wal` alone. */
  readonly fromWal: number;
  /** Bytes of both files that belong to no whole batch. */
  readonly lostBytes: number;
  /** Why entries may be missing after the last one; also in the summary of the new file. */
  readonly gap: string | undefined;
}

/**
 * Make a whole run file of a torn one and of the `.wal` beside it: everything that was settled is in it. A whole file is
 * copied. The torn file and its `.wal` stay.
 *
 * @param to - The new file, another one than `path`; it appears when it is complete.
 * @throws RecordingError `ERR_RECORDING_DAMAGED` if not even the beginning can be read, `ERR_RECORDING_DISK` if the new
 *   file cannot be written, `ERR_RECORDING_EXISTS` if there is one.
 */
export async function recoverRun(path: string, to: string, options: ReplaceOptions = {}): Promise<Recovered> {
  checkPath("recoverRun", "path", path);
  checkPath("recoverRun", "to", to);
  checkOptions("recoverRun", options, REPLACE_CHECKS);
  checkTarget(to, options);
  const run = await openRun(path);
  const partial = partialOf(to);
  let disk: RunDisk | undefined;
  try {
    disk = new RunDisk(partial);
    const result = await copyRun(run, path, disk);
    complete(partial, to, options);
    return result;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    disk?.close();
    await run.close();
  }
}

async function copyRun(run: RunFile, path: string, disk: RunDisk): Promise<Recovered> {
  const chain = new RunChain(run.headerText);
  const { McapWriter } = await import("./mcap-writer.ts");
  const output = new McapWriter(disk, run.header, run.headerText);
  const names = new NameDictionary(0);
  let [entries, lastTicks, fromWal] = [0, 0, 0];
  let gap = run.torn ? `recovered: ${run.missing}` : run.summary?.gap;
  let lostBytes = run.tornBytes;
  const add = (data: Uint8Array, ticks: number): void => {
    entries += decodeBatch(data, ticks, names).length;
    lastTicks = ticks;
    output.add(data, ticks);
  };
  let damage: unknown;
  try {
    for await (const { data, ticks } of run.stored({ ...run.start(), chain })) add(data, ticks);
  } catch (error) {
    if (!run.torn || !(error instanceof RecordingError)) throw error;
    damage = error;
    gap = `recovered: ${error.message}`;
  }
  if (run.torn && damage === undefined) {
    const wal = await readWal(path);
    const written = output.batches;
    for (const data of wal.batches) {
      // Frames of chunks that reached the file come first.
      if (follows(data, chain)) add(data, checkBatch(data, chain).ticks);
    }
    fromWal = output.batches - written;
    lostBytes += wal.tornBytes;
    gap = wal.gap ?? gap;
  }
  const { batches } = output;
  output.end({ traceHash: run.summary?.traceHash, entries, ticks: lastTicks, gap }, chain.hex());
  return { entries, batches, fromWal, lostBytes, gap };
}
