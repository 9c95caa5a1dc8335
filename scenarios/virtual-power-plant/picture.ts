import type { Schedule } from "./cohda.ts";

type Plan = Readonly<Record<string, Schedule>>;

/** What is drawn: what was sold, and three plans by agent. */
export interface Drawn {
  readonly target: Schedule;
  readonly first: Plan;
  /** The first plan without the plant that fails. */
  readonly unplanned: Plan;
  readonly second: Plan;
  readonly fails: string;
  readonly hour: number;
}

const WIDTH = 960;
const HEIGHT = 520;
const LEFT = 64;
const RIGHT = 24;
const TOP = 96;
/** Height of the upper and the lower panel, and between them. */
const UPPER = 230;
const LOWER = 96;
const GAP = 48;

/** Colours on light and dark pages, width and dashes. */
const LINES = {
  target: { light: "#cbd5e1", dark: "#475569", width: 9, dash: "none" },
  first: { light: "#1d4ed8", dark: "#60a5fa", width: 2, dash: "none" },
  unplanned: { light: "#be123c", dark: "#fb7185", width: 2, dash: "2 3" },
  second: { light: "#0f766e", dark: "#2dd4bf", width: 2.5, dash: "9 3" },
} as const;

type Line = keyof typeof LINES;

/** Power of the virtual power plant over the day, and that of its storages below, as SVG. */
export function picture({ target, first, unplanned, second, fails, hour }: Drawn): string {
  const hours = target.length;
  const x = (at: number) => LEFT + ((WIDTH - LEFT - RIGHT) * at) / hours;
  const sums = { first: total(first), unplanned: total(unplanned), second: total(second) };
  const stored = { first: total(storages(first)), second: total(storages(second)) };
  const upper = panel("kW, all", TOP, UPPER, [target, ...Object.values(sums)]);
  const lower = panel("kW, storages", TOP + UPPER + GAP, LOWER, Object.values(stored));
  const step = (y: (watts: number) => number, watts: Schedule, line: Line, from = 0) => {
    const points = watts
      .slice(from)
      .flatMap((value, i) => [i + from, i + from + 1].map((at) => `${x(at)},${y(value).toFixed(1)}`));
    return `<polyline class="${line}" points="${points.join(" ")}"/>`;
  };
  const bottom = TOP + UPPER + GAP + LOWER;
  const marks = Array.from({ length: hours / 3 + 1 }, (_, i) => 3 * i).map(
    (at) => `<text x="${x(at)}" y="${bottom + 22}" text-anchor="middle">${at}:00</text>`,
  );
  const names: readonly (readonly [Line, string])[] = [
    ["target", "sold"],
    ["first", "first plan"],
    ["unplanned", `${fails} fails, no new plan`],
    ["second", "new plan"],
  ];
  const legend = names.map(([line, name], i) => {
    const left = LEFT + [0, 90, 210, 410][i]!;
    return `<line class="${line}" x1="${left}" x2="${left + 26}" y1="60" y2="60"/><text x="${left + 34}" y="64">${name}</text>`;
  });
  const drawn = [
    step(upper.y, target, "target"),
    step(upper.y, sums.first, "first"),
    step(upper.y, sums.unplanned, "unplanned", hour),
    step(upper.y, sums.second, "second", hour),
    step(lower.y, stored.first, "first"),
    step(lower.y, stored.second, "second", hour),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">What was sold, and what the plants do</title>
<desc id="desc">Off by ${off(target, sums.first)} kWh by the first plan, ${off(target, sums.unplanned)} kWh when ${fails} fails at ${hour}:00 and nobody plans again, ${off(target, sums.second)} kWh by the new plan.</desc>
<style>
  text { fill: #475569 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .paper { fill: #ffffff } .grid { stroke: #e2e8f0 } .now { stroke: #94a3b8; stroke-dasharray: 4 4 }
  polyline { fill: none; stroke-linejoin: round } ${styles("light")}
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b } ${styles("dark")}
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="36">What was sold, and what the plants do</text>
${[...legend, ...upper.grid, ...lower.grid, ...marks].join("\n")}
<line class="now" x1="${x(hour)}" x2="${x(hour)}" y1="${TOP - 6}" y2="${bottom}"/>
${drawn.join("\n")}
</svg>
`;
}

/** A panel with its own scale: lines at round powers, and where a power is. */
function panel(name: string, top: number, height: number, schedules: readonly Schedule[]) {
  const all = schedules.flat();
  const step =
    [25, 50, 100, 200, 500].find((kw) => (Math.max(...all) - Math.min(...all)) / 1000 / kw <= height / 40)! * 1000;
  const low = Math.floor(Math.min(...all) / step) * step;
  const high = Math.max(Math.ceil(Math.max(...all) / step) * step, low + step);
  const y = (watts: number) => top + (height * (high - watts)) / (high - low);
  const grid = Array.from({ length: (high - low) / step + 1 }, (_, i) => low + i * step).map(
    (watts) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(watts)}" y2="${y(watts)}"/><text x="${LEFT - 8}" y="${y(watts) + 4}" text-anchor="end">${watts / 1000}</text>`,
  );
  return { y, grid: [...grid, `<text x="${LEFT}" y="${top - 12}">${name}</text>`] };
}

function styles(page: "light" | "dark"): string {
  return Object.entries(LINES)
    .map(
      ([name, line]) =>
        `.${name} { stroke: ${line[page]}; stroke-width: ${line.width}; stroke-dasharray: ${line.dash} }`,
    )
    .join(" ");
}

function total(plan: Plan): Schedule {
  const [first = [], ...others] = Object.values(plan);
  return first.map((watts, i) => others.reduce((sum, schedule) => sum + schedule[i]!, watts));
}

function storages(plan: Plan): Plan {
  return Object.fromEntries(Object.entries(plan).filter(([id]) => id.startsWith("Storage")));
}

function off(target: Schedule, sum: Schedule): string {
  return (target.reduce((all, watts, i) => all + Math.abs(watts - sum[i]!), 0) / 1000).toFixed(1);
}
