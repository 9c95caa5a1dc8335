import type { Value } from "../codec/index.ts";
import { ChannelError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { every } from "../wall.ts";
import type { Outbox } from "./frames.ts";
import type { Transport } from "./transports/transport.ts";

/** Parts of `sendTimeoutMs` in which a peer is looked at: it is given up at most 1/8 of it late. */
const PARTS = 8;

interface Waiting {
  readonly id: number;
  readonly content: Value;
  readonly bytes: number;
}

/**
 * Back-pressure of one connection. While more than `sendQueueBytesMax` waits to be sent, requests of the peer are not
 * handled: they wait here in their order, and once they are as many bytes themselves nothing more is read at all. Replies
 * to own calls are read until then, so that two sides that answer each other at length do not wait for each other.
 *
 * A peer is never given up for the size of what it asks for, only for taking nothing during `sendTimeoutMs`.
 */
export class Flow {
  readonly #transport: Transport;
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #serve: (id: number, content: Value) => void;
  readonly #stalled: (error: ChannelError) => void;
  /** Requests that wait; those before `#first` do no more. */
  #waiting: Waiting[] = [];
  #first = 0;
  #bytes = 0;
  #paused = false;
  #ended = false;
  /** Set while the queue is over its mark, or requests wait. */
  #stopWatch: (() => void) | undefined;
  #stillTicks = 0;
  #progress = 0;

  /**
   * @param serve - Handles a request; must not throw.
   * @param stalled - The peer has taken nothing for too long.
   */
  constructor(
    transport: Transport,
    outbox: Outbox,
    limits: Limits,
    serve: (id: number, content: Value) => void,
    stalled: (error: ChannelError) => void,
  ) {
    this.#transport = transport;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#serve = serve;
    this.#stalled = stalled;
  }

  /** A request has come in a frame of so many bytes. */
  take(id: number, content: Value, bytes: number): void {
    if (this.#waiting.length === 0 && !this.#isOver()) {
      this.#serve(id, content);
      return;
    }
    this.#waiting.push({ id, content, bytes });
    this.#bytes += bytes;
    this.#watch();
    if (this.#paused || !this.#isFull()) return;
    this.#paused = true;
    this.#transport.pause?.();
  }

  /** Something was queued for sending. */
  queued(): void {
    if (this.#stopWatch === undefined && this.#isOver()) this.#watch();
  }

  /** Something was not queued, since it would have been too much. */
  refused(): void {
    this.#watch();
  }

  /** The connection ends: nothing that waits is handled any more. */
  stop(): void {
    this.#ended = true;
    this.#stopWatch?.();
    this.#waiting = [];
    if (this.#paused) this.#transport.resume?.(); // what is not read would hide the end
  }

  #isOver(): boolean {
    return this.#outbox.queuedBytes > this.#limits.sendQueueBytesMax;
  }

  #isFull(): boolean {
    const { sendQueueBytesMax, openRequestsMax } = this.#limits;
    return this.#bytes > sendQueueBytesMax || this.#waiting.length - this.#first >= openRequestsMax;
  }

  #watch(): void {
    if (this.#stopWatch !== undefined || this.#ended) return;
    this.#stillTicks = 0;
    this.#stopWatch = every(Math.max(1, this.#limits.sendTimeoutMs / PARTS), () => this.#tick(), { idle: true });
    this.#onDrained();
  }

  #onDrained(): void {
    this.#outbox.flush();
    this.#transport.onDrained(() => this.#drained());
  }

  /** The peer has taken everything: handle what has waited, until the queue is over its mark again. */
  #drained(): void {
    if (this.#ended) return;
    while (this.#first < this.#waiting.length && !this.#isOver()) {
      const { id, content, bytes } = this.#waiting[this.#first++]!;
      this.#bytes -= bytes;
      this.#serve(id, content);
    }
    if (this.#paused && !this.#isFull()) {
      this.#paused = false;
      this.#transport.resume?.();
    }
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    }
    if (this.#waiting.length > 0 || this.#isOver()) {
      this.#onDrained();
      return;
    }
    this.#stopWatch?.();
    this.#stopWatch = undefined;
  }

  #tick(): void {
    const progress = this.#transport.progress ?? this.#transport.queuedBytes;
    this.#stillTicks = progress === this.#progress ? this.#stillTicks + 1 : 0;
    this.#progress = progress;
    if (this.#stillTicks < PARTS) return;
    const { peer } = this.#transport;
    const { sendTimeoutMs } = this.#limits;
    const waits = this.#outbox.queuedBytes;
    const message = `${peer} does not read: of ${waits} bytes that wait for it it took none in sendTimeoutMs = ${sendTimeoutMs}`;
    this.#stalled(new ChannelError("ERR_CHANNEL_SEND_QUEUE", message, { peer }));
  }
}
