import { comparePositions } from "./position.ts";
import type { SimRunner } from "./sim-runner.ts";

/** Simulators whose next step may begin, the first in the order of a run first. A binary heap. */
export class ReadyQueue {
  readonly #heap: SimRunner[] = [];

  get first(): SimRunner | undefined {
    return this.#heap[0];
  }

  /** Its next step must not change until it is taken. */
  add(sim: SimRunner): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(sim);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, sim)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = sim;
  }

  take(): SimRunner | undefined {
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
  clear(): SimRunner[] {
    return this.#heap.splice(0);
  }
}

function isBefore(a: SimRunner, b: SimRunner): boolean {
  return comparePositions(a, a.steps[0]!, b, b.steps[0]!) < 0;
}
