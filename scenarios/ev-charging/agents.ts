import { Agent } from "cosimas";
import { priceAt, STEP_H, STEP_S, stepAt } from "./site.ts";

/** What a station asks of the transformer for the next quarter hour. */
interface Proposal {
  readonly kw: number;
  /** EUR that a kWh is worth to the car now. */
  readonly value: number;
}

/** Knows what the transformer has left, and gives it to whom it is worth most. */
export class Transformer extends Agent {
  static override readonly outputs = ["room_kw", "asked_kw", "awarded_kw"] as const;
  room_kw = 0;
  asked_kw = 0;
  awarded_kw = 0;
  readonly #limitKw: number;

  constructor({ limit_kw }: { limit_kw: number }) {
    super();
    this.#limitKw = limit_kw;
  }

  override setup(): void {
    this.every(STEP_S, () => this.#callForProposals(), { at: this.clock.time() });
  }

  /** What the houses take in this quarter hour, in kW. */
  measure({ base_kw }: { base_kw: number }): void {
    this.room_kw = Math.max(0, this.#limitKw - base_kw);
  }

  async #callForProposals(): Promise<void> {
    const stations = this.neighbours<typeof Station>();
    const { answers } = await this.gather(stations, "propose", [this.#scarcity], { within: 1 });
    const price = priceAt(stepAt(this.clock.time()));
    const proposals = answers.filter(({ value }) => value.value >= price);
    proposals.sort((one, other) => other.value.value - one.value.value);
    this.asked_kw = answers.reduce((sum, { value }) => sum + value.kw, 0);
    let room = this.room_kw;
    await Promise.all(
      proposals.map(({ peer, value }) => {
        const kw = Math.min(value.kw, room);
        room -= kw;
        return peer.award(kw);
      }),
    );
    this.awarded_kw = this.room_kw - room;
  }

  /** How many times the room all cars would need that are not full, at least 1: who hears it begins earlier. */
  get #scarcity(): number {
    return this.room_kw === 0 ? 1 : Math.max(1, this.asked_kw / this.room_kw);
  }
}

/** Charges one car at a time, with what it was awarded. */
export class Station extends Agent {
  static override readonly exposed = ["offer", "plugIn", "unplug", "propose", "award"] as const;
  static override readonly outputs = ["p_kw"] as const;
  p_kw = 0;
  readonly #maxKw: number;
  /** Id of the car that is here. */
  #car: string | undefined;

  constructor({ max_kw }: { max_kw: number }) {
    super();
    this.#maxKw = max_kw;
  }

  /** Power that a car would get here at most. */
  offer(): number {
    if (this.#car !== undefined) throw new Error("taken");
    return this.#maxKw;
  }

  /** The sender is a car that wants to charge here. @returns False if another one was faster. */
  plugIn(): boolean {
    if (this.#car !== undefined) return false;
    this.#car = this.sender;
    return true;
  }

  unplug(): void {
    this.#car = undefined;
    this.p_kw = 0;
  }

  async propose(scarcity: number): Promise<Proposal> {
    this.p_kw = 0; // without an award nobody charges
    if (this.#car === undefined) throw new Error("no car is here");
    const car = await this.connect<typeof Car>(this.#car);
    return car.wish(this.#maxKw, scarcity);
  }

  award(kw: number): void {
    if (this.#car === undefined) return; // it has just left
    this.p_kw = kw;
    this.send(this.#car, "charge", [kw]);
  }
}

/** What a driver wants. */
export interface Trip {
  /** Seconds since noon. */
  readonly arrival_s: number;
  readonly departure_s: number;
  readonly need_kwh: number;
  /** EUR that each kWh is worth to the driver which is missing at departure. */
  readonly comfort_eur: number;
}

/** Comes in the evening, looks for a station, and wants to be charged in the morning, at the least cost. */
export class Car extends Agent {
  static override readonly exposed = ["wish", "charge"] as const;
  static override readonly outputs = ["trip", "plug", "kwh", "energy_eur"] as const;
  readonly trip: Trip;
  /** Where it has found a station, and when, in seconds since noon. */
  plug: { readonly station: string; readonly at_s: number; readonly max_kw: number } | null = null;
  kwh = 0;
  energy_eur = 0;
  #kw = 0;
  #sinceS = 0;

  /** @param trip - Default: a commuter's, drawn by the car's own chance. */
  constructor({ trip }: { trip?: Trip } = {}) {
    super();
    this.trip = trip ?? {
      arrival_s: 3600 * (4 + 5 * this.random()),
      departure_s: 3600 * (17.5 + 3.5 * this.random()),
      need_kwh: 8 + 32 * this.random(),
      comfort_eur: 0.6 + 0.8 * this.random(),
    };
  }

  override setup(): void {
    this.clock.callAt(this.trip.arrival_s, () => this.#arrive());
  }

  async #arrive(): Promise<void> {
    const { answers } = await this.gather(this.neighbours<typeof Station>(), "offer", [], { within: 1 });
    const offers = [...answers].sort((one, other) => other.value - one.value);
    for (const { id, peer, value } of offers) {
      if (!(await peer.plugIn())) continue;
      this.plug = { station: id, at_s: this.clock.time(), max_kw: value };
      this.clock.callAt(this.trip.departure_s, () => this.#depart(id));
      return;
    }
    const nextS = this.clock.time() + STEP_S;
    if (nextS < this.trip.departure_s) this.clock.callAt(nextS, () => this.#arrive());
  }

  #depart(station: string): void {
    this.charge(0);
    this.send(station, "unplug");
  }

  /**
   * What it wants of this quarter hour: what later ones that cost less cannot give, if it gets one share of `scarcity` in
   * each. A kWh is worth what it would cost in the dearest of the later ones that it needs; or comfort, if they are too few.
   */
  wish(maxKw: number, scarcity: number): Proposal {
    this.charge(0);
    const missing = this.trip.need_kwh - this.kwh;
    if (missing < 1e-6) throw new Error("full");
    const now = stepAt(this.clock.time());
    const later: number[] = [];
    for (let step = now + 1; (step + 1) * STEP_S <= this.trip.departure_s; step++) later.push(priceAt(step));
    later.sort((a, b) => a - b);
    const share = (maxKw * STEP_H) / scarcity;
    const rest = missing - share * later.filter((price) => price < priceAt(now)).length;
    return {
      kw: Math.min(maxKw, (rest > 0 ? rest : missing) / STEP_H),
      value: later[Math.ceil(missing / share) - 1] ?? this.trip.comfort_eur,
    };
  }

  /** From now on it gets so many kW. */
  charge(kw: number): void {
    const nowS = this.clock.time();
    const kwh = (this.#kw * (nowS - this.#sinceS)) / 3600;
    this.kwh += kwh;
    this.energy_eur += kwh * priceAt(stepAt(this.#sinceS));
    this.#kw = kw;
    this.#sinceS = nowS;
  }
}
