import { every, wallMs } from "../../../src/cosim/index.ts";
import type { Command, Frame, Question, RunInfo } from "../model/protocol.ts";
import { checkedRequest } from "./commands.ts";

/** Pages at a time. */
const PAGES_MAX = 100;
/** Wall time between two samples, in milliseconds: 30 a second. */
const SAMPLE_MS = 33;
/** A page that has not read this much gets no more frames until it has. */
export const BUFFERED_BYTES_MAX = 256 * 1024;
/** A page that has not read this much is not answered, either. */
const ANSWER_BUFFERED_BYTES_MAX = 4 * 1024 * 1024;
/** Wall time in which answers to the same question are the same, in milliseconds. */
const ANSWER_MS = 150;
/** Part of the process's CPU time that pages may take of a run that goes on. */
const SHARE = 0.08;
/**
 * What a message of a page, and one to it, cost beside what is measured here: reading the socket, its end of writing, memory to
 * be collected. In milliseconds.
 */
const RECEIVED_MS = 0.06;
const SENT_MS = 0.03;
/** What of that may be saved up, in milliseconds. */
const SAVED_MS_MAX = 40;
/** Questions of one page that wait at a time. */
const WAITING_MAX = 16;
/** Messages that a page may send at once, and in each sample after that. */
const MESSAGES_BURST = 200;
const MESSAGES_PER_SAMPLE = 10;
/** Wall time in which a page has to answer a ping, in milliseconds. */
const SILENT_MS_MAX = 60_000;

/** What pages are shown. */
export interface PageSource {
  info(): RunInfo;
  frame(): Omit<Frame, "what" | "skipped" | "pages" | "revision">;
  /** It changes whenever an answer might. */
  revision(): number;
  answer(question: Question): unknown;
  /** Do it. @returns Why not, if it is not done. */
  command(command: Command): string | undefined;
  /** It changes whenever `info` does. Without it `info` stays as it is. */
  infoRevision?(): string;
  /** The run goes on by itself: pages may take little of its time. */
  isBusy(): boolean;
}

/** The connection to a page, as the package `ws` has it; who uses our types need not have those of `ws`. */
interface PageSocket {
  readonly readyState: number;
  readonly OPEN: number;
  readonly bufferedAmount: number;
  send(text: string): void;
  ping(): void;
  terminate(): void;
  on(event: "message", listener: (data: { toString(): string }, isBinary: boolean) => void): unknown;
  on(event: "pong" | "close" | "error", listener: () => void): unknown;
}

interface Page {
  readonly socket: PageSocket;
  skipped: number;
  /** Messages that it may send now. */
  allowance: number;
  ignored: number;
  waiting: number;
  heardMs: number;
  sentRevision: number;
}

interface Waiting {
  readonly page: Page;
  readonly n: number;
  readonly question: Question;
}

/** The pages that look: sampled frames to all of them, answers to each. A slow page misses frames and is told how many. */
export class Pages {
  #source: PageSource;
  readonly #pages = new Set<Page>();
  #queue: Waiting[] = [];
  /** Answers by their questions. */
  readonly #answers = new Map<string, string | Promise<string>>();
  #answersMs = 0;
  #answersRevision = -1;
  /** Time that pages may take now, in milliseconds; below 0 they have had more than their share. */
  #creditMs = SAVED_MS_MAX;
  #cpu = process.cpuUsage();
  #samples = 0;
  #infoRevision: string | undefined;
  readonly #stop: () => void;

  constructor(source: PageSource) {
    this.#source = source;
    this.#stop = every(SAMPLE_MS, () => this.#sample(), { idle: true });
  }

  get count(): number {
    return this.#pages.size;
  }

  /** Show something else from now on. */
  show(source: PageSource): void {
    this.#source = source;
    this.#answers.clear();
    this.#inform();
    this.publish();
  }

  /** Tell all pages what the run is. */
  #inform(): void {
    this.#infoRevision = this.#source.infoRevision?.();
    const info = JSON.stringify(this.#source.info());
    for (const page of this.#pages) this.#send(page, info);
  }

  /** Why no more pages are let in. */
  refusal(): string | undefined {
    return this.#pages.size >= PAGES_MAX ? "503 Service Unavailable" : undefined;
  }

  add(socket: PageSocket): void {
    const page: Page = {
      ...{ socket, skipped: 0, allowance: MESSAGES_BURST, ignored: 0, waiting: 0 },
      ...{ heardMs: wallMs(), sentRevision: -1 },
    };
    this.#pages.add(page);
    socket.on("message", (data, isBinary) => this.#received(page, data, isBinary));
    socket.on("pong", () => {
      page.heardMs = wallMs();
    });
    socket.on("close", () => this.#pages.delete(page));
    socket.on("error", () => socket.terminate());
    socket.send(JSON.stringify(this.#source.info()));
    this.publish();
  }

  close(): void {
    this.#stop();
    for (const { socket } of this.#pages) socket.terminate();
    this.#pages.clear();
    this.#queue = [];
  }

  /** Send the present state to all pages that can take it. */
  publish(): void {
    if (this.#pages.size === 0) return;
    const revision = this.#source.revision();
    const frame = { what: "frame", ...this.#source.frame(), pages: this.#pages.size, revision };
    const text = JSON.stringify(frame);
    for (const page of this.#pages) {
      const { socket } = page;
      if (socket.bufferedAmount > BUFFERED_BYTES_MAX) {
        page.skipped++;
        continue;
      }
      const skipped = page.skipped;
      page.skipped = 0;
      page.sentRevision = revision;
      socket.send(`${text.slice(0, -1)},"skipped":${skipped}}`);
      this.#creditMs -= SENT_MS;
    }
  }

  #sample(): void {
    if (this.#pages.size === 0) return;
    this.#samples++;
    this.#earn();
    if (this.#isPoor()) return;
    const startMs = wallMs();
    if (wallMs() - this.#answersMs > ANSWER_MS) this.#answers.clear();
    for (const page of this.#pages) page.allowance = Math.min(MESSAGES_BURST, page.allowance + MESSAGES_PER_SAMPLE);
    if (this.#samples % 300 === 0) this.#ping();
    if (this.#source.infoRevision?.() !== this.#infoRevision) this.#inform();
    const isNew = [...this.#pages].some(({ sentRevision }) => sentRevision !== this.#source.revision());
    // What stands still is told now and then: how long the master has been waited for.
    if (isNew || this.#samples % 8 === 0) this.publish();
    this.#creditMs -= wallMs() - startMs;
    this.#serve();
  }

  /** Pages get their share of the CPU time that the process has had since the last sample. */
  #earn(): void {
    const { user, system } = process.cpuUsage(this.#cpu);
    this.#cpu = process.cpuUsage();
    this.#creditMs = Math.min(SAVED_MS_MAX, this.#creditMs + (SHARE * (user + system)) / 1000);
  }

  /** Whether the run has a right to all of the time now. */
  #isPoor(): boolean {
    return this.#creditMs <= 0 && this.#source.isBusy();
  }

  #ping(): void {
    for (const { socket, heardMs } of this.#pages) {
      if (wallMs() - heardMs > SILENT_MS_MAX) socket.terminate();
      else socket.ping();
    }
  }

  #received(page: Page, data: { toString(): string }, isBinary: boolean): void {
    page.heardMs = wallMs();
    this.#creditMs -= RECEIVED_MS;
    if (page.allowance <= 0) {
      // Said once, then dropped: reasons must not pile up, either.
      if (page.ignored++ === 0) this.#refuse(page, -1, "too many messages at once; those that follow are ignored");
      return;
    }
    page.allowance--;
    page.ignored = 0;
    const checked = isBinary
      ? { n: -1, reason: "the message is binary; this speaks JSON" }
      : checkedRequest(String(data));
    if (!("request" in checked)) return void this.#refuse(page, checked.n, checked.reason);
    const { n, ...request } = checked.request;
    if ("do" in request) {
      const reason = this.#source.command(request);
      if (reason !== undefined) return void this.#refuse(page, n, reason);
      this.#send(page, `{"what":"answer","n":${n},"data":true}`);
      this.publish();
      return;
    }
    if (page.waiting >= WAITING_MAX) return void this.#refuse(page, n, "too many questions at once");
    page.waiting++;
    this.#queue.push({ page, n, question: request });
    this.#serve();
  }

  /** Answer what waits, as long as this sample's share of the run's time lasts. */
  #serve(): void {
    // While it goes on, an answer may be a little old; of what stands still it is the present one.
    if (!this.#source.isBusy() && this.#answersRevision !== this.#source.revision()) this.#answers.clear();
    while (this.#queue.length > 0) {
      const key = JSON.stringify(this.#queue[0]!.question);
      const known = this.#answers.get(key);
      if (known === undefined && this.#isPoor()) return;
      const { page, n, question } = this.#queue.shift()!;
      page.waiting--;
      this.#answer(page, n, known ?? this.#make(key, question));
    }
  }

  #make(key: string, question: Question): string | Promise<string> {
    const startMs = wallMs();
    let made: string | Promise<string>;
    try {
      const data = this.#source.answer(question);
      made = data instanceof Promise ? data.then(jsonOf) : jsonOf(data);
    } catch (error) {
      made = Promise.reject(error);
    }
    if (made instanceof Promise) made.catch(() => {}); // told where it is awaited
    if (this.#answers.size === 0) {
      this.#answersMs = startMs;
      this.#answersRevision = this.#source.revision();
    }
    this.#answers.set(key, made);
    this.#creditMs -= wallMs() - startMs;
    return made;
  }

  #answer(page: Page, n: number, made: string | Promise<string>): void {
    const send = (data: string) => this.#send(page, `{"what":"answer","n":${n},"data":${data}}`);
    if (typeof made === "string") send(made);
    else made.then(send, (error: Error) => this.#refuse(page, n, error.message));
  }

  #refuse(page: Page, n: number, reason: string): void {
    this.#send(page, JSON.stringify({ what: "refused", n, reason }));
  }

  #send({ socket }: Page, text: string): void {
    if (socket.readyState !== socket.OPEN || socket.bufferedAmount > ANSWER_BUFFERED_BYTES_MAX) return;
    this.#creditMs -= SENT_MS;
    socket.send(text);
  }
}

/** @returns `null` for what JSON cannot say. */
function jsonOf(data: unknown): string {
  return JSON.stringify(data) ?? "null";
}
