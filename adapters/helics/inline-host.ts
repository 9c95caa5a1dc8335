import { once } from "node:events";
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { type Log, onTurn, wallMs } from "../../src/cosim/index.ts";
import { HelicsError } from "./errors.ts";
import { BOOT_URL, type HelicsHost, HostFailure, needsLoader, programUrl } from "./helics-host.ts";
import type { FederationMap } from "./process/federation-map.ts";
import type { InlineNews, InlineWatchData, JoinAnswer } from "./process/inline-watch.ts";
import { endWithoutHelics, NativeError } from "./process/native.ts";
import type { FederateRequest, NativeFailure, OpenRequest } from "./process/protocol.ts";
import { Session } from "./process/session.ts";
import { WaitNote } from "./process/wait-note.ts";
import { ownSupervisor } from "./supervision.ts";

/**
 * Wall time after which the event loop gets a turn between two requests, in milliseconds. A turn costs some 50 us of CPU,
 * as much as half a grant.
 */
const TURN_MS = 20;

/** What a host in this thread is told of its federate. */
export interface InlineHostOptions {
  readonly name: string;
  readonly warnMs: number;
  readonly lateMs: number;
  readonly leaveMs: number;
  readonly log: Log;
}

/** The federate that this thread has: another one would wait for the thread, which waits for HELICS. */
let own: string | undefined;

/**
 * HELICS in the thread of its federate, whose event loop stands still while HELICS waits. No hop between threads is part of a
 * grant; a thread beside it looks after the waits.
 */
export class InlineHost implements HelicsHost {
  readonly #options: InlineHostOptions;
  readonly #session = new Session();
  readonly #note = new WaitNote();
  readonly #news: MessagePort;
  readonly #newsOut: MessagePort;
  #watch: Worker | undefined;
  #grantedS = Number.NaN;
  #turnedMs = wallMs();
  #pending = false;
  /** The federate is this thread's, and has not left. */
  #joined = false;
  #left = false;
  #ended = false;

  /** @throws HelicsError `ERR_HELICS_INLINE` if this thread has a federate whose HELICS is inline. */
  constructor(options: InlineHostOptions) {
    const { name } = options;
    if (own !== undefined) {
      const text = `federate "${own}" has its HELICS inline in the same thread, and each would wait for the other`;
      const remedy = 'leave helicsIsolation at "process", or give each a thread or a program of its own';
      throw new HelicsError("ERR_HELICS_INLINE", text, { federate: name, remedy });
    }
    own = name;
    this.#options = options;
    ({ port1: this.#news, port2: this.#newsOut } = new MessageChannel());
    this.#news.unref();
  }

  get busy(): boolean {
    return this.#pending;
  }

  requestNow<T>(request: FederateRequest): T | undefined {
    if (this.#pending || this.#isTurnDue()) return undefined;
    try {
      return this.#carriedOut(request) as T;
    } catch (error) {
      throw this.#failureOf(request, error);
    }
  }

  async request<T>(request: FederateRequest): Promise<T> {
    if (this.#pending) throw new Error(`${request.op} during another request`);
    this.#pending = true;
    try {
      if (this.#isTurnDue()) {
        // Grants that follow each other would leave sockets and timers without a turn.
        await new Promise<void>(onTurn);
        this.#turnedMs = wallMs();
      }
      if (request.op === "library") await this.#load(request.library);
      if (request.op === "open") return (await this.#open(request)) as T;
      return this.#carriedOut(request) as T;
    } catch (error) {
      throw this.#failureOf(request, error);
    } finally {
      this.#pending = false;
    }
  }

  /** Names in the federation, for what is said of a wait. */
  know(map: FederationMap): void {
    this.#watch?.postMessage(map);
  }

  abort(code: number, message: string): void {
    // Nothing waits in HELICS while this thread does anything else, unless the other thread still joins.
    if (this.#joined) this.#session.carryOut({ op: "fail", code, message });
  }

  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    own = undefined;
    const isAdopted = this.#joined || this.#left;
    if (this.#joined) await this.request({ op: "disconnect" }).catch(() => {});
    this.#news.close();
    // It ends by itself, as soon as HELICS lets it go: one that still looks for a broker does so for some 20 s. To end it
    // from here would take down what HELICS uses in it.
    this.#watch?.postMessage(isAdopted ? "end" : "leave");
    this.#watch?.unref();
  }

  #isTurnDue(): boolean {
    return wallMs() - this.#turnedMs > TURN_MS;
  }

  async #load(library: string): Promise<void> {
    await this.#session.load(library);
    await endWithoutHelics();
  }

  #carriedOut(request: FederateRequest): unknown {
    this.#note.begin(request, this.#grantedS);
    let value: unknown;
    try {
      value = this.#session.carryOut(request);
    } finally {
      this.#note.end();
    }
    if (this.#note.takeTold()) this.#heard();
    if (request.op === "disconnect") [this.#joined, this.#left] = [false, true];
    if (request.op === "time") this.#grantedS = (value as { readonly timeS: number }).timeS;
    return value;
  }

  /** The other thread looks for the broker, for this one could not stop. */
  async #open(request: OpenRequest): Promise<void> {
    const { name, warnMs, lateMs, leaveMs } = this.#options;
    const { library, configuration, oneProcessor, brokerSilenceMs } = request;
    const data: InlineWatchData = {
      ...{ library, configuration, oneProcessor, brokerSilenceMs, name, warnMs, lateMs, leaveMs },
      ...{ memory: this.#note.memory, news: this.#newsOut, supervisor: ownSupervisor()?.fd },
    };
    const workerData = { ...data, typescript: needsLoader(), main: programUrl("inline-watch").href };
    const watch = new Worker(BOOT_URL, {
      ...{ workerData, transferList: [this.#newsOut] },
      trackUnmanagedFds: false, // the supervisor's is not the thread's to close
    });
    this.#watch = watch;
    const [joined] = (await once(watch, "message")) as [JoinAnswer];
    watch.unref();
    if (this.#ended) return;
    if ("failure" in joined) throw new NativeError(joined.failure);
    ownSupervisor()?.taken();
    this.#session.adopt(joined.fed, request);
    this.#joined = true;
  }

  /** Log what the watching thread has said; gives why it has ended the wait, if it has. */
  #heard(): InlineNews | undefined {
    let ended: InlineNews | undefined;
    for (let got = receiveMessageOnPort(this.#news); got !== undefined; got = receiveMessageOnPort(this.#news)) {
      const news = got.message as InlineNews;
      if (news.level === "warning") this.#options.log("warning", news.text);
      else ended = news;
    }
    return ended;
  }

  #failureOf(request: FederateRequest, error: unknown): HostFailure {
    const ended = this.#note.takeTold() ? this.#heard() : undefined;
    const failure: NativeFailure =
      error instanceof NativeError
        ? error.failure
        : { function: request.op, code: 0, message: `${(error as Error).name}: ${(error as Error).message}` };
    if (ended === undefined) return new HostFailure(failure);
    return new HostFailure({ ...failure, message: ended.text }, ended.level === "late" ? "late" : "refused");
  }
}
