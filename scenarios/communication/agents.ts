import { Agent } from "cosimas";
import { type Offer, PvAgent, type Schedule, StorageAgent } from "../lv-congestion/agents.ts";
import { type Measured, ResidualForecast } from "../lv-congestion/forecast.ts";
import { clear } from "../lv-congestion/market.ts";

/** Seconds in which the market has to be over: what is decided by then holds for the quarter hour. */
export const MARKET_S = 60;

/** Export that storages may fill when they empty themselves, as a part of what the transformer can take. */
const EXPORT_FILL = 0.5;

/** A plant that acts on the last price which it has heard, until it hears another one. */
export class Plant extends PvAgent {
  #price = 0;

  override measure(inputs: Parameters<PvAgent["measure"]>[0]): void {
    super.measure(inputs);
    super.award(this.#price);
  }

  override award(price: number): Schedule {
    this.#price = price;
    return super.award(price);
  }
}

/** A storage that does the same. */
export class Store extends StorageAgent {
  #price = 0;

  override measure(inputs: Parameters<StorageAgent["measure"]>[0]): void {
    super.measure(inputs);
    super.award(this.#price);
  }

  override award(price: number): Schedule {
    this.#price = price;
    return super.award(price);
  }
}

/** The transformer's agent, which does not rely on answers: what it did not hear in time it takes from the last time. */
export class Market extends Agent {
  static override readonly outputs = ["price", "unheard"] as const;
  price = 0;
  /** Answers that did not come, of all that were asked for so far. */
  unheard = 0;
  readonly #devices: readonly string[];
  readonly #attempts: number;
  readonly #forecast: ResidualForecast;
  readonly #offers = new Map<string, Offer>();
  readonly #schedules = new Map<string, Schedule>();

  /** @param params - `attempts`: how often it asks those who do not answer, in the same time. */
  constructor(params: {
    readonly devices: readonly string[];
    readonly sn_mva: number;
    readonly memory_steps: number;
    readonly attempts: number;
  }) {
    super();
    this.#devices = params.devices;
    this.#attempts = params.attempts;
    this.#forecast = new ResidualForecast(params.sn_mva, params.memory_steps);
  }

  /** What the transformer measured in the quarter hour last solved; null before the first. */
  async measure(measured: Measured | null): Promise<void> {
    if (measured !== null) this.#forecast.learn(measured, [...this.#schedules.values()]);
    await this.#ask("offer", [], this.#offers);
    const offers = [...this.#offers.values()];
    const { minMw, maxMw } = this.#forecast.room(offers, EXPORT_FILL);
    this.price = clear(
      offers.map(({ bid }) => bid),
      minMw,
      maxMw,
    );
    await this.#ask("award", [this.price], this.#schedules);
  }

  /** Ask all devices, and those again who have not answered; keep what they say. */
  async #ask<T>(method: string, args: readonly unknown[], known: Map<string, T>): Promise<void> {
    let devices = this.#devices;
    const within = MARKET_S / 2 / this.#attempts;
    for (let attempt = 0; attempt < this.#attempts && devices.length > 0; attempt++) {
      const { answers, late } = await this.gather<T>(devices, method, args, { within });
      for (const { id, value } of answers) known.set(id, value);
      devices = late;
    }
    this.unheard += devices.length;
  }
}
