import { Agent } from "../../src/index.ts";

/** Neighbours live apart: whatever an aggregator calls is in the other container. */
export function placement(id: string, containers: number): number {
  return (id === "group" ? 1 : 0) % containers;
}

export class Vehicle extends Agent {
  static override readonly exposed = ["award"] as const;
  award(_kw: number): void {
    throw new RangeError("no charger");
  }
}

/** Hands on what it is told to another agent. */
export class Aggregator extends Agent {
  static override readonly exposed = ["award"] as const;
  readonly #next: string;
  constructor(next: string) {
    super();
    this.#next = next;
  }
  async award(kw: number): Promise<void> {
    await (await this.connect<typeof Vehicle>(this.#next)).award(kw);
  }
  onQuarterHour(): Promise<void> {
    return this.award(11);
  }
}
