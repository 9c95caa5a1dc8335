import { Agent, asRemote, type Remote } from "../../src/index.ts";
import { Power, types } from "./power.ts";

export { Power, types };

/** Real I/O that was done: a replay does none. */
export const done: string[] = [];

/** Asks others, sleeps, does real I/O, throws, makes and removes agents; all that a recording has to keep. */
export class Household extends Agent {
  static override readonly exposed = ["offer", "price", "quarrel", "move", "leave", "boss"] as const;
  static override readonly outputs = ["total", "seen"] as const;
  total = 0;
  readonly #start: Power;
  #boss: Remote<typeof Household> | undefined;

  constructor(start: Power = new Power(0)) {
    super();
    this.#start = start;
  }
  override async setup(): Promise<void> {
    this.total = this.#start.kw;
    await this.clock.sleep(0.5);
  }
  offer(power: Power): Power {
    this.total += power.kw;
    return new Power(this.total * this.random());
  }
  /** From outside: its own I/O. */
  async price(area: string): Promise<number> {
    const price = await this.external(async () => {
      done.push(area);
      if (area === "nowhere") throw new RangeError(`no market in ${area}`);
      return area.length + Math.random();
    });
    this.log("priced", { area, price, at: this.clock.utcnow() });
    return price;
  }
  quarrel(): never {
    throw new RangeError("no");
  }
  boss(boss: Remote<typeof Household>): void {
    this.#boss = boss;
  }
  async move(id: string): Promise<unknown> {
    const child: Remote<typeof Household> = this.spawn(Household, { id, args: [new Power(3)] });
    await child.boss(asRemote<typeof Household>(this));
    return child.offer(new Power(2));
  }
  leave(): void {
    this.remove();
  }

  // Inputs
  async onLoad(values: Record<string, number>, peers: readonly string[]): Promise<void> {
    for (const id of peers) {
      const peer = await this.connect<typeof Household>(id);
      await peer.offer(new Power(values["p_kw"]!));
      await peer.price("nowhere").catch(() => this.log("no price"));
      await this.clock.sleep(10);
    }
    await this.#boss?.quarrel().catch(() => {});
  }
}

/** The same, and the controller is another one: it wants a tenth more. */
export class Changed extends Household {
  static override readonly exposed = Household.exposed;
  override offer(power: Power): Power {
    const more = this.clock.time() >= 900 ? 1.1 : 1;
    return super.offer(new Power(power.kw * more));
  }
}

/** Always has something to do. */
export class Tireless extends Agent {
  override setup(): void {
    this.clock.callIn(1, () => this.#work());
  }

  #work(): void {
    this.clock.callIn(this.random(), () => this.#work());
  }
}
