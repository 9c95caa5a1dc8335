import type { SimRunner } from "./sim-runner.ts";
import type { Time } from "./types.ts";

/** Who steps when: a list of simulators for each time at which one steps. */
export class Agenda {
  readonly #due = new Map<Time, SimRunner[]>();
  /** Keys of `#due`, the next one last. There are never more of them than simulators. */
  readonly #times: Time[] = [];

  /** The next time at which a simulator steps. */
  get next(): Time | undefined {
    return this.#times.at(-1);
  }

  /** `sim` steps at `time`. */
  add(time: Time, sim: SimRunner): void {
    const due = this.#due.get(time);
    if (due !== undefined) {
      due.push(sim);
      return;
    }
    this.#due.set(time, [sim]);
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#times[middle]! > time) low = middle + 1;
      else high = middle;
    }
    this.#times.splice(low, 0, time);
  }

  /** Take out those that step at {@link next}; they come in waves of equal rank, each in the order of their ids. */
  take(): SimRunner[][] {
    const time = this.#times.pop();
    const due = time === undefined ? [] : this.#due.get(time)!;
    if (time !== undefined) this.#due.delete(time);
    if (due.length > 1) due.sort((a, b) => a.rank - b.rank || (a.sid < b.sid ? -1 : 1));
    const waves: SimRunner[][] = [];
    for (const sim of due) {
      const wave = waves.at(-1);
      if (wave !== undefined && wave[0]!.rank === sim.rank) wave.push(sim);
      else waves.push([sim]);
    }
    return waves;
  }
}
