import { onTurn, turn } from "../../wall.ts";
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
  const sides = joinedPair("memory://right", "memory://left", () => {});
  return {
    sides,
    async fence(): Promise<void> {
      for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
        await new Promise<void>((resolve) => process.nextTick(resolve));
        if (!sides.some((side) => side.busy)) continue;
        quiet = 0;
        await turn();
      }
    },
  };
}

/** Turns without traffic after which both sides are taken for idle: a reply takes a promise or two and one flush. */
const QUIET_TURNS = 8;

/** Deliveries after which the event loop gets a turn: two sides that keep answering must not keep out sockets and timers. */
const DELIVERIES_PER_TURN = 64;

/**
 * Two transports that are connected to each other.
 *
 * @param leftsPeer - What the first calls its other side.
 * @param rightsPeer - What the second calls its other side.
 * @param ended - Told once, when the first has ended.
 */
export function joinedPair(
  leftsPeer: string,
  rightsPeer: string,
  ended: () => void,
): readonly [MemoryTransport, MemoryTransport] {
  const left = new MemoryTransport(leftsPeer, ended);
  const right = new MemoryTransport(rightsPeer, () => {});
  left.join(right);
  right.join(left);
  return [left, right];
}

/** One side of a connection within this process. */
export class MemoryTransport implements Transport {
  readonly peer: string;
  readonly #onEnded: () => void;
  #other: MemoryTransport = this;
  #receiver: Receiver | undefined;
  /** What has arrived and was not handed out; `undefined` is the end. */
  #arrived: (Uint8Array | undefined)[] = [];
  #arrivedBytes = 0;
  /** Waits until the other side has handed out what this side has written. */
  #drained: (() => void)[] = [];
  #scheduled = false;
  #paused = false;
  /** Deliveries since the event loop had its last turn. */
  #deliveries = 0;
  #ended = false;

  constructor(peer: string, ended: () => void) {
    this.peer = peer;
    this.#onEnded = ended;
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
    return this.#other.#arrivedBytes;
  }

  start(receiver: Receiver): void {
    this.#receiver = receiver;
    if (this.#arrived.length > 0) this.#schedule();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    if (this.#arrived.length > 0) this.#schedule();
  }

  write(bytes: Uint8Array): void {
    if (!this.#ended) this.#other.#arrive(bytes);
  }

  onDrained(drained: () => void): void {
    if (this.#ended || this.queuedBytes === 0) process.nextTick(drained);
    else this.#drained.push(drained);
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#other.#arrive(undefined);
    this.#arrived = [undefined];
    this.#arrivedBytes = 0;
    this.#paused = false;
    this.#schedule();
  }

  destroy(): void {
    this.end();
  }

  #arrive(bytes: Uint8Array | undefined): void {
    if (this.#ended) return;
    this.#arrived.push(bytes);
    this.#arrivedBytes += bytes?.length ?? 0;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused || this.#receiver === undefined) return;
    this.#scheduled = true;
    if (++this.#deliveries < DELIVERIES_PER_TURN) process.nextTick(deliver, this);
    else {
      this.#deliveries = 0;
      onTurn(() => this.deliver());
    }
  }

  /** Hand out what has arrived. */
  deliver(): void {
    this.#scheduled = false;
    if (this.#paused) return;
    const arrived = this.#arrived;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    for (const bytes of arrived) {
      if (bytes !== undefined) {
        if (!this.#ended) this.#receiver?.received(bytes);
        continue;
      }
      this.#end();
      break;
    }
    this.#other.#taken();
  }

  #end(): void {
    this.#ended = true;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.ended(undefined);
    this.#onEnded();
    this.#taken();
  }

  /** What this side had written has been handed out, or never will be. */
  #taken(): void {
    if (this.#drained.length === 0) return;
    const waiting = this.#drained;
    this.#drained = [];
    for (const drained of waiting) drained();
  }
}

/** One function for all: no closure for each delivery. */
function deliver(transport: MemoryTransport): void {
  transport.deliver();
}
