/**
 * `npm run bench [-- name …] [--json] [--only TEXT] [--write [--before FILE]] [--from FILE] [--cores]`: runs benchmarks and
 * prints each figure with its ratio to a baseline that is measured in the same run, in turn with it; with `--json` a line of
 * JSON each, the machine's first. `--only`, also several, leaves out what has none of the texts in its name; `--write` puts
 * the figures into docs/performance.md, `--before` those of an earlier run's lines of JSON beside them, `--from` takes such
 * lines in place of measuring; `--cores` says how many processors a run could use now, and ends. A benchmark is no test:
 * nothing here fails because of a time, only because the work was not done.
 */
import { parseArgs } from "node:util";
import { agents } from "./agents.ts";
import { clock } from "./clock.ts";
import { type Figure, type Suite, timed } from "./figure.ts";
import { helicsGrants, helicsMessages } from "./helics.ts";
import { describeMachine } from "./machine.ts";
import { readResults, writePage } from "./markdown.ts";
import { mosaik } from "./mosaik.ts";
import { page } from "./page.ts";
import { powerFlow } from "./power-flow.ts";
import { record } from "./record.ts";
import { recordedRun } from "./recorded-run.ts";
import { recordings } from "./recordings.ts";
import { rounds } from "./rounds.ts";
import { rpc } from "./rpc.ts";
import { scale } from "./scale.ts";
import { spread } from "./spread.ts";
import { start } from "./start.ts";
import { world } from "./world.ts";

const suites: Record<string, Suite> = {
  agents,
  clock: timed(clock),
  "power-flow": timed(powerFlow),
  record: async (report, wants) => {
    await record(report, wants);
    await recordedRun(report, wants);
  },
  recordings,
  page,
  rounds,
  rpc,
  scale,
  spread,
  start,
  "helics-grants": helicsGrants,
  "helics-messages": helicsMessages,
  mosaik,
  world,
};

function lineOf({ name, value, unit, baseline, ratio, ratioMin, ratioMax }: Figure): string {
  const spread = `${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)}`;
  return `${name}: ${value.toFixed(value < 100 ? 2 : 0)} ${unit}, ${ratio.toFixed(2)} x ${baseline} (${spread})`;
}

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [""] },
    write: { type: "boolean", default: false },
    before: { type: "string" },
    from: { type: "string" },
    cores: { type: "boolean", default: false },
  },
});
/** `helics` is all of `helics-…`. */
const isOf = (wish: string, suite: string) => suite === wish || suite.startsWith(`${wish}-`);
const unknown = wanted.filter((wish) => !Object.keys(suites).some((suite) => isOf(wish, suite)));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
const before = options.before === undefined ? undefined : readResults(options.before);
const isWanted = (suite: string) => wanted.length === 0 || wanted.some((wish) => isOf(wish, suite));
if (options.from === undefined) await measure();
else show();

/** Measure what is wanted, print it and, with `--write`, put it into the page. */
async function measure(): Promise<void> {
  const machine = await describeMachine();
  const { date, node, processor, cores, usableCores, load } = machine;
  if (options.json) console.log(JSON.stringify({ machine }));
  else console.log(`${date}, Node ${node}, ${processor}, ${usableCores} of ${cores} cores usable, load ${load}`);
  if (options.cores) return;
  if (!options.json) console.log("interleaved rounds after a warm-up, medians");
  for (const [name, suite] of Object.entries(suites)) {
    if (!isWanted(name)) continue;
    const figures: Figure[] = [];
    const report = (figure: Figure) => {
      figures.push(figure);
      console.log(options.json ? JSON.stringify({ suite: name, ...figure }) : lineOf(figure));
    };
    await suite(report, (what) => options.only.some((text) => what.includes(text)));
    if (options.write) writePage({ machine, suites: new Map([[name, figures]]) }, before);
  }
}

/** The same with what was measured earlier. */
function show(): void {
  const { machine, suites: all } = readResults(options.from!);
  const chosen = new Map([...all].filter(([name]) => isWanted(name)));
  for (const figures of chosen.values()) for (const figure of figures) console.log(lineOf(figure));
  if (options.write) writePage({ machine, suites: chosen }, before);
}
