import { Agent } from "../../../src/index.ts";

/** Takes an input a step, and computes for as long as it is told. */
export class Household extends Agent {
  static override readonly exposed = ["set"] as const;
  static override readonly outputs = ["power", "steps"] as const;
  power = 0;
  steps = 0;

  set(voltage: number, computeMs: number): void {
    this.steps++;
    this.power = voltage * 2;
    if (computeMs === 0) return;
    const end = performance.now() + computeMs;
    while (performance.now() < end);
  }
}
