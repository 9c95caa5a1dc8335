import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { BOOT_URL, type HelicsHost, HostFailure, needsLoader, programUrl } from "./helics-host.ts";
import { FrameReader, frameOf } from "./process/frames.ts";
import { type FederateRequest, REQUESTS_FD, type Reply, WATCH_FD } from "./process/protocol.ts";

/** Options of this process that are its own affair. */
const OWN = /^--(?:inspect|cpu-prof|heap-prof|prof|watch|test)/;

/**
 * Processes that no thread of theirs watches yet: however this one exits, none of them is left. The others see it, tell
 * their federation, and end.
 */
const unwatched = new Set<ChildProcess>();

function killAll(): void {
  for (const child of unwatched) child.kill("SIGKILL");
}

/** A line that HELICS has printed. */
export type PrintedLine = (line: string) => void;

/** The process that holds one federate's HELICS. It takes one request at a time, and is killed when nobody needs it. */
export class FederateProcess implements HelicsHost {
  readonly #child: ChildProcess;
  readonly #requests: Duplex;
  readonly #watch: Duplex;
  readonly #ended: Promise<void>;
  #pending: { resolve(value: unknown): void; reject(error: Error): void; op: string } | undefined;
  #answer: ((text: string) => void) | undefined;
  #ending: string | undefined;

  /** @param printed - Takes what HELICS prints. */
  constructor(printed: PrintedLine) {
    const boot = JSON.stringify({ main: programUrl("main").href, typescript: needsLoader() });
    const execArgv = process.execArgv.filter((option) => !OWN.test(option));
    const child = spawn(process.execPath, [...execArgv, fileURLToPath(BOOT_URL), boot], {
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
    });
    this.#child = child;
    if (unwatched.size === 0) process.on("exit", killAll);
    unwatched.add(child);
    this.#requests = child.stdio[REQUESTS_FD] as Duplex;
    this.#watch = child.stdio[WATCH_FD] as Duplex;
    const reader = new FrameReader((reply) => this.#settle(reply as Reply));
    this.#requests.on("data", (chunk: Buffer) => reader.push(chunk));
    const answers = new FrameReader((text) => this.#answer?.(text as string));
    this.#watch.on("data", (chunk: Buffer) => answers.push(chunk));
    // Told by the process' end.
    for (const socket of [this.#requests, this.#watch]) socket.on("error", () => {});
    for (const stream of [child.stdout!, child.stderr!]) lines(stream, printed);
    this.#ended = once(child, "exit").then(
      ([code, signal]) => this.#gone(signal === null ? `ended with code ${code}` : `was ended by ${signal}`),
      (error: Error) => this.#gone(`did not start: ${error.message}`),
    );
  }

  /** Whether a request is under way. */
  get busy(): boolean {
    return this.#pending !== undefined;
  }

  /** Make a request; rejected with a {@link HostFailure}. */
  request<T>(request: FederateRequest): Promise<T> {
    if (this.#pending !== undefined) throw new Error(`${request.op} during ${this.#pending.op}`);
    return new Promise<T>((resolve, reject) => {
      this.#pending = { resolve: resolve as (value: unknown) => void, reject, op: request.op };
      if (this.#ending !== undefined) this.#fail();
      else this.#requests.write(frameOf(request));
    });
  }

  /** Ask HELICS something while a request is under way; undefined if there is no answer within `timeoutMs`. */
  ask(target: string, query: string, timedOut: Promise<undefined>): Promise<string | undefined> {
    const answer = new Promise<string>((resolve) => {
      this.#answer = resolve;
    });
    this.#watch.write(frameOf({ op: "query", target, query }));
    return Promise.race([answer, timedOut]);
  }

  /** End the federation for all that this process knows, beside a request that is under way. */
  abort(code: number, message: string): void {
    this.#watch.write(frameOf({ op: "abort", code, message }));
  }

  /** End the process; what is under way is rejected. */
  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    for (const stream of [this.#requests, this.#watch]) stream.destroy();
  }

  #settle(reply: Reply): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending?.op === "open") this.#forget();
    if (reply.ok) pending?.resolve(reply.value);
    else pending?.reject(new HostFailure(reply.failure));
  }

  #gone(how: string): void {
    this.#ending = how;
    this.#forget();
    this.#fail();
  }

  #forget(): void {
    unwatched.delete(this.#child);
    if (unwatched.size === 0) process.off("exit", killAll);
  }

  #fail(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    const message = `the process that holds HELICS ${this.#ending}`;
    pending?.reject(new HostFailure({ function: pending.op, code: 0, message }, "lost"));
  }
}

function lines(stream: NodeJS.ReadableStream, take: PrintedLine): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    for (const part of parts) if (part.trim() !== "") take(part);
  });
  stream.on("end", () => {
    if (rest.trim() !== "") take(rest);
  });
}
