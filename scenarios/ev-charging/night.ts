import { type Journal, Platform, type PopulationOptions, Topology } from "cosimas";
import type { Trip } from "./agents.ts";
import { STEP_S, STEPS } from "./site.ts";

/** Whom there is, and how they live. */
export interface NightOptions {
  /** What the houses take in each quarter hour, in kW. */
  readonly baseKw: readonly number[];
  readonly limitKw: number;
  /** Power of each station. */
  readonly stationsKw: readonly number[];
  /** Where each car is and what it wants; undefined: it draws that itself. */
  readonly cars: readonly (Trip | undefined)[];
  readonly seed: number;
  readonly population?: PopulationOptions;
  readonly record?: Journal | undefined;
  readonly progress?: (step: number) => void;
}

/** A car at the end of the night. */
export interface CarResult {
  readonly trip: Trip;
  readonly plug: { readonly station: string; readonly at_s: number; readonly max_kw: number } | null;
  readonly kwh: number;
  readonly energy_eur: number;
}

/** What became of a night. */
export interface Night {
  readonly cars: readonly CarResult[];
  /** What all cars together took in each quarter hour, in kW. */
  readonly chargedKw: readonly number[];
  readonly messages: number;
  readonly traceHash: string;
}

/** Let cars, stations and the transformer live through a night, from noon to noon. */
export async function simulate(options: NightOptions): Promise<Night> {
  const { baseKw, limitKw, stationsKw, seed, record, population = {}, progress } = options;
  const module = new URL("agents.ts", import.meta.url);
  const platform = await Platform.create({ ...defined({ ...population, record }), module, seed });
  try {
    const names = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`);
    const stations = names("station", stationsKw.length);
    const cars = names("car", options.cars.length);
    const topology = Topology.star("transformer", stations);
    await Promise.all([
      platform.spawn("Transformer", {
        id: "transformer",
        args: [{ limit_kw: limitKw }],
        neighbours: topology.neighbours("transformer"),
      }),
      ...stations.map((id, i) => platform.spawn("Station", { id, args: [{ max_kw: stationsKw[i] }] })),
      ...cars.map((id, i) => {
        const trip = options.cars[i];
        return platform.spawn("Car", { id, args: trip === undefined ? [] : [{ trip }], neighbours: stations });
      }),
    ]);
    const chargedKw: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      platform.input("transformer", "measure", [{ base_kw: baseKw[step] }]);
      await platform.advance(step * STEP_S);
      const powers = await platform.read(new Map(stations.map((id) => [id, ["p_kw"]])));
      chargedKw.push([...powers.values()].reduce((sum, { p_kw }) => sum + (p_kw as number), 0));
      progress?.(step + 1);
    }
    await platform.advance(STEPS * STEP_S - 1);
    const outputs = await platform.read(new Map(cars.map((id) => [id, ["trip", "plug", "kwh", "energy_eur"]])));
    return {
      cars: [...outputs.values()] as unknown as CarResult[],
      chargedKw,
      messages: platform.counts.deliveries[5]! + platform.counts.deliveries[6]!,
      traceHash: platform.traceHash(),
    };
  } finally {
    await platform.close();
  }
}

/** Without what is undefined. */
function defined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
