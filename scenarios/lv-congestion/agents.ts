import { Agent } from "cosimas";
import { ResidualForecast } from "./forecast.ts";
import type { StorageData } from "./grid/index.ts";
import { type Bid, clear, demandAt, PRICE_MAX, PRICE_MIN } from "./market.ts";
import { powerRange } from "./storage.ts";
import { type Connection, VoltageGuard } from "./voltage.ts";

/** Price below which plants give way; above it only storages charge. */
const PRICE_CURTAIL = -0.5;

/** Export that storages may fill when they empty themselves, as a part of what the transformer can take. */
const EXPORT_FILL = 0.5;

/** What a device tells the market: its bid, and the reactive power that it is going to feed in. */
export interface Offer {
  readonly bid: Bid;
  readonly q_mvar: number;
}

/** What a device does after the market has cleared; power as in its bid, what is taken counts positive. */
export interface Schedule {
  readonly p_mw: number;
  readonly q_mvar: number;
}

/** Before the first quarter hour nothing was measured: null, or NaN where mosaik, which takes null for an error, gives it. */
function measured(value: number | null): value is number {
  return value !== null && !Number.isNaN(value);
}

/** A PV plant: feeds in what it can, unless the market or its own voltage says less. */
export class PvAgent extends Agent {
  static override readonly exposed = ["offer", "award"] as const;
  static override readonly outputs = ["p_mw", "q_mvar"] as const;
  /** Feed-in decided for this quarter hour. */
  p_mw = 0;
  /** Reactive power fed in. */
  q_mvar = 0;
  readonly #guard: VoltageGuard;
  #bid: Bid = [];

  constructor(params: { connection: Connection; memory_steps: number }) {
    super();
    this.#guard = new VoltageGuard(params.connection, params.memory_steps);
  }

  /** What the plant measures: what is available now, and its bus voltage of the quarter hour last solved. */
  measure(inputs: { available_mw: number; vm_pu: number | null }): void {
    if (measured(inputs.vm_pu)) this.#guard.learn(inputs.vm_pu, this);
    const plan = this.#guard.plan(inputs.available_mw);
    this.p_mw = plan.p_mw;
    this.q_mvar = plan.q_mvar;
    this.#bid = [
      [PRICE_MIN, 0],
      [PRICE_CURTAIL, -plan.p_mw],
    ];
  }

  offer(): Offer {
    return { bid: this.#bid, q_mvar: this.q_mvar };
  }

  award(price: number): Schedule {
    const demand = demandAt(this.#bid, price);
    this.p_mw = -demand;
    return { p_mw: demand, q_mvar: this.q_mvar };
  }
}

/** A storage: takes what the transformer cannot, and gives it back when there is room. */
export class StorageAgent extends Agent {
  static override readonly exposed = ["offer", "award"] as const;
  static override readonly outputs = ["p_mw"] as const;
  /** Power decided for this quarter hour, charging positive. */
  p_mw = 0;
  readonly #data: StorageData;
  readonly #stepH: number;
  readonly #vmMaxPu: number;
  #bid: Bid = [];

  constructor(params: { data: StorageData; step_h: number; vm_max_pu: number }) {
    super();
    this.#data = params.data;
    this.#stepH = params.step_h;
    this.#vmMaxPu = params.vm_max_pu;
  }

  /** What the storage measures: its charge now, and its bus voltage of the quarter hour last solved. */
  measure(inputs: { e_mwh: number; vm_pu: number | null }): void {
    const { minMw, maxMw } = powerRange(this.#data, inputs.e_mwh, this.#stepH);
    const mayDischarge = measured(inputs.vm_pu) && inputs.vm_pu < this.#vmMaxPu;
    this.p_mw = 0;
    this.#bid = [
      [PRICE_CURTAIL, maxMw],
      [0, 0],
      [PRICE_MAX, mayDischarge ? minMw : 0],
    ];
  }

  offer(): Offer {
    return { bid: this.#bid, q_mvar: 0 };
  }

  award(price: number): Schedule {
    this.p_mw = demandAt(this.#bid, price);
    return { p_mw: this.p_mw, q_mvar: 0 };
  }
}

/** The transformer: asks the devices below it for offers and finds the price at which its rating holds. */
export class TransformerAgent extends Agent {
  static override readonly outputs = ["price", "margin_mw"] as const;
  /** Price of this quarter hour: below 0 the feed-in is scarce of room, above 0 there is room. */
  price = 0;
  /** By how much the unmeasured load was assumed lower than last seen. */
  margin_mw = 0;
  readonly #devices: readonly string[];
  readonly #forecast: ResidualForecast;
  #schedules: readonly Schedule[] = [];

  constructor(params: { devices: readonly string[]; sn_mva: number; memory_steps: number }) {
    super();
    this.#devices = params.devices;
    this.#forecast = new ResidualForecast(params.sn_mva, params.memory_steps);
  }

  /** What the transformer measures of the quarter hour last solved; import and consumption count positive. */
  async measure(inputs: { p_mw: number | null; q_mvar: number | null; loading_percent: number | null }): Promise<void> {
    const { p_mw, q_mvar, loading_percent } = inputs;
    if (measured(p_mw) && measured(q_mvar) && measured(loading_percent)) {
      this.#forecast.learn({ p_mw, q_mvar, loading_percent }, this.#schedules);
    }
    const devices = await Promise.all(
      this.#devices.map((id) => this.connect<typeof PvAgent | typeof StorageAgent>(id)),
    );
    const offers = await Promise.all(devices.map((device) => device.offer()));
    const { minMw, maxMw, marginMw } = this.#forecast.room(offers, EXPORT_FILL);
    this.margin_mw = marginMw;
    this.price = clear(
      offers.map(({ bid }) => bid),
      minMw,
      maxMw,
    );
    this.#schedules = await Promise.all(devices.map((device) => device.award(this.price)));
  }
}
