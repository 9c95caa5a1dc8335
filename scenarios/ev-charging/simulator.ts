import { Topology } from "cosimas";
import { AgentSimulator, agentModel, defineSimulator } from "cosimas/mosaik";
import { Car, Station, Transformer } from "./agents.ts";

/**
 * The same agents for a mosaik in Python: `cosimas sim scenarios/ev-charging/simulator.ts %(addr)s --stations 20 --cars 20`.
 * Entities have to be named `transformer`, `station-1` …, `car-1` …; see mosaik_pandapower.py.
 */
export default defineSimulator(
  ({ seed, stations, cars }) => {
    const ids = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`);
    const all = ids("station", stations);
    // Transformer and cars know all stations; a station answers whoever asks.
    const pairs = ["transformer", ...ids("car", cars)].flatMap((id) => all.map((station) => [id, station] as const));
    return new AgentSimulator({
      seed,
      // Cars come and go between two quarter hours; what a station does shows at the next one.
      type: "hybrid",
      stepSize: 1,
      topology: Topology.fromEdges(pairs),
      module: new URL("agents.ts", import.meta.url),
      models: {
        Transformer: agentModel(Transformer, { params: ["limit_kw"], method: "measure", inputs: { base_kw: "one" } }),
        Station: agentModel(Station, { params: ["max_kw"] }),
        Car: agentModel(Car, { params: ["trip"] }),
      },
    });
  },
  {
    seed: { type: "integer", default: 1, min: 0, help: "seed of all random numbers" },
    stations: { type: "integer", default: 20, min: 1, help: "how many stations there will be" },
    cars: { type: "integer", default: 20, min: 1, help: "how many cars there will be" },
  },
);
