import { ReadyQueue } from "./ready-queue.ts";
import type { SimRunner } from "./sim-runner.ts";

/**
 * Whose next step may begin. One that may not waits for one other simulator at a time, and is looked at again when
 * that has finished a step; so a step costs as much as there are others that it concerns.
 *
 * Once a step may begin it stays so: whoever could cause an earlier one has passed (but see {@link reconsider}).
 */
export class Readiness {
  readonly #queue = new ReadyQueue();

  /** The first in the order of a run of those that may begin. */
  get first(): SimRunner | undefined {
    return this.#queue.first;
  }

  /** Take out {@link first}. */
  take(): SimRunner | undefined {
    const sim = this.#queue.take();
    if (sim !== undefined) sim.isReady = false;
    return sim;
  }

  /** It has no step under way, and a next step that is new or earlier than before. */
  consider(sim: SimRunner): void {
    if (sim.isReady || sim.current !== undefined || sim.steps.length === 0) return;
    sim.waitsFor?.waiters.delete(sim);
    sim.waitsFor = undefined;
    sim.guardsPassed = 0;
    this.#look(sim);
  }

  /** It has finished a step. */
  finished(sim: SimRunner): void {
    if (sim.waiters.size > 0) {
      const waiters = [...sim.waiters];
      sim.waiters.clear();
      for (const waiter of waiters) {
        waiter.waitsFor = undefined;
        this.#look(waiter);
      }
    }
    this.consider(sim);
  }

  /** A step came in from outside: look again at all that could begin. */
  reconsider(): void {
    for (const sim of this.#queue.clear()) {
      sim.isReady = false;
      this.consider(sim);
    }
  }

  #look(sim: SimRunner): void {
    const time = sim.steps[0]!;
    const { guards } = sim;
    // Those that have passed are asked again at the end: meanwhile others may have caused a step of them.
    for (let from = sim.guardsPassed; ; from = 0) {
      for (let i = from; i < guards.length; i++) {
        if (!guards[i]!.blocks(time)) continue;
        sim.guardsPassed = i;
        sim.waitsFor = guards[i]!.on;
        sim.stopwatch.wait(sim.waitsFor.sid);
        guards[i]!.on.waiters.add(sim);
        return;
      }
      if (from === 0) break;
    }
    sim.stopwatch.goOn();
    sim.isReady = true;
    this.#queue.add(sim);
  }
}
