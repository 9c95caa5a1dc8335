import { type CreateResult, type InputData, type OutputData, type OutputRequest, Simulator } from "cosimas/mosaik";
import { type GridData, PowerFlow, STEP_H } from "./grid/index.ts";
import { pick } from "./pick.ts";
import { Storage } from "./storage.ts";

const BUS = ["vm_pu", "va_degree", "p_mw", "q_mvar"];
const BRANCH = ["pl_mw", "ql_mvar", "loading_percent"];
const LINE = ["p_from_mw", "q_from_mvar", "p_to_mw", "q_to_mvar", "i_from_ka", "i_to_ka", "i_ka", ...BRANCH];
const TRAFO = ["p_hv_mw", "q_hv_mvar", "p_lv_mw", "q_lv_mvar", "i_hv_ka", "i_lv_ka", ...BRANCH];

/**
 * The low-voltage grid: takes what the devices do in a quarter hour, solves the AC power flow, and runs the storages.
 *
 * Its model `Grid` has a child for each element; attributes have pandapower's names. Inputs: `Load.p_mw`,
 * `Load.q_mvar`; `PV.available_mw`, `PV.p_mw`, a limit (without one a plant feeds in all that is available), and
 * `PV.q_mvar`, positive when fed in, within the inverter's rating (without one 0); `Storage.p_mw`, charging positive (without it a storage is idle). A device does what its physics allow: read `p_mw`
 * back for what it did, and `Storage.e_mwh` for the charge at the end of the quarter hour.
 */
export class GridSimulator extends Simulator {
  override readonly meta = {
    api_version: "3.0",
    type: "time-based",
    models: {
      Grid: { public: true, params: [], attrs: ["losses_mw"] },
      Bus: { public: false, params: [], attrs: BUS },
      Line: { public: false, params: [], attrs: LINE },
      Trafo: { public: false, params: [], attrs: TRAFO },
      Load: { public: false, params: [], attrs: ["p_mw", "q_mvar"] },
      PV: { public: false, params: [], attrs: ["available_mw", "p_mw", "q_mvar", "curtailed_mw"] },
      Storage: { public: false, params: [], attrs: ["p_mw", "e_mwh"] },
    },
  } as const;
  readonly #grid: GridData;
  readonly #flow: PowerFlow;
  readonly #storages: readonly Storage[];
  readonly #firstStep: number;
  #values: Map<string, object> = new Map();

  /** @param firstStep - Quarter hour of the year that the run's step 0 is: for messages. */
  constructor(grid: GridData, firstStep: number) {
    super();
    this.#grid = grid;
    this.#flow = new PowerFlow(grid);
    this.#storages = grid.storages.map((data) => new Storage(data, STEP_H));
    this.#firstStep = firstStep;
  }

  override create(num: number): CreateResult[] {
    if (num !== 1) throw new RangeError(`there is one grid, got ${num}`);
    const { buses, lines, trafos, loads, pvs, storages } = this.#grid;
    const at = (type: string) => (element: { id: string; bus: string }) => ({
      eid: element.id,
      type,
      rel: [element.bus],
    });
    const children = [
      ...buses.map(({ id }) => ({ eid: id, type: "Bus" })),
      ...lines.map((line) => ({ eid: line.id, type: "Line", rel: [line.from_bus, line.to_bus] })),
      ...trafos.map((trafo) => ({ eid: trafo.id, type: "Trafo", rel: [trafo.hv_bus, trafo.lv_bus] })),
      ...loads.map(at("Load")),
      ...pvs.map(at("PV")),
      ...storages.map(at("Storage")),
    ];
    return [{ eid: "Grid", type: "Grid", children }];
  }

  override step(time: number, inputs: InputData): number {
    const { loads, pvs, storages } = this.#grid;
    const input = (eid: string, attr: string, otherwise: number) => sum(inputs[eid]?.[attr], otherwise);
    const loadPMw = Float64Array.from(loads, ({ id }) => input(id, "p_mw", 0));
    const loadQMvar = Float64Array.from(loads, ({ id }) => input(id, "q_mvar", 0));
    const availableMw = Float64Array.from(pvs, ({ id }) => input(id, "available_mw", 0));
    const pvPMw = availableMw.map((mw, i) => limited(input(pvs[i]!.id, "p_mw", mw), mw));
    const pvQMvar = pvPMw.map((mw, i) => withinRating(input(pvs[i]!.id, "q_mvar", 0), mw, pvs[i]!.sn_mva));
    const storagePMw = Float64Array.from(storages, ({ id }, i) => this.#storages[i]!.run(input(id, "p_mw", 0)));
    const state = this.#flow.solve({ loadPMw, loadQMvar, pvPMw, pvQMvar, storagePMw }, this.#firstStep + time);
    this.#values = new Map<string, object>([
      ["Grid", { losses_mw: state.losses_mw }],
      ...[...state.buses, ...state.lines, ...state.trafos].map((element) => [element.id, element] as const),
      ...loads.map(({ id }, i) => [id, { p_mw: loadPMw[i], q_mvar: loadQMvar[i] }] as const),
      ...pvs.map(({ id }, i) => {
        const available_mw = availableMw[i]!;
        return [
          id,
          { available_mw, p_mw: pvPMw[i]!, q_mvar: pvQMvar[i]!, curtailed_mw: available_mw - pvPMw[i]! },
        ] as const;
      }),
      ...storages.map(({ id }, i) => [id, { p_mw: storagePMw[i], e_mwh: this.#storages[i]!.energyMwh }] as const),
    ]);
    return time + 1;
  }

  override getData(outputs: OutputRequest): OutputData {
    return pick(outputs, this.#values);
  }
}

/** What all sources give together; a value that is no number stays visible as NaN, which the power flow refuses by name. */
function sum(bySource: Readonly<Record<string, unknown>> | undefined, otherwise: number): number {
  if (bySource === undefined) return otherwise;
  return Object.values(bySource).reduce<number>(
    (total, value) => total + (typeof value === "number" ? value : Number.NaN),
    0,
  );
}

/** Reactive power that an inverter of this rating can give beside its active power; NaN stays NaN. */
function withinRating(qMvar: number, pMw: number, snMva: number): number {
  const most = Math.sqrt(Math.max(0, snMva * snMva - pMw * pMw));
  return Math.max(-most, Math.min(qMvar, most));
}

/** A plant's power under a limit; NaN stays NaN. */
function limited(limitMw: number, availableMw: number): number {
  return Math.max(0, Math.min(limitMw, availableMw));
}
