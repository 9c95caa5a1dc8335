/** Turns of the microtask and tick queues that a drain goes on for while somebody waits on neither. */
const EXTRA_HOPS = 16;

/** Resolve when the microtask queue, and the tick queue after it, have been emptied once. */
function hop(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(() => process.nextTick(resolve));
  });
}

/**
 * Wait until the microtask and `nextTick` queues are quiet, without a turn of the event loop: whatever runs meanwhile
 * was set going by the deliveries just made, never by a socket or a timer.
 *
 * @param unsettled - Whether some handler still runs without a simulated wait. It may be in a `nextTick` of its own,
 *   so the drain goes round some more; what is then still unsettled waits on something foreign.
 */
export async function drain(unsettled: () => boolean): Promise<void> {
  await hop();
  for (let extra = 0; extra < EXTRA_HOPS && unsettled(); extra++) await hop();
}

/** Let the event loop turn once: sockets are read, and rejections that nobody handled are reported. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Decides when the event loop is due a turn between rounds. */
export class Pace {
  #last = performance.now();
  #rounds = 0;

  /** True every few milliseconds of wall time; it changes nothing that is simulated. */
  due(): boolean {
    if ((++this.#rounds & 15) !== 0) return false;
    const now = performance.now();
    if (now - this.#last < 4) return false;
    this.#last = now;
    return true;
  }
}
