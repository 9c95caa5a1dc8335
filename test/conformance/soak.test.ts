import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { Agent, Container } from "../../src/index.ts";
import { count } from "../support/heavy.ts";

/** A run that goes on for long keeps nothing of what is over, and after each step nothing is on its way. */
const STEPS = count("steps of a long run", 100_000, 10_000_000);
const AGENTS = 8;
const HEAP_BYTES_MAX = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Messages that were sent to be delivered at once, and those that were delivered. */
const counts = { sent: 0, delivered: 0, late: 0 };

class Busy extends Agent {
  static override readonly exposed = ["note", "echo"] as const;
  readonly #next: string;
  constructor(next: string) {
    super();
    this.#next = next;
  }
  override setup(): void {
    this.clock.callIn(1, this.#tick);
    this.task(() => this.#loop());
  }
  readonly #tick = (): void => {
    this.clock.callIn(AGENTS, this.#tick);
    counts.sent++;
    this.send(this.#next, "note", [{ from: this.id, value: this.random() }]);
    this.send(this.#next, "note", [null], { delay: 0.5 });
    this.clock.callIn(2, () => {}).cancel();
  };
  async #loop(): Promise<never> {
    const peer = await this.connect<typeof Busy>(this.#next);
    for (let n = 0; ; n++) {
      await this.clock.sleep(AGENTS);
      counts.sent++;
      if ((await peer.echo(n)) !== n) throw new Error("a wrong answer");
    }
  }
  note(value: unknown): void {
    if (value === null) counts.late++;
    else counts.delivered++;
  }
  echo(value: number): number {
    counts.delivered++;
    return value;
  }
}

describe("a long run", () => {
  it(`has nothing on its way after any of ${STEPS} steps, and its heap does not grow`, {
    timeout: 3_600_000,
  }, async () => {
    const container = await Container.create({ seed: 1 });
    for (let i = 0; i < AGENTS; i++) container.spawn(Busy, { id: `busy-${i}`, args: [`busy-${(i + 1) % AGENTS}`] });
    const heap: number[] = [];
    for (let step = 1; step <= STEPS; step++) {
      await container.advance(step);
      if (counts.sent !== counts.delivered) expect(counts.delivered).toBe(counts.sent);
      if (step !== STEPS / 4 && step !== STEPS) continue;
      collect();
      collect();
      heap.push(process.memoryUsage().heapUsed);
    }
    expect(counts.late).toBeGreaterThan(STEPS / AGENTS / 2);
    process.stdout.write(`${STEPS} steps, ${counts.sent + counts.late} messages, heap ${heap.join(" then ")} bytes\n`);
    expect(heap[1]! - heap[0]!).toBeLessThan(HEAP_BYTES_MAX);
    await container.close();
  });
});
