/** Charging stations behind one transformer: the agents, and what a `World` or mosaik sees of them. */
import { Agent } from "cosimas";
import { AgentSimulator, agentModel, defineSimulator } from "cosimas/mosaik";

/** Grants power for one step to whoever asks first, up to what the transformer carries. */
export class Transformer extends Agent {
  /** The methods that other agents can call. */
  static override readonly exposed = ["ask"] as const;
  /** The fields that others can read. */
  static override readonly outputs = ["load_kw"] as const;
  load_kw = 0;
  readonly #limitKw: number;
  #timeS = -1;

  constructor({ limit_kw }: { limit_kw: number }) {
    super();
    this.#limitKw = limit_kw;
  }

  ask(kw: number): number {
    if (this.clock.time() > this.#timeS) this.load_kw = 0;
    this.#timeS = this.clock.time();
    const granted = Math.min(kw, this.#limitKw - this.load_kw);
    this.load_kw += granted;
    return granted;
  }
}

/** Charges a car with what the transformer grants. */
export class Station extends Agent {
  static override readonly outputs = ["p_kw"] as const;
  p_kw = 0;
  readonly #transformer: string;

  constructor({ transformer }: { transformer: string }) {
    super();
    this.#transformer = transformer;
  }

  /** Called in each step with what the car wants. */
  async onWish({ wanted_kw }: { wanted_kw: number }): Promise<void> {
    const transformer = await this.connect<typeof Transformer>(this.#transformer);
    this.p_kw = await transformer.ask(wanted_kw);
  }
}

export const models = {
  Transformer: agentModel(Transformer, { params: ["limit_kw"] }),
  Station: agentModel(Station, { params: ["transformer"], method: "onWish", inputs: { wanted_kw: "one" } }),
};

/** What `cosimas sim agents.ts` serves to mosaik: one step is as long as the scenario's time resolution. */
export default defineSimulator(() => new AgentSimulator({ stepSize: 1, models }));
