import type { Cleared } from "./market.ts";

const WIDTH = 960;
const HEIGHT = 470;
const LEFT = 64;
const RIGHT = 24;
const TOP = 96;
/** Height of the panel of powers, and of that of prices. */
const POWERS = 210;
const PRICES = 80;
const GAP = 46;

/** Who sold, from below to above: colours on light and dark pages. */
const KINDS = [
  { name: "wind", light: "#93c5fd", dark: "#1e40af" },
  { name: "batteries", light: "#86efac", dark: "#166534" },
  { name: "Python's CHPs", light: "#fbbf24", dark: "#b45309" },
] as const;

/** Who sold how much in each hour, what everybody bought, and the price, as SVG. @param python - Names of Python's agents. */
export function picture(day: readonly Cleared[], python: readonly string[]): string {
  const x = (hour: number) => LEFT + ((WIDTH - LEFT - RIGHT) * hour) / day.length;
  const high = Math.ceil(Math.max(...day.map(({ volume }) => volume)) / 250) * 250;
  const y = (kw: number) => TOP + POWERS * (1 - kw / high);
  const dearest = Math.ceil(Math.max(...day.map(({ price = 0 }) => price)) / 25) * 25;
  const bottom = TOP + POWERS + GAP + PRICES;
  const yPrice = (price: number) => bottom - (PRICES * price) / dearest;
  const line = (at: number, text: string | number) =>
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 8}" y="${at + 4}" text-anchor="end">${text}</text>`;
  const grid = [
    ...range(0, high, 250).map((kw) => line(y(kw), kw)),
    ...range(0, dearest, 25).map((price) => line(yPrice(price), price)),
    ...range(0, day.length, 3).map(
      (at) => `<text x="${x(at)}" y="${bottom + 22}" text-anchor="middle">${at}:00</text>`,
    ),
    `<text x="${LEFT}" y="${TOP - 12}">kW sold</text>`,
    `<text x="${LEFT}" y="${bottom - PRICES - 12}">EUR/MWh</text>`,
  ];
  const bars = day.flatMap(({ trades }, hour) => {
    let below = 0;
    return KINDS.map(({ name }, i) => {
      const kw = sold(trades, name, python);
      below += kw;
      return `<rect class="k${i}" x="${x(hour) + 2}" width="${x(1) - x(0) - 4}" y="${y(below).toFixed(1)}" height="${(y(0) - y(kw)).toFixed(1)}"/>`;
    });
  });
  const prices = day.flatMap(({ price = 0 }, hour) =>
    [hour, hour + 1].map((at) => `${x(at)},${yPrice(price).toFixed(1)}`),
  );
  const legend = KINDS.map(({ name }, i) => {
    const left = LEFT + 120 * i;
    return `<rect class="k${i}" x="${left}" y="52" width="14" height="14"/><text x="${left + 20}" y="64">${name}</text>`;
  });
  const fills = (page: "light" | "dark") => KINDS.map((kind, i) => `.k${i} { fill: ${kind[page]} }`).join(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">One market, two languages</title>
<desc id="desc">Who sold in each hour: wind and batteries in TypeScript, combined heat and power plants in Python; and the price, up to ${dearest} EUR/MWh.</desc>
<style>
  text { fill: #475569 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .paper { fill: #ffffff } .grid { stroke: #e2e8f0 }
  polyline { fill: none; stroke: #0f172a; stroke-width: 2 } ${fills("light")}
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b } polyline { stroke: #f1f5f9 } ${fills("dark")}
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="36">One market, two languages</text>
${[...legend, ...grid, ...bars].join("\n")}
<polyline points="${prices.join(" ")}"/>
</svg>
`;
}

function range(from: number, to: number, step: number): readonly number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => from + i * step);
}

/** kW that traders of a kind sold. */
function sold(trades: Cleared["trades"], kind: (typeof KINDS)[number]["name"], python: readonly string[]): number {
  const isOf = (name: string) => {
    if (python.includes(name)) return kind === "Python's CHPs";
    return kind === (name.startsWith("battery") ? "batteries" : "wind");
  };
  return Object.entries(trades).reduce((sum, [name, kw]) => sum + (isOf(name) && kw > 0 ? kw : 0), 0);
}
