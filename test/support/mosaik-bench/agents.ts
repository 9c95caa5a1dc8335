import { Agent } from "cosimas";
import { AgentSimulator, agentModel, defineSimulator, type InitParams, type Meta, type SimId } from "cosimas/mosaik";
import { CostMeter } from "./process-cost.ts";

/** Adds up what it gets as `x` and puts out `sum`. */
class Sum extends Agent {
  static override readonly outputs = ["sum"] as const;
  sum = 0;

  take({ x }: { x: number }): void {
    this.sum += x;
  }
}

/** The simulator of `sums.ts`, each entity an agent. */
class Sums extends AgentSimulator {
  #cost!: CostMeter;

  constructor() {
    super({ models: { Sum: agentModel(Sum, { method: "take", inputs: { x: "one" } }) } });
  }

  override init(sid: SimId, params: InitParams): Promise<Meta> {
    this.#cost = new CostMeter();
    return super.init(sid, params);
  }

  override setupDone(): void {
    this.#cost.setupDone();
  }

  override async finalize(): Promise<void> {
    await super.finalize();
    // A step a second, the first at 0: a `step` of its own would have to be given its inputs as objects.
    this.#cost.write(this.container.clock.time() + 1);
  }
}

export default defineSimulator(() => new Sums());
