import { copyValue, type TypeRegistry, type Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import type { RequestOptions } from "./calls.ts";
import { after } from "./deadline.ts";

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
export class HeldRequests {
  readonly #peer: string;
  readonly #limits: Limits;
  readonly #types: TypeRegistry;
  readonly #waiting = new Set<Held>();

  constructor(peer: string, limits: Partial<Limits>, types: TypeRegistry) {
    this.#types = types;
    this.#peer = peer;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Keep a request; `content` is copied. Rejected as `Channel.request`. */
  async hold(content: unknown, options: RequestOptions = {}): Promise<Value> {
    const { pendingCallsMax, callTimeoutMs } = this.#limits;
    const { timeoutMs = callTimeoutMs, signal, method } = options;
    if (!(timeoutMs > 0)) throw new RangeError(`timeoutMs must be > 0 milliseconds, got ${timeoutMs}`);
    signal?.throwIfAborted();
    if (this.#waiting.size >= pendingCallsMax) {
      const message = `pendingCallsMax = ${pendingCallsMax} requests to ${this.#peer} wait already`;
      throw new ChannelError("ERR_CHANNEL_PENDING", message, { peer: this.#peer });
    }
    const copy = copyValue(content, this.#limits, "$", this.#types);
    const end = new AbortController();
    const late = () => {
      const message = `${method ?? "a request"} at ${this.#peer} was not answered within ${timeoutMs} ms`;
      end.abort(new ChannelError("ERR_CHANNEL_TIMEOUT", message, { peer: this.#peer, ...(method && { method }) }));
    };
    const stop = timeoutMs === Number.POSITIVE_INFINITY ? undefined : after(timeoutMs, late);
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
