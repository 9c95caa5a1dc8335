/** The only wall-clock timers of live channels; simulated calls know none. They keep no process alive, but one. */

/** Parts into which {@link Sweep} cuts its period: a deadline is met with this precision. */
const PARTS = 8;

/** Longest delay of a Node timer, in milliseconds; a longer one would fire at once. */
const DELAY_MS_MAX = 2 ** 31 - 1;

/**
 * Run `expired` after `delayMs`.
 *
 * @returns Cancels it; may be called at any time.
 */
export function after(delayMs: number, expired: () => void): () => void {
  const timer = setTimeout(expired, Math.min(delayMs, DELAY_MS_MAX));
  timer.unref();
  return () => clearTimeout(timer);
}

/**
 * Run `tick` every `periodMs`; after the process was blocked or suspended, once.
 *
 * @returns Stops it.
 */
export function every(periodMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, Math.min(periodMs, DELAY_MS_MAX));
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Keep the process running, as an open socket does.
 *
 * @returns Keeps it no longer.
 */
export function keepAlive(): () => void {
  const timer = setInterval(() => {}, DELAY_MS_MAX);
  return () => clearInterval(timer);
}

/** Run `next` after the event loop has looked at its sockets and timers. */
export function turn(next: () => void): void {
  setImmediate(next);
}

/**
 * One deadline for many things that are numbered in the order in which they begin: a number that was given out at
 * least `periodMs` ago has expired. Costs nothing per thing, and is at most 1/8 of the period late.
 *
 * Time counts only while the process runs: after it was blocked or suspended, the next tick is one tick, so that what
 * has arrived meanwhile is read before anything expires.
 */
export class Sweep {
  readonly #periodMs: number;
  readonly #next: () => number;
  readonly #expire: (below: number) => boolean;
  #boundaries: number[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param next - The number that the next thing will get.
   * @param expire - Everything below this number has expired; true if anything is still left.
   */
  constructor(periodMs: number, next: () => number, expire: (below: number) => boolean) {
    this.#periodMs = Math.min(periodMs, DELAY_MS_MAX);
    this.#next = next;
    this.#expire = expire;
  }

  /** Begin if it is not running; it stops by itself when nothing is left. */
  start(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#tick(), Math.max(1, this.#periodMs / PARTS));
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#boundaries = [];
  }

  #tick(): void {
    this.#boundaries.push(this.#next());
    const below = this.#boundaries.length > PARTS ? this.#boundaries.shift()! : 0;
    if (!this.#expire(below)) this.stop();
  }
}
