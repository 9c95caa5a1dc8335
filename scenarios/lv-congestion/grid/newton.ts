/** Newton's method for the AC power flow of a grid with one slack bus and constant power at all others. */

import type { Admittance, Complex } from "./admittance.ts";
import { solveDense } from "./linear-solve.ts";

/** Largest mismatch of active or reactive power at a bus, per unit, at which the voltages count as found. */
const MISMATCH_MAX = 1e-11;
/** Newton converges quadratically: a solution that exists is found in 3 to 5 iterations. */
const ITERATIONS_MAX = 20;

/**
 * Finds the bus voltages for given powers; keeps its arrays, so that a call allocates nothing.
 *
 * Every call starts from the voltages without any power, so a result depends on its arguments alone, never on earlier calls. Only
 * `+ - * /` are used: they give the same bits on every machine, sines and cosines do not.
 */
export class NewtonSolver {
  /** Voltage of each bus in per unit, real and imaginary part; the result of the last `solve` that converged. */
  readonly re: Float64Array;
  readonly im: Float64Array;
  /** Power mismatch in per unit after the last iteration of the last `solve`. */
  mismatch = 0;
  readonly #y: Admittance;
  /** The buses whose voltage is unknown: all but the slack. */
  readonly #free: readonly number[];
  readonly #idleRe: Float64Array;
  readonly #idleIm: Float64Array;
  readonly #matrix: Float64Array;
  readonly #change: Float64Array;

  constructor(y: Admittance, slack: number, slackVoltage: Complex) {
    this.#y = y;
    this.#free = Array.from({ length: y.n }, (_, i) => i).filter((i) => i !== slack);
    this.re = new Float64Array(y.n);
    this.im = new Float64Array(y.n);
    this.#matrix = new Float64Array(4 * this.#free.length ** 2);
    this.#change = new Float64Array(2 * this.#free.length);
    this.#solveIdle(slack, slackVoltage);
    this.#idleRe = this.re.slice();
    this.#idleIm = this.im.slice();
  }

  /**
   * Find voltages so that bus `i` feeds `p[i] + j q[i]` into the grid, slack excepted.
   *
   * @param p - Active power into the grid at each bus in per unit; generation positive.
   * @param q - Reactive power likewise.
   * @returns Whether it converged; if not, `re` and `im` mean nothing.
   */
  solve(p: Float64Array, q: Float64Array): boolean {
    this.re.set(this.#idleRe);
    this.im.set(this.#idleIm);
    for (let iteration = 0; iteration <= ITERATIONS_MAX; iteration++) {
      this.mismatch = this.#linearise(p, q);
      if (this.mismatch <= MISMATCH_MAX) return true;
      if (!Number.isFinite(this.mismatch) || !solveDense(this.#matrix, this.#change, this.#change.length)) return false;
      this.#update();
    }
    return false;
  }

  /**
   * Set up the linear system for the relative changes `dv / v = x + j y` of all free voltages, and return the largest mismatch.
   *
   * Source: the power-flow Jacobian of MATPOWER User's Manual, section 4.1, for angle and relative magnitude; its sines and cosines
   * of angle differences, times both magnitudes, are products of the voltages' real and imaginary parts.
   */
  #linearise(p: Float64Array, q: Float64Array): number {
    const { n, g, b } = this.#y;
    const { re, im } = this;
    const free = this.#free;
    const size = free.length;
    const width = 2 * size;
    let largest = 0;
    for (let r = 0; r < size; r++) {
      const i = free[r]!;
      let currentRe = 0;
      let currentIm = 0;
      for (let k = 0; k < n; k++) {
        const gik = g[i * n + k]!;
        const bik = b[i * n + k]!;
        currentRe += gik * re[k]! - bik * im[k]!;
        currentIm += gik * im[k]! + bik * re[k]!;
      }
      const pi = re[i]! * currentRe + im[i]! * currentIm;
      const qi = im[i]! * currentRe - re[i]! * currentIm;
      this.#change[r] = p[i]! - pi;
      this.#change[size + r] = q[i]! - qi;
      largest = Math.max(largest, Math.abs(p[i]! - pi), Math.abs(q[i]! - qi));
      for (let c = 0; c < size; c++) {
        const k = free[c]!;
        const gik = g[i * n + k]!;
        const bik = b[i * n + k]!;
        const cos = re[i]! * re[k]! + im[i]! * im[k]!;
        const sin = im[i]! * re[k]! - re[i]! * im[k]!;
        const along = gik * cos + bik * sin;
        const across = gik * sin - bik * cos;
        const diagonal = i === k;
        this.#matrix[r * width + c] = diagonal ? across - qi : across;
        this.#matrix[r * width + size + c] = diagonal ? along + pi : along;
        this.#matrix[(size + r) * width + c] = diagonal ? pi - along : -along;
        this.#matrix[(size + r) * width + size + c] = diagonal ? across + qi : across;
      }
    }
    return largest;
  }

  /** Columns are first the angles, then the relative magnitudes: `v += v (magnitude + j angle)`. */
  #update(): void {
    const size = this.#free.length;
    for (let c = 0; c < size; c++) {
      const k = this.#free[c]!;
      const angle = this.#change[c]!;
      const magnitude = this.#change[size + c]!;
      const { [k]: re = 0 } = this.re;
      const { [k]: im = 0 } = this.im;
      this.re[k] = re + re * magnitude - im * angle;
      this.im[k] = im + im * magnitude + re * angle;
    }
  }

  /** Voltages when no bus feeds anything: the currents `Y v` of all free buses are zero, a linear system. */
  #solveIdle(slack: number, slackVoltage: Complex): void {
    const { n, g, b } = this.#y;
    const free = this.#free;
    const size = free.length;
    const width = 2 * size;
    for (let r = 0; r < size; r++) {
      const row = free[r]! * n;
      const gs = g[row + slack]!;
      const bs = b[row + slack]!;
      this.#change[r] = -(gs * slackVoltage.re - bs * slackVoltage.im);
      this.#change[size + r] = -(gs * slackVoltage.im + bs * slackVoltage.re);
      for (let c = 0; c < size; c++) {
        const gik = g[row + free[c]!]!;
        const bik = b[row + free[c]!]!;
        this.#matrix[r * width + c] = gik;
        this.#matrix[r * width + size + c] = -bik;
        this.#matrix[(size + r) * width + c] = bik;
        this.#matrix[(size + r) * width + size + c] = gik;
      }
    }
    solveDense(this.#matrix, this.#change, width);
    this.re[slack] = slackVoltage.re;
    this.im[slack] = slackVoltage.im;
    for (let c = 0; c < size; c++) {
      this.re[free[c]!] = this.#change[c]!;
      this.im[free[c]!] = this.#change[size + c]!;
    }
  }
}
