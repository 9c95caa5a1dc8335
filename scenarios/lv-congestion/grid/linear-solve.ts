/** Solution of small dense linear systems, in place. */

/**
 * Solve `a x = b` by Gaussian elimination with partial pivoting. Overwrites both: `a` with rubbish, `b` with `x`.
 *
 * @param a - `n * n` numbers, row by row.
 * @param b - `n` numbers.
 * @returns false if the matrix is singular to working precision (a pivot that is 0 or not finite); `b` is then rubbish.
 *
 * Source: Golub, Van Loan, Matrix Computations, section 3.4. Dense is right for the 28 unknowns of this grid: 28^3 / 3
 * multiplications are done in about 10 us.
 */
export function solveDense(a: Float64Array, b: Float64Array, n: number): boolean {
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(a[i * n + k]!) > Math.abs(a[pivot * n + k]!)) pivot = i;
    const p = a[pivot * n + k]!;
    if (p === 0 || !Number.isFinite(p)) return false;
    if (pivot !== k) swapRows(a, b, n, k, pivot);
    for (let i = k + 1; i < n; i++) {
      const factor = a[i * n + k]! / p;
      if (factor === 0) continue;
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= factor * a[k * n + j]!;
      b[i]! -= factor * b[k]!;
    }
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let j = i + 1; j < n; j++) sum -= a[i * n + j]! * b[j]!;
    b[i] = sum / a[i * n + i]!;
  }
  return true;
}

function swapRows(a: Float64Array, b: Float64Array, n: number, r: number, s: number): void {
  for (let j = 0; j < n; j++) {
    const x = a[r * n + j]!;
    a[r * n + j] = a[s * n + j]!;
    a[s * n + j] = x;
  }
  const y = b[r]!;
  b[r] = b[s]!;
  b[s] = y;
}
