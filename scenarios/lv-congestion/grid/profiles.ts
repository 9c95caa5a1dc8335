/** The quarter-hour profiles of a year, read from a gzipped CSV: factors of each element's rated power. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { ScenarioError } from "cosimas";

/** Seconds of one step. */
export const STEP_S = 900;
/** The same in hours. */
export const STEP_H = STEP_S / 3600;
/** Steps of one day. */
export const STEPS_PER_DAY = 96;

/** Columns of numbers, one value a quarter hour; every value is finite. */
export class Profiles {
  /** Number of quarter hours; a multiple of `STEPS_PER_DAY`. */
  readonly steps: number;
  readonly #columns: ReadonlyMap<string, Float64Array>;

  constructor(columns: ReadonlyMap<string, Float64Array>) {
    this.#columns = columns;
    this.steps = columns.values().next().value?.length ?? 0;
    for (const [name, values] of columns) {
      if (values.length !== this.steps || this.steps % STEPS_PER_DAY !== 0) {
        throw wrong(
          `column ${name} has ${values.length} values; all need the same whole number of days of ${STEPS_PER_DAY}`,
        );
      }
      const bad = values.findIndex((x) => !Number.isFinite(x));
      if (bad >= 0) throw wrong(`column ${name} at step ${bad} (${place(bad)}) is ${values[bad]}, not a finite number`);
    }
  }

  /** Number of whole days. */
  get days(): number {
    return this.steps / STEPS_PER_DAY;
  }

  /**
   * All values of one profile, indexed by step from the start of the year. Shared: do not write to it.
   *
   * @throws {@link ScenarioError} `ERR_SCENARIO_PROFILE` if there is no such column.
   */
  column(name: string): Float64Array {
    const values = this.#columns.get(name);
    if (values === undefined)
      throw wrong(`there is no column ${name}; there are ${[...this.#columns.keys()].join(", ")}`);
    return values;
  }

  /** A copy in which `change` gives each value anew; to test what depends on later values. */
  map(change: (value: number, step: number, column: string) => number): Profiles {
    const changed = [...this.#columns].map(([name, v]) => [name, v.map((x, step) => change(x, step, name))] as const);
    return new Profiles(new Map(changed));
  }

  /**
   * Read CSV text: a line of column names, then one line of numbers a quarter hour.
   *
   * @throws {@link ScenarioError} `ERR_SCENARIO_PROFILE` naming column and step of a value that is missing or not finite.
   */
  static parse(csv: string): Profiles {
    const lines = csv.split("\n");
    while (lines.at(-1) === "") lines.pop();
    const names = lines.shift()?.split(",") ?? [];
    const columns = names.map(() => new Float64Array(lines.length));
    for (const [step, line] of lines.entries()) {
      const cells = line.split(",");
      if (cells.length !== names.length) {
        throw wrong(`step ${step} (${place(step)}) has ${cells.length} values, the heading ${names.length}`);
      }
      // An empty cell would become 0.
      for (let c = 0; c < cells.length; c++) columns[c]![step] = cells[c] === "" ? Number.NaN : Number(cells[c]);
    }
    return new Profiles(new Map(names.map((name, c) => [name, columns[c]!])));
  }
}

function wrong(what: string): ScenarioError {
  return new ScenarioError("ERR_SCENARIO_PROFILE", `profiles: ${what}`);
}

function place(step: number): string {
  return `day ${Math.floor(step / STEPS_PER_DAY)}, quarter hour ${step % STEPS_PER_DAY}`;
}

/**
 * Read a `profiles.csv.gz`.
 *
 * @throws {@link ScenarioError} `ERR_SCENARIO_PROFILE` if it cannot be read or a value is missing or not finite.
 */
export function loadProfiles(file: URL | string): Profiles {
  let csv: string;
  try {
    csv = gunzipSync(readFileSync(file)).toString("latin1");
  } catch (cause) {
    throw new ScenarioError("ERR_SCENARIO_PROFILE", `profiles: cannot read ${String(file)}`, { cause });
  }
  return Profiles.parse(csv);
}

/**
 * The steps of `days` days from day `day` on, counted from the start of the profiles: first included, `end` excluded.
 *
 * @param day - Whole number from 0; day 0 is the first of the profiles.
 * @throws {@link ScenarioError} `ERR_SCENARIO_DAY` naming the allowed range, if such days are not in the profiles.
 */
export function dayRange(profiles: Profiles, day: number, days = 1): { first: number; end: number } {
  const last = profiles.days - 1;
  if (!Number.isInteger(day) || day < 0 || day > last) {
    throw new ScenarioError("ERR_SCENARIO_DAY", `day ${day} does not exist: the profiles hold days 0 to ${last}`);
  }
  if (!Number.isInteger(days) || days < 1 || day + days > profiles.days) {
    const most = profiles.days - day;
    throw new ScenarioError("ERR_SCENARIO_DAY", `${days} days from day ${day} do not exist: allowed are 1 to ${most}`);
  }
  return { first: day * STEPS_PER_DAY, end: (day + days) * STEPS_PER_DAY };
}
