import { readlinkSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { crc32 } from "node:zlib";
import { RunDisk } from "./disk.ts";

/** Front of a frame: length and CRC-32 of what follows, both uint32 little-endian. */
const FRONT_BYTES = 8;

/** First byte of a frame that says why there are no more: `{` of its JSON. No batch begins with it. */
const GAP = 0x7b;

/** Links that lead on to links, at most: as many as Linux follows. */
const LINKS_MAX = 40;

/**
 * Where a file really is, or will be, that is called `path`: links are followed, one that leads nowhere yet included. So
 * all that stands beside it is found under each of its names.
 */
export function placeOf(path: string): string {
  let place = path;
  for (let links = 0; links < LINKS_MAX; links++) {
    try {
      place = resolve(dirname(place), readlinkSync(place));
    } catch {
      return place; // it is no link, or is not there
    }
  }
  return path; // in a circle: whoever opens it is told
}

/** Path of the file beside a run file that holds its batches that are in no chunk yet; a device is its own. */
export function walPath(path: string): string {
  const place = placeOf(path);
  return statSync(place, { throwIfNoEntry: false })?.isCharacterDevice() ? place : `${place}.wal`;
}

/** The batches of the open chunk as frames, uncompressed. Emptied when their chunk is safe in the run file. */
export class RunWal {
  readonly #disk: RunDisk;
  #frames: Uint8Array[] = [];

  constructor(path: string) {
    this.#disk = new RunDisk(walPath(path));
  }

  /** Note a batch; `data` is kept until the next `write` or `drop`. */
  note(data: Uint8Array): void {
    const front = Buffer.allocUnsafe(FRONT_BYTES);
    front.writeUInt32LE(data.length, 0);
    front.writeUInt32LE(crc32(data), 4);
    this.#frames.push(front, data);
  }

  /** Forget what was noted: it is in the run file. */
  drop(): void {
    this.#frames = [];
  }

  /** Write what was noted behind the frames before it. @returns Whether there was anything. */
  write(): boolean {
    if (this.#frames.length === 0) return false;
    this.#disk.write(Buffer.concat(this.#frames));
    this.#frames = [];
    return true;
  }

  /** Write what was noted, and that nothing follows it because of a failure. */
  gap(reason: string): void {
    this.#disk.cut(this.#disk.position);
    this.note(Buffer.from(JSON.stringify({ gap: reason })));
    this.write();
  }

  /** Forget all frames. */
  empty(): void {
    this.#disk.cut(0);
  }

  sync(): Promise<void> {
    return this.#disk.sync();
  }

  close(): void {
    this.#disk.close();
  }
}

/** What a `.wal` holds. */
export interface WalContent {
  readonly batches: readonly Uint8Array[];
  /** Why the recording ended, if it failed. */
  readonly gap: string | undefined;
  /** Bytes at its end that are no whole frame. */
  readonly tornBytes: number;
}

/** Whole frames of the file beside `path`, in order; none if there is no such file. Stops at one that is torn. */
export async function readWal(path: string): Promise<WalContent> {
  const bytes = await readFile(walPath(path)).catch((error: { code?: string }) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const batches: Uint8Array[] = [];
  let gap: string | undefined;
  let at = 0;
  while (bytes.length - at >= FRONT_BYTES) {
    const end = at + FRONT_BYTES + bytes.readUInt32LE(at);
    if (end > bytes.length) break;
    const data = bytes.subarray(at + FRONT_BYTES, end);
    if (crc32(data) !== bytes.readUInt32LE(at + 4)) break;
    if (data[0] === GAP) gap = String(JSON.parse(data.toString()).gap);
    else batches.push(data);
    at = end;
  }
  return { batches, gap, tornBytes: bytes.length - at };
}
