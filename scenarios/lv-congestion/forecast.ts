import { activeRoomMw, ratedMvaNow } from "./rating.ts";

/** What the transformer measured in the quarter hour last solved; import counts positive. */
export interface Measured {
  readonly p_mw: number;
  readonly q_mvar: number;
  readonly loading_percent: number;
}

/** The last `size` values, for their extremes. */
export class Memory {
  readonly #size: number;
  readonly #values: number[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
  }

  /** The value added last, undefined before the first. */
  get last(): number | undefined {
    return this.#values.at(-1);
  }

  /** Infinity before the first value. */
  get lowest(): number {
    return Math.min(...this.#values);
  }

  /** -Infinity before the first value. */
  get highest(): number {
    return Math.max(...this.#values);
  }
}

/** Bounds on what all devices together may take, in MW. */
export interface Room {
  /** Below it the export may be too high. */
  readonly minMw: number;
  /** Above it there is room for more export. */
  readonly maxMw: number;
  /** By how much the residual was assumed lower than last seen. */
  readonly marginMw: number;
}

/**
 * The transformer's view of what it cannot see: the loads and losses below it, and the power it can carry.
 *
 * The residual is the flow less what the devices do. Nobody knows it for the quarter hour to come; when it matters it
 * is taken as the lowest that was seen within the memory: loads fall together and without notice, but hardly below
 * their base.
 */
export class ResidualForecast {
  #ratedMva: number;
  readonly #residualsMw: Memory;
  #residualQMvar = 0;

  constructor(ratedMva: number, memorySteps: number) {
    this.#ratedMva = ratedMva;
    this.#residualsMw = new Memory(memorySteps);
  }

  /** Take in what was measured while the devices did what `schedules` say. */
  learn(measured: Measured, schedules: readonly { readonly p_mw: number; readonly q_mvar: number }[]): void {
    const { p_mw, q_mvar, loading_percent } = measured;
    this.#residualsMw.add(schedules.reduce((rest, schedule) => rest - schedule.p_mw, p_mw));
    this.#residualQMvar = schedules.reduce((rest, schedule) => rest + schedule.q_mvar, q_mvar);
    this.#ratedMva = ratedMvaNow(p_mw, q_mvar, loading_percent, this.#ratedMva);
  }

  /**
   * What the devices may do now.
   *
   * @param offers - Reactive power that each device is going to feed in.
   * @param exportFill - Part of the possible export that storages may fill by giving back.
   */
  room(offers: readonly { readonly q_mvar: number }[], exportFill: number): Room {
    const last = this.#residualsMw.last;
    // Nothing known yet: plants feed in, storages rest.
    if (last === undefined) return { minMw: -Infinity, maxMw: Infinity, marginMw: 0 };
    const { lowest } = this.#residualsMw;
    const qMvar = offers.reduce((rest, offer) => rest - offer.q_mvar, this.#residualQMvar);
    const exportMw = activeRoomMw(this.#ratedMva, qMvar);
    return { minMw: -exportMw - lowest, maxMw: -exportFill * exportMw - lowest, marginMw: last - lowest };
  }
}
