import type { SeriesLine } from "./protocol.ts";

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
  range(from: number, to: number, columns: number): Omit<SeriesLine, "name"> {
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

/** Series that are kept; of later ones there is only the present value. */
const SERIES_KEPT = 5000;

/** The series of a run by who has them and what they are called, as `PV-1` and `p_mw`. */
export class SeriesStore {
  readonly #byOwner = new Map<string, Map<string, Series>>();
  #size = 0;
  /** Series that found no room. */
  left = 0;

  get size(): number {
    return this.#size;
  }

  add(owner: string, name: string, time: number, value: number): void {
    let own = this.#byOwner.get(owner);
    if (own === undefined) {
      if (this.#size >= SERIES_KEPT) return void this.left++;
      own = new Map();
      this.#byOwner.set(owner, own);
    }
    let series = own.get(name);
    if (series === undefined) {
      if (this.#size >= SERIES_KEPT) return void this.left++;
      series = new Series();
      own.set(name, series);
      this.#size++;
    }
    series.add(time, value);
  }

  /** @param full - Owner and name with a dot between. */
  get(full: string): Series | undefined {
    for (let dot = full.indexOf("."); dot >= 0; dot = full.indexOf(".", dot + 1)) {
      const series = this.#byOwner.get(full.slice(0, dot))?.get(full.slice(dot + 1));
      if (series !== undefined) return series;
    }
    return undefined;
  }

  namesOf(owner: string): string[] {
    return [...(this.#byOwner.get(owner)?.keys() ?? [])].map((name) => `${owner}.${name}`);
  }

  *names(): Generator<string, void, undefined> {
    for (const [owner, own] of this.#byOwner) for (const name of own.keys()) yield `${owner}.${name}`;
  }

  *entries(): Generator<readonly [string, Series], void, undefined> {
    for (const [owner, own] of this.#byOwner) for (const [name, series] of own) yield [`${owner}.${name}`, series];
  }
}
