import type { Series } from "../series.ts";
import { type Axis, timeAxis, valueAxis } from "./axis.ts";
import type { Plot } from "./plot-lines.ts";

const WIDTH = 960;
const LEFT = 76;
const RIGHT = 24;
const HEAD = 64;
const FOOT = 26;
/** Of one plot: its title, a row of its legend, its lines, what is below. */
const TITLE = 26;
const LEGEND_ROW = 20;
const LINES = 170;
const BELOW = 44;
/** Columns that a line is thinned to. */
const COLUMNS = 800;
/** Width of a letter of the legend, roughly, and of what stands before a name. */
const LETTER = 7;
const SWATCH = 40;

/**
 * Colours that people tell apart who do not see all of them, on white and on black, and dashes that say the same without colour.
 *
 * Source: Okabe, Ito, "Color Universal Design" (2008); darker on white, so that thin lines have a contrast of 3 : 1 at least.
 */
const STROKES = [
  { light: "#0072b2", dark: "#56b4e9", dash: "" },
  { light: "#c04f00", dark: "#ff9d5c", dash: "7 4" },
  { light: "#00805d", dark: "#2fd6a7", dash: "2 3" },
  { light: "#b0548a", dark: "#e79cc6", dash: "9 3 2 3" },
  { light: "#8a6d00", dark: "#f0e442", dash: "12 4" },
  { light: "#3b4a5a", dark: "#c9d3de", dash: "4 2" },
] as const;

/** What a drawing says of its run. */
export interface SvgOptions {
  readonly title: string;
  /** Calendar time of second 0, ISO 8601. */
  readonly start: string;
  /** Where the time axis ends, in seconds. */
  readonly lastS: number;
}

/** Plots one below the other as an SVG picture, for light pages and dark ones. */
export function svgPlots(plots: readonly Plot[], { title, start, lastS }: SvgOptions): string {
  const time = timeAxis(lastS, 10);
  let y = HEAD;
  const drawn = plots.map((plot) => {
    const rows = legendRows(plot);
    const part = panel(plot, rows, time, y);
    y += TITLE + rows.length * LEGEND_ROW + LINES + BELOW;
    return part;
  });
  const height = y + FOOT;
  const style = STROKES.map(
    ({ light, dash }, i) => `.l${i}{stroke:${light}}${dash && `.d${i}{stroke-dasharray:${dash}}`}`,
  );
  const dark = STROKES.map(({ dark }, i) => `.l${i}{stroke:${dark}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(plots.map(described).join(" "))}</desc>
<style>
text{fill:#475569}.head{font-size:19px;font-weight:600;fill:#0f172a}.name{font-weight:600;fill:#0f172a}.paper{fill:#fff}.grid{stroke:#e2e8f0}
.line{fill:none;stroke-width:1.8;stroke-linejoin:round}${style.join("")}
@media (prefers-color-scheme:dark){text{fill:#a3afbd}.head,.name{fill:#f1f5f9}.paper{fill:#0f172a}.grid{stroke:#243044}${dark.join("")}}
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="head" x="${LEFT}" y="36">${escaped(title)}</text>
${drawn.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 16}" text-anchor="middle">${time.unit} since ${escaped(start.slice(0, 16).replace("T", " "))} UTC</text>
</svg>
`;
}

function panel(plot: Plot, rows: readonly Legend[][], time: Axis, top: number): string {
  const { title, unit, lines } = plot;
  const finite = lines.flatMap(({ series }) => [...series.values, series.last].filter(Number.isFinite));
  const [min, max] = finite.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ] as [number, number]);
  const value = finite.length === 0 ? valueAxis(0, 1, 4) : valueAxis(min, max, 4);
  const above = top + TITLE + rows.length * LEGEND_ROW;
  const x = (timeS: number) => LEFT + ((WIDTH - LEFT - RIGHT) * timeS) / time.to;
  const y = (at: number) => {
    const part = (at - value.from) / (value.to - value.from);
    return above + LINES * (1 - Math.max(0, Math.min(1, part)));
  };
  return [
    `<text class="name" x="${LEFT}" y="${top + 14}">${escaped(unit === "" ? title : `${title}, ${unit}`)}</text>`,
    ...rows.flatMap((row, i) => row.map((one) => legend(one, top + TITLE + i * LEGEND_ROW + 10))),
    ...value.ticks.map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${fixed(y(tick))}" y2="${fixed(y(tick))}"/><text x="${LEFT - 8}" y="${fixed(y(tick) + 4)}" text-anchor="end">${value.label(tick)}</text>`,
    ),
    ...time.ticks.map(
      (tick) => `<text x="${fixed(x(tick))}" y="${above + LINES + 20}" text-anchor="middle">${time.label(tick)}</text>`,
    ),
    ...lines.map(({ series }, i) => `<path class="line ${strokeOf(i)}" d="${steps(series, time.to, x, y)}"/>`),
  ].join("\n");
}

/** A value holds until the next one: a line goes across, then up or down. */
function steps(series: Series, last: number, x: (timeS: number) => number, y: (value: number) => number): string {
  const { times, values } = series.range(0, last, COLUMNS);
  let path = "";
  let isDown = false;
  for (const [i, value] of values.entries()) {
    const across = fixed(x(times[i]!));
    if (value === null) {
      if (isDown) path += `H${across}`;
      isDown = false;
    } else path += isDown ? `H${across}V${fixed(y(value))}` : `M${across} ${fixed(y(value))}`;
    isDown = value !== null;
  }
  return isDown ? `${path}H${fixed(x(last))}` : path;
}

/** Colour and dash of line `i`: 36 pairs that are all different. */
function strokeOf(i: number): string {
  const count = STROKES.length;
  return `l${i % count} d${(i + Math.floor(i / count)) % count}`;
}

interface Legend {
  readonly text: string;
  /** Classes of its stroke; undefined for a remark. */
  readonly stroke: string | undefined;
  readonly x: number;
}

/** The names of the lines in rows, as many as each takes. */
function legendRows({ lines, left }: Plot): Legend[][] {
  const entries = lines.map(({ name }, i) => ({ text: name, stroke: strokeOf(i) as string | undefined }));
  if (left > 0) entries.push({ text: `and ${left} more`, stroke: undefined });
  const rows: Legend[][] = [[]];
  let x = LEFT;
  for (const { text, stroke } of entries) {
    const width = SWATCH + text.length * LETTER + 18;
    if (x + width > WIDTH - RIGHT && x > LEFT) {
      rows.push([]);
      x = LEFT;
    }
    rows.at(-1)!.push({ text, stroke, x });
    x += width;
  }
  return rows;
}

function legend({ text, stroke, x }: Legend, y: number): string {
  const swatch = stroke === undefined ? "" : `<path class="line ${stroke}" d="M${x} ${y - 4}H${x + SWATCH - 10}"/>`;
  return `${swatch}<text x="${x + (stroke === undefined ? 0 : SWATCH - 4)}" y="${y}">${escaped(text)}</text>`;
}

function described({ title, unit, lines, left }: Plot): string {
  const names = lines.map(({ name }) => name).join(", ");
  return `${title}${unit === "" ? "" : ` in ${unit}`}: ${names}${left > 0 ? ` and ${left} more` : ""}.`;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
