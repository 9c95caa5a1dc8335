import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { RecordingError } from "../errors.ts";
import { inOrder } from "../kernel/order.ts";
import type { TraceRow } from "../kernel/trace/row.ts";
import { checkOptions, either, LIMITS, listOf, type OptionChecks, object, oneOf, text } from "../options.ts";
import type { FeedOp, Journal, RunStart, TraceEvent } from "../trace.ts";
import { packageVersion } from "../version.ts";
import type { RunEntry, RunHeader } from "./entry.ts";
import { checkPath, REPLACE_CHECKS } from "./target.ts";
import { RunWriter, type RunWriterOptions } from "./writer.ts";

/** Entries of one time after which a batch is full. */
const BATCH_ENTRIES = 4096;

/** How a run is recorded. */
export interface RecordingOptions extends RunWriterOptions {
  /**
   * Files with the code of the agents, as `new URL("./agents.ts", import.meta.url)` or paths: their names, from the present
   * folder, and hashes go into the recording, so that a replay finds them. Those that a platform loads need not be named.
   */
  readonly modules?: readonly (URL | string)[];
}

const CHECKS: OptionChecks<RecordingOptions> = {
  ...REPLACE_CHECKS,
  durable: oneOf(["sync", "write"]),
  onDiskError: oneOf(["fail", "stop"]),
  limits: LIMITS,
  modules: listOf(either(text, object)),
};

/**
 * Records one run into a file: `Container.create({ record: new Recording("run.mcap") })`, or a platform alike. The file is
 * begun with the run, and ended when its container is closed; an advance resolves when what happened in it would
 * survive the end of this process.
 *
 * Two runs that are the same give the same bytes, however many containers they have. It holds what was done to the run,
 * all its events, seed, versions, and hashes of the agents' code; no wall time and nothing of this machine.
 */
export class Recording implements Journal {
  readonly path: string;
  readonly #options: RecordingOptions;
  #writer: RunWriter | undefined;
  /** Entries of the open batch, and their time. */
  #pending = 0;
  #ticks = 0;

  /** @throws TypeError or RangeError for an option that there is not, or that is none of what it may be. */
  constructor(path: string, options: RecordingOptions = {}) {
    checkPath("Recording", "path", path);
    checkOptions("Recording", options, CHECKS);
    this.path = path;
    this.#options = options;
  }

  /** Why nothing more is recorded; undefined while all goes well. */
  get failure(): RecordingError | undefined {
    return this.#writer?.failure;
  }

  /** @throws RecordingError `ERR_RECORDING_DISK`; `ERR_RECORDING_USED` if it has recorded a run. */
  async begin({ seed, start, ticksPerSecond, modules, options }: RunStart): Promise<void> {
    if (this.#writer !== undefined) {
      throw new RecordingError(
        "ERR_RECORDING_USED",
        `${this.path} is being recorded already; a recording is of one run`,
      );
    }
    const files = [...modules.map((url) => new URL(url)), ...(this.#options.modules ?? [])];
    const header: RunHeader = {
      format: 1,
      ...{ seed, start, ticksPerSecond },
      versions: { cosimas: packageVersion(), node: process.versions.node, v8: process.versions.v8 },
      modules: await Promise.all([...new Set(files.map(pathOf))].map(hashed)),
      options,
    };
    this.#writer = await RunWriter.open(this.path, header, this.#options);
  }

  feed(
    op: FeedOp,
    { ticks, round }: { readonly ticks: number; readonly round: number },
    content: readonly unknown[],
  ): void {
    this.#add({ kind: "feed", op, ticks, round, content });
  }

  events(batch: readonly TraceEvent[]): void {
    for (const event of inOrder(batch)) this.#add(event);
  }

  /** As `events`, of what the engine has in place of events. @internal */
  rows(batch: readonly TraceRow[]): void {
    const writer = this.#writer!;
    for (let i = 0; i < batch.length; i++) {
      const row = batch[i]!;
      this.#at(row.tag.ticks);
      writer.addRow(row);
      this.#count();
    }
  }

  settle(): Promise<void> {
    this.#flush();
    return this.#writer!.settle();
  }

  async end(traceHash: string | undefined): Promise<void> {
    this.#flush();
    await this.#writer!.close({ traceHash });
  }

  #add(entry: RunEntry): void {
    if (entry.kind !== "step") this.#at(entry.ticks);
    this.#writer!.add(entry);
    this.#count();
  }

  /** What comes next is of this time. */
  #at(ticks: number): void {
    if (ticks === this.#ticks) return;
    this.#flush();
    this.#ticks = ticks;
  }

  #count(): void {
    if (++this.#pending === BATCH_ENTRIES) this.#flush();
  }

  #flush(): void {
    this.#pending = 0;
    this.#writer!.endBatch();
  }
}

function pathOf(file: URL | string): string {
  return file instanceof URL ? fileURLToPath(file) : resolve(file);
}

/** Name, from the present folder, and hash of a file. */
async function hashed(path: string): Promise<RunHeader["modules"][number]> {
  const name = relative(process.cwd(), path).split(sep).join("/");
  try {
    return {
      path: name,
      sha256: createHash("sha256")
        .update(await readFile(path))
        .digest("hex"),
    };
  } catch (cause) {
    throw new RecordingError("ERR_RECORDING_OPEN", `${path} is to be named in a recording, and cannot be read`, {
      cause,
    });
  }
}
