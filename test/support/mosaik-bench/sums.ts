import {
  type CreateResult,
  defineSimulator,
  type InitParams,
  type InputData,
  type Meta,
  type OutputData,
  type OutputRequest,
  type SimId,
  Simulator,
} from "cosimas/mosaik";
import { CostMeter } from "./process-cost.ts";

/** Each entity adds up what it gets as `x` and puts out `sum`. */
class Sums extends Simulator {
  readonly meta: Meta = {
    api_version: "3.0",
    type: "time-based",
    models: { Sum: { public: true, params: [], attrs: ["x", "sum"] } },
  };
  readonly #sums = new Map<string, number>();
  #cost!: CostMeter;

  override init(_sid: SimId, _params: InitParams): Meta {
    this.#cost = new CostMeter();
    return this.meta;
  }

  create(num: number, model: string): CreateResult[] {
    const entities = Array.from({ length: num }, (_, i) => ({ eid: `Sum-${i}`, type: model }));
    for (const { eid } of entities) this.#sums.set(eid, 0);
    return entities;
  }

  override setupDone(): void {
    this.#cost.setupDone();
  }

  step(time: number, inputs: InputData): number {
    this.#cost.step();
    for (const eid in inputs) {
      let sum = this.#sums.get(eid)!;
      const { x } = inputs[eid]!;
      for (const source in x) sum += x[source] as number;
      this.#sums.set(eid, sum);
    }
    return time + 1;
  }

  getData(outputs: OutputRequest): OutputData {
    const data: Record<string, Record<string, unknown>> = {};
    for (const eid in outputs) {
      const values: Record<string, unknown> = {};
      for (const attr of outputs[eid]!) values[attr] = this.#sums.get(eid);
      data[eid] = values;
    }
    return data;
  }

  override finalize(): void {
    this.#cost.write();
  }
}

export default defineSimulator(() => new Sums());
