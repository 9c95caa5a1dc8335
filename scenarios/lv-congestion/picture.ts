import type { QuarterHour } from "./collector.ts";
import { VM_MAX_PU } from "./connections.ts";
import { STEPS_PER_DAY } from "./grid/index.ts";

const WIDTH = 960;
const LEFT = 64;
const RIGHT = 24;
const PANEL_HEIGHT = 220;
const COLOR = { before: "#c2410c", after: "#1d4ed8", limit: "#b91c1c", axis: "#64748b", grid: "#e2e8f0" };

/** A curve over the quarter hours. */
interface Curve {
  readonly color: string;
  readonly values: readonly number[];
}

interface Panel {
  readonly title: string;
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  readonly limit: number;
  readonly digits: number;
  readonly curves: readonly Curve[];
}

/** The loading of the transformer and the highest voltage over the run, before and after, as SVG. */
export function picture(
  title: string,
  before: readonly QuarterHour[],
  after: readonly QuarterHour[] | undefined,
): string {
  const curves = (of: (q: QuarterHour) => number): Curve[] => [
    { color: COLOR.before, values: before.map(of) },
    ...(after === undefined ? [] : [{ color: COLOR.after, values: after.map(of) }]),
  ];
  const loading = curves((q) => q.loadingPercent);
  const voltage = curves((q) => q.vmMaxPu);
  const panels = [
    panel("Transformer loading in % of its rating", loading, 100, 0, 20, 0),
    panel("Highest bus voltage in p.u.", voltage, VM_MAX_PU, 1, 0.01, 2),
  ];
  const height = 96 + panels.length * (PANEL_HEIGHT + 64);
  const body = panels.map((p, i) => drawPanel(p, 96 + i * (PANEL_HEIGHT + 64), before.length)).join("\n");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13">
<title>${title}</title>
<rect width="100%" height="100%" fill="white"/>
<text x="${LEFT}" y="34" font-size="19" font-weight="600" fill="#0f172a">${title}</text>
${legend(after !== undefined)}
${body}
</svg>
`;
}

/** Bounds and ticks that take in all curves and the limit. */
function panel(
  title: string,
  curves: readonly Curve[],
  limit: number,
  floor: number,
  step: number,
  digits: number,
): Panel {
  const values = curves.flatMap(({ values }) => values);
  const high = Math.ceil(Math.max(limit, ...values) / step) * step;
  const low = Math.floor(Math.min(floor, ...values) / step) * step;
  const count = Math.round((high - low) / step);
  return {
    title,
    low,
    high,
    ticks: Array.from({ length: count + 1 }, (_, i) => low + i * step),
    limit,
    digits,
    curves,
  };
}

function drawPanel(p: Panel, top: number, steps: number): string {
  const x = (step: number) => LEFT + ((WIDTH - LEFT - RIGHT) * step) / Math.max(1, steps);
  const y = (value: number) => top + PANEL_HEIGHT * (1 - (value - p.low) / (p.high - p.low));
  const line = (value: number, color: string, extra = "") =>
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="${color}" ${extra}/>`;
  const ticks = p.ticks.map(
    (tick) =>
      `${line(tick, COLOR.grid)}<text x="${LEFT - 8}" y="${(y(tick) + 4).toFixed(1)}" text-anchor="end" fill="${COLOR.axis}">${tick.toFixed(p.digits)}</text>`,
  );
  const curves = p.curves.map(({ color, values }) => {
    // A quarter hour has one value from its start to its end.
    const points = values.flatMap((value, i) => [
      `${x(i).toFixed(1)},${y(value).toFixed(1)}`,
      `${x(i + 1).toFixed(1)},${y(value).toFixed(1)}`,
    ]);
    return `<polyline fill="none" stroke="${color}" stroke-width="1.8" stroke-linejoin="round" points="${points.join(" ")}"/>`;
  });
  return [
    `<text x="${LEFT}" y="${top - 12}" font-weight="600" fill="#334155">${p.title}</text>`,
    ...ticks,
    ...hours(x, top + PANEL_HEIGHT, steps),
    line(p.limit, COLOR.limit, 'stroke-dasharray="6 4"'),
    ...curves,
  ].join("\n");
}

/** Labels below a panel: hours of one day, or days. */
function hours(x: (step: number) => number, bottom: number, steps: number): string[] {
  const days = steps / STEPS_PER_DAY;
  const every = days === 1 ? STEPS_PER_DAY / 8 : STEPS_PER_DAY * Math.ceil(days / 14);
  const labels: string[] = [];
  for (let step = 0; step <= steps; step += every) {
    const label = days === 1 ? `${String(step / 4).padStart(2, "0")}:00` : `day +${step / STEPS_PER_DAY}`;
    labels.push(
      `<line x1="${x(step).toFixed(1)}" x2="${x(step).toFixed(1)}" y1="${bottom}" y2="${bottom + 5}" stroke="${COLOR.axis}"/>`,
      `<text x="${x(step).toFixed(1)}" y="${bottom + 20}" text-anchor="middle" fill="${COLOR.axis}">${label}</text>`,
    );
  }
  return labels;
}

function legend(hasAfter: boolean): string {
  const entries = [
    ["before: without agents", COLOR.before],
    ...(hasAfter ? [["after: with agents", COLOR.after]] : []),
    ["limit", COLOR.limit],
  ];
  return entries
    .map(([text, color], i) => {
      const at = LEFT + i * 200;
      return `<line x1="${at}" x2="${at + 26}" y1="58" y2="58" stroke="${color}" stroke-width="3"/><text x="${at + 34}" y="62" fill="#334155">${text}</text>`;
    })
    .join("");
}
