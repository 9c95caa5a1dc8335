import {
  type CreateResult,
  type InitParams,
  type Meta,
  type OutputData,
  type OutputRequest,
  Simulator,
} from "../../../adapters/mosaik/index.ts";

/** What `npm run bench -- world` runs: see world-ours.ts. */
export interface Scenario {
  readonly chain: number;
  readonly entities: number;
  readonly others: number;
  /** A Python to start remote simulators with, or null. */
  readonly remote: string | null;
  readonly until: number;
}

/** The simulator of world_simulator.py in TypeScript. */
export class Local extends Simulator {
  override meta: Meta = {
    api_version: "3.0",
    type: "time-based",
    models: { M: { public: true, params: [], attrs: ["x", "y"] } },
  };
  #time = 0;
  #idle = false;
  override init(_sid: string, { idle = false }: InitParams & { idle?: boolean }): Meta {
    this.#idle = idle;
    return this.meta;
  }
  create(num: number, model: string): CreateResult[] {
    return Array.from({ length: num }, (_, i) => ({ eid: `e${i}`, type: model }));
  }
  step(time: number): number {
    this.#time = time;
    return time + (this.#idle ? 1_000_000 : 1);
  }
  getData(outputs: OutputRequest): OutputData {
    const data: Record<string, Record<string, unknown>> = {};
    for (const [eid, attrs] of Object.entries(outputs)) {
      const values: Record<string, unknown> = {};
      for (const attr of attrs) values[attr] = this.#time;
      data[eid] = values;
    }
    return data;
  }
}
