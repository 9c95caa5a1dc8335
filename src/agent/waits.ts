import { AgentError } from "../errors.ts";
import type { Emissions } from "../kernel/emissions.ts";
import type { AgentRecord } from "../kernel/model.ts";

/** Items that one {@link AgentQueue} keeps, at most. */
const QUEUE_ITEMS_MAX = 1_000_000;

/**
 * A promise that only this agent's own code settles: a simulated wait. One handler awaits `promise`, another calls
 * `resolve` or `reject`; the second call of these does nothing. On the agent's removal it rejects.
 */
export interface AgentFuture<T> {
  readonly promise: Promise<T>;
  /** Let whoever awaits the promise go on with `value`. */
  resolve(value: T): void;
  /** Let whoever awaits the promise go on with this error. */
  reject(error: Error): void;
}

/** Open a future of `record`. */
export function openFuture<T>(emissions: Emissions, record: AgentRecord): AgentFuture<T> {
  const { kernel } = emissions;
  const { promise, settle } = emissions.openWait(record, "future", record.id);
  // Until somebody asks for the promise, it must not hide that a handler waits on something foreign.
  let awaited = false;
  record.rare.unawaited++;
  const ask = () => {
    if (awaited) return;
    awaited = true;
    if (record.state !== "removed") record.rare.unawaited--;
  };
  return {
    get promise() {
      ask();
      return promise as Promise<T>;
    },
    resolve(value) {
      if (record.mute) return;
      kernel.guard(record, "future.resolve");
      ask();
      settle.resolve(value);
    },
    reject(error) {
      if (record.mute) return;
      kernel.guard(record, "future.reject");
      ask();
      promise.catch(() => {}); // whoever asks for it later gets the rejection; nobody has to
      settle.reject(error);
    },
  };
}

/** A first-in first-out queue between handlers of one agent; `next` is a simulated wait. */
export class AgentQueue<T> {
  readonly #emissions: Emissions;
  readonly #record: AgentRecord;
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  /** @internal */
  constructor(emissions: Emissions, record: AgentRecord) {
    this.#emissions = emissions;
    this.#record = record;
  }

  /** Items that nobody has taken. */
  get size(): number {
    return this.#items.length;
  }

  /**
   * Give `item` to the first handler that waits, or keep it.
   *
   * @throws AgentError `ERR_AGENT_QUEUE_FULL` at 1,000,000 items.
   */
  push(item: T): void {
    if (this.#record.mute) return;
    this.#emissions.kernel.guard(this.#record, "queue.push");
    const taker = this.#takers.shift();
    if (taker !== undefined) taker(item);
    else if (this.#items.length < QUEUE_ITEMS_MAX) this.#items.push(item);
    else {
      throw new AgentError("ERR_AGENT_QUEUE_FULL", `a queue of agent "${this.#record.id}" is full`, {
        agent: this.#record.id,
      });
    }
  }

  /** The oldest item, or the next one pushed. */
  next(): Promise<T> {
    if (!this.#record.mute) this.#emissions.kernel.guard(this.#record, "queue.next");
    if (this.#items.length > 0 && !this.#record.mute) return Promise.resolve(this.#items.shift() as T);
    const { promise, settle } = this.#emissions.openWait(this.#record, "queue", this.#record.id);
    this.#takers.push(settle.resolve as (item: T) => void);
    return promise as Promise<T>;
  }
}
