import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineScenario } from "cosimas";
import { type ModelFactory, World } from "cosimas/mosaik";
import { population } from "./simulator.ts";

const STEP_S = 900;
const STEP_H = STEP_S / 3600;
const DAY_S = 86400;
const PLANTS = 3;

/** Feed-in of one step, by plant. */
export interface Result {
  readonly time: number;
  readonly available_kw: Readonly<Record<string, number>>;
  readonly p_kw: Readonly<Record<string, number>>;
}

interface Python {
  Site: ModelFactory;
  Plant: ModelFactory;
  Constant: ModelFactory;
  get_results(): Promise<Result[]>;
}

/** A simulator in Python, of a class that a module has. */
function inPython(python: string, module: string, type: string) {
  const program = `import mosaik_api_v3, ${module}; mosaik_api_v3.start_simulation(${module}.${type}())`;
  const folder = fileURLToPath(new URL(".", import.meta.url));
  return { cmd: [python, "-c", program, "%(addr)s"], env: { PYTHONPATH: folder } };
}

export default defineScenario({
  name: "wind-park",
  description: "Agents keep a wind park's feed-in limit for a day; wind and plants are simulators in Python.",
  parameters: {
    limit: { type: "number", default: 7000, min: 0, help: "the park's feed-in limit in kW" },
    python: { type: "string", default: "python3", help: "a Python that has the packages mosaik and mosaik-api-v3" },
  },
  containers: true,
  async run({ parameters: { limit, python }, population: spread, signal, progress, print, outDir }) {
    const world = new World({
      Wind: inPython(python, "wind_park", "Wind"),
      Plants: inPython(python, "wind_park", "Plants"),
      Operator: inPython(python, "mosaik.basic_simulators", "InputSimulator"),
      Agents: { simulator: () => population(spread) },
    });
    try {
      const sites = await (await world.start<Python>("Wind")).Site.create(PLANTS);
      const simulator = await world.start<Python>("Plants");
      const plants = await simulator.Plant.create(PLANTS);
      const agents = await world.start("Agents");
      for (const [i, plant] of plants.entries()) {
        const agent = await agents.Plant({ eid: plant.eid });
        world.connect(sites[i]!, agent, ["p_kw", "p_available_kw"]);
        world.connect(sites[i]!, plant, ["p_kw", "p_available_kw"]);
        world.connect(agent, plant, "p_max_kw");
      }
      const park = await agents.Park({ eid: "park", plants: plants.map(({ eid }) => eid) });
      const operator = await world.start<Python>("Operator", { step_size: STEP_S });
      world.connect(await operator.Constant({ constant: limit }), park, ["value", "limit_kw"]);
      await world.run({ until: DAY_S, signal, progress: ({ fraction }) => progress(fraction) });
      const results = await simulator.get_results();
      writeFileSync(join(outDir, "wind-park.jsonl"), results.map((result) => `${JSON.stringify(result)}\n`).join(""));
      for (const line of report(limit, results)) print(line);
    } finally {
      await world.shutdown();
    }
  },
});

function report(limit: number, results: readonly Result[]): string[] {
  const sums = (key: "available_kw" | "p_kw") =>
    results.map((result) => Object.values(result[key]).reduce((sum, kw) => sum + kw, 0));
  const [offers, feedIn] = [sums("available_kw"), sums("p_kw")];
  const energyMwh = (powers: readonly number[]) => (powers.reduce((sum, kw) => sum + kw, 0) * STEP_H) / 1000;
  const line = (what: string, figure: (powers: readonly number[]) => number, unit: string, digits: number) => {
    const [offered, fed] = [offers, feedIn].map((powers) => figure(powers).toFixed(digits));
    return `${what.padEnd(24)}${offered!.padStart(14)}${fed!.padStart(16)} ${unit}`.trimEnd();
  };
  return [
    `${"".padEnd(24)}${"wind offers".padStart(14)}${"park feeds in".padStart(16)}`,
    line("highest power", (powers) => Math.max(...powers), "kW", 0),
    line(`steps over ${limit.toFixed(0)} kW`, (powers) => powers.filter((kw) => kw > limit + 1e-6).length, "", 0),
    line("energy of the day", energyMwh, "MWh", 2),
    `${"energy curtailed".padEnd(38)}${(energyMwh(offers) - energyMwh(feedIn)).toFixed(2).padStart(16)} MWh`,
  ];
}
