import { Agent } from "cosimas";

/** What a walker needs: all there are, and when it stops. */
export interface WalkerParams {
  readonly all: readonly string[];
  readonly untilS: number;
}

/**
 * Does random things with random others, of its own population and of others: calls with and without an end, messages with
 * and without delay, children, failures. All that it does shows in the trace.
 */
export class Walker extends Agent {
  static override readonly exposed = ["add", "slow", "fail", "note", "meet"] as const;
  sum = 0;
  readonly #all: readonly string[];
  readonly #untilS: number;

  constructor({ all, untilS }: WalkerParams) {
    super();
    this.#all = all;
    this.#untilS = untilS;
  }

  override setup(): void {
    this.clock.callIn(this.random() * 2, () => this.#walk());
  }

  add(value: number): number {
    this.sum += value;
    return this.sum + this.random();
  }

  async slow(dt: number): Promise<number> {
    await this.clock.sleep(dt);
    return this.clock.time();
  }

  fail(): never {
    throw new RangeError(`${this.id} at ${this.clock.time()}`);
  }

  note(text: string, value: number): void {
    this.sum += value + text.length;
  }

  /** Gets an agent as a value, of which population ever, and calls it. */
  async meet(other: { add(value: number): Promise<number> }): Promise<number> {
    return other.add(this.random());
  }

  async #walk(): Promise<void> {
    if (this.clock.time() > this.#untilS) return;
    const id = this.#all[Math.floor(this.random() * this.#all.length)]!;
    const peer = await this.connect<typeof Walker>(id);
    const what = Math.floor(this.random() * 6);
    if (what === 0) this.sum += await peer.add(this.random()).catch(() => -3);
    else if (what === 1) this.sum += await peer.slow(this.random()).catch(() => -1);
    else if (what === 2) this.sum += await peer.fail().catch((error: Error) => error.message.length);
    else if (what === 3) this.send(id, "note", ["now", this.random()]);
    else if (what === 4) this.send(id, "note", ["later", this.random()], { delay: this.random() * 2 });
    else this.sum += await peer.meet(await this.connect<typeof Walker>(this.#all[0]!)).catch(() => -2);
    this.clock.callIn(this.random() * 0.7, () => this.#walk());
  }
}

/** Ids of `agents` walkers over `parts` populations. */
export function walkerIds(parts: number, agents: number): string[] {
  return Array.from({ length: agents }, (_, i) => `p${i % parts}/w${i}`);
}

/** Makes an agent that would belong to another population. */
export class Parent extends Agent {
  override setup(): void {
    this.spawn(Walker, { id: "p1/child", args: [{ all: ["p1/child"], untilS: 0 }] });
  }
}
