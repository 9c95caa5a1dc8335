/** The AC power flow of the grid: what the devices do in one quarter hour in, voltages, flows and loadings out. */

import { ScenarioError } from "cosimas";
import { admittance, type TwoPort, twoPorts, unitPhasor } from "./admittance.ts";
import type { ElementData, GridData } from "./grid-data.ts";
import { NewtonSolver } from "./newton.ts";

/** Power of each device in MW and Mvar, in the order of the grid's lists, with pandapower's signs. */
export interface SetPoints {
  /** Consumption of the loads. */
  readonly loadPMw: Float64Array;
  readonly loadQMvar: Float64Array;
  /** Generation of the PV plants. */
  readonly pvPMw: Float64Array;
  /** Reactive power that the PV plants feed in; 0 if left out. */
  readonly pvQMvar?: Float64Array;
  /** Power of the storages, charging positive. */
  readonly storagePMw: Float64Array;
  /** Reactive power that the storages take, positive as for a load; 0 if left out. */
  readonly storageQMvar?: Float64Array;
}

/** A bus; power counts what all devices at the bus consume, less what they generate. */
export interface BusState {
  readonly id: string;
  readonly vm_pu: number;
  readonly va_degree: number;
  readonly p_mw: number;
  readonly q_mvar: number;
}

/** A line; power counts what enters at each end, `pl_mw` what gets lost. */
export interface LineState {
  readonly id: string;
  readonly p_from_mw: number;
  readonly q_from_mvar: number;
  readonly p_to_mw: number;
  readonly q_to_mvar: number;
  readonly pl_mw: number;
  readonly ql_mvar: number;
  readonly i_from_ka: number;
  readonly i_to_ka: number;
  readonly i_ka: number;
  readonly loading_percent: number;
}

/** A transformer; `p_hv_mw` is positive when the low-voltage grid imports, negative when it exports. */
export interface TrafoState {
  readonly id: string;
  readonly p_hv_mw: number;
  readonly q_hv_mvar: number;
  readonly p_lv_mw: number;
  readonly q_lv_mvar: number;
  readonly pl_mw: number;
  readonly ql_mvar: number;
  readonly i_hv_ka: number;
  readonly i_lv_ka: number;
  /** The larger of both currents, relative to the rated one. */
  readonly loading_percent: number;
}

/** The solved grid, lists in the order of the grid's data; attributes named as pandapower's result columns. */
export interface GridState {
  readonly buses: readonly BusState[];
  readonly lines: readonly LineState[];
  readonly trafos: readonly TrafoState[];
  /** Active power lost in lines and transformers. */
  readonly losses_mw: number;
}

interface Flow {
  readonly pFrom: number;
  readonly qFrom: number;
  readonly pTo: number;
  readonly qTo: number;
  readonly iFrom: number;
  readonly iTo: number;
  readonly loading: number;
}

/**
 * Power flow for one grid: sets up the equations once, then solves them for any number of set-points.
 *
 * A result depends on the set-points alone. Reached against pandapower 3.5.6 over days 140 and 280: see
 * `test/scenario/power-flow.test.ts`.
 */
export class PowerFlow {
  readonly grid: GridData;
  readonly #busIndex: ReadonlyMap<string, number>;
  readonly #slack: number;
  readonly #branches: readonly TwoPort[];
  readonly #solver: NewtonSolver;
  /** Power into the grid at each bus, per unit. */
  readonly #p: Float64Array;
  readonly #q: Float64Array;

  /** @throws {@link ScenarioError} `ERR_SCENARIO_GRID` if a phase shift is not a multiple of 30 degrees. */
  constructor(grid: GridData) {
    this.grid = grid;
    const n = grid.buses.length;
    const { bus, vm_pu, va_degree, id } = grid.external_grid;
    this.#busIndex = new Map(grid.buses.map((b, i) => [b.id, i]));
    this.#slack = this.#busIndex.get(bus)!;
    this.#branches = twoPorts(grid, this.#busIndex);
    const angle = unitPhasor(va_degree, `va_degree of ${id}`);
    const slackVoltage = { re: vm_pu * angle.re, im: vm_pu * angle.im };
    this.#solver = new NewtonSolver(admittance(n, this.#branches), this.#slack, slackVoltage);
    this.#p = new Float64Array(n);
    this.#q = new Float64Array(n);
  }

  /**
   * Solve one quarter hour.
   *
   * @param step - Only for messages: the step counted from the start of the profiles.
   * @throws {@link ScenarioError} `ERR_SCENARIO_SETPOINT` naming device and step if a power is not finite.
   * @throws {@link ScenarioError} `ERR_SCENARIO_DIVERGED` naming the step if no voltages carry these powers.
   */
  solve(setPoints: SetPoints, step: number): GridState {
    this.#collect(setPoints, step);
    if (!this.#solver.solve(this.#p, this.#q)) {
      throw new ScenarioError(
        "ERR_SCENARIO_DIVERGED",
        `power flow of step ${step} found no voltages for these powers (mismatch ${this.#solver.mismatch} p.u.)`,
      );
    }
    return this.#state();
  }

  #collect(setPoints: SetPoints, step: number): void {
    const { loads, pvs, storages } = this.grid;
    this.#p.fill(0);
    this.#q.fill(0);
    this.#inject(this.#p, loads, setPoints.loadPMw, -1, "p_mw", step);
    this.#inject(this.#q, loads, setPoints.loadQMvar, -1, "q_mvar", step);
    this.#inject(this.#p, pvs, setPoints.pvPMw, 1, "p_mw", step);
    this.#inject(this.#q, pvs, setPoints.pvQMvar, 1, "q_mvar", step);
    this.#inject(this.#p, storages, setPoints.storagePMw, -1, "p_mw", step);
    this.#inject(this.#q, storages, setPoints.storageQMvar, -1, "q_mvar", step);
  }

  #inject(
    into: Float64Array,
    devices: readonly (ElementData & { readonly bus: string })[],
    powers: Float64Array | undefined,
    sign: number,
    attribute: string,
    step: number,
  ): void {
    if (powers === undefined) return;
    for (let i = 0; i < devices.length; i++) {
      const device = devices[i]!;
      const power = powers[i];
      if (power === undefined || !Number.isFinite(power)) {
        const message = `${attribute} of ${device.id} at step ${step} is ${power}, not a finite number`;
        throw new ScenarioError("ERR_SCENARIO_SETPOINT", message);
      }
      into[this.#busIndex.get(device.bus)!]! += (sign * power) / this.grid.s_base_mva;
    }
  }

  #state(): GridState {
    const { buses, lines, trafos, s_base_mva } = this.grid;
    const flows = this.#branches.map((branch) => this.#flow(branch));
    const lineStates = lines.map((line, i) => lineState(line.id, flows[i]!));
    const trafoStates = trafos.map((trafo, i) => trafoState(trafo.id, flows[lines.length + i]!));
    // The slack feeds in what flows out of its bus through the branches.
    let slackP = 0;
    let slackQ = 0;
    for (const [i, { from, to }] of this.#branches.entries()) {
      const flow = flows[i]!;
      if (from === this.#slack) [slackP, slackQ] = [slackP + flow.pFrom, slackQ + flow.qFrom];
      if (to === this.#slack) [slackP, slackQ] = [slackP + flow.pTo, slackQ + flow.qTo];
    }
    const busStates = buses.map(({ id }, i): BusState => {
      const re = this.#solver.re[i]!;
      const im = this.#solver.im[i]!;
      const p_mw = i === this.#slack ? -slackP : -this.#p[i]! * s_base_mva;
      const q_mvar = i === this.#slack ? -slackQ : -this.#q[i]! * s_base_mva;
      return { id, vm_pu: Math.sqrt(re * re + im * im), va_degree: (Math.atan2(im, re) * 180) / Math.PI, p_mw, q_mvar };
    });
    const losses_mw = flows.reduce((sum, flow) => sum + flow.pFrom + flow.pTo, 0);
    return { buses: busStates, lines: lineStates, trafos: trafoStates, losses_mw };
  }

  #flow(branch: TwoPort): Flow {
    const { from, to, ff, ft, tf, tt } = branch;
    const vfRe = this.#solver.re[from]!;
    const vfIm = this.#solver.im[from]!;
    const vtRe = this.#solver.re[to]!;
    const vtIm = this.#solver.im[to]!;
    const ifRe = ff.re * vfRe - ff.im * vfIm + ft.re * vtRe - ft.im * vtIm;
    const ifIm = ff.re * vfIm + ff.im * vfRe + ft.re * vtIm + ft.im * vtRe;
    const itRe = tf.re * vfRe - tf.im * vfIm + tt.re * vtRe - tt.im * vtIm;
    const itIm = tf.re * vfIm + tf.im * vfRe + tt.re * vtIm + tt.im * vtRe;
    const base = this.grid.s_base_mva;
    const iFrom = Math.sqrt(ifRe * ifRe + ifIm * ifIm) * branch.fromBaseKa;
    const iTo = Math.sqrt(itRe * itRe + itIm * itIm) * branch.toBaseKa;
    return {
      pFrom: (vfRe * ifRe + vfIm * ifIm) * base,
      qFrom: (vfIm * ifRe - vfRe * ifIm) * base,
      pTo: (vtRe * itRe + vtIm * itIm) * base,
      qTo: (vtIm * itRe - vtRe * itIm) * base,
      ...{ iFrom, iTo, loading: Math.max(iFrom / branch.fromRatedKa, iTo / branch.toRatedKa) * 100 },
    };
  }
}

function lineState(id: string, flow: Flow): LineState {
  return {
    id,
    p_from_mw: flow.pFrom,
    q_from_mvar: flow.qFrom,
    p_to_mw: flow.pTo,
    q_to_mvar: flow.qTo,
    pl_mw: flow.pFrom + flow.pTo,
    ql_mvar: flow.qFrom + flow.qTo,
    i_from_ka: flow.iFrom,
    i_to_ka: flow.iTo,
    i_ka: Math.max(flow.iFrom, flow.iTo),
    loading_percent: flow.loading,
  };
}

function trafoState(id: string, flow: Flow): TrafoState {
  return {
    id,
    p_hv_mw: flow.pFrom,
    q_hv_mvar: flow.qFrom,
    p_lv_mw: flow.pTo,
    q_lv_mvar: flow.qTo,
    pl_mw: flow.pFrom + flow.pTo,
    ql_mvar: flow.qFrom + flow.qTo,
    i_hv_ka: flow.iFrom,
    i_lv_ka: flow.iTo,
    loading_percent: flow.loading,
  };
}
