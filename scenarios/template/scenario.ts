/** A day of three cars: `npx cosimas run scenario.ts`. */
import { defineScenario } from "cosimas";
import { AgentSimulator, World } from "cosimas/mosaik";
import { models } from "./agents.ts";
import { Cars, STEP_S } from "./cars.ts";

const STEPS = (24 * 3600) / STEP_S;
const HOME_H = [16.5, 17, 18];

export default defineScenario({
  name: "{{name}}",
  description: "Charging stations share what their transformer carries.",
  parameters: {
    limit: { type: "number", default: 22, min: 1, max: 100, help: "what the transformer carries, in kW" },
  },
  containers: true,
  series: [
    { title: "load of the transformer", unit: "kW", lines: ["transformer.load_kw"] },
    { title: "power of the stations", unit: "kW", lines: ["station-*.p_kw"] },
  ],
  async run({ parameters, seed, population, record, watch, signal, progress, print, result }) {
    const modules = [new URL("./agents.ts", import.meta.url)];
    const agents = new AgentSimulator({
      ...population,
      module: modules[0],
      stepSize: 1,
      models,
      seed,
      record: record({ modules }),
    });
    const config = { Cars: { simulator: () => new Cars() }, Agents: { simulator: () => agents } };
    const world = new World(config, { timeResolution: STEP_S });
    try {
      const cars = await world.start("Cars");
      const sim = await world.start("Agents");
      const transformer = await sim.Transformer({ eid: "transformer", limit_kw: parameters.limit });
      const stations = [];
      for (const [i, home_h] of HOME_H.entries()) {
        const station = await sim.Station({ eid: `station-${i + 1}`, transformer: "transformer" });
        world.connect(await cars.Car({ home_h }), station, "wanted_kw");
        stations.push(station);
      }
      watch(world);
      let peak = 0;
      const energies = stations.map(() => 0);
      for (let step = 0; step < STEPS; step++) {
        await world.advance(step, { signal });
        const shown = await world.getData(stations, "p_kw");
        for (const [i, station] of stations.entries()) {
          energies[i]! += (Number(shown.get(station)!.p_kw) * STEP_S) / 3600;
        }
        const load = (await world.getData([transformer], "load_kw")).get(transformer)!;
        peak = Math.max(peak, Number(load.load_kw));
        progress((step + 1) / STEPS);
      }
      for (const [i, kwh] of energies.entries()) print(`station-${i + 1}: ${kwh.toFixed(2)} kWh`);
      print(`transformer: at most ${peak.toFixed(1)} kW of ${parameters.limit} kW`);
      print(`trace hash ${agents.population.traceHash()}`);
      result({ peak_kw: peak });
    } finally {
      await world.shutdown();
    }
  },
});
