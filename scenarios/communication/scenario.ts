import { type CommunicationModel, defineScenario } from "cosimas";
import { loadGrid, loadProfiles } from "../lv-congestion/grid/index.ts";
import { type DaysOptions, type DaysResult, MARKET, simulateDays } from "./days.ts";

const data = (file: string) => new URL(`../lv-congestion/data/${file}`, import.meta.url);

/** The partition begins here on every day: the plants' best hours. */
const CUT_FROM_H = 10;

export default defineScenario({
  name: "communication",
  description: "The agents of lv-congestion over a network that delays, loses and cuts: what the control loses.",
  parameters: {
    loss: { type: "number", default: 0.5, min: 0, max: 1, help: "probability that a message is lost" },
    delay: { type: "number", default: 0, min: 0, help: "seconds that a message takes" },
    cut: {
      type: "number",
      default: 0,
      min: 0,
      max: 14,
      help: "hours from 10:00 in which the market reaches every other device only",
    },
    attempts: { type: "integer", default: 1, min: 1, max: 30, help: "how often the market asks who does not answer" },
    compare: {
      type: "boolean",
      default: true,
      help: "show the grid without agents and with an undisturbed network, too",
    },
    day: { type: "integer", default: 140, min: 0, max: 365, help: "first day of the profiles' year, from 0" },
    days: { type: "integer", default: 2, min: 1, max: 366, help: "how many days, the storages half full at first" },
  },
  containers: true,
  async run({ parameters, seed, population, signal, progress, print, result, record }) {
    const { loss, delay, cut, attempts, compare, day, days } = parameters;
    const grid = loadGrid(data("grid.json"));
    const common = { grid, profiles: loadProfiles(data("profiles.csv.gz")), day, days, seed, population };
    const devices = [...grid.pvs, ...grid.storages].map(({ id }) => id);
    const reached = [MARKET, ...devices.filter((_, i) => i % 2 === 0)];
    const communication: CommunicationModel = {
      links: { loss, delay },
      partitions: cut === 0 ? [] : Array.from({ length: days }, (_, i) => cutOn(i, cut, reached)),
    };
    const run = (i: number, options: Pick<DaysOptions, "communication" | "attempts" | "record">) =>
      simulateDays({
        ...common,
        ...options,
        progress: (step, steps) => {
          signal.throwIfAborted();
          progress((i + step / steps) / (compare ? 3 : 1), `quarter hour ${step}`);
        },
      });
    const compared = compare
      ? [await run(0, { communication: undefined, attempts }), await run(1, { communication: {}, attempts })]
      : [];
    const journal = record({ modules: [new URL("agents.ts", import.meta.url)] });
    const over = await run(compared.length, { communication, attempts, record: journal });
    const network = [
      ...(loss > 0 ? [`${Number((100 * loss).toFixed(2))} % lost`] : []),
      ...(delay > 0 ? [`${delay} s late`] : []),
      ...(cut > 0 ? [`cut for ${cut} h`] : []),
    ];
    print(
      `days ${day} to ${day + days - 1}, messages ${network.join(", ") || "undisturbed"}, asked up to ${attempts}×`,
    );
    print("");
    for (const line of table([...compared, over])) print(line);
    print("");
    print(`${over.unheard} answers were not heard in time`);
    print(`trace hash ${over.traceHash}`);
    result({
      overloaded_h: over.overloadedH,
      out_of_bounds_h: over.outOfBoundsH,
      loading_max_percent: over.loadingMaxPercent,
      curtailed_mwh: over.curtailedMwh,
      unheard: over.unheard,
    });
  },
});

/** A partition on one of the days. */
function cutOn(day: number, hours: number, group: readonly string[]) {
  const at = (24 * day + CUT_FROM_H) * 3600;
  return { at, until: at + hours * 3600, groups: [group] };
}

function table(results: readonly DaysResult[]): string[] {
  const row = (name: string, cells: readonly string[]) =>
    name.padEnd(34) + cells.map((cell) => cell.padStart(15)).join("");
  const line = (name: string, of: (result: DaysResult) => string) => row(name, results.map(of));
  return [
    row("", ["no agents", "undisturbed", "this network"].slice(-results.length)),
    "─".repeat(34 + results.length * 15),
    line("transformer, highest loading", ({ loadingMaxPercent }) => `${loadingMaxPercent.toFixed(2)} %`),
    line("hours over 100 %", ({ overloadedH }) => `${overloadedH.toFixed(2)} h`),
    line("hours outside 0.95 … 1.05 p.u.", ({ outOfBoundsH }) => `${outOfBoundsH.toFixed(2)} h`),
    line("PV energy curtailed", ({ curtailedMwh }) => `${(curtailedMwh + 0).toFixed(4)} MWh`),
  ];
}
