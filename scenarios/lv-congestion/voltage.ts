import { Memory } from "./forecast.ts";

/** What an inverter knows of its connection to the grid, from the connection agreement. */
export interface Connection {
  /** Rating of the inverter. */
  readonly sn_mva: number;
  /** Rise of its own bus voltage with its own active power, p.u. per MW: the resistance of the grid there. */
  readonly rise_p: number;
  /** The same for reactive power, p.u. per Mvar: the reactance. */
  readonly rise_q: number;
  /** Voltage that its bus may not exceed. */
  readonly vm_max_pu: number;
}

/** Power that an inverter feeds in. */
export interface Feed {
  readonly p_mw: number;
  readonly q_mvar: number;
}

/** Reactive power that an inverter gives at most, as a part of its rating: a power factor of 0.9 (VDE-AR-N 4105). */
const Q_PART_MAX = Math.sqrt(1 - 0.9 * 0.9);

/** Distance that the plant keeps from the highest voltage while reactive power can do it. */
const VM_MARGIN_PU = 0.001;

/**
 * What a plant does by itself about its own voltage.
 *
 * It takes off its own part from each voltage measured; the highest rest within the memory is what it expects of the
 * others. If its own part on top of that passes the bound, it takes reactive power; what that cannot do, it gives up
 * in active power.
 */
export class VoltageGuard {
  readonly #connection: Connection;
  readonly #othersPu: Memory;

  constructor(connection: Connection, memorySteps: number) {
    this.#connection = connection;
    this.#othersPu = new Memory(memorySteps);
  }

  /** Take in the bus voltage of the quarter hour in which the plant did `fed`. */
  learn(vmPu: number, fed: Feed): void {
    this.#othersPu.add(vmPu - this.#connection.rise_p * fed.p_mw - this.#connection.rise_q * fed.q_mvar);
  }

  /** What to feed in when `availableMw` are there. */
  plan(availableMw: number): Feed {
    const { sn_mva, rise_p, rise_q, vm_max_pu } = this.#connection;
    const excess = this.#othersPu.highest + rise_p * availableMw - vm_max_pu;
    if (!(excess + VM_MARGIN_PU > 0)) return { p_mw: availableMw, q_mvar: 0 };
    const besides = Math.sqrt(Math.max(0, sn_mva * sn_mva - availableMw * availableMw));
    const taken = Math.min((excess + VM_MARGIN_PU) / rise_q, Q_PART_MAX * sn_mva, besides);
    const left = Math.max(0, excess - rise_q * taken);
    return { p_mw: Math.max(0, availableMw - left / rise_p), q_mvar: -taken };
  }
}
