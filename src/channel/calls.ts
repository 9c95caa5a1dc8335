import type { Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import { after, every, TIMER_MS_MAX } from "../wall.ts";

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

  /** The id of a call that is going to be made: {@link Calls.open} or {@link Calls.drop} follows. */
  reserve(): number {
    return this.#nextId++;
  }

  /** No call with this id has been sent, and none will be: the next one has it, unless others were made meanwhile. */
  drop(id: number): void {
    if (id === this.#nextId - 1) this.#nextId = id;
  }

  /** Open a call, which has been sent. */
  open(id: number, options: RequestOptions): Promise<Value> {
    const promise = new Promise<Value>(capture);
    this.enter(id, options, resolveNext, rejectNext);
    return promise;
  }

  /** As {@link Calls.open}, for one who needs no promise; neither function may throw. */
  enter(id: number, { timeoutMs, signal, method }: RequestOptions, resolve: Resolve, reject: Reject): void {
    const swept = timeoutMs === undefined && this.#timeoutMs !== Number.POSITIVE_INFINITY;
    const call = new Call(id, resolve, reject, method, swept);
    this.#waiting.add(call);
    if (swept) this.#sweep.start();
    const isBound = timeoutMs !== undefined && timeoutMs !== Number.POSITIVE_INFINITY;
    if (isBound || signal !== undefined) call.cancel = this.#watch(id, timeoutMs, signal);
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
        : after(timeoutMs, () => this.#timeOut(id, timeoutMs), { idle: true });
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

/** Slots at first, and at most; powers of two. */
const SLOTS_MIN = 64;
const SLOTS_MAX = 65_536;

/** What waits under an id. */
interface Numbered {
  readonly id: number;
}

/**
 * What waits, by ids that count up: the slot of an id is its lower bits, so that finding it costs one look. The full id
 * is compared, always. What still waits when its slot comes round again moves to a map.
 */
export class Ring<T extends Numbered> {
  #slots: (T | undefined)[] = new Array<T | undefined>(SLOTS_MIN).fill(undefined);
  readonly #elders = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Its id is in no other item. */
  add(item: T): void {
    let slot = item.id & (this.#slots.length - 1);
    if (this.#slots[slot] !== undefined) {
      if (this.#size >= this.#slots.length / 2 && this.#slots.length < SLOTS_MAX) this.#grow();
      slot = item.id & (this.#slots.length - 1);
      this.#moveAway(slot);
    }
    this.#slots[slot] = item;
    this.#size++;
  }

  /** Take out what waits under this id; undefined if nothing does. */
  take(id: number): T | undefined {
    const slot = id & (this.#slots.length - 1);
    let item = this.#slots[slot];
    if (item !== undefined && item.id === id) this.#slots[slot] = undefined;
    else {
      item = this.#elders.get(id);
      if (item === undefined) return undefined;
      this.#elders.delete(id);
    }
    this.#size--;
    return item;
  }

  /** All that waits, in the order of the ids. */
  items(): T[] {
    const items = [...this.#elders.values()];
    for (const item of this.#slots) if (item !== undefined) items.push(item);
    return items.sort((a, b) => a.id - b.id);
  }

  #moveAway(slot: number): void {
    const elder = this.#slots[slot];
    if (elder !== undefined) this.#elders.set(elder.id, elder);
  }

  #grow(): void {
    const items = this.items();
    this.#slots = new Array<T | undefined>(this.#slots.length * 4).fill(undefined);
    this.#elders.clear();
    for (const item of items) {
      const slot = item.id & (this.#slots.length - 1);
      this.#moveAway(slot);
      this.#slots[slot] = item;
    }
  }
}

/** Parts into which {@link Sweep} cuts its period: a deadline is met with this precision. */
const PARTS = 8;

/**
 * One deadline for many things that are numbered in the order in which they begin: a number that was given out at
 * least `periodMs` ago has expired. Costs nothing per thing, and is at most 1/8 of the period late.
 *
 * Time counts only while the process runs: after it was blocked or suspended, the next tick is one tick, so that what
 * has arrived meanwhile is read before anything expires.
 */
class Sweep {
  readonly #periodMs: number;
  readonly #next: () => number;
  readonly #expire: (below: number) => boolean;
  #boundaries: number[] = [];
  #stop: (() => void) | undefined;

  /**
   * @param next - The number that the next thing will get.
   * @param expire - Everything below this number has expired; true if anything is still left.
   */
  constructor(periodMs: number, next: () => number, expire: (below: number) => boolean) {
    this.#periodMs = Math.min(periodMs, TIMER_MS_MAX);
    this.#next = next;
    this.#expire = expire;
  }

  /** Begin if it is not running; it stops by itself when nothing is left. */
  start(): void {
    this.#stop ??= every(Math.max(1, this.#periodMs / PARTS), () => this.#tick(), { idle: true });
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
    this.#boundaries = [];
  }

  #tick(): void {
    this.#boundaries.push(this.#next());
    const below = this.#boundaries.length > PARTS ? this.#boundaries.shift()! : 0;
    if (!this.#expire(below)) this.stop();
  }
}
