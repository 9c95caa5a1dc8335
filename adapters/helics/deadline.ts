/** Wall time: it bounds waits for other programs, and decides nothing that is simulated. */

/** Wall time now, in milliseconds of the monotonic clock. */
export function wallMs(): number {
  return performance.now();
}

/**
 * Run `expired` once after `delayMs`.
 *
 * @returns Cancels it.
 */
export function after(delayMs: number, expired: () => void): () => void {
  // Node takes a longer delay for none.
  const timer = setTimeout(expired, Math.min(delayMs, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}
