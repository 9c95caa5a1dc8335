import type { QuarterHour } from "./collector.ts";
import { VM_MAX_PU } from "./connections.ts";
import { STEPS_PER_DAY } from "./grid/index.ts";
import { total } from "./result.ts";

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 24;
const PANEL_HEIGHT = 220;
/** Height of the band that tells what storages and plants did. */
const BAND_HEIGHT = 110;
/** From the bottom of a panel to the top of the next one: labels and title. */
const BETWEEN = 64;
const TOP = 116;

/** Colours that colour-blind people tell apart, for light and dark pages; before, after and limit differ in dash, too. */
const STYLE = `
  text { fill: #334155 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .heading { font-weight: 600 }
  .paper { fill: #ffffff } .axis { stroke: #64748b } .grid { stroke: #e2e8f0 } .small { fill: #64748b }
  polyline { fill: none; stroke-linejoin: round }
  .before { stroke: #b45309; stroke-width: 1.8; stroke-dasharray: 2 2.5 } .after { stroke: #1d4ed8; stroke-width: 2 }
  .limit { stroke: #0f172a; stroke-width: 1.2; stroke-dasharray: 9 5 }
  .charging { fill: #0f766e } .giving { fill: #38bdf8 } .curtailed { fill: #be185d }
  @media (prefers-color-scheme: dark) {
    text { fill: #cbd5e1 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b } .small { fill: #94a3b8 }
    .before { stroke: #fbbf24 } .after { stroke: #60a5fa } .limit { stroke: #f1f5f9 }
    .charging { fill: #2dd4bf } .giving { fill: #0284c7 } .curtailed { fill: #f472b6 }
  }`;

/** Maps a value to a height in the picture. */
interface Scale {
  readonly low: number;
  readonly high: number;
  readonly step: number;
  readonly digits: number;
}

/** A curve over the quarter hours; `kind` is its class of style. */
interface Curve {
  readonly kind: "before" | "after";
  readonly values: readonly number[];
}

interface Panel {
  readonly heading: string;
  readonly scale: Scale;
  readonly limit: number;
  readonly limitText: string;
  readonly curves: readonly Curve[];
}

/**
 * The loading of the transformer and the highest voltage over the run, before and after, and below what storages and
 * curtailment did for it, as SVG.
 */
export function picture(
  title: string,
  before: readonly QuarterHour[],
  after: readonly QuarterHour[] | undefined,
): string {
  const curves = (of: (q: QuarterHour) => number): Curve[] => [
    { kind: "before", values: before.map(of) },
    ...(after === undefined ? [] : [{ kind: "after" as const, values: after.map(of) }]),
  ];
  const loading = curves((q) => q.loadingPercent);
  const voltage = curves((q) => q.vmMaxPu);
  const panels: Panel[] = [
    {
      heading: "Transformer loading in % of its rating",
      scale: scaleOf([0, 100, ...valuesOf(loading)], 20, 0),
      limit: 100,
      limitText: "rating",
      curves: loading,
    },
    {
      heading: "Highest bus voltage in p.u.",
      scale: scaleOf([VM_MAX_PU, ...valuesOf(voltage)], 0.01, 2),
      limit: VM_MAX_PU,
      limitText: "highest allowed",
      curves: voltage,
    },
  ];
  const bandTop = TOP + panels.length * (PANEL_HEIGHT + BETWEEN);
  const height = bandTop + (after === undefined ? 0 : BAND_HEIGHT + BETWEEN);
  const body = panels.map((panel, i) => drawPanel(panel, TOP + i * (PANEL_HEIGHT + BETWEEN), before.length));
  if (after !== undefined) body.push(drawBand(after, bandTop));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">${title}</title>
<desc id="desc">${description(loading, voltage)}</desc>
<style>${STYLE}
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="34">${title}</text>
${legend(after !== undefined)}
${body.join("\n")}
</svg>
`;
}

/** What the curves tell, for whoever cannot see them. */
function description(loading: readonly Curve[], voltage: readonly Curve[]): string {
  const highest = (curves: readonly Curve[], digits: number, unit: string) =>
    curves.map(({ kind, values }) => `${Math.max(...values).toFixed(digits)} ${unit} ${kind}`).join(", ");
  return `Highest transformer loading: ${highest(loading, 1, "%")}. Highest voltage: ${highest(voltage, 4, "p.u.")}.`;
}

function valuesOf(curves: readonly Curve[]): number[] {
  return curves.flatMap(({ values }) => values);
}

/** The bounds that take in all values, in whole steps. */
function scaleOf(values: readonly number[], step: number, digits: number): Scale {
  const high = Math.ceil(Math.max(...values) / step - 1e-9) * step;
  const low = Math.floor(Math.min(...values) / step + 1e-9) * step;
  return { low, high, step, digits };
}

function heightOf({ low, high }: Scale, value: number, top: number, panelHeight: number): number {
  return top + panelHeight * (1 - (value - low) / (high - low));
}

function xOf(step: number, steps: number): number {
  return LEFT + ((WIDTH - LEFT - RIGHT) * step) / Math.max(1, steps);
}

function drawPanel({ heading, scale, limit, limitText, curves }: Panel, top: number, steps: number): string {
  const y = (value: number) => heightOf(scale, value, top, PANEL_HEIGHT);
  const lines = curves.map(({ kind, values }) => {
    // A quarter hour has one value from its start to its end.
    const points = values.flatMap((value, i) => [
      `${xOf(i, steps).toFixed(1)},${y(value).toFixed(1)}`,
      `${xOf(i + 1, steps).toFixed(1)},${y(value).toFixed(1)}`,
    ]);
    return `<polyline class="${kind}" points="${points.join(" ")}"/>`;
  });
  const right = WIDTH - RIGHT;
  return [
    axis(heading, scale, top, PANEL_HEIGHT),
    ...hours(top + PANEL_HEIGHT, steps),
    ...lines,
    level(y(limit), "limit"),
    `<text class="small" x="${right - 4}" y="${(y(limit) - 5).toFixed(1)}" text-anchor="end">${limitText}</text>`,
  ].join("\n");
}

/** What was charged and given back, and what plants were kept from feeding in, in kW. */
function drawBand(run: readonly QuarterHour[], top: number): string {
  const storageKw = (q: QuarterHour, sign: number) =>
    1000 * total(Object.values(q.storageMw).map((mw) => Math.max(0, sign * mw)));
  const bands = [
    { kind: "charging", values: run.map((q) => storageKw(q, 1)) },
    { kind: "giving", values: run.map((q) => -storageKw(q, -1)) },
    { kind: "curtailed", values: run.map((q) => 1000 * q.curtailedMw) },
  ];
  const values = bands.flatMap(({ values }) => values);
  const span = Math.max(...values, 1) - Math.min(...values, -1);
  const scale = scaleOf([0, ...values], roundStep(span / 3), 0);
  const y = (value: number) => heightOf(scale, value, top, BAND_HEIGHT);
  const bars = bands.flatMap(({ kind, values }) =>
    values.flatMap((value, i) => {
      if (value === 0) return [];
      const width = xOf(i + 1, run.length) - xOf(i, run.length);
      const from = Math.min(y(0), y(value));
      const height = Math.abs(y(value) - y(0));
      return `<rect class="${kind}" x="${xOf(i, run.length).toFixed(1)}" y="${from.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;
    }),
  );
  return [
    axis("What the agents did for it, in kW", scale, top, BAND_HEIGHT),
    ...hours(top + BAND_HEIGHT, run.length),
    ...bars,
    level(y(0), "axis"),
    ...keys(["storages charge", "charging"], ["storages give back", "giving"], ["PV curtailed", "curtailed"]).map(
      (key, i) => `<g transform="translate(${LEFT + 430 + i * 150} ${top - 12})">${key}</g>`,
    ),
  ].join("\n");
}

/** 1, 2 or 5 times a power of ten, the nearest above. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return power * ([1, 2, 5].find((factor) => factor * power >= step) ?? 10);
}

function keys(...entries: readonly [string, string][]): string[] {
  return entries.map(
    ([text, kind]) => `<rect class="${kind}" width="12" height="12" y="-11"/><text x="18">${text}</text>`,
  );
}

/** Heading, grid lines and their values. */
function axis(heading: string, { low, high, step, digits }: Scale, top: number, height: number): string {
  const count = Math.round((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) => low + i * step).map((value) => {
    const at = heightOf({ low, high, step, digits }, value, top, height);
    return `${level(at, "grid")}<text class="small" x="${LEFT - 8}" y="${(at + 4).toFixed(1)}" text-anchor="end">${value.toFixed(digits)}</text>`;
  });
  return [`<text class="heading" x="${LEFT}" y="${top - 12}">${heading}</text>`, ...ticks].join("\n");
}

function level(at: number, kind: string): string {
  return `<line class="${kind}" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at.toFixed(1)}" y2="${at.toFixed(1)}"/>`;
}

/** Labels below a panel: hours of one day, or days. */
function hours(bottom: number, steps: number): string[] {
  const days = steps / STEPS_PER_DAY;
  const every = days === 1 ? STEPS_PER_DAY / 8 : STEPS_PER_DAY * Math.ceil(days / 14);
  const labels: string[] = [];
  for (let step = 0; step <= steps; step += every) {
    const label = days === 1 ? `${String(step / 4).padStart(2, "0")}:00` : `day +${step / STEPS_PER_DAY}`;
    const x = xOf(step, steps).toFixed(1);
    labels.push(
      `<line class="axis" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 5}"/>`,
      `<text class="small" x="${x}" y="${bottom + 20}" text-anchor="middle">${label}</text>`,
    );
  }
  return labels;
}

function legend(hasAfter: boolean): string {
  const entries = [
    ["before: without agents", "before"],
    ...(hasAfter ? [["after: with agents", "after"]] : []),
    ["limit", "limit"],
  ];
  return entries
    .map(([text, kind], i) => {
      const at = LEFT + i * 220;
      return `<line class="${kind}" x1="${at}" x2="${at + 30}" y1="58" y2="58"/><text x="${at + 38}" y="62">${text}</text>`;
    })
    .join("");
}
