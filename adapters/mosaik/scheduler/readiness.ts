import type { Cursor } from "./cursor.ts";
import { comparePositions } from "./tiered-time.ts";

/**
 * Whose next step may begin. One that may not waits for one other simulator at a time, and is looked at again when
 * that has finished a step; so a step costs as much as there are others that it concerns.
 *
 * Once a step may begin it stays so: whoever could cause an earlier one has passed (but see {@link reconsider}).
 */
export class Readiness {
  readonly #queue = new ReadyQueue();
  readonly #overlaps: boolean;

  /** @param overlaps - See `Plan`. */
  constructor(overlaps: boolean) {
    this.#overlaps = overlaps;
  }

  /** The first in the order of a run of those that may begin. */
  get first(): Cursor | undefined {
    return this.#queue.first;
  }

  /** Take out {@link first}. */
  take(): Cursor | undefined {
    const sim = this.#queue.take();
    if (sim !== undefined) sim.readying.isReady = false;
    return sim;
  }

  /** It has no step under way, and a next step that is new or earlier than before. */
  consider(sim: Cursor): void {
    const { readying } = sim;
    // Without guards an earlier step can come up while a later one could begin.
    if (readying.isReady && !this.#overlaps) this.#queue.raise(sim);
    if (readying.isReady || sim.current !== undefined || sim.steps.length === 0) return;
    readying.waitsFor?.readying.waiters.delete(sim);
    readying.waitsFor = undefined;
    readying.guardsPassed = 0;
    this.#look(sim);
  }

  /** It has finished a step. */
  finished(sim: Cursor): void {
    if (sim.readying.waiters.size > 0) {
      const waiters = [...sim.readying.waiters];
      sim.readying.waiters.clear();
      for (const waiter of waiters) {
        waiter.readying.waitsFor = undefined;
        this.#look(waiter);
      }
    }
    this.consider(sim);
  }

  /** A step came in from outside: look again at all that could begin. */
  reconsider(): void {
    for (const sim of this.#queue.clear()) {
      sim.readying.isReady = false;
      this.consider(sim);
    }
  }

  #look(sim: Cursor): void {
    const time = sim.steps[0]!;
    const { guards } = sim;
    // Those that have passed are asked again at the end: meanwhile others may have caused a step of them.
    for (let from = sim.readying.guardsPassed; ; from = 0) {
      for (let i = from; i < guards.length; i++) {
        const { guard, on } = guards[i]!;
        if (!guard.blocks(on.unfinished, time)) continue;
        sim.readying.guardsPassed = i;
        sim.readying.waitsFor = on;
        sim.stopwatch.wait(on.node.sid);
        on.readying.waiters.add(sim);
        return;
      }
      if (from === 0) break;
    }
    sim.stopwatch.goOn();
    sim.readying.isReady = true;
    this.#queue.add(sim);
  }
}

/** Simulators whose next step may begin, the first in the order of a run first. A binary heap. */
class ReadyQueue {
  readonly #heap: Cursor[] = [];

  get first(): Cursor | undefined {
    return this.#heap[0];
  }

  /** Its next step must not change until it is taken, but by {@link raise}. */
  add(sim: Cursor): void {
    this.#heap.push(sim);
    this.#raise(sim, this.#heap.length - 1);
  }

  /** Its next step may have become an earlier one. */
  raise(sim: Cursor): void {
    this.#raise(sim, this.#heap.indexOf(sim));
  }

  #raise(sim: Cursor, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, sim)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = sim;
  }

  take(): Cursor | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }

  /** Take out all, in no order. */
  clear(): Cursor[] {
    return this.#heap.splice(0);
  }
}

function isBefore(a: Cursor, b: Cursor): boolean {
  return comparePositions(a.plan, a.steps[0]!, b.plan, b.steps[0]!) < 0;
}
