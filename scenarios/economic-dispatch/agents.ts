import { Agent } from "cosimas";
import type { GeneratorData, LineData } from "./problem.ts";

/**
 * Proximal message passing: a generator, line or load proposes a power to the bus at each of its ends, the bus answers
 * with its imbalance, everybody corrects his proposal. Nobody knows more than his neighbours.
 *
 * Source: Kraning, Chu, Lavaei, Boyd, "Dynamic network energy management via proximal message passing", Foundations and
 * Trends in Optimization 1 (2013) 73–126; over-relaxation as in Boyd et al., "Distributed optimization … via the alternating
 * direction method of multipliers" (2011), section 3.4.3.
 */
export interface Method {
  /** How strongly a proposal sticks to what the bus wants, in EUR/(MW² h), above 0. It changes the pace, not the result. */
  readonly rho: number;
  /** The same for angles, as a factor, above 0. */
  readonly kappa: number;
}

/** Over-relaxation, from 1 (none) below 2. */
const RELAXATION = 1.6;

/** What a device proposes for one of its ends. */
interface Proposal {
  /** MW that it takes from the bus. */
  readonly power: number;
  /** Angle that it wants of the bus in radians, and how much that weighs; generators and loads have none. */
  readonly angle?: number;
  readonly weight?: number;
}

/** What a bus answers. */
interface Correction {
  /** Mean of what its devices take, in MW: 0 once it is balanced. */
  readonly imbalance: number;
  /** Sum of all imbalances so far, in MW; times rho it is the price of a MWh here, in EUR. */
  readonly pressure: number;
  readonly angle: number;
}

/** A place where powers have to balance and lines to agree on the angle. */
export class Bus extends Agent {
  static override readonly exposed = ["propose"] as const;
  static override readonly outputs = ["imbalance_mw", "price"] as const;
  /** What is fed in less what is taken, in MW. */
  imbalance_mw = 0;
  /** EUR/MWh. */
  price = 0;
  readonly #rho: number;
  readonly #devices: readonly string[];
  readonly #proposals = new Map<string, Proposal>();
  #loadMw: number;
  /** What the load has proposed, which nobody sends: it is the bus's own. */
  #load = 0;
  #pressure = 0;

  constructor(method: Method, loadMw: number, devices: readonly string[]) {
    super();
    this.#rho = method.rho;
    this.#loadMw = loadMw;
    this.#devices = devices;
  }

  /** From now on the load is another one, in MW. */
  demand(loadMw: number): void {
    this.#loadMw = loadMw;
  }

  propose(device: string, proposal: Proposal): void {
    this.#proposals.set(device, proposal);
    if (this.#proposals.size === this.#devices.length) this.#correct();
  }

  #correct(): void {
    this.#load = RELAXATION * this.#loadMw + (1 - RELAXATION) * this.#load;
    let taken = this.#load;
    let angles = 0;
    let weights = 0;
    // In the order of the list, not of arrival: sums of doubles depend on it.
    for (const device of this.#devices) {
      const { power, angle = 0, weight = 0 } = this.#proposals.get(device)!;
      taken += power;
      angles += weight * angle;
      weights += weight;
    }
    this.#proposals.clear();
    const imbalance = taken / (this.#devices.length + 1);
    this.#load -= imbalance;
    this.#pressure += imbalance;
    this.imbalance_mw = -taken;
    this.price = this.#rho * this.#pressure;
    const correction: Correction = {
      imbalance,
      pressure: this.#pressure,
      angle: weights === 0 ? 0 : angles / weights,
    };
    for (const device of this.#devices) this.send(device, "correct", [this.id, correction]);
  }
}

/** One end of a device: what it holds of the bus there. */
class Terminal {
  /** Power and angle as the bus has corrected them. */
  power = 0;
  angle = 0;
  pressure = 0;
  /** Sum of all differences of the angles so far. */
  twist = 0;
  /** What was proposed last, relaxed. */
  #proposed = { power: 0, angle: 0 };

  /** Power that the bus would like. */
  get wantedPower(): number {
    return this.power - this.pressure;
  }

  get wantedAngle(): number {
    return this.angle - this.twist;
  }

  relax(power: number, angle: number): { power: number; angle: number } {
    this.#proposed = {
      power: RELAXATION * power + (1 - RELAXATION) * this.power,
      angle: RELAXATION * angle + (1 - RELAXATION) * this.angle,
    };
    return { power: this.#proposed.power, angle: this.#proposed.angle + this.twist };
  }

  take({ imbalance, pressure, angle }: Correction): void {
    this.power = this.#proposed.power - imbalance;
    this.pressure = pressure;
    this.twist += this.#proposed.angle - angle;
    this.angle = angle;
  }
}

/** Feeds in what is worth its cost. */
export class Generator extends Agent {
  static override readonly exposed = ["correct"] as const;
  static override readonly outputs = ["feed_in_mw"] as const;
  feed_in_mw = 0;
  readonly #rho: number;
  readonly #bus: string;
  readonly #data: GeneratorData;
  readonly #terminal = new Terminal();

  constructor(method: Method, bus: string, data: GeneratorData) {
    super();
    this.#rho = method.rho;
    this.#bus = bus;
    this.#data = data;
  }

  override setup(): void {
    this.#propose();
  }

  correct(_bus: string, correction: Correction): void {
    this.#terminal.take(correction);
    this.#propose();
  }

  /** The least of its cost and of rho / 2 (p - wanted)². */
  #propose(): void {
    const { cost, p_min_mw, p_max_mw } = this.#data;
    const [, c1, c2] = cost;
    const p = (-c1 - this.#rho * this.#terminal.wantedPower) / (2 * c2 + this.#rho);
    this.feed_in_mw = Math.min(p_max_mw, Math.max(p_min_mw, p));
    const { power } = this.#terminal.relax(-this.feed_in_mw, 0);
    this.send(this.#bus, "propose", [this.id, { power }]);
  }
}

/** Carries power from one bus to the other, as much as their angles differ. */
export class Line extends Agent {
  static override readonly exposed = ["correct"] as const;
  static override readonly outputs = ["flow_mw"] as const;
  flow_mw = 0;
  readonly #rho: number;
  /** Weight of angles: comparable to powers, by the line's own MW for each radian. */
  readonly #weight: number;
  readonly #data: LineData;
  readonly #ends: readonly [string, string];
  readonly #terminals = [new Terminal(), new Terminal()] as const;
  #corrected = 0;

  constructor(method: Method, ends: readonly [string, string], data: LineData) {
    super();
    this.#rho = method.rho;
    this.#weight = method.kappa * data.mw_per_rad ** 2;
    this.#data = data;
    this.#ends = ends;
  }

  override setup(): void {
    this.#propose();
  }

  correct(bus: string, correction: Correction): void {
    this.#terminals[bus === this.#ends[0] ? 0 : 1].take(correction);
    if (++this.#corrected < 2) return;
    this.#corrected = 0;
    this.#propose();
  }

  /** The flow, and with it the difference of the angles, that is nearest to what both buses want, within the limit. */
  #propose(): void {
    const { mw_per_rad: b, limit_mw: limit = Infinity } = this.#data;
    const [from, to] = this.#terminals;
    const rho = this.#rho;
    const angles = (rho * this.#weight) / (2 * b);
    const difference = from.wantedAngle - to.wantedAngle;
    const flow = (rho * (from.wantedPower - to.wantedPower) + angles * difference) / (2 * rho + angles / b);
    this.flow_mw = Math.min(limit, Math.max(-limit, flow));
    const middle = (from.wantedAngle + to.wantedAngle) / 2;
    const half = this.flow_mw / b / 2;
    const weight = this.#weight;
    const proposals = [from.relax(this.flow_mw, middle + half), to.relax(-this.flow_mw, middle - half)];
    for (const [i, proposal] of proposals.entries()) {
      this.send(this.#ends[i]!, "propose", [this.id, { ...proposal, weight }]);
    }
  }
}
