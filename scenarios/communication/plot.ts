/**
 * Draws what a sweep over loss rates, attempts and seeds has come to; see README.md:
 * `npx tsx scenarios/communication/plot.ts FOLDER > scenarios/communication/communication.svg`, where FOLDER is the sweep's.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = "."] = process.argv.slice(2);
const WIDTH = 960;
const HEIGHT = 400;
const LEFT = 64;
const RIGHT = 150;
const TOP = 84;
const BOTTOM = 56;

interface Run {
  readonly loss: number;
  readonly attempts: number;
  readonly hours: number;
}

/** One run has a folder named after what was swept, as `loss=0.1,attempts=3,seed=2`, with its figures. */
function readRuns(): Run[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.includes("loss="))
    .map(({ name }) => {
      const point = Object.fromEntries(name.split(",").map((pair) => pair.split("=") as [string, string]));
      const figures = JSON.parse(readFileSync(join(folder, name, "result.json"), "utf8")) as Record<string, number>;
      const hours = figures["overloaded_h"]! + figures["out_of_bounds_h"]!;
      return { loss: Number(point["loss"]), attempts: Number(point["attempts"]), hours };
    });
}

const runs = readRuns();
const losses = [...new Set(runs.map(({ loss }) => loss))].sort((a, b) => a - b);
const kinds = [...new Set(runs.map(({ attempts }) => attempts))].sort((a, b) => a - b);
const highest = Math.max(1, Math.ceil(Math.max(...runs.map(({ hours }) => hours))));
const x = (loss: number) => (LEFT + ((WIDTH - LEFT - RIGHT) * loss) / losses.at(-1)!).toFixed(1);
const y = (hours: number) => (HEIGHT - BOTTOM - ((HEIGHT - TOP - BOTTOM) * hours) / highest).toFixed(1);
const colours = ["#b45309", "#1d4ed8", "#0f766e"];
const dark = ["#fbbf24", "#60a5fa", "#2dd4bf"];

/** Mean of the seeds as a line, from the least to the most of them as a band. */
function curve(attempts: number, i: number): string {
  const of = (loss: number) =>
    runs.filter((run) => run.loss === loss && run.attempts === attempts).map(({ hours }) => hours);
  const mean = (loss: number) => of(loss).reduce((sum, hours) => sum + hours, 0) / of(loss).length;
  const upper = losses.map((loss) => `${x(loss)},${y(Math.max(...of(loss)))}`);
  const lower = [...losses].reverse().map((loss) => `${x(loss)},${y(Math.min(...of(loss)))}`);
  const line = losses.map((loss) => `${x(loss)},${y(mean(loss))}`);
  const dots = losses.map((loss) => `<circle class="c${i}" cx="${x(loss)}" cy="${y(mean(loss))}" r="3"/>`);
  const last = losses.at(-1)!;
  const name = attempts === 1 ? "asked once" : `asked up to ${attempts}×`;
  return `<polygon class="c${i} band" points="${[...upper, ...lower].join(" ")}"/>
<polyline class="c${i}" style="fill: none" points="${line.join(" ")}"/>
${dots.join("")}
<text class="c${i} name" x="${Number(x(last)) + 10}" y="${Number(y(mean(last))) + 4}">${name}</text>`;
}

const seeds = runs.length / losses.length / kinds.length;
const hourLines = Array.from({ length: highest + 1 }, (_, i) => i).map(
  (hours) =>
    `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(hours)}" y2="${y(hours)}"/><text x="${LEFT - 8}" y="${Number(y(hours)) + 4}" text-anchor="end">${hours}</text>`,
);
const marks = losses.map(
  (loss) => `<text x="${x(loss)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${Math.round(100 * loss)} %</text>`,
);
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="title desc">
<title id="title">What agents lose with their messages</title>
<desc id="desc">Hours over a limit in two days, by the share of messages that are lost.</desc>
<style>
  text { fill: #475569 } .title { font-size: 19px; font-weight: 600; fill: #0f172a } .paper { fill: #ffffff } .grid { stroke: #e2e8f0 }
  polyline { stroke-width: 2; stroke-linejoin: round } .band { stroke: none; opacity: 0.15 } .name { stroke: none; font-weight: 600 }
  ${kinds.map((_, i) => `.c${i} { stroke: ${colours[i]}; fill: ${colours[i]} }`).join(" ")} .band, .name { stroke: none }
  @media (prefers-color-scheme: dark) {
    text { fill: #94a3b8 } .title { fill: #f1f5f9 } .paper { fill: #0f172a } .grid { stroke: #1e293b }
    ${kinds.map((_, i) => `.c${i} { stroke: ${dark[i]}; fill: ${dark[i]} }`).join(" ")} .band, .name { stroke: none }
  }
</style>
<rect class="paper" width="100%" height="100%"/>
<text class="title" x="${LEFT}" y="34">What agents lose with their messages</text>
<text x="${LEFT}" y="56">hours over a limit in two days: mean of ${seeds} seeds, and from the least to the most of them</text>
${[...hourLines, ...marks].join("\n")}
${kinds.map(curve).join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">messages lost</text>
</svg>
`);
