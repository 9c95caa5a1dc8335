/** The one place of wall time of the page's server: when to sample a run, how fast it goes, how long a page may be silent. */

/** Reading of the monotonic clock, in milliseconds. */
export function wallMs(): number {
  return performance.now();
}

/** Run `tick` every `periodMs`. It keeps no process alive. @returns Stops it. */
export function every(periodMs: number, tick: () => void): () => void {
  const timer = setInterval(tick, periodMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Run `expired` once after `delayMs`. @returns Cancels it. */
export function after(delayMs: number, expired: () => void): () => void {
  const timer = setTimeout(expired, Math.min(delayMs, 2 ** 31 - 1));
  return () => clearTimeout(timer);
}
