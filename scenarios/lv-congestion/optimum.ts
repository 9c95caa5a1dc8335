import highsModule from "highs";
import type { QuarterHour } from "./collector.ts";
import { type GridData, STEP_H } from "./grid/index.ts";
import { activeRoomMw, ratedMvaNow } from "./rating.ts";

// The package's types describe its CommonJS build; what an import gives is the loader itself.
const createHighs = highsModule as unknown as typeof highsModule.default;

/** Energy that would have to be thrown away by somebody who knows the future, in MWh. */
export interface Optimum {
  readonly withStoragesMwh: number;
  readonly withoutStoragesMwh: number;
}

/** Power that the uncontrolled quarter hour exports beyond the transformer's rating, in MW; negative: room that is left. */
function excessMw(before: QuarterHour, ratedMva: number): number {
  const { flowMw, flowMvar, loadingPercent } = before;
  return -flowMw - activeRoomMw(ratedMvaNow(flowMw, flowMvar, loadingPercent, ratedMva), flowMvar);
}

/**
 * The least energy that must be curtailed to keep the transformer within its rating, known to somebody who sees all
 * quarter hours at once: a linear program over the storages' charging and discharging, solved by HiGHS.
 *
 * Losses and reactive power are those of the uncontrolled run, and voltages are left out; so it is a bound for
 * comparison, good to a few per cent, not a schedule.
 *
 * @param before - The uncontrolled run.
 */
export async function optimum(grid: GridData, before: readonly QuarterHour[]): Promise<Optimum> {
  const ratedMva = grid.trafos.reduce((sum, { sn_mva }) => sum + sn_mva, 0);
  const excess = before.map((quarterHour) => excessMw(quarterHour, ratedMva));
  const withoutStoragesMwh = excess.reduce((sum, mw) => sum + Math.max(0, mw) * STEP_H, 0);
  if (withoutStoragesMwh === 0) return { withStoragesMwh: 0, withoutStoragesMwh };
  const highs = await createHighs();
  const { Status, ObjectiveValue } = highs.solve(program(grid, excess));
  if (Status !== "Optimal") throw new Error(`the optimum was not found: HiGHS says ${Status}`);
  return { withStoragesMwh: Math.max(0, ObjectiveValue) * STEP_H, withoutStoragesMwh };
}

/**
 * The linear program in CPLEX's LP format. Per quarter hour t: curtailed `k`; per storage i charging `c`, discharging
 * `d` in MW and charge `e` in MWh at its end. Giving back may not push the flow over the rating either.
 */
function program(grid: GridData, excess: readonly number[]): string {
  const rows: string[] = [];
  const bounds: string[] = [];
  for (const [t, mw] of excess.entries()) {
    const relief = grid.storages.map((_, i) => `+ c${i}_${t} - d${i}_${t}`).join(" ");
    rows.push(`k${t} ${relief} >= ${mw.toFixed(12)}`);
    for (const [i, { sn_mva, max_e_mwh, efficiency }] of grid.storages.entries()) {
      const change = `- ${STEP_H * efficiency} c${i}_${t} + ${STEP_H / efficiency} d${i}_${t}`;
      rows.push(t === 0 ? `e${i}_0 ${change} = ${max_e_mwh / 2}` : `e${i}_${t} - e${i}_${t - 1} ${change} = 0`);
      bounds.push(`0 <= c${i}_${t} <= ${sn_mva}`, `0 <= d${i}_${t} <= ${sn_mva}`, `0 <= e${i}_${t} <= ${max_e_mwh}`);
    }
  }
  const curtailed = excess.map((_, t) => `k${t}`).join(" + ");
  const numbered = rows.map((row, i) => ` r${i}: ${row}`).join("\n");
  return `Minimize\n obj: ${curtailed}\nSubject To\n${numbered}\nBounds\n ${bounds.join("\n ")}\nEnd`;
}
