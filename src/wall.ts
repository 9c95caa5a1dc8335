/**
 * The one place of wall time: readings of the monotonic clock, timers, turns of the event loop. Nothing simulated depends
 * on it; what it bounds fails, and never settles anything.
 */

import { onTurn } from "./host.ts";

/** Longest delay of a Node timer, in milliseconds; a longer one fires at once. Source: Node's `timers`, TIMEOUT_MAX. */
export const TIMER_MS_MAX = 2 ** 31 - 1;

/** Reading of the monotonic clock, in milliseconds: setting the date changes nothing. */
export function wallMs(): number {
  return performance.now();
}

/** The computer's date, in milliseconds since 1970-01-01 UTC. */
export function dateMs(): number {
  return Date.now();
}

/**
 * Run `expired` once after `delayMs`, at once if that is negative; a delay beyond {@link TIMER_MS_MAX} is cut to it. The
 * process stays alive for it, unless `idle`.
 *
 * @returns Cancels it; may be called at any time.
 */
export function after(delayMs: number, expired: () => void, { idle = false } = {}): () => void {
  const timer = setTimeout(expired, Math.min(Math.max(0, delayMs), TIMER_MS_MAX));
  if (idle) letGo(timer);
  return () => clearTimeout(timer);
}

/**
 * Run `tick` every `periodMs`; after the process was blocked or suspended, once. The process stays alive for it, unless
 * `idle`.
 *
 * @returns Stops it.
 */
export function every(periodMs: number, tick: () => void, { idle = false } = {}): () => void {
  const timer = setInterval(tick, Math.min(periodMs, TIMER_MS_MAX));
  if (idle) letGo(timer);
  return () => clearInterval(timer);
}

/**
 * Keep the process running, as an open socket does.
 *
 * @returns Keeps it no longer.
 */
export function keepAlive(): () => void {
  return every(TIMER_MS_MAX, () => {});
}

/** Let the event loop turn once: sockets are read, and rejections that nobody handled are reported. */
export function turn(): Promise<void> {
  return new Promise(onTurn);
}

export { onTurn } from "./host.ts";

/** Keep no process alive for a timer; in a page a timer is a number, and keeps nothing alive. */
function letGo(timer: object | number): void {
  (timer as { unref?: () => void }).unref?.();
}

/**
 * Wait for `work`, for `timeoutMs` at most.
 *
 * @returns Whether it has ended in time; if it fails in time, so does this.
 */
export async function within(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  let cancel = (): void => {};
  const late = new Promise<false>((resolve) => {
    cancel = after(timeoutMs, () => resolve(false));
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    cancel();
  }
}
