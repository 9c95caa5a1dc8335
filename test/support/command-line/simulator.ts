import { AgentSimulator, agentModel, defineSimulator } from "cosimas/mosaik";
import { Worker } from "./agents.ts";

/** Never answers its first step. */
class Spinner extends Worker {
  /** Of a step, which it never comes to. */
  measure(_inputs: object): void {}
  override setup(): void {
    this.clock.callIn(0, () => this.spin());
  }
}

const Spin = agentModel(Spinner, { method: "measure" });
export default defineSimulator(() => new AgentSimulator({ stepSize: 1, models: { Spin } }));
