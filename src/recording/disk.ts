import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { promisify } from "node:util";
import { RecordingError } from "../errors.ts";

const datasync = promisify(fdatasync);

/**
 * A file that is written from its start to its end, by calls that return when the system has the bytes: so nothing
 * queues up in the process, and a slow disk slows the run down.
 */
export class RunDisk {
  readonly path: string;
  /** A device, as /dev/null, keeps nothing: there is nothing to sync or to cut off. */
  readonly isDevice: boolean;
  readonly #fd: number;
  /** Bytes written. */
  position = 0;

  /** Creates the file or empties it. @throws RecordingError `ERR_RECORDING_DISK` */
  constructor(path: string) {
    this.path = path;
    this.#fd = this.#try("opened", () => openSync(path, "w"));
    this.isDevice = fstatSync(this.#fd).isCharacterDevice();
  }

  /** @throws RecordingError `ERR_RECORDING_DISK`; a part of `bytes` may have been written. */
  write(bytes: Uint8Array): void {
    this.#try("written", () => {
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#fd, bytes, done, bytes.length - done, this.position + done);
      }
    });
    this.position += bytes.length;
  }

  /** Forget all bytes from `position` on, those of a write that failed included. */
  cut(position: number): void {
    this.#try("truncated", () => this.isDevice || ftruncateSync(this.#fd, position));
    this.position = position;
  }

  /** Resolves when the disk has what was written. @throws RecordingError `ERR_RECORDING_DISK` */
  async sync(): Promise<void> {
    if (this.isDevice) return;
    try {
      await datasync(this.#fd);
    } catch (error) {
      throw this.#failed("synced", error);
    }
  }

  /** The disk's state no longer matters. */
  close(): void {
    closeSync(this.#fd);
  }

  #try<T>(done: string, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw this.#failed(done, error);
    }
  }

  #failed(done: string, cause: unknown): RecordingError {
    const { code = "an error" } = cause as { code?: string };
    const text = `${this.path} cannot be ${done} at byte ${this.position}: ${code}`;
    return new RecordingError("ERR_RECORDING_DISK", text, { cause });
  }
}
