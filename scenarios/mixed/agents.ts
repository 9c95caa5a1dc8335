import { Agent } from "cosimas";
import type { UntypedRemote } from "cosimas/rpc";
import { type Bid, type Cleared, checkBids, clear } from "./market.ts";

/** Clears every hour. Who trades is an agent somewhere: here, in another container, in Python. */
export class Market extends Agent {
  static override readonly exposed = ["join"] as const;
  static override readonly outputs = ["traders", "cleared"] as const;
  cleared: Cleared | null = null;
  readonly #traders = new Map<string, UntypedRemote>();

  get traders(): readonly string[] {
    return [...this.#traders.keys()].sort();
  }

  /** A trader tells its name and who it is; everybody calls it, in TypeScript and in Python. */
  join(name: string, trader: UntypedRemote): void {
    if (this.#traders.has(name)) throw new Error(`"${name}" trades here already; give each trader a name of its own`);
    this.#traders.set(name, trader);
  }

  /** One hour: ask everybody, clear, tell everybody. */
  async trade(hour: number): Promise<void> {
    const names = this.traders;
    const bids = await Promise.all(names.map((name) => this.#traders.get(name)!["bid"]!(hour)));
    this.cleared = clear(new Map(names.map((name, i) => [name, checkBids(name, bids[i])])));
    const { price = 0, trades } = this.cleared;
    await Promise.all(names.map((name) => this.#traders.get(name)!["settle"]!(hour, price, trades[name]!)));
  }
}

/** Joins the market, and has bids. */
abstract class Trader extends Agent {
  static override readonly exposed: readonly string[] = ["bid", "settle"];

  override async setup(): Promise<void> {
    const market = await this.connect<typeof Market>("market");
    await market.join(this.id, this as unknown as UntypedRemote);
  }

  abstract bid(hour: number): readonly Bid[];

  settle(_hour: number, _price: number, _kw: number): void {}
}

/** Has a power for each hour, and one offer of it. */
abstract class HourlyTrader extends Trader {
  protected readonly kw: readonly number[];

  constructor(kw: readonly number[]) {
    super();
    this.kw = kw;
  }
}

/** Sells what the wind gives, at no cost. */
export class Wind extends HourlyTrader {
  static override readonly exposed = ["bid", "settle"] as const;

  bid(hour: number): readonly Bid[] {
    return [[0, this.kw[hour]!]];
  }
}

/** Buys what its people need, at any price up to a limit. */
export class Town extends HourlyTrader {
  static override readonly exposed = ["bid", "settle"] as const;

  bid(hour: number): readonly Bid[] {
    return [[500, -this.kw[hour]!]];
  }
}

/** Buys below one price, sells above another. */
export class Battery extends Trader {
  static override readonly exposed = ["bid", "settle"] as const;
  static override readonly outputs = ["charge_kwh"] as const;
  charge_kwh: number;
  readonly #kw: number;
  readonly #capacityKwh: number;

  constructor(kw: number, capacityKwh: number) {
    super();
    this.#kw = kw;
    this.#capacityKwh = capacityKwh;
    this.charge_kwh = capacityKwh / 2;
  }

  bid(): readonly Bid[] {
    return [
      [40, -Math.min(this.#kw, this.#capacityKwh - this.charge_kwh)],
      [55, Math.min(this.#kw, this.charge_kwh)],
    ];
  }

  override settle(_hour: number, _price: number, kw: number): void {
    this.charge_kwh -= kw;
  }
}

/** As in `traders.py`, for a market without Python. */
export class Chp extends Trader {
  static override readonly exposed = ["bid", "settle"] as const;
  readonly #cost: number;
  readonly #kw: number;
  #runs = false;

  constructor(cost: number, kw: number) {
    super();
    this.#cost = cost;
    this.#kw = kw;
  }

  bid(): readonly Bid[] {
    return [[this.#cost + (this.#runs ? 0 : 15), this.#kw]];
  }

  override settle(_hour: number, _price: number, kw: number): void {
    this.#runs = kw > 0;
  }
}

/** As in `traders.py`, for a market without Python. */
export class Boiler extends Trader {
  static override readonly exposed = ["bid", "settle"] as const;
  readonly #kw: number;
  #heatKwh = 600;

  constructor(kw: number) {
    super();
    this.#kw = kw;
  }

  bid(): readonly Bid[] {
    return [[35, -Math.min(this.#kw, 1200 - this.#heatKwh + 100)]];
  }

  override settle(_hour: number, _price: number, kw: number): void {
    this.#heatKwh = Math.max(0, this.#heatKwh - kw - 100);
  }
}
