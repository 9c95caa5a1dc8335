import { Series } from "../../../src/series.ts";

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
