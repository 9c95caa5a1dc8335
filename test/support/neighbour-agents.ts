import { Agent, Hash64 } from "../../src/index.ts";

/** What a walker does in one of its periods. */
export type Deed = "broadcast" | "gather" | "gather ids" | "spawn" | "leave" | "stop";

/** How one walker lives. */
export interface Life {
  readonly period: number;
  readonly first: number;
  readonly within: number;
  /** Seconds for which it thinks about a question. */
  readonly pause: number;
  readonly deeds: readonly Deed[];
}

/** Does something in each of its periods; what comes of it shows in its messages. */
export class Walker extends Agent {
  static override readonly exposed = ["known", "hear", "offer", "live"] as const;
  static override readonly outputs = ["heard"] as const;
  heard = 0;
  #pause = 0;

  live({ period, first, within, pause, deeds }: Life): void {
    this.#pause = pause;
    let turn = 0;
    const periodic = this.every(
      period,
      async () => {
        const deed = deeds[turn++ % deeds.length];
        if (deed === "stop") periodic.stop();
        else await this.#do(deed, within);
      },
      { at: first },
    );
  }

  known(): string[] {
    return this.neighbours<typeof Walker>().map(String);
  }

  hear(value: number): void {
    this.heard += value + (this.sender?.length ?? 0.5);
  }

  async offer(value: number): Promise<number> {
    const { sender = "" } = this;
    await this.clock.sleep(this.#pause * this.random());
    if (value < 0.2) throw new RangeError(`not for ${sender}`);
    return value + this.heard;
  }

  async #do(deed: Deed | undefined, within: number): Promise<void> {
    switch (deed) {
      case "broadcast":
        return this.broadcast("hear", this.random());
      case "gather":
      case "gather ids": {
        const peers = this.neighbours<typeof Walker>();
        const value = this.random();
        const { answers, refusals, late } = await (deed === "gather"
          ? this.gather(peers, "offer", [value], { within })
          : this.gather<number>(["w0", "w1", "nobody"], "offer", [value], { within }));
        for (const { id, value } of answers) this.heard += value * id.length;
        // That it was so, and for whom, shows to a neighbour.
        const summary = [...refusals.map(({ id, error }) => id + error.code), ...late].join().length;
        return this.broadcast("hear", this.heard + summary);
      }
      case "spawn": {
        const child = this.spawn(Walker, {
          neighbours: [this.id, "w0", "w1"].filter((id, i, all) => all.indexOf(id) === i),
        });
        this.heard += (await child.known()).length;
        return;
      }
      case "leave":
        return this.remove();
    }
  }
}

/** Spreads the agents as the environment says, so that a test can have another spread in other processes too. */
export function placement(id: string, containers: number): number {
  const hash = new Hash64();
  hash.string(id + (process.env["COSIMAS_TEST_PLACEMENT"] ?? ""));
  return (hash.b >>> 0) % containers;
}
