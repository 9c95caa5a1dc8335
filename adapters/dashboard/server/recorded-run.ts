import { basename } from "node:path";
import { every } from "../../../src/cosim/index.ts";
import { RunIndex } from "../../../src/index.ts";
import type { Question, RunInfo, Topology } from "../model/protocol.ts";
import type { PageSource } from "./pages.ts";
import { RecordingView } from "./recording-view.ts";

/** How a recording is shown. */
export interface RecordedOptions {
  readonly topology?: Topology | undefined;
  readonly title?: string;
}

/** Wall time between two looks at a recording that is being written, in milliseconds. */
const FOLLOW_MS = 300;

/**
 * A recording, for the pages. Its counts and series come while it is read; its beginning can be looked at meanwhile. One
 * that is being written is followed until it has its end, or nobody writes it any more.
 */
export class RecordedRun implements PageSource {
  /** Resolves when all that there was when it was opened has been read; rejects if it is damaged. */
  readonly ready: Promise<void>;
  readonly view: RecordingView;
  readonly #index: RunIndex;
  readonly #path: string;
  readonly #options: RecordedOptions;
  #phase: "reading" | "following" | "ended" | "failed" = "reading";
  #failure = "";
  #recorder: string | undefined;
  #revision = 0;
  /** It reads. */
  #reading: Promise<void> = Promise.resolve();
  #closed = false;
  #stop = (): void => {};

  private constructor(path: string, index: RunIndex, options: RecordedOptions) {
    this.#path = path;
    this.#index = index;
    this.#options = options;
    this.view = new RecordingView(index);
    this.#recorder = index.recorder();
    this.ready = this.#begin();
    this.ready.catch(() => {}); // said on the page, and by whoever waits for it
  }

  /** @throws RecordingError if the file cannot be read. */
  static async open(path: string, options: RecordedOptions = {}): Promise<RecordedRun> {
    return new RecordedRun(path, await RunIndex.open(path), options);
  }

  async #begin(): Promise<void> {
    await this.#read();
    if (this.#phase !== "following" || this.#closed) return;
    let busy = false;
    this.#stop = every(
      FOLLOW_MS,
      () => {
        if (busy) return;
        busy = true;
        void this.#read()
          .catch(() => {}) // said on the page
          .finally(() => {
            busy = false;
          });
      },
      { idle: true },
    );
  }

  /** Read what there is, and see whether more will come. */
  #read(): Promise<void> {
    this.#reading = this.#readOn();
    return this.#reading;
  }

  async #readOn(): Promise<void> {
    const events = this.view.state.events;
    // Asked before it is read: whoever ends it meanwhile has written all.
    const recorder = this.#index.recorder();
    try {
      await this.view.read(() => {
        this.#revision++;
      });
      this.#recorder = this.#index.run.torn ? recorder : undefined;
      this.#phase = this.#recorder === undefined ? "ended" : "following";
    } catch (error) {
      if (this.#closed) return;
      this.#failure = (error as Error).message;
      this.#phase = "failed";
      throw error;
    } finally {
      if (this.#phase !== "following") this.#stop();
      if (this.#phase !== "following" || this.view.state.events > events) this.#revision++;
    }
  }

  info(): RunInfo {
    const { seed, start, ticksPerSecond, versions, modules } = this.#index.run.header;
    const facts: [string, string][] = [
      ["file", basename(this.#path)],
      ["cosimas", versions.cosimas],
      ["Node", versions.node],
      ...modules.map(({ path, sha256 }): [string, string] => [path, `sha256 ${sha256.slice(0, 12)}…`]),
    ];
    const title = this.#options.title ?? basename(this.#path);
    return {
      ...{ what: "info", source: "recording", title, seed: String(seed), start, ticksPerSecond, facts },
      ...{ controls: "none", note: "", topology: this.#options.topology, missing: this.#missing() },
    };
  }

  /** What is not in it, or not yet. */
  #missing(): string {
    const { summary, torn, missing = "" } = this.#index.run;
    if (summary?.gap !== undefined) return `The end of this recording is missing: ${summary.gap}.`;
    if (!torn) return "";
    if (this.#recorder !== undefined) {
      return `This recording is being written by ${this.#recorder}: the page has what has been settled so far, and follows.`;
    }
    const saved = "Whoever wrote it was ended: all that was settled until then is here";
    return `The end of this recording is missing: ${missing}. ${saved}; \`cosimas recover\` makes a whole file of it.`;
  }

  infoRevision(): string {
    return `${this.#phase} ${this.#recorder}`;
  }

  frame(): ReturnType<PageSource["frame"]> {
    const { ticks, round, steps, events, messages, alive: agents, faults } = this.view.state;
    const { summary, chunks } = this.#index.run;
    const isReading = this.#phase === "reading";
    return {
      ...{ phase: this.#phase, ticks, round, steps, events, messages, agents, faults },
      ...{
        waitingMs: 0,
        stepRate: 0,
        messageRate: 0,
        label: "",
        lagS: -1,
        failure: this.#failure,
        speed: 0,
        runTo: -1,
      },
      fraction: isReading ? this.#index.chunks / Math.max(1, chunks) : 1,
      hash: summary?.traceHash ?? "",
      span: [0, isReading ? (summary?.ticks ?? ticks) : ticks],
    };
  }

  revision(): number {
    return this.#revision;
  }

  answer(question: Question): unknown {
    return this.view.answer(question);
  }

  command(): string {
    if (this.#phase === "following") return "its run cannot be held from here: start it with --watch";
    return "a recording is over: it can be looked at, not run";
  }

  isBusy(): boolean {
    return false;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#index.close();
    await this.#reading.catch(() => {}); // it ends at the closed file
  }
}
