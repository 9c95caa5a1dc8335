import { Agent } from "../../src/index.ts";

/** Which container an agent lives in: the number at the end of its id decides. */
export function placement(id: string, containers: number): number {
  return Number(id.split("-")[1]) % containers;
}

/** Takes values, and hands them on if it is told to whom. */
export class Meter extends Agent {
  static override readonly exposed = ["set", "take", "pass"] as const;
  static override readonly outputs = ["last", "taken"] as const;
  last: unknown = null;
  taken = 0;

  set(...values: unknown[]): void {
    this.last = values.length === 1 ? values[0] : values;
    this.taken++;
  }

  take(value: number): number {
    this.last = value;
    this.taken++;
    return value + 1;
  }

  async pass(to: string, value: number): Promise<void> {
    const meter = await this.connect<typeof Meter>(to);
    this.last = await meter.take(value);
  }
}
