import { UsageError } from "./exit-code.ts";

/** Runs of one sweep. */
const RUNS_MAX = 100_000;

/** One run of a sweep: option and value of each parameter that is swept. */
export type SweepPoint = readonly (readonly [name: string, value: string])[];

/**
 * The points of a sweep: every combination of the values.
 *
 * @param specs - As `seed=1..20`, `limit=0.8,1.0`; a range has whole numbers, both ends included.
 * @throws UsageError `ERR_CLI_VALUE`.
 */
export function sweepPoints(specs: readonly string[]): SweepPoint[] {
  const axes = specs.map(axisOf);
  const names = new Set(axes.map(({ name }) => name));
  if (names.size < axes.length) throw new UsageError("ERR_CLI_VALUE", "--sweep names a parameter twice");
  const runs = axes.reduce((product, { values }) => product * values.length, 1);
  if (runs > RUNS_MAX) throw new UsageError("ERR_CLI_VALUE", `--sweep has ${runs} runs, at most ${RUNS_MAX} are made`);
  let points: SweepPoint[] = [[]];
  for (const { name, values } of axes) {
    points = points.flatMap((point) => values.map((value) => [...point, [name, value] as const]));
  }
  return points;
}

function axisOf(spec: string): { readonly name: string; readonly values: readonly string[] } {
  const parts = /^([A-Za-z][\w-]*)=(.+)$/.exec(spec);
  if (parts === null) throw new UsageError("ERR_CLI_VALUE", `--sweep ${spec}: write name=1..20 or name=a,b,c`);
  const [, name, text] = parts as unknown as [string, string, string];
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(text);
  if (range === null) return { name, values: text.split(",") };
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (!(last >= first && last - first < RUNS_MAX)) {
    throw new UsageError("ERR_CLI_VALUE", `--sweep ${spec}: the range must ascend, with at most ${RUNS_MAX} values`);
  }
  return { name, values: Array.from({ length: last - first + 1 }, (_, i) => String(first + i)) };
}

/** Name of a run's folder and recording, as `seed=3,limit=0.8`. */
export function nameOf(point: SweepPoint): string {
  return point.map(([name, value]) => `${name}=${value.replace(/[^\w.+-]/g, "_")}`).join(",");
}
