import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { defineScenario, Topology } from "cosimas";
import { type Night, type NightOptions, simulate } from "./night.ts";
import { atOnce, type Cost, costOf, leastCost } from "./optimum.ts";
import { picture } from "./picture.ts";
import { readBaseLoad, STEPS } from "./site.ts";

/** Every fourth station is a fast one. */
const STATIONS_KW = Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 22 : 11));

export default defineScenario({
  name: "ev-charging",
  description:
    "Cars and charging stations share what a transformer has left, quarter hour by quarter hour, by contract net.",
  parameters: {
    limit: { type: "number", default: 70, min: 0, help: "kW that houses and cars may take together" },
    cars: { type: "integer", default: 20, min: 1, max: 200, help: "how many come; there are 20 stations" },
  },
  containers: true,
  topology: Topology.star(
    "transformer",
    STATIONS_KW.map((_, i) => `station-${i + 1}`),
  ),
  async run({ parameters, seed, population, signal, progress, print, result, record, outDir }) {
    const baseKw = readBaseLoad();
    const limitKw = parameters.limit;
    const options: NightOptions = {
      ...{ baseKw, limitKw, seed, population },
      stationsKw: STATIONS_KW,
      cars: Array.from({ length: parameters.cars }, () => undefined),
      record: record({ modules: [new URL("agents.ts", import.meta.url)] }),
      progress: (step) => {
        signal.throwIfAborted();
        progress(step / STEPS, `quarter hour ${step}`);
      },
    };
    const night = await simulate(options);
    const uncontrolled = atOnce(night.cars);
    const least = await leastCost(
      night.cars,
      baseKw.map((kw) => Math.max(0, limitKw - kw)),
    );
    const cost = costOf(night.cars);
    for (const line of table(options, night, uncontrolled, least)) print(line);
    result({
      cost_eur: cost.energyEur + cost.comfortEur,
      least_eur: least,
      missing_kwh: cost.missingKwh,
      peak_kw: peak(baseKw, night.chargedKw),
    });
    const file = join(outDir, "ev-charging.svg");
    writeFileSync(file, picture(limitKw, baseKw, night.chargedKw, uncontrolled.chargedKw));
    print(`picture ${relative(process.cwd(), file)}`);
  },
});

/** Highest power of houses and cars together. */
function peak(baseKw: readonly number[], chargedKw: readonly number[]): number {
  return Math.max(...chargedKw.map((kw, step) => kw + baseKw[step]!));
}

/** Charging at once, by contract net, and what was possible. */
function table(
  { baseKw, limitKw, cars }: NightOptions,
  night: Night,
  uncontrolled: { readonly cost: Cost; readonly chargedKw: readonly number[] },
  least: number,
): string[] {
  const over = (chargedKw: readonly number[]) =>
    String(chargedKw.filter((kw, step) => kw > 0 && kw + baseKw[step]! > limitKw + 1e-9).length);
  const column = (cost: Cost, chargedKw: readonly number[]) => [
    `${peak(baseKw, chargedKw).toFixed(1)} kW`,
    over(chargedKw),
    `${cost.missingKwh.toFixed(1)} kWh`,
    `${cost.energyEur.toFixed(2)} EUR`,
    `${cost.comfortEur.toFixed(2)} EUR`,
  ];
  const cost = costOf(night.cars);
  const names = ["highest power", `quarter hours over ${limitKw} kW`, "missing at departure", "energy", "comfort"];
  const atOnceColumn = column(uncontrolled.cost, uncontrolled.chargedKw);
  const netColumn = column(cost, night.chargedKw);
  const row = (cells: readonly string[]) => `${cells[0]!.padEnd(28)}${cells[1]!.padStart(14)}${cells[2]!.padStart(16)}`;
  const total = cost.energyEur + cost.comfortEur;
  return [
    row([`${cars.length} cars, a night`, "at once", "contract net"]),
    "─".repeat(58),
    ...names.map((name, i) => row([name, atOnceColumn[i]!, netColumn[i]!])),
    "",
    `${total.toFixed(2)} EUR; with foresight ${least.toFixed(2)} EUR, ${(100 * (1 - least / total)).toFixed(1)} % less`,
    `${night.messages} messages, trace hash ${night.traceHash}`,
  ];
}
