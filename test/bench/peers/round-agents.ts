import { Agent } from "../../../src/index.ts";

/** The number at the end of an id is the number of its container. */
export function placement(id: string, containers: number): number {
  return Number(/\d+$/.exec(id)?.[0] ?? 0) % containers;
}

/** Counts down, a round at a time, by messages to itself or in turn with a peer. */
export class Runner extends Agent {
  static override readonly exposed = ["run"] as const;
  static override readonly outputs = ["rounds"] as const;
  rounds = 0;

  run(left: number, peer: string): void {
    this.rounds++;
    if (left > 1) this.send(peer, "run", [left - 1, peer === this.id ? peer : this.id]);
  }
}
