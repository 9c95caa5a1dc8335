/** Values over time: kept in bounded memory, and which of a run are plotted. It knows no events. */

/**
 * Values over time that tell how a run went, in one plot: `cosimas run` prints it, `cosimas export -f svg` draws it.
 */
export interface SeriesPlot {
  /** What is plotted, as `load of the transformer`. */
  readonly title: string;
  /** Unit of all its values, as `kW`. */
  readonly unit?: string;
  /**
   * Names of its lines: an agent's output as `PV-1.p_kw`, or an attribute of a simulator's entity as `Grid-0.Trafo-1.loading_percent`.
   * `*` stands for any text: `PV-*.p_kw`.
   */
  readonly lines: readonly string[];
}

/** Points of a series in order of time; between two points the last value holds. */
export interface SeriesRange {
  readonly times: readonly number[];
  readonly values: readonly (number | null)[];
  /** Of stretches of points there are only the least and the greatest. */
  readonly thinned: boolean;
}

/** Points of a series that are kept; half of them go when it is full. */
const POINTS_MAX = 4096;

/**
 * A value over time in bounded memory: all points while they are few; then of each group of points the least and the
 * greatest, so that no peak is lost. Groups double when the memory is full.
 */
export class Series {
  times: number[] = [];
  values: number[] = [];
  /** Points of which two are kept. */
  stride = 1;
  lastTime = -1;
  last = Number.NaN;
  #count = 0;
  #min = 0;
  #minAt = 0;
  #max = 0;
  #maxAt = 0;

  /** @param time - Not before the last one; at the same time the later value holds. */
  add(time: number, value: number): void {
    if (time === this.lastTime && this.stride === 1) {
      this.values[this.values.length - 1] = value;
      this.last = value;
      return;
    }
    this.lastTime = time;
    this.last = value;
    if (this.stride === 1) this.#push(time, value);
    else this.#group(time, value);
  }

  #group(time: number, value: number): void {
    if (this.#count === 0 || value < this.#min) [this.#min, this.#minAt] = [value, time];
    if (this.#count === 0 || value > this.#max) [this.#max, this.#maxAt] = [value, time];
    if (++this.#count < 2 * this.stride) return;
    this.#count = 0;
    const minFirst = this.#minAt <= this.#maxAt;
    this.#push(minFirst ? this.#minAt : this.#maxAt, minFirst ? this.#min : this.#max);
    this.#push(minFirst ? this.#maxAt : this.#minAt, minFirst ? this.#max : this.#min);
  }

  #push(time: number, value: number): void {
    this.times.push(time);
    this.values.push(value);
    if (this.times.length < POINTS_MAX) return;
    const kept = thinned(this.times, this.values, 4);
    this.times = kept.times;
    this.values = kept.values;
    this.stride *= 2;
    this.#count = 0;
  }

  /** The value that holds at `time`; NaN before the first. */
  at(time: number): number {
    if (time >= this.lastTime) return this.last;
    const i = before(this.times, time);
    return i < 0 ? Number.NaN : this.values[i]!;
  }

  /** Points from `from` to `to`, with the one before, in at most two points for each of `columns`. */
  range(from: number, to: number, columns: number): SeriesRange {
    const first = Math.max(0, before(this.times, from));
    const end = before(this.times, to) + 1;
    let times = this.times.slice(first, end);
    let values = this.values.slice(first, end);
    const isThinned = this.stride > 1 || times.length > 2 * columns;
    if (times.length > 2 * columns) {
      ({ times, values } = thinned(times, values, 2 * Math.ceil(times.length / (2 * columns))));
    }
    if (this.lastTime <= to && this.lastTime >= from && this.lastTime !== times.at(-1)) {
      times.push(this.lastTime);
      values.push(this.last);
    }
    return { times, values: values.map((value) => (Number.isFinite(value) ? value : null)), thinned: isThinned };
  }
}

/** Index of the last of ascending `times` that is not after `time`; -1 if there is none. */
export function before(times: ArrayLike<number>, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Of each `group` points the least and the greatest, in their order. */
export function thinned(
  times: readonly number[],
  values: readonly number[],
  group: number,
): { times: number[]; values: number[] } {
  const kept = { times: [] as number[], values: [] as number[] };
  for (let start = 0; start < times.length; start += group) {
    const end = Math.min(times.length, start + group);
    let [min, max] = [start, start];
    for (let i = start + 1; i < end; i++) {
      if (values[i]! < values[min]!) min = i;
      if (values[i]! > values[max]!) max = i;
    }
    const [one, other] = min <= max ? [min, max] : [max, min];
    kept.times.push(times[one]!);
    kept.values.push(values[one]!);
    if (one === other) continue;
    kept.times.push(times[other]!);
    kept.values.push(values[other]!);
  }
  return kept;
}
