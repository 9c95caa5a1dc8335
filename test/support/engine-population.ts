import { Agent, Container, ExternalClock } from "../../src/engine.ts";

/** Asks its neighbour every quarter of a second, waits a random time, and tells the one after it what it has got. */
class Neighbour extends Agent {
  static override readonly exposed = ["offer", "told"] as const;
  readonly #next: string;
  readonly #afterNext: string;
  heard = 0;

  constructor(next: string, afterNext: string) {
    super();
    this.#next = next;
    this.#afterNext = afterNext;
  }

  override setup(): void {
    void this.loop();
    this.clock.callIn(1.5, () => this.send(this.#afterNext, "told", [{ of: this.id, at: this.clock.utcnow() }]));
  }

  async loop(): Promise<void> {
    const next = await this.connect<typeof Neighbour>(this.#next);
    for (;;) {
      await this.clock.sleep(0.25);
      const answer = await next.offer(this.random());
      const real = await this.external(async () => answer * 2);
      this.send(this.#afterNext, "told", [real, new Uint8Array([1, 2, 3])]);
    }
  }

  async offer(kw: number): Promise<number> {
    await this.clock.sleep(this.random() / 10);
    return kw + 1;
  }

  told(): void {
    this.heard++;
  }
}

/** Hash of a small population that uses what the engine has: equal wherever the engine runs. */
export async function populationHash(): Promise<string> {
  const clock = new ExternalClock({ start: "2026-06-01T00:00:00Z" });
  const communication = { links: { delay: 0.001, jitter: 0.002, loss: 0.01 } };
  const container = await Container.create({ clock, seed: 7, communication });
  const id = (i: number) => `neighbour-${i % 10}`;
  for (let i = 0; i < 10; i++) container.spawn(Neighbour, { id: id(i), args: [id(i + 1), id(i + 2)] });
  for (let t = 0; t <= 10; t += 2.5) await container.advance(t);
  const hash = container.traceHash();
  await container.close();
  return hash;
}
