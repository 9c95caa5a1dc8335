import { Agent, type PopulationOptions } from "cosimas";
import { AgentSimulator, agentModel, defineSimulator } from "cosimas/mosaik";
import { share } from "./share.ts";

/** A wind power plant: knows what the wind offers now, and keeps the limit that the park gives it. */
export class PlantAgent extends Agent {
  static override readonly exposed = ["offer", "limit"] as const;
  static override readonly outputs = ["p_max_kw"] as const;
  /** Feed-in limit of this step. */
  p_max_kw = 0;
  #availableKw = 0;

  measure({ p_available_kw }: { p_available_kw: number }): void {
    this.#availableKw = p_available_kw;
  }

  offer(): number {
    return this.#availableKw;
  }

  limit(kw: number): void {
    this.p_max_kw = kw;
  }
}

/** The park: asks its plants what they have, and shares the operator's limit among them. */
export class ParkAgent extends Agent {
  readonly #plants: readonly string[];

  constructor(params: { plants: readonly string[] }) {
    super();
    this.#plants = params.plants;
  }

  async obey({ limit_kw }: { limit_kw: number }): Promise<void> {
    const plants = await Promise.all(this.#plants.map((id) => this.connect<typeof PlantAgent>(id)));
    const offers = await Promise.all(plants.map((plant) => plant.offer()));
    const shares = share(limit_kw, offers);
    await Promise.all(plants.map((plant, i) => plant.limit(shares[i]!)));
  }
}

const Plant = agentModel(PlantAgent, { method: "measure", inputs: { p_available_kw: "one" } });
const Park = agentModel(ParkAgent, { params: ["plants"], method: "obey", inputs: { limit_kw: "one" } });
const module = new URL(import.meta.url);
export const population = (spread: PopulationOptions = {}) =>
  new AgentSimulator({ ...spread, module, stepSize: 900, models: { Plant, Park } });
export default defineSimulator(() => population());
