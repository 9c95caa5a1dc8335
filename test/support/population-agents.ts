import { Agent } from "../../src/index.ts";

/** What the suite of populations is made of. */
export class Meter extends Agent {
  static override readonly exposed = ["echo", "after", "ask", "fail", "leave", "add"] as const;
  static override readonly outputs = ["total", "now", "alarm", "broken"] as const;
  total: number;

  constructor(total = 0) {
    super();
    if (total < 0) throw new RangeError("a meter begins at 0 or above");
    this.total = total;
  }
  get now(): number {
    return this.clock.time();
  }
  get broken(): number {
    throw new Error("no reading");
  }
  echo(value: unknown): unknown {
    return value;
  }
  /** Answers after so many microtasks, and says so in the log. */
  async after(hops: number): Promise<string> {
    for (let i = 0; i < hops; i++) await undefined;
    this.log("done", { hops });
    return this.id;
  }
  async ask(peer: string, value: unknown): Promise<unknown> {
    return (await this.connect<typeof Meter>(peer)).echo(value);
  }
  fail(): never {
    throw new RangeError("failed as told");
  }
  leave(): void {
    this.remove();
  }
  add(by: number): void {
    this.total += by;
    this.emit("alarm", this.total);
  }

  // Inputs
  later(by: number, delay: number): void {
    this.clock.callIn(delay, () => this.add(by));
  }
  send1(to: string, by: number): void {
    this.send(to, "add", [by]);
  }
  crash(): never {
    throw new Error("crashed as told");
  }
  /** Computes, so that nothing else runs in its thread. */
  compute(ms: number): void {
    const end = performance.now() + ms;
    while (performance.now() < end);
  }
}
