/** Turns of the queues that a drain goes on for while a handler is open without a simulated wait. */
const EXTRA_HOPS = 16;

/** Turns of the queues after which a drain gives up: somebody queues a tick in every tick, without end. */
const HOPS_MAX = 100_000;

const nextTick = process.nextTick;
const settled = Promise.resolve();
/** Ticks that the program has queued while containers advanced. */
let ticks = 0;
/** Containers that advance now. */
let watching = 0;

function countedTick(callback: (...args: unknown[]) => void, ...args: unknown[]): void {
  ticks++;
  nextTick(callback, ...args);
}

/**
 * Count the program's ticks from now on: only so can a drain know that none is left. Whoever calls it also calls
 * {@link endTicks}.
 */
export function watchTicks(): void {
  if (watching++ === 0) process.nextTick = countedTick;
}

/** End what {@link watchTicks} began. */
export function endTicks(): void {
  if (--watching === 0) process.nextTick = nextTick;
}

/**
 * Waits until the microtask and `nextTick` queues are quiet, without a turn of the event loop: whatever runs meanwhile
 * was set going by the deliveries just made, never by a socket or a timer.
 *
 * A tick queued in a microtask runs once all microtasks have: one tick, and a microtask to come back in, is one turn of
 * the queues. It is a callback and no promise because each served class of each round costs one drain.
 */
export class Drain {
  readonly #unsettled: () => boolean;
  readonly #done: () => void;
  #hops = 0;
  /** Ticks queued when the class began, then at the end of each turn. */
  #before = 0;

  /**
   * @param unsettled - Whether some handler still runs without a simulated wait. It may be in a tick that could not be
   *   counted, so the drain goes round some more; what is then still unsettled waits on something foreign.
   * @param done - Called in a microtask once the queues are quiet; must not throw.
   */
  constructor(unsettled: () => boolean, done: () => void) {
    this.#unsettled = unsettled;
    this.#done = done;
  }

  /** Note what the queues hold before anything is delivered. */
  prepare(): void {
    this.#before = ticks;
    this.#hops = 0;
  }

  /** Begin, after `prepare` and what was delivered; must be called in a microtask. */
  readonly begin = (): void => nextTick(this.#ticked);

  readonly #ticked = (): void => {
    // Ticks that were queued before the last look have run by now, and all microtasks that they led to.
    const quiet = ticks === this.#before && (this.#hops >= EXTRA_HOPS || !this.#unsettled());
    this.#before = ticks;
    settled.then(quiet || ++this.#hops >= HOPS_MAX ? this.#done : this.begin);
  };
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
