import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { threadId } from "node:worker_threads";
import { RecordingError } from "../errors.ts";
import { boolean, checkArgument, type OptionChecks, text } from "../options.ts";
import { placeOf, walPath } from "./wal.ts";

/** What may become of a file that is there already. */
export interface ReplaceOptions {
  /** Whether a file of that name may be replaced; default: no. What is neither a file nor a device never is. */
  readonly replace?: boolean;
}

export const REPLACE_CHECKS: OptionChecks<ReplaceOptions> = { replace: boolean };

/** Refuse what is no path of a file. */
export function checkPath(of: string, name: string, path: unknown): void {
  checkArgument(of, name, path, { ...text, allowed: "the path of a file, which is a string and not empty" });
}

/** What users are told to do instead. */
const ADVICE = "give another name, remove it, or ask for it to be replaced (`replace: true`, --force)";

/**
 * Look at the place of a file that is to be written.
 *
 * @returns Whether it is a device: that is written as it is, and neither locked nor replaced.
 * @throws RecordingError `ERR_RECORDING_EXISTS` if something stands there that may not be replaced, and what it is.
 */
export function checkTarget(path: string, { replace = false }: ReplaceOptions): { readonly isDevice: boolean } {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isCharacterDevice()) return { isDevice: true };
  if (found !== undefined && !found.isFile()) {
    const what = found.isFIFO() ? "a FIFO" : found.isDirectory() ? "a folder" : "no file";
    throw exists(`${path} is ${what}; a file is needed${found.isFIFO() ? ", or - for standard output" : ""}`);
  }
  if (replace) return { isDevice: false };
  if (existsSync(walPath(path))) {
    const save = `\`cosimas recover ${path}\` saves it`;
    throw exists(
      `${path} is a recording whose end is missing, with what was saved in ${walPath(path)}: ${save}; ${ADVICE}`,
    );
  }
  if (found !== undefined) throw exists(`${path} exists: ${ADVICE}`);
  return { isDevice: false };
}

function exists(text: string): RecordingError {
  return new RecordingError("ERR_RECORDING_EXISTS", text);
}

/** Files that this thread is recording. */
const own = new Set<string>();

/** Who holds a lock: a process that is gone holds none. */
export interface Holder {
  readonly host: string;
  readonly process: number;
  readonly thread: number;
}

/**
 * Claim `path` for one recorder, by `<path>.lock` beside it, which names the process: it is the same for every name of the
 * file, by whatever links.
 *
 * @returns Lets go of it; may be called twice.
 * @throws RecordingError `ERR_RECORDING_BUSY` if another recorder has it, `ERR_RECORDING_DISK` if there can be no lock.
 */
export function lock(path: string): () => void {
  const file = `${realPlace(path)}.lock`;
  if (own.has(file)) throw busy(path, "this process");
  const mine: Holder = { host: hostname(), process: process.pid, thread: threadId };
  for (let isStale = false; ; isStale = true) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: "wx" });
      break;
    } catch (cause) {
      const { code = "an error" } = cause as { code?: string };
      if (code !== "EEXIST") {
        throw new RecordingError("ERR_RECORDING_DISK", `${path} cannot be opened: ${code}`, { cause });
      }
      const holder = holderOf(file);
      if (isStale || holder === undefined || isAlive(holder)) {
        const who = holder === undefined ? "another recorder" : `process ${holder.process} on ${holder.host}`;
        throw busy(path, `${who}; if it is gone, remove ${placeOf(path)}.lock`);
      }
      rmSync(file, { force: true });
    }
  }
  own.add(file);
  return () => {
    if (own.delete(file)) rmSync(file, { force: true });
  };
}

/** Who is recording `path` now; undefined if nobody is. */
export function recorderOf(path: string): Holder | undefined {
  const file = `${realPlace(path)}.lock`;
  const holder = holderOf(file);
  return holder !== undefined && (own.has(file) || isAlive(holder)) ? holder : undefined;
}

/** The one name of a file that need not be there. */
function realPlace(path: string): string {
  const place = placeOf(resolve(path));
  try {
    return join(realpathSync(dirname(place)), basename(place));
  } catch {
    return place; // there is no such folder: whoever writes there is told
  }
}

function busy(path: string, who: string): RecordingError {
  return new RecordingError("ERR_RECORDING_BUSY", `${path} is being recorded by ${who}`);
}

function holderOf(file: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Holder;
  } catch {
    return undefined; // it is just being written, or has just been removed
  }
}

function isAlive({ host, process: pid, thread }: Holder): boolean {
  if (host !== hostname()) return true;
  // An earlier process with our number: what this thread holds is known.
  if (pid === process.pid) return thread !== threadId;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}

/** Number of files that this process has begun beside their places. */
let begun = 0;

/** A place beside `path` where its file grows: it gets its name when it is complete. */
export function partialOf(path: string): string {
  begun++;
  return `${path}.${process.pid}-${threadId}-${begun}.partial`;
}

/** Give a complete file its name. @throws RecordingError `ERR_RECORDING_EXISTS`, or the system's error. */
export function complete(partial: string, path: string, options: ReplaceOptions): void {
  const file = openSync(partial, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  checkTarget(path, options); // it may have come meanwhile
  renameSync(partial, path);
}
