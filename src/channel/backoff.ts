import { after } from "../wall.ts";

/** How long to wait between attempts to connect. */
export interface BackoffOptions {
  /** First pause, in milliseconds, > 0. Default 100. */
  readonly delayMs?: number;
  /** By what each pause is longer than the one before, >= 1. Default 1.5, as in aiomas. */
  readonly factor?: number;
  /** Longest pause, in milliseconds. Default 30,000, as in aiomas. */
  readonly delayMsMax?: number;
  /**
   * Chance, in [0, 1): up to half of each pause is left out, so that many that have lost the same peer do not come back
   * all at once. Default `Math.random`.
   */
  readonly random?: () => number;
}

/** Part of a pause that chance may leave out. */
const JITTER = 0.5;

/** The pauses between attempts. */
export class Backoff {
  readonly #firstMs: number;
  readonly #factor: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #nextMs: number;

  /** @throws RangeError for an option out of range. */
  constructor({ delayMs = 100, factor = 1.5, delayMsMax = 30_000, random = Math.random }: BackoffOptions = {}) {
    if (!(delayMs > 0)) throw new RangeError(`delayMs must be > 0 milliseconds, got ${delayMs}`);
    if (!(factor >= 1)) throw new RangeError(`factor must be >= 1, got ${factor}`);
    if (!(delayMsMax >= delayMs)) throw new RangeError(`delayMsMax must be >= delayMs = ${delayMs}, got ${delayMsMax}`);
    this.#firstMs = delayMs;
    this.#factor = factor;
    this.#maxMs = delayMsMax;
    this.#random = random;
    this.#nextMs = delayMs;
  }

  /** The next pause, in milliseconds. */
  nextMs(): number {
    const pauseMs = this.#nextMs * (1 - JITTER * this.#random());
    this.#nextMs = Math.min(this.#nextMs * this.#factor, this.#maxMs);
    return pauseMs;
  }

  /** Begin again with the first pause. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}

/**
 * Wait; it keeps no process alive.
 *
 * @throws The reason of `signal`, if it aborts first.
 */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const onAbort = () => {
      stop();
      reject(signal?.reason);
    };
    const waited = () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    };
    const stop = after(delayMs, waited, { idle: true });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
