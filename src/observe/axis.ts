/** What an axis shows: its ends, and the values that are written beside it. */
export interface Axis {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  /** Text of one of the ticks. */
  label(value: number): string;
}

/** Parts of ten that a step may be, so that people read it at once. */
const STEPS = [1, 2, 2.5, 5, 10];

/** Beyond it an axis would have no length that a number holds. */
const VALUE_MAX = 1e300;
/** Part of its values that the length of an axis has at least: below that they are all the same. */
const RANGE_MIN = 1e-9;

/** Where an axis over these values begins and ends: at 0, unless they are never far from each other, as voltages. */
function ends(min: number, max: number): [from: number, to: number] {
  const bounded = (value: number) => Math.max(-VALUE_MAX, Math.min(VALUE_MAX, value));
  const from = min > 0 && min < 0.5 * max ? 0 : bounded(min);
  const to = max < 0 && max > 0.5 * min ? 0 : bounded(max);
  if (to - from > RANGE_MIN * Math.max(1e-288, Math.abs(from), Math.abs(to))) return [from, to];
  return Math.abs(from) < 1e-288 ? [0, 1] : [Math.min(0, from), Math.max(0, to)];
}

/** An axis over values, whose ends are round. */
export function valueAxis(min: number, max: number, ticks: number): Axis {
  let [from, to] = ends(min, max);
  const step = niceStep((to - from) / ticks, STEPS);
  [from, to] = [Math.floor(from / step + 1e-9) * step, Math.ceil(to / step - 1e-9) * step];
  const count = Math.round((to - from) / step);
  const values = Array.from({ length: count + 1 }, (_, i) => from + i * step);
  const digits = Math.max(...values.map((value) => decimalsOf(value, 6)));
  const isPlain = Math.max(Math.abs(from), Math.abs(to)) < 1e6 && step >= 1e-4;
  return {
    from,
    to,
    ticks: values,
    label: (value) => (isPlain ? (Math.abs(value) < step * 1e-6 ? 0 : value).toFixed(digits) : value.toExponential(1)),
  };
}

/** An axis that ends where the values do: where there is little room, and only the ends are written. */
export function tightAxis(min: number, max: number): Axis {
  const [from, to] = ends(min, max);
  return { from, to, ticks: [from, to], label: (value) => String(Number(value.toPrecision(4))) };
}

/** Digits behind the point that a value needs, at most `most`. */
function decimalsOf(value: number, most: number): number {
  for (let digits = 0; digits < most; digits++) {
    if (Math.abs(value - Number(value.toFixed(digits))) < 1e-9 * Math.max(1, Math.abs(value))) return digits;
  }
  return most;
}

/** Units of time, the longest first: name, seconds, steps between two ticks. */
const UNITS = [
  ["d", 86_400, [1, 2, 5, 7, 14, 28, 50, 100, 200, 500, 1000]],
  ["h", 3600, [1, 2, 3, 6, 12, 24, 48]],
  ["min", 60, [1, 2, 5, 10, 15, 30, 60, 120]],
] as const;

/** An axis over seconds since the start, from 0, in the unit that suits its length, and that unit. */
export function timeAxis(lastS: number, ticks: number): Axis & { readonly unit: string } {
  const to = lastS > 0 ? lastS : 1;
  const [unit, seconds, steps] = UNITS.find(([, seconds]) => to >= 3 * seconds) ?? ["s", 1, undefined];
  const wanted = to / seconds / ticks;
  const step = steps?.find((one) => one >= wanted) ?? niceStep(wanted, STEPS);
  const count = Math.floor(to / seconds / step + 1e-9);
  const digits = decimalsOf(step, 6);
  return {
    from: 0,
    to,
    ticks: Array.from({ length: count + 1 }, (_, i) => i * step * seconds),
    label: (value) => (value / seconds).toFixed(digits),
    unit,
  };
}

function niceStep(least: number, steps: readonly number[]): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * steps.find((one) => one * power >= least * (1 - 1e-9))!;
}
