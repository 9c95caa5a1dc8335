import { defineSimulator, type InitParams, type Meta, type SimId, type Time } from "cosimas/mosaik";
import { ColumnSimulator, type Columns } from "cosimas/mosaik/columns";
import { CostMeter } from "./process-cost.ts";

/** The simulator of `sums.ts` with its entities in columns. */
class Sums extends ColumnSimulator {
  #cost!: CostMeter;

  constructor() {
    super({ Sum: { inputs: ["x"], outputs: ["sum"] } });
  }

  override init(_sid: SimId, _params: InitParams): Meta {
    this.#cost = new CostMeter();
    return this.meta;
  }

  override setupDone(): void {
    this.#cost.setupDone();
  }

  stepColumns(time: Time, { Sum }: Readonly<Record<string, Columns>>): Time {
    this.#cost.step();
    const { x } = Sum!.inputs;
    const { sum } = Sum!.outputs;
    for (let i = 0; i < Sum!.length; i++) sum![i]! += x![i]!;
    return time + 1;
  }

  override finalize(): void {
    this.#cost.write();
  }
}

export default defineSimulator(() => new Sums());
