import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineScenario } from "cosimas";
import { dayRange, loadGrid, loadProfiles } from "./grid/index.ts";
import { optimum } from "./optimum.ts";
import { picture } from "./picture.ts";
import { reasonFor, summarize, timeOf } from "./result.ts";
import { simulate } from "./run.ts";
import { table } from "./table.ts";
import { topologyOf } from "./topology.ts";

const data = (file: string) => new URL(`data/${file}`, import.meta.url);

/** Last day of the profiles: 2016 has 366. */
const LAST_DAY = 365;

/** Remaining overloads that are listed one by one. */
const LISTED_MAX = 20;

export default defineScenario({
  name: "lv-congestion",
  description:
    "Agents of PV plants, storages and the transformer relieve a low-voltage grid (SimBench 1-LV-rural1--2-sw) that its PV overloads.",
  parameters: {
    day: { type: "integer", default: 140, min: 0, max: LAST_DAY, help: "first day of the profiles' year, from 0" },
    days: {
      type: "integer",
      default: 1,
      min: 1,
      max: LAST_DAY + 1,
      help: "how many days, the storages half full at first",
    },
    control: { type: "boolean", default: true, help: "agents control plants and storages" },
  },
  containers: true,
  topology: () => topologyOf(loadGrid(data("grid.json"))),
  async run({ parameters, seed, signal, population, progress, record, watch, print, outDir }) {
    const { day, days, control } = parameters;
    const grid = loadGrid(data("grid.json"));
    const profiles = loadProfiles(data("profiles.csv.gz"));
    const { first, end } = dayRange(profiles, day, days);
    const steps = end - first;
    const runs = control ? 2 : 1;
    const run = (controlled: boolean, offset: number) =>
      simulate({
        ...{ grid, profiles, day, days, seed, signal, control: controlled, spread: population },
        watch: controlled === control ? watch : undefined,
        record: controlled ? record({ modules: [new URL("agents.ts", import.meta.url)] }) : undefined,
        progress: (done) =>
          progress(
            (offset + done / steps) / runs,
            `${controlled ? "with" : "without"} agents, ${timeOf(day, done - 1)}`,
          ),
      });
    const before = await run(false, 0);
    const startMs = performance.now();
    const after = control ? await run(true, 1) : undefined;
    const wallS = (performance.now() - startMs) / 1000;

    const which = days === 1 ? `day ${day}` : `days ${day} to ${day + days - 1}`;
    print(`Low-voltage grid 1-LV-rural1--2-sw, ${which} of the profiles, ${steps} quarter hours`);
    print("");
    const best = after && (await optimum(grid, before.quarterHours));
    const summary = after && summarize(after.quarterHours);
    const extras = { optimum: best, messages: after?.messages ?? 0, rounds: after?.rounds ?? 0 };
    for (const line of table(summarize(before.quarterHours), summary, extras)) print(line);
    for (const step of summary?.overloaded.slice(0, LISTED_MAX) ?? []) {
      const loading = after!.quarterHours[step]!.loadingPercent.toFixed(2);
      print(`over 100 %: ${timeOf(day, step)}, ${loading} %: ${reasonFor(after!.quarterHours, step)}`);
    }
    const unlisted = (summary?.overloaded.length ?? 0) - LISTED_MAX;
    if (unlisted > 0) print(`over 100 %: ${unlisted} more`);
    if (after !== undefined) {
      print(`wall time with agents ${wallS.toFixed(2)} s`);
      print(`trace hash ${after.traceHash}`);
    }
    const file = join(outDir, `lv-congestion-${day}-${days}${control ? "" : "-no-control"}.svg`);
    writeFileSync(file, picture(`Low-voltage grid, ${which}`, before.quarterHours, after?.quarterHours));
    print(`picture ${relative(process.cwd(), file)}`);
  },
});
