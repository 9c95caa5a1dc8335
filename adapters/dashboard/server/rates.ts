/** Wall time over which a rate is taken, in milliseconds. */
const WINDOW_MS = 1000;

/** How fast a count grows, per second of wall time, over the last second. */
export class Rate {
  #marks: (readonly [ms: number, count: number])[] = [];

  /** @returns Per second; 0 while nothing is known. */
  at(ms: number, count: number): number {
    const marks = this.#marks;
    const last = marks.at(-1);
    if (last === undefined || ms - last[0] > WINDOW_MS / 10) marks.push([ms, count]);
    while (marks.length > 2 && ms - marks[1]![0] > WINDOW_MS) marks.shift();
    const [firstMs, first] = marks[0]!;
    return ms - firstMs < 20 ? 0 : ((count - first) / (ms - firstMs)) * 1000;
  }
}
