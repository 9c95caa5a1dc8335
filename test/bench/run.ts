/**
 * `npm run bench [-- name …] [--json]`: runs benchmarks and prints each figure with its ratio to a baseline that is
 * measured in the same run, in turn with it; with `--json` a line of JSON each. A benchmark is no test: nothing here fails
 * because of a time, only because the work was not done.
 */
import { agents } from "./agents.ts";
import { clock } from "./clock.ts";
import { type Figure, type Suite, timed } from "./figure.ts";
import { helicsGrants, helicsMessages } from "./helics.ts";
import { mosaik } from "./mosaik.ts";
import { page } from "./page.ts";
import { powerFlow } from "./power-flow.ts";
import { record } from "./record.ts";
import { recordedRun } from "./recorded-run.ts";
import { rounds } from "./rounds.ts";
import { rpc } from "./rpc.ts";
import { spread } from "./spread.ts";
import { world } from "./world.ts";

const suites: Record<string, Suite> = {
  agents,
  clock: timed(clock),
  "power-flow": timed(powerFlow),
  record: async (report) => {
    await record(report);
    await recordedRun(report);
  },
  page,
  rounds,
  rpc,
  spread,
  "helics-grants": helicsGrants,
  "helics-messages": helicsMessages,
  mosaik,
  world,
};

function lineOf({ name, value, unit, baseline, ratio, ratioMin, ratioMax }: Figure): string {
  const spread = `${ratioMin.toFixed(2)} to ${ratioMax.toFixed(2)}`;
  return `${name}: ${value.toFixed(value < 100 ? 2 : 0)} ${unit}, ${ratio.toFixed(2)} x ${baseline} (${spread})`;
}

const args = process.argv.slice(2);
const json = args.includes("--json");
const wanted = args.filter((arg) => arg !== "--json");
/** `helics` is all of `helics-…`. */
const isOf = (wish: string, suite: string) => suite === wish || suite.startsWith(`${wish}-`);
const unknown = wanted.filter((wish) => !Object.keys(suites).some((suite) => isOf(wish, suite)));
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${Object.keys(suites).join(", ")}`);
  process.exit(2);
}
if (!json) console.log(`Node ${process.version}, interleaved rounds after a warm-up, medians`);
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length > 0 && !wanted.some((wish) => isOf(wish, name))) continue;
  await suite((figure) => console.log(json ? JSON.stringify({ suite: name, ...figure }) : lineOf(figure)));
}
