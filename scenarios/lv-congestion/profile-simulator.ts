import { type CreateResult, type OutputData, type OutputRequest, Simulator } from "cosimas/mosaik";
import type { DeviceProfiles, GridData } from "./grid/index.ts";
import { pick } from "./pick.ts";

/** Values of one quarter hour, by entity. */
type Values = ReadonlyMap<string, Readonly<Record<string, number>>>;

/**
 * Plays back what the loads take and what the PV plants have available, a quarter hour a step.
 *
 * Its model `Devices` has a child for each: `Load` with `p_mw`, `q_mvar` and `PV` with `available_mw`.
 */
export class ProfileSimulator extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: {
      Devices: { public: true, params: [], attrs: [] },
      Load: { public: false, params: [], attrs: ["p_mw", "q_mvar"] },
      PV: { public: false, params: [], attrs: ["available_mw"] },
    },
  } as const;
  readonly #grid: GridData;
  readonly #profiles: DeviceProfiles;
  readonly #firstStep: number;
  #values: Values = new Map();

  /** @param firstStep - Quarter hour of the year that the run's step 0 plays. */
  constructor(grid: GridData, profiles: DeviceProfiles, firstStep: number) {
    super();
    this.#grid = grid;
    this.#profiles = profiles;
    this.#firstStep = firstStep;
  }

  override create(num: number): CreateResult[] {
    if (num !== 1) throw new RangeError(`there is one set of devices, got ${num}`);
    const { loads, pvs } = this.#grid;
    const children = [
      ...loads.map(({ id }) => ({ eid: id, type: "Load" })),
      ...pvs.map(({ id }) => ({ eid: id, type: "PV" })),
    ];
    return [{ eid: "Devices", type: "Devices", children }];
  }

  override step(time: number): number {
    const { loads, pvs } = this.#grid;
    const at = this.#firstStep + time;
    const loadP = this.#profiles.loadPMw(at);
    const loadQ = this.#profiles.loadQMvar(at);
    const available = this.#profiles.pvAvailableMw(at);
    this.#values = new Map<string, Readonly<Record<string, number>>>([
      ...loads.map(({ id }, i) => [id, { p_mw: loadP[i]!, q_mvar: loadQ[i]! }] as const),
      ...pvs.map(({ id }, i) => [id, { available_mw: available[i]! }] as const),
    ]);
    return time + 1;
  }

  override getData(outputs: OutputRequest): OutputData {
    return pick(outputs, this.#values);
  }
}
