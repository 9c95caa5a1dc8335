/**
 * Lines and transformers as two-ports in per unit, and the bus admittance matrix they add up to.
 *
 * Source: pandapower documentation, "Electric Model" of line and trafo (transformer model "t", loading "current"), and MATPOWER
 * User's Manual, section 3.2, for the two-port.
 */

import { ScenarioError } from "cosimas";
import type { GridData, LineData, TrafoData } from "./grid-data.ts";

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** A branch between two buses: `i_from = ff v_from + ft v_to`, `i_to = tf v_from + tt v_to`, all in per unit. */
export interface TwoPort {
  /** Index of the bus at each end. */
  readonly from: number;
  readonly to: number;
  readonly ff: Complex;
  readonly ft: Complex;
  readonly tf: Complex;
  readonly tt: Complex;
  /** Current in kA of one per unit, at each end. */
  readonly fromBaseKa: number;
  readonly toBaseKa: number;
  /** Current in kA at each end that is a loading of 100 %. */
  readonly fromRatedKa: number;
  readonly toRatedKa: number;
}

/** Bus admittance matrix, row by row, in per unit. */
export interface Admittance {
  readonly n: number;
  readonly g: Float64Array;
  readonly b: Float64Array;
}

const add = (x: Complex, y: Complex): Complex => ({ re: x.re + y.re, im: x.im + y.im });
const times = (x: Complex, y: Complex): Complex => ({ re: x.re * y.re - x.im * y.im, im: x.re * y.im + x.im * y.re });
const scale = (x: Complex, f: number): Complex => ({ re: x.re * f, im: x.im * f });
const conjugate = (x: Complex): Complex => ({ re: x.re, im: -x.im });

function inverse(x: Complex): Complex {
  const square = x.re * x.re + x.im * x.im;
  return { re: x.re / square, im: -x.im / square };
}

/**
 * `exp(j degree)` for multiples of 30 degrees, without sine and cosine: engines may differ in their last bit, and a power flow
 * must give the same bits on all of them.
 */
export function unitPhasor(degree: number, what: string): Complex {
  const cosines = [
    1,
    Math.sqrt(3) / 2,
    0.5,
    0,
    -0.5,
    -Math.sqrt(3) / 2,
    -1,
    -Math.sqrt(3) / 2,
    -0.5,
    0,
    0.5,
    Math.sqrt(3) / 2,
  ];
  const hours = degree / 30;
  if (!Number.isInteger(hours)) {
    throw new ScenarioError("ERR_SCENARIO_GRID", `grid data: ${what} is ${degree}, must be a multiple of 30`);
  }
  const hour = ((hours % 12) + 12) % 12;
  return { re: cosines[hour]!, im: cosines[(hour + 9) % 12]! };
}

/** Pi equivalent; capacitance and conductance half at each end. */
function lineTwoPort(line: LineData, grid: GridData, busIndex: ReadonlyMap<string, number>): TwoPort {
  const from = busIndex.get(line.from_bus)!;
  const to = busIndex.get(line.to_bus)!;
  const { vn_kv: fromKv } = grid.buses[from]!;
  const { vn_kv: toKv } = grid.buses[to]!;
  const baseOhm = (fromKv * fromKv) / grid.s_base_mva;
  const ohm = { re: line.r_ohm_per_km * line.length_km, im: line.x_ohm_per_km * line.length_km };
  const series = inverse(scale(ohm, 1 / baseOhm / line.parallel));
  const half = (baseOhm * line.length_km * line.parallel) / 2;
  const end = {
    re: line.g_us_per_km * 1e-6 * half,
    im: 2 * Math.PI * grid.f_hz * line.c_nf_per_km * 1e-9 * half,
  };
  const ratedKa = line.max_i_ka * line.df * line.parallel;
  return {
    ...{ from, to, ff: add(series, end), ft: scale(series, -1), tf: scale(series, -1), tt: add(series, end) },
    ...{ fromBaseKa: baseKa(grid, fromKv), toBaseKa: baseKa(grid, toKv), fromRatedKa: ratedKa, toRatedKa: ratedKa },
  };
}

/** T equivalent with half of the leakage impedance at each side, turned into a pi (wye-delta), behind an ideal ratio. */
function trafoTwoPort(trafo: TrafoData, grid: GridData, busIndex: ReadonlyMap<string, number>): TwoPort {
  const from = busIndex.get(trafo.hv_bus)!;
  const to = busIndex.get(trafo.lv_bus)!;
  const { vn_kv: hvKv } = grid.buses[from]!;
  const { vn_kv: lvKv } = grid.buses[to]!;
  const lvRatio = trafo.vn_lv_kv / lvKv;
  const zBase = (lvRatio * lvRatio * grid.s_base_mva) / trafo.sn_mva / trafo.parallel;
  const z = (trafo.vk_percent / 100) * zBase;
  const r = (trafo.vkr_percent / 100) * zBase;
  const halfZ = scale({ re: r, im: Math.sqrt(z * z - r * r) }, 0.5);
  const ironMw = trafo.pfe_kw * 1e-3;
  const idleMva = (trafo.i0_percent / 100) * trafo.sn_mva;
  const yBase = trafo.parallel / (grid.s_base_mva * lvRatio * lvRatio);
  const middle = scale({ re: ironMw, im: -Math.sqrt(Math.max(0, idleMva * idleMva - ironMw * ironMw)) }, yBase);
  // Wye-delta: with za = zb = halfZ and zc = 1 / middle, between the ends zab = za + zb + za zb / zc, at each end zb / (zab zc).
  const between = add(scale(halfZ, 2), times(times(halfZ, halfZ), middle));
  const series = inverse(between);
  const end = times(times(halfZ, middle), series);
  const ratio = trafo.vn_hv_kv / trafo.vn_lv_kv / (hvKv / lvKv);
  const tap = scale(unitPhasor(trafo.shift_degree, `shift_degree of ${trafo.id}`), ratio);
  const rated = (kv: number) => (trafo.sn_mva * trafo.df * trafo.parallel) / (Math.sqrt(3) * kv);
  return {
    ...{
      from,
      to,
      ff: scale(add(series, end), 1 / (ratio * ratio)),
      ft: scale(times(series, inverse(conjugate(tap))), -1),
    },
    ...{ tf: scale(times(series, inverse(tap)), -1), tt: add(series, end) },
    ...{ fromBaseKa: baseKa(grid, hvKv), toBaseKa: baseKa(grid, lvKv) },
    ...{ fromRatedKa: rated(trafo.vn_hv_kv), toRatedKa: rated(trafo.vn_lv_kv) },
  };
}

function baseKa(grid: GridData, kv: number): number {
  return grid.s_base_mva / (Math.sqrt(3) * kv);
}

/** All branches: the lines in their order, then the transformers in theirs. */
export function twoPorts(grid: GridData, busIndex: ReadonlyMap<string, number>): TwoPort[] {
  return [
    ...grid.lines.map((line) => lineTwoPort(line, grid, busIndex)),
    ...grid.trafos.map((trafo) => trafoTwoPort(trafo, grid, busIndex)),
  ];
}

/** Sum of all branches. */
export function admittance(n: number, branches: readonly TwoPort[]): Admittance {
  const g = new Float64Array(n * n);
  const b = new Float64Array(n * n);
  const put = (row: number, column: number, y: Complex) => {
    g[row * n + column]! += y.re;
    b[row * n + column]! += y.im;
  };
  for (const { from, to, ff, ft, tf, tt } of branches) {
    put(from, from, ff);
    put(from, to, ft);
    put(to, from, tf);
    put(to, to, tt);
  }
  return { n, g, b };
}
