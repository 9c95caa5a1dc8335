import { before, type Series } from "../series.ts";
import { type Axis, tightAxis, timeAxis } from "./axis.ts";
import type { Plot } from "./plot-lines.ts";

/** Columns of a plot's text. */
const COLUMNS = 80;
/** Of those, what stands left of the axis. */
const LEFT = 9;
const WIDTH = COLUMNS - LEFT - 1;
/** Rows of the only line of a plot, and of each of several. */
const ROWS = 8;
const BAND_ROWS = 3;
/** Lines that are shown one below the other. */
const BANDS_MAX = 6;

/** Dots of a braille character by row and column. Source: Unicode 15, chapter 21.1. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;

/** Plots as lines of text for a terminal of 80 columns, without colours: several lines of a plot stand one below the other. */
export function textPlot({ title, unit, lines, left }: Plot, lastS: number): string[] {
  const shown = lines.slice(0, BANDS_MAX);
  const time = timeAxis(lastS, 8);
  const ranges = shown.map(({ series }) => extent(series));
  const value = tightAxis(Math.min(...ranges.map(([min]) => min)), Math.max(...ranges.map(([, max]) => max)));
  const isOne = shown.length === 1 && lines.length === 1 && left === 0;
  const head = unit === "" ? title : `${title}, ${unit}`;
  const text = [cut(head)];
  for (const { name, series } of shown) {
    if (!isOne) text.push(cut(`${" ".repeat(LEFT + 1)}${name}`));
    text.push(...band(series, value, time, isOne ? ROWS : BAND_ROWS));
  }
  text.push(timeLine(time));
  const more = lines.length - shown.length + left;
  if (more > 0) text.push(`${" ".repeat(LEFT + 1)}and ${more} more`);
  return text;
}

function extent(series: Series): readonly [min: number, max: number] {
  const values = [...series.values, series.last].filter((value) => Number.isFinite(value));
  return values.length === 0 ? [0, 0] : [Math.min(...values), Math.max(...values)];
}

/** One line with its axis. */
function band(series: Series, value: Axis, time: Axis, rows: number): string[] {
  const cells = Array.from({ length: rows }, () => new Uint8Array(WIDTH));
  const dots = { wide: 2 * WIDTH, high: 4 * rows };
  const dotOf = (at: number) => {
    const part = Math.max(0, Math.min(1, (at - value.from) / (value.to - value.from)));
    return Math.round(part * (dots.high - 1));
  };
  // From one column to the next a line goes up or down, too.
  let held = Number.NaN;
  for (let column = 0; column < dots.wide; column++) {
    const end = (time.to * (column + 1)) / dots.wide;
    const [least, greatest, seen] = within(series, (time.to * column) / dots.wide, end);
    if (!(least <= greatest)) continue;
    const [low, high] = Number.isFinite(held) ? [Math.min(least, held), Math.max(greatest, held)] : [least, greatest];
    held = seen;
    for (let dot = dotOf(low); dot <= dotOf(high); dot++) {
      const row = dots.high - 1 - dot;
      cells[row >> 2]![column >> 1]! |= DOTS[row & 3]![column & 1]!;
    }
  }
  return cells.map((row, i) => {
    const label = i === 0 ? value.label(value.to) : i === rows - 1 ? value.label(value.from) : "";
    return `${label.slice(0, LEFT - 1).padStart(LEFT - 1)} ┤${drawn(row)}`.trimEnd();
  });
}

function drawn(cells: Uint8Array): string {
  return Array.from(cells, (cell) => (cell === 0 ? " " : String.fromCharCode(BRAILLE + cell))).join("");
}

/** The least, the greatest and the last value from `from` to before `to`, with the one that holds at first; if there is any. */
function within(
  { times, values, lastTime, last }: Series,
  from: number,
  to: number,
): [least: number, greatest: number, last: number] {
  const first = before(times, from);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let seen = Number.NaN;
  const see = (value: number) => {
    seen = value;
    if (value < low) low = value;
    if (value > high) high = value;
  };
  for (let i = Math.max(0, first); i < times.length && (i <= first || times[i]! < to); i++) see(values[i]!);
  if (lastTime < to) see(last);
  return [low, high, seen];
}

function timeLine({ ticks, to, label, unit }: Axis & { readonly unit: string }): string {
  const line = Array.from({ length: WIDTH + 4 }, () => " ");
  for (const [i, tick] of ticks.entries()) {
    const text = i === ticks.length - 1 ? `${label(tick)} ${unit}` : label(tick);
    const at = Math.round((tick / to) * (WIDTH - 1));
    const start = Math.min(at, WIDTH - text.length);
    for (const [j, char] of [...text].entries()) line[start + j] = char;
  }
  return `${" ".repeat(LEFT + 1)}${line.join("")}`.trimEnd();
}

function cut(text: string): string {
  const one = text.replace(/\s+$/, "");
  return one.length <= COLUMNS ? one : `${one.slice(0, COLUMNS - 1)}…`;
}
