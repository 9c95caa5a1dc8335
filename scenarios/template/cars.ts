/** The other side of the co-simulation, as simple as it can be: in its place stands your model, or a simulator of others. */
import { type CreateResult, type OutputData, type OutputRequest, Simulator } from "cosimas/mosaik";

/** Seconds of a step. */
export const STEP_S = 900;
const CHARGER_KW = 11;
const CHARGING_S = 3 * 3600;

/** Cars that come home at some hour, and want to charge for three hours from then on. */
export class Cars extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Car: { public: true, params: ["home_h"], attrs: ["wanted_kw"] } },
  } as const;
  readonly #homeS = new Map<string, number>();
  #timeS = 0;

  override create(num: number, model: string, { home_h }: { home_h?: number }): CreateResult[] {
    return Array.from({ length: num }, () => {
      const eid = `car-${this.#homeS.size + 1}`;
      this.#homeS.set(eid, (home_h ?? 18) * 3600);
      return { eid, type: model };
    });
  }

  override step(time: number): number {
    this.#timeS = time * STEP_S;
    return time + 1;
  }

  override getData(outputs: OutputRequest): OutputData {
    const wanted = (eid: string) => {
      const sinceS = this.#timeS - this.#homeS.get(eid)!;
      return sinceS >= 0 && sinceS < CHARGING_S ? CHARGER_KW : 0;
    };
    return Object.fromEntries(Object.keys(outputs).map((eid) => [eid, { wanted_kw: wanted(eid) }]));
  }
}
