import { agentModel } from "../../src/cosim/index.ts";
import { Agent, type CommunicationModel } from "../../src/index.ts";
import { Power, types } from "./power.ts";

export { Power, types };

/** A message takes 0.25 s, whoever sends it. */
export const communication: CommunicationModel = { links: { delay: 0.25 } };

/** Tells the next one what it measures, and keeps what it is told and when. */
export class Linked extends Agent {
  static override readonly exposed = ["measure", "hear"] as const;
  static override readonly outputs = ["heard"] as const;
  heard: readonly number[] = [];
  readonly #to: string;

  constructor({ to }: { to: string }) {
    super();
    this.#to = to;
  }

  async measure({ kw }: { kw?: number }): Promise<void> {
    const next = await this.connect<typeof Linked>(this.#to);
    await next.hear(new Power(kw ?? 0));
  }

  hear(power: Power): void {
    this.heard = [...this.heard, power instanceof Power ? power.kw : -1, this.clock.time()];
  }
}

export const models = { Linked: agentModel(Linked, { method: "measure", inputs: { kw: "one" }, outputs: ["heard"] }) };
