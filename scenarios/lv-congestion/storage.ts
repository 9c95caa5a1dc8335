import type { StorageData } from "./grid/index.ts";

/** Charge below which a storage counts as empty, above which as full: what is left of rounding, in MWh. */
const ROUNDING_MWH = 1e-12;

/** A battery: what it can do in the next step, and what a power does to its charge. */
export class Storage {
  readonly data: StorageData;
  readonly #stepH: number;
  #energyMwh: number;

  /**
   * @param stepH - Length of a step in hours.
   * @param energyMwh - Charge at the start; default half full.
   */
  constructor(data: StorageData, stepH: number, energyMwh = data.max_e_mwh / 2) {
    this.data = data;
    this.#stepH = stepH;
    this.#energyMwh = energyMwh;
  }

  /** Charge in MWh, from 0 to `max_e_mwh`. */
  get energyMwh(): number {
    return this.#energyMwh;
  }

  /**
   * Run one step.
   *
   * @param wantedMw - Power at the terminals that was asked for, charging positive.
   * @returns Power that rating and charge allow.
   */
  run(wantedMw: number): number {
    const { max_e_mwh, efficiency } = this.data;
    const { minMw, maxMw } = powerRange(this.data, this.#energyMwh, this.#stepH);
    const powerMw = Math.min(Math.max(wantedMw, minMw), maxMw);
    const change = powerMw > 0 ? powerMw * efficiency : powerMw / efficiency;
    const energy = this.#energyMwh + change * this.#stepH;
    this.#energyMwh = energy < ROUNDING_MWH ? 0 : energy > max_e_mwh - ROUNDING_MWH ? max_e_mwh : energy;
    return powerMw;
  }
}

/** Powers that a storage with this charge can hold for a step, charging positive. */
export function powerRange(data: StorageData, energyMwh: number, stepH: number): { minMw: number; maxMw: number } {
  const { sn_mva, max_e_mwh, efficiency } = data;
  return {
    minMw: -Math.min(sn_mva, (energyMwh * efficiency) / stepH) + 0,
    maxMw: Math.min(sn_mva, (max_e_mwh - energyMwh) / efficiency / stepH),
  };
}
