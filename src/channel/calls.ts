import type { Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { after, Sweep } from "./deadline.ts";
import { Ring } from "./ring.ts";

/** Options of one request. */
export interface RequestOptions {
  /**
   * Wall time to wait for the reply, in milliseconds, > 0; Infinity waits as long as the connection lives. Default:
   * `limits.callTimeoutMs`. A reply that comes later is dropped; the connection stays usable.
   */
  readonly timeoutMs?: number;
  /** Stops waiting when it aborts; the promise is rejected with its reason. The peer is not told. */
  readonly signal?: AbortSignal;
  /** Name of what is called, for errors. */
  readonly method?: string;
  /** Names for places within the content, in the path of a ValueError: `[["$[1]", "$.args"]]`. */
  readonly places?: readonly (readonly [place: string, name: string])[];
}

type Resolve = (value: Value) => void;
type Reject = (error: unknown) => void;

/** Takes the functions of the promise that is being made: one executor for all, no closure for each call. */
let resolveNext: Resolve;
let rejectNext: Reject;
function capture(resolve: Resolve, reject: Reject): void {
  resolveNext = resolve;
  rejectNext = reject;
}

/** A call that waits for its reply. */
export class Call {
  readonly id: number;
  readonly resolve: Resolve;
  readonly reject: Reject;
  readonly method: string | undefined;
  /** Whether the default deadline holds for it. */
  readonly swept: boolean;
  /** Withdraws its own timer and signal. */
  cancel: (() => void) | undefined = undefined;

  constructor(id: number, resolve: Resolve, reject: Reject, method: string | undefined, swept: boolean) {
    this.id = id;
    this.resolve = resolve;
    this.reject = reject;
    this.method = method;
    this.swept = swept;
  }
}

/**
 * The calls of one connection that wait for a reply, by id. Ids count up from 0 and are never used again; each call is
 * settled once and then gone. An id below {@link Calls.nextId} that does not wait has been settled or given up.
 */
export class Calls {
  readonly #peer: string;
  readonly #timeoutMs: number;
  readonly #waiting = new Ring<Call>();
  readonly #sweep: Sweep;
  #nextId = 0;

  /** @param timeoutMs - Deadline of calls that name none; Infinity for none. */
  constructor(peer: string, timeoutMs: number) {
    this.#peer = peer;
    this.#timeoutMs = timeoutMs;
    this.#sweep = new Sweep(
      timeoutMs,
      () => this.#nextId,
      (below) => this.#expire(below),
    );
  }

  /** Id of the next call. */
  get nextId(): number {
    return this.#nextId;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Open the call {@link nextId}, which has been sent. */
  open({ timeoutMs, signal, method }: RequestOptions): Promise<Value> {
    const id = this.#nextId++;
    const promise = new Promise<Value>(capture);
    const swept = timeoutMs === undefined && this.#timeoutMs !== Number.POSITIVE_INFINITY;
    const call = new Call(id, resolveNext, rejectNext, method, swept);
    this.#waiting.add(call);
    if (swept) this.#sweep.start();
    if (timeoutMs !== undefined || signal !== undefined) call.cancel = this.#watch(id, timeoutMs, signal);
    return promise;
  }

  /** The call with this id, which waits no more; undefined if none does. */
  take(id: number): Call | undefined {
    const call = this.#waiting.take(id);
    call?.cancel?.();
    return call;
  }

  /** Reject everything that waits; `error` makes the error of one call. */
  abort(error: (method: string | undefined) => Error): void {
    this.#sweep.stop();
    for (const { id, method } of this.#waiting.items()) this.take(id)?.reject(error(method));
  }

  #watch(id: number, timeoutMs: number | undefined, signal: AbortSignal | undefined): () => void {
    const stop =
      timeoutMs === undefined || timeoutMs === Number.POSITIVE_INFINITY
        ? undefined
        : after(timeoutMs, () => this.#timeOut(id, timeoutMs));
    const onAbort = () => this.take(id)?.reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
    return () => {
      stop?.();
      signal?.removeEventListener("abort", onAbort);
    };
  }

  #expire(below: number): boolean {
    for (const { id, swept } of this.#waiting.items()) {
      if (id >= below) break;
      if (swept) this.#timeOut(id, this.#timeoutMs);
    }
    return this.#waiting.size > 0;
  }

  #timeOut(id: number, timeoutMs: number): void {
    const call = this.take(id);
    if (call === undefined) return;
    const { method } = call;
    const message = `${method ?? `request ${id}`} at ${this.#peer} was not answered within ${timeoutMs} ms`;
    call.reject(new ChannelError("ERR_CHANNEL_TIMEOUT", message, { peer: this.#peer, ...(method && { method }) }));
  }
}
