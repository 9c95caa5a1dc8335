import { basename } from "node:path";
import { RunIndex } from "../../../src/index.ts";
import type { Question, RunInfo, Topology } from "../model/protocol.ts";
import type { PageSource } from "./pages.ts";
import { RecordingView } from "./recording-view.ts";

/** How a recording is shown. */
export interface RecordedOptions {
  readonly topology?: Topology | undefined;
  readonly title?: string;
}

/** A recording, for the pages. Its counts and series come while it is read; its beginning can be looked at meanwhile. */
export class RecordedRun implements PageSource {
  /** Resolves when it was read as a whole; rejects if it is damaged. */
  readonly ready: Promise<void>;
  readonly view: RecordingView;
  readonly #index: RunIndex;
  readonly #path: string;
  readonly #options: RecordedOptions;
  #chunks = 0;
  #over = false;
  #failure = "";

  private constructor(path: string, index: RunIndex, options: RecordedOptions) {
    this.#path = path;
    this.#index = index;
    this.#options = options;
    this.view = new RecordingView(index);
    this.ready = this.#read();
    this.ready.catch(() => {}); // said on the page, and by whoever waits for it
  }

  /** @throws RecordingError if the file cannot be read. */
  static async open(path: string, options: RecordedOptions = {}): Promise<RecordedRun> {
    return new RecordedRun(path, await RunIndex.open(path), options);
  }

  async #read(): Promise<void> {
    try {
      await this.view.read(() => {
        this.#chunks = this.#index.chunks;
      });
    } catch (error) {
      this.#failure = (error as Error).message;
      throw error;
    } finally {
      this.#over = true;
    }
  }

  info(): RunInfo {
    const { header, summary, missing = "" } = this.#index.run;
    const { seed, start, ticksPerSecond, versions, modules } = header;
    const facts: [string, string][] = [
      ["file", basename(this.#path)],
      ["cosimas", versions.cosimas],
      ["Node", versions.node],
      ...modules.map(({ path, sha256 }): [string, string] => [path, `sha256 ${sha256.slice(0, 12)}…`]),
    ];
    const title = this.#options.title ?? basename(this.#path);
    const gap = summary?.gap ?? missing;
    return {
      ...{ what: "info", source: "recording", title, seed: String(seed), start, ticksPerSecond, facts },
      ...{ controls: "none", note: "", topology: this.#options.topology },
      missing: gap === "" ? "" : `The end of this recording is missing: ${gap}. \`cosimas recover\` makes it whole.`,
    };
  }

  frame(): ReturnType<PageSource["frame"]> {
    const { ticks, round, steps, events, messages, alive: agents, faults } = this.view.state;
    const { summary, chunks } = this.#index.run;
    const phase = this.#failure !== "" ? "failed" : this.#over ? "ended" : "reading";
    return {
      ...{ phase, ticks, round, steps, events, messages, agents, faults, waitingMs: 0, stepRate: 0, messageRate: 0 },
      ...{ fraction: this.#over ? 1 : this.#chunks / Math.max(1, chunks), label: "", lagS: -1, failure: this.#failure },
      ...{
        hash: summary?.traceHash ?? "",
        speed: 0,
        runTo: -1,
        span: [0, this.#over ? ticks : (summary?.ticks ?? ticks)],
      },
    };
  }

  revision(): number {
    return this.#over ? Number.MAX_SAFE_INTEGER : this.#chunks;
  }

  answer(question: Question): unknown {
    return this.view.answer(question);
  }

  command(): string {
    return "a recording is over: it can be looked at, not run";
  }

  isBusy(): boolean {
    return false;
  }

  close(): Promise<void> {
    return this.#index.close();
  }
}
