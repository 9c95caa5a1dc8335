import type { Receiver, Transport } from "./transport.ts";

/** Two transports that are connected to each other within one process. */
export interface MemoryPair {
  readonly sides: readonly [Transport, Transport];

  /**
   * Resolves when everything that either side has sent, and all that its arrival led to without waiting for anything
   * else, has arrived. For tests of order: no sleeping, no guessing.
   */
  fence(): Promise<void>;
}

/** A connection without a network: bytes arrive in order, in a later `nextTick`, in the chunks in which they were written. */
export function memoryPair(): MemoryPair {
  const left = new MemoryTransport("memory://right");
  const right = new MemoryTransport("memory://left");
  left.join(right);
  right.join(left);
  return {
    sides: [left, right],
    async fence(): Promise<void> {
      for (let quiet = 0; quiet < QUIET_TURNS; ) {
        await new Promise<void>((resolve) => process.nextTick(resolve));
        quiet = left.busy || right.busy ? 0 : quiet + 1;
      }
    },
  };
}

/** Turns without traffic after which both sides are taken for idle: a reply takes a promise or two and one flush. */
const QUIET_TURNS = 8;

class MemoryTransport implements Transport {
  readonly peer: string;
  #other: MemoryTransport = this;
  #receiver: Receiver | undefined;
  /** What has arrived and was not handed out; `undefined` is the end. */
  #arrived: (Uint8Array | undefined)[] = [];
  #scheduled = false;
  #ended = false;

  constructor(peer: string) {
    this.peer = peer;
  }

  /** What is written from now on arrives at `other`. */
  join(other: MemoryTransport): void {
    this.#other = other;
  }

  /** Whether something is still to be handed out here. */
  get busy(): boolean {
    return this.#scheduled;
  }

  get queuedBytes(): number {
    let bytes = 0;
    for (const chunk of this.#other.#arrived) bytes += chunk?.length ?? 0;
    return bytes;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#arrived.length > 0) this.#schedule();
  }

  write(bytes: Uint8Array): void {
    if (!this.#ended) this.#other.#arrive(bytes);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#other.#arrive(undefined);
    this.#arrived = [undefined];
    this.#schedule();
  }

  destroy(): void {
    this.end();
  }

  #arrive(bytes: Uint8Array | undefined): void {
    if (this.#ended) return;
    this.#arrived.push(bytes);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#receiver === undefined) return;
    this.#scheduled = true;
    process.nextTick(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const bytes of arrived) {
      if (bytes !== undefined) {
        if (!this.#ended) this.#receiver?.received(bytes);
        continue;
      }
      this.#ended = true;
      const receiver = this.#receiver;
      this.#receiver = undefined;
      receiver?.ended(undefined);
      return;
    }
  }
}
