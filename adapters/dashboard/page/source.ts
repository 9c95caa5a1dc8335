import type { Command, Frame, Message, PageAnswer, Question, RunInfo } from "../model/protocol.ts";
import type { ReportData } from "../model/report.ts";
import { openReport, type ReportView } from "./report-view.ts";
import { param } from "./url.ts";

/** How the page is connected to its run. */
export type LinkState = "connecting" | "open" | "lost" | "refused" | "report";

/** What the page knows, and where it asks. One for the whole page. */
export interface Source {
  readonly info: RunInfo | undefined;
  readonly frame: Frame | undefined;
  readonly link: LinkState;
  /** Frames that were missed in all. */
  readonly missed: number;
  ask<T>(question: Question): Promise<T>;
  command(command: Command): Promise<void>;
  /** Call `listener` when info, frame or link have changed. @returns Ends it. */
  listen(listener: () => void): () => void;
}

/** Wall time between attempts to find a lost server again, in milliseconds. */
const RETRY_MS = 1000;

interface Asked {
  readonly resolve: (data: never) => void;
  readonly reject: (error: Error) => void;
}

class SocketSource implements Source {
  info: RunInfo | undefined;
  frame: Frame | undefined;
  link: LinkState = "connecting";
  missed = 0;
  #socket: WebSocket | undefined;
  #n = 0;
  readonly #asked = new Map<number, Asked>();
  readonly #listeners = new Set<() => void>();
  #drawing = false;

  constructor() {
    this.#connect();
  }

  #connect(): void {
    const socket = new WebSocket(`ws://${location.host}/feed?t=${encodeURIComponent(param("t"))}`);
    this.#socket = socket;
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.link = "open";
      this.#changed();
    };
    socket.onmessage = ({ data }) => this.#received(JSON.parse(data as string) as Message);
    socket.onclose = () => {
      for (const { reject } of this.#asked.values()) reject(new Error("the connection was lost"));
      this.#asked.clear();
      this.link = opened || this.info !== undefined ? "lost" : "refused";
      this.#changed();
      setTimeout(() => this.#connect(), RETRY_MS);
    };
  }

  #received(message: Message): void {
    switch (message.what) {
      case "info":
        this.info = message;
        document.title = `${message.title} · cosimas`;
        break;
      case "frame":
        this.frame = message;
        this.missed += message.skipped;
        break;
      default:
        this.#answered(message);
        return;
    }
    this.#changed();
  }

  #answered(answer: PageAnswer): void {
    const asked = this.#asked.get(answer.n);
    this.#asked.delete(answer.n);
    if (answer.what === "refused") asked?.reject(new Error(answer.reason));
    else asked?.resolve(answer.data as never);
  }

  #send<T>(request: object): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) return reject(new Error("there is no connection"));
      const n = this.#n++;
      this.#asked.set(n, { resolve, reject });
      this.#socket.send(JSON.stringify({ ...request, n }));
    });
  }

  ask<T>(question: Question): Promise<T> {
    return this.#send<T>(question);
  }

  async command(command: Command): Promise<void> {
    await this.#send(command);
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tell the listeners, once for each picture that is drawn; a hidden page draws none. */
  #changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      for (const listener of this.#listeners) listener();
    });
  }
}

/** A part of a recording that lies in the page's own file. */
class ReportSource implements Source {
  readonly info: RunInfo;
  readonly frame: Frame;
  readonly link = "report" as const;
  readonly missed = 0;
  readonly #view: ReportView;

  constructor(data: ReportData) {
    this.info = data.info;
    this.frame = data.frame;
    this.#view = openReport(data);
    document.title = `${data.info.title} · cosimas`;
  }

  async ask<T>(question: Question): Promise<T> {
    return this.#view.answer(question) as T;
  }

  command(): Promise<void> {
    return Promise.reject(new Error("a report cannot be run"));
  }

  listen(): () => void {
    return () => {};
  }
}

const report = document.getElementById("report");
/** The page's run. */
export const source: Source =
  report === null ? new SocketSource() : new ReportSource(JSON.parse(report.textContent ?? "") as ReportData);
