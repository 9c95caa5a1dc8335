import { copyValue, type TypeRegistry, type Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { after, keepAlive } from "../wall.ts";
import { type Backoff, pause } from "./backoff.ts";
import { tell } from "./callbacks.ts";
import type { RequestOptions } from "./calls.ts";
import type { Channel, ChannelLike, ConnectionState } from "./channel.ts";
import type { Request } from "./requests.ts";
import type { PeerIdentity } from "./transports/transport.ts";

/** How a channel comes back after its connection was lost. */
export interface ReconnectOptions {
  /**
   * What becomes of requests that are made while there is no connection: `fail` rejects them at once with
   * `ERR_CHANNEL_CLOSED`, `hold` keeps them until there is one again, as long as their own deadline lasts. A request
   * that was sent before the loss is always rejected, since the peer may have served it: nothing is sent twice. What is
   * held is copied, so it can have registered types in it, but no services of rpc. Default `fail`.
   */
  readonly whileLost?: "fail" | "hold";
  /** Attempts in a row after which the channel closes for good. Default Infinity. */
  readonly attemptsMax?: number;
}

/** Wall time after which a connection counts as good, and the next loss begins with a short pause, in milliseconds. */
const GOOD_MS = 5000;

/** What a {@link ReconnectingChannel} needs besides its first connection. */
interface Reconnecting extends ReconnectOptions {
  readonly limits: Partial<Limits>;
  /** Types that held requests may have in them. */
  readonly types: TypeRegistry;
}

/**
 * A channel that connects again when its connection is lost, with pauses that grow. The same as a channel otherwise:
 * requests are numbered anew on each connection, and the peer sees a new one each time.
 */
export class ReconnectingChannel implements ChannelLike {
  readonly closed: Promise<ChannelError>;
  readonly #connect: (signal: AbortSignal) => Promise<Channel>;
  readonly #pauses: Backoff;
  readonly #isTransient: (error: unknown) => boolean;
  readonly #attemptsMax: number;
  /** Undefined if requests are not held. */
  readonly #held: HeldRequests | undefined;
  readonly #listeners = new Set<(state: ConnectionState, cause: ChannelError | undefined) => void>();
  /** Aborts what is under way to connect again. */
  readonly #end = new AbortController();
  #channel: Channel;
  #state: ConnectionState = "open";
  #onRequest: ((request: Request) => unknown) | undefined;
  #lostReplies = 0;
  /** Lets the process end; set while there is no connection. */
  #release: (() => void) | undefined;
  #resolveClosed: (reason: ChannelError) => void = () => {};

  /** @internal Made by `open`. */
  constructor(
    channel: Channel,
    connect: (signal: AbortSignal) => Promise<Channel>,
    pauses: Backoff,
    isTransient: (error: unknown) => boolean,
    options: Reconnecting,
  ) {
    const { whileLost = "fail", attemptsMax = Number.POSITIVE_INFINITY, limits, types } = options;
    if (whileLost !== "fail" && whileLost !== "hold") throw new TypeError(`whileLost must be "fail" or "hold"`);
    if (!(attemptsMax >= 1)) throw new RangeError(`attemptsMax must be >= 1, got ${attemptsMax}`);
    this.#channel = channel;
    this.#connect = connect;
    this.#pauses = pauses;
    this.#isTransient = isTransient;
    this.#attemptsMax = attemptsMax;
    this.#held = whileLost === "hold" ? new HeldRequests(channel.peer, limits, types) : undefined;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#use(channel);
  }

  /** Address of the other side. */
  get peer(): string {
    return this.#channel.peer;
  }

  /** Who the other side is by its certificate, over TLS; of the present connection, or of the last one. */
  get identity(): PeerIdentity | undefined {
    return this.#channel.identity;
  }

  /** The registered types, on this connection and on all to come. */
  get types(): TypeRegistry {
    return this.#channel.types;
  }

  /** Whether there is a connection. */
  get state(): ConnectionState {
    return this.#state;
  }

  /** Whether requests can be made: there is a connection, or they are held until there is one. */
  get isOpen(): boolean {
    return this.#channel.isOpen || (this.#held !== undefined && this.#state !== "closed");
  }

  /** Own requests that wait for a reply, or to be sent. */
  get pendingCalls(): number {
    return this.#channel.pendingCalls + (this.#held?.size ?? 0);
  }

  /** Replies that came too late, over all connections; they were dropped. */
  get lateReplies(): number {
    return this.#lostReplies + this.#channel.lateReplies;
  }

  /** Bytes of requests and replies that the operating system has not taken yet. */
  get queuedBytes(): number {
    return this.#channel.queuedBytes;
  }

  /**
   * Be told of every change of {@link state}, and of its cause if the connection was lost. What a listener throws is a
   * warning.
   *
   * @returns Stops it.
   */
  onState(listener: (state: ConnectionState, cause: ChannelError | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Take the peer's requests, on this connection and on all to come. */
  serve(onRequest: (request: Request) => unknown): void {
    this.#onRequest = onRequest;
    this.#channel.serve(onRequest);
  }

  /** Ask the peer, as {@link Channel.request}. */
  request(content: unknown, options?: RequestOptions): Promise<Value> {
    if (this.#channel.isOpen || this.#held === undefined || this.#state === "closed") {
      return this.#channel.request(content, options);
    }
    return this.#held.hold(content, options);
  }

  /** Ask the peer, as {@link Channel.requestNow}. */
  requestNow(content: unknown, options?: RequestOptions): Promise<Value> {
    if (this.#channel.isOpen || this.#held === undefined || this.#state === "closed") {
      return this.#channel.requestNow(content, options);
    }
    this.#held.checkRoom();
    return this.#held.hold(content, options);
  }

  /** Wait until the peer has read enough to go on sending; at once while there is no connection. */
  drained(): Promise<void> {
    return this.#channel.drained();
  }

  /** Close for good. Resolves when the connection is gone. */
  async close(): Promise<void> {
    const message = `the connection to ${this.peer} was closed by this side`;
    this.#finish(new ChannelError("ERR_CHANNEL_CLOSED", message, { peer: this.peer }));
    await this.#channel.close();
  }

  #use(channel: Channel): void {
    this.#lostReplies += this.#channel === channel ? 0 : this.#channel.lateReplies;
    this.#channel = channel;
    if (this.#onRequest !== undefined) channel.serve(this.#onRequest);
    const stop = after(GOOD_MS, () => this.#pauses.reset(), { idle: true });
    void channel.closed.then((reason) => {
      stop();
      if (this.#state === "closed") return;
      this.#become("lost", reason);
      void this.#restore(reason);
    });
  }

  async #restore(loss: ChannelError): Promise<void> {
    const { signal } = this.#end;
    let failure: unknown = loss;
    try {
      for (let attempt = 1; attempt <= this.#attemptsMax; attempt++) {
        await pause(this.#pauses.nextMs(), signal);
        try {
          const channel = await this.#connect(signal);
          return this.#restored(channel);
        } catch (error) {
          failure = error;
          if (!this.#isTransient(error)) break;
        }
      }
    } catch (error) {
      failure = error; // aborted
    }
    const message = `the connection to ${this.peer} was lost and could not be restored: ${(failure as Error).message}`;
    this.#finish(new ChannelError("ERR_CHANNEL_CLOSED", message, { peer: this.peer, cause: failure }));
  }

  #restored(channel: Channel): void {
    if (this.#state === "closed") return void channel.close();
    this.#use(channel);
    this.#become("open", undefined);
    this.#held?.release((content, options) => this.#channel.request(content, options));
  }

  #finish(reason: ChannelError): void {
    if (this.#state === "closed") return;
    this.#become("closed", reason);
    this.#end.abort(reason);
    this.#held?.abort(reason);
    this.#resolveClosed(reason);
  }

  #become(state: ConnectionState, cause: ChannelError | undefined): void {
    this.#state = state;
    // Nothing else may keep the process alive meanwhile: it lives until the channel is closed.
    if (state === "lost") this.#release ??= keepAlive();
    else {
      this.#release?.();
      this.#release = undefined;
    }
    for (const listener of this.#listeners) tell("onState", listener, state, cause);
  }
}

/** Makes a request. */
export type Send = (content: Value, options: RequestOptions) => Promise<Value>;

interface Held {
  readonly content: Value;
  readonly options: RequestOptions;
  readonly resolve: (value: Value | Promise<Value>) => void;
  readonly reject: (error: unknown) => void;
  /** Ends the wait, before the request is sent and after it: its deadline, or its caller's signal. */
  readonly end: AbortController;
}

/**
 * Requests that wait for a connection, in the order in which they were made. Each is sent once at most; its deadline
 * counts from the call, not from when it is sent.
 */
class HeldRequests {
  readonly #peer: string;
  readonly #limits: Limits;
  readonly #types: TypeRegistry;
  readonly #waiting = new Set<Held>();

  constructor(peer: string, limits: Partial<Limits>, types: TypeRegistry) {
    this.#types = types;
    this.#peer = peer;
    this.#limits = limitsOf(limits);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @throws ChannelError `ERR_CHANNEL_PENDING`. */
  checkRoom(): void {
    const { pendingCallsMax } = this.#limits;
    if (this.#waiting.size < pendingCallsMax) return;
    const message = `pendingCallsMax = ${pendingCallsMax} requests to ${this.#peer} wait already`;
    throw new ChannelError("ERR_CHANNEL_PENDING", message, { peer: this.#peer });
  }

  /** Keep a request; `content` is copied. Rejected as `Channel.request`. */
  async hold(content: unknown, options: RequestOptions = {}): Promise<Value> {
    const { callTimeoutMs } = this.#limits;
    const { timeoutMs = callTimeoutMs, signal, method } = options;
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be > 0 milliseconds, got ${timeoutMs}`);
    signal?.throwIfAborted();
    this.checkRoom();
    const copy = copyValue(content, this.#limits, "$", this.#types);
    const end = new AbortController();
    const late = () => {
      const message = `${method ?? "a request"} at ${this.#peer} was not answered within ${timeoutMs} ms`;
      end.abort(new ChannelError("ERR_CHANNEL_TIMEOUT", message, { peer: this.#peer, ...(method && { method }) }));
    };
    const stop = timeoutMs === Number.POSITIVE_INFINITY ? undefined : after(timeoutMs, late, { idle: true });
    const onAbort = () => end.abort(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.#wait(copy, options, end);
    } finally {
      stop?.();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** Send everything that waits. */
  release(send: Send): void {
    for (const held of this.#waiting) {
      this.#waiting.delete(held);
      const { content, options, resolve, end } = held;
      resolve(send(content, { ...options, timeoutMs: Number.POSITIVE_INFINITY, signal: end.signal }));
    }
  }

  /** Reject everything that waits. */
  abort(reason: ChannelError): void {
    for (const held of this.#waiting) {
      this.#waiting.delete(held);
      const { method } = held.options;
      const details = { peer: this.#peer, cause: reason, ...(method !== undefined && { method }) };
      held.reject(new ChannelError("ERR_CHANNEL_CLOSED", reason.message, details));
    }
  }

  #wait(content: Value, options: RequestOptions, end: AbortController): Promise<Value> {
    return new Promise((resolve, reject) => {
      const held: Held = { content, options, resolve, reject, end };
      this.#waiting.add(held);
      end.signal.addEventListener("abort", () => {
        if (this.#waiting.delete(held)) reject(end.signal.reason);
      });
    });
  }
}
