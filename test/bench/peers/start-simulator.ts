import { AgentSimulator, agentModel, defineSimulator } from "../../../adapters/mosaik/index.ts";
import { Agent } from "../../../src/index.ts";

/** As little as a simulator of agents can be: what starts is cosimas. */
class Home extends Agent {
  static override readonly exposed = ["measure"] as const;
  measure(_inputs: { kw: number }): void {}
}

const model = agentModel(Home, { params: [], method: "measure", inputs: { kw: "one" } });

export default defineSimulator(() => new AgentSimulator({ stepSize: 900, models: { Home: model } }));
