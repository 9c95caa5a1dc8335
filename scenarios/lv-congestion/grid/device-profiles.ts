/** What each load consumes and each PV plant has available in a quarter hour: rated power times profile. */

import type { GridData } from "./grid-data.ts";
import type { Profiles } from "./profiles.ts";

interface Product {
  readonly rated: number;
  readonly factors: Float64Array;
}

/** The profiles of one grid's devices; arrays are new at each call and in the order of the grid's lists. */
export class DeviceProfiles {
  readonly #loadP: readonly Product[];
  readonly #loadQ: readonly Product[];
  readonly #pv: readonly Product[];

  /** @throws {@link ScenarioError} `ERR_SCENARIO_PROFILE` if a device names a profile that is not there. */
  constructor(grid: GridData, profiles: Profiles) {
    const { loads, pvs } = grid;
    this.#loadP = loads.map(({ p_mw, p_profile }) => ({ rated: p_mw, factors: profiles.column(p_profile) }));
    this.#loadQ = loads.map(({ q_mvar, q_profile }) => ({ rated: q_mvar, factors: profiles.column(q_profile) }));
    this.#pv = pvs.map(({ p_mw, profile }) => ({ rated: p_mw, factors: profiles.column(profile) }));
  }

  /** Active power that each load consumes at `step`, in MW. */
  loadPMw(step: number): Float64Array {
    return at(this.#loadP, step);
  }

  /** Reactive power that each load consumes at `step`, in Mvar. */
  loadQMvar(step: number): Float64Array {
    return at(this.#loadQ, step);
  }

  /** Active power that each PV plant could generate at `step`, in MW. */
  pvAvailableMw(step: number): Float64Array {
    return at(this.#pv, step);
  }
}

function at(products: readonly Product[], step: number): Float64Array {
  const powers = new Float64Array(products.length);
  for (let i = 0; i < powers.length; i++) {
    const { rated, factors } = products[i]!;
    const factor = factors[step];
    if (factor === undefined) {
      throw new RangeError(`step is ${step}, the profiles hold steps 0 to ${factors.length - 1}`);
    }
    powers[i] = rated * factor;
  }
  return powers;
}
