import { priceAt, STEP_H, STEPS } from "./site.ts";

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 56;
const RIGHT = 24;
const TOP = 86;
const BOTTOM = 52;

/** Powers over the night, as SVG: houses and cars on top of each other, and what there would be if all charged at once. */
export function picture(
  limitKw: number,
  baseKw: readonly number[],
  chargedKw: readonly number[],
  atOnceKw: readonly number[],
): string {
  const on = (powers: readonly number[]) => powers.map((kw, step) => kw + baseKw[step]!);
  const highest = Math.ceil(Math.max(limitKw, ...on(chargedKw), ...on(atOnceKw)) / 20) * 20;
  const x = (step: number) => (LEFT + ((WIDTH - LEFT - RIGHT) * step) / STEPS).toFixed(1);
  const y = (kw: number) => (HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * kw) / highest).toFixed(1);
  const stairs = (powers: readonly number[]) => powers.map((kw, step) => `${x(step)},${y(kw)} ${x(step + 1)},${y(kw)}`);
  const area = (powers: readonly number[]) => `${stairs(powers).join(" ")} ${x(STEPS)},${y(0)} ${x(0)},${y(0)}`;
  const lines = Array.from({ length: highest / 20 + 1 }, (_, i) => i * 20).map(
    (kw) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(kw)}" y2="${y(kw)}"/><text x="${LEFT - 8}" y="${Number(y(kw)) + 4}" text-anchor="end">${kw}</text>`,
  );
  const hours = Array.from({ length: 9 }, (_, i) => i * 3).map(
    (hour) =>
      `<text x="${x(hour / STEP_H)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${(12 + hour) % 24}:00</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">A transformer's night</title>
<desc id="desc">Houses and cars take ${Math.max(...on(chargedKw)).toFixed(1)} kW at most; if all charged at once, ${Math.max(...on(atOnceKw)).toFixed(1)} kW.</desc>
<style>
  text { fill: #475569 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .paper { fill: #ffffff } .grid { stroke: #e2e8f0 }
  .houses { fill: #94a3b8 } .cars { fill: #2563eb } .once { fill: none; stroke: #b45309; stroke-width: 1.5; stroke-dasharray: 5 3 }
  .limit { stroke: #b91c1c; stroke-width: 2 } text.limit { stroke: none; fill: #b91c1c } .price { fill: #0f766e; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b } .houses { fill: #64748b }
    .cars { fill: #60a5fa } .once { stroke: #fbbf24 } .limit { stroke: #f87171 } text.limit { fill: #f87171 } .price { fill: #2dd4bf }
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="32">What houses and cars take of a transformer</text>
<rect class="houses" x="${LEFT}" y="46" width="12" height="12"/><text x="${LEFT + 18}" y="57">houses</text>
<rect class="cars" x="${LEFT + 84}" y="46" width="12" height="12"/><text x="${LEFT + 102}" y="57">cars, by contract net</text>
<line class="once" x1="${LEFT + 252}" x2="${LEFT + 280}" y1="52" y2="52"/><text x="${LEFT + 288}" y="57">if all charged at once</text>
${lines.join("\n")}
<polygon class="cars" points="${area(on(chargedKw))}"/>
<polygon class="houses" points="${area(baseKw)}"/>
<polyline class="once" points="${stairs(on(atOnceKw)).join(" ")}"/>
<line class="limit" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(limitKw)}" y2="${y(limitKw)}"/>
<text class="limit" x="${LEFT + 6}" y="${Number(y(limitKw)) - 6}">limit ${limitKw} kW</text>
${prices(x).join("\n")}
${hours.join("\n")}
<text x="${LEFT - 8}" y="${TOP - 10}" text-anchor="end">kW</text>
</svg>
`;
}

/** The price of each stretch of time in which it stays the same, in cents. */
function prices(x: (step: number) => string): string[] {
  const texts: string[] = [];
  for (let from = 0, to = 1; to <= STEPS; to++) {
    if (to < STEPS && priceAt(to) === priceAt(from)) continue;
    const text = `${Math.round(100 * priceAt(from))} ct/kWh`;
    texts.push(`<text class="price" x="${x((from + to) / 2)}" y="${HEIGHT - 12}" text-anchor="middle">${text}</text>`);
    from = to;
  }
  return texts;
}
