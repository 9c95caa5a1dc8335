/** How a negotiation went: the cost after so many iterations, and the least cost there is. */
export interface Course {
  readonly name: string;
  /** EUR an hour. */
  readonly optimum: number;
  readonly course: readonly (readonly [iterations: number, cost: number])[];
}

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 78;
const RIGHT = 110;
const TOP = 76;
const BOTTOM = 60;

/** Decades of the distance that are shown: from 1 down to 1e-8. */
const LOWEST = 1e-8;
const DECADES = 8;

/** Colours and dashes that tell lines apart, on light and dark pages. */
const LINES = [
  { light: "#1d4ed8", dark: "#60a5fa", dash: "none" },
  { light: "#b45309", dark: "#fbbf24", dash: "7 4" },
  { light: "#0f766e", dark: "#2dd4bf", dash: "2 3" },
  { light: "#be185d", dark: "#f472b6", dash: "9 3 2 3" },
];

/** The distance to the optimum over the iterations, as SVG. */
export function picture(courses: readonly Course[]): string {
  const last = Math.max(...courses.map(({ course }) => course.at(-1)![0]));
  const x = (iterations: number) => LEFT + ((WIDTH - LEFT - RIGHT) * iterations) / last;
  const y = (distance: number) =>
    TOP + ((HEIGHT - TOP - BOTTOM) * -Math.log10(Math.min(1, Math.max(LOWEST, distance)))) / DECADES;
  const style = LINES.map(
    ({ light, dash }, i) => `.l${i} { stroke: ${light}; fill: ${light}; stroke-dasharray: ${dash} }`,
  );
  const dark = LINES.map(({ dark }, i) => `.l${i} { stroke: ${dark}; fill: ${dark} }`);
  const decades = Array.from({ length: DECADES / 2 + 1 }, (_, i) => 10 ** (-2 * i)).map(
    (value) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${value === 1 ? "1" : value.toExponential(0)}</text>`,
  );
  const step = [50, 100, 200, 250, 500, 1000].find((step) => last / step <= 10) ?? 2000;
  const marks = Array.from({ length: Math.floor(last / step) + 1 }, (_, i) => i * step).map(
    (value) => `<text x="${x(value).toFixed(1)}" y="${HEIGHT - BOTTOM + 22}" text-anchor="middle">${value}</text>`,
  );
  const taken: { readonly left: number; readonly at: number }[] = [];
  const lines = courses.map(({ optimum, course }, i) => {
    const points = course.map(([k, cost]) => `${x(k).toFixed(1)},${y(Math.abs(cost / optimum - 1)).toFixed(1)}`);
    return `<polyline class="l${i}" style="fill: none" points="${points.join(" ")}"/>`;
  });
  const names = courses.map(({ name, optimum, course }, i) => {
    const [k, cost] = course.at(-1)!;
    const left = x(k) + 8;
    let at = y(Math.abs(cost / optimum - 1)) + 4;
    while (taken.some((other) => Math.abs(other.at - at) < 15 && Math.abs(other.left - left) < 60)) at += 15;
    taken.push({ left, at });
    return `<text class="l${i}" style="stroke: none" x="${left.toFixed(1)}" y="${at.toFixed(1)}">${name}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">Distance to the least cost</title>
<desc id="desc">${courses.map(({ name, optimum, course }) => `${name}: ${Math.abs(course.at(-1)![1] / optimum - 1).toExponential(1)} after ${course.at(-1)![0]} iterations`).join("; ")}.</desc>
<style>
  text { fill: #475569 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .paper { fill: #ffffff } .grid { stroke: #e2e8f0 }
  polyline { stroke-width: 2; stroke-linejoin: round } ${style.join(" ")}
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b } ${dark.join(" ")}
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="36">How near agents are to the least cost</text>
<text x="${LEFT}" y="${TOP - 14}">|cost / optimum − 1|</text>
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">iterations</text>
${[...decades, ...marks, ...lines, ...names].join("\n")}
</svg>
`;
}
