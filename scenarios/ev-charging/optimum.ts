import highsModule from "highs";
import type { CarResult } from "./night.ts";
import { priceAt, STEP_S, STEPS } from "./site.ts";

// The package's types describe its CommonJS build; what an import gives is the loader itself.
const createHighs = highsModule as unknown as typeof highsModule.default;

/** Energy and missing energy of all cars, and what they cost, in EUR. */
export interface Cost {
  readonly energyEur: number;
  readonly comfortEur: number;
  readonly missingKwh: number;
}

/** What a night with these results has cost. */
export function costOf(cars: readonly CarResult[]): Cost {
  let [energyEur, comfortEur, missingKwh] = [0, 0, 0];
  for (const { trip, kwh, energy_eur } of cars) {
    const missing = Math.max(0, trip.need_kwh - kwh);
    energyEur += energy_eur;
    comfortEur += missing * trip.comfort_eur;
    missingKwh += missing;
  }
  return { energyEur, comfortEur, missingKwh };
}

/** Hours of a quarter hour in which a car that is at a station when it begins can charge. */
function hoursIn(step: number, { trip, plug }: CarResult): number {
  const beginS = step * STEP_S;
  if (plug === null || plug.at_s > beginS) return 0;
  return Math.max(0, Math.min(beginS + STEP_S, trip.departure_s) - beginS) / 3600;
}

/**
 * The least that the same cars at the same stations could have cost, known to somebody who sees the whole night at once: a
 * linear program over the power of each car in each quarter hour, solved exactly by HiGHS.
 *
 * @param roomKw - What the transformer has left for cars in each quarter hour.
 */
export async function leastCost(cars: readonly CarResult[], roomKw: readonly number[]): Promise<number> {
  const costs: string[] = [];
  const rows: string[] = [];
  const bounds: string[] = [];
  const taken: string[][] = roomKw.map(() => []);
  for (const [i, car] of cars.entries()) {
    const energy = [`m${i}`];
    costs.push(`${car.trip.comfort_eur} m${i}`);
    for (let step = 0; step < STEPS; step++) {
      const hours = hoursIn(step, car);
      if (hours === 0) continue;
      const power = `p${i}_${step}`;
      costs.push(`${hours * priceAt(step)} ${power}`);
      energy.push(`${hours} ${power}`);
      taken[step]!.push(power);
      bounds.push(`0 <= ${power} <= ${car.plug!.max_kw}`);
    }
    rows.push(`${energy.join(" + ")} >= ${car.trip.need_kwh}`);
  }
  for (const [step, powers] of taken.entries()) {
    if (powers.length > 0) rows.push(`${powers.join(" + ")} <= ${roomKw[step]}`);
  }
  const subject = rows.map((row, i) => ` r${i}: ${row}`).join("\n");
  const highs = await createHighs();
  const { Status, ObjectiveValue } = highs.solve(
    `Minimize\n obj: ${costs.join("\n + ")}\nSubject To\n${subject}\nBounds\n ${bounds.join("\n ")}\nEnd`,
  );
  if (Status !== "Optimal") throw new Error(`the optimum was not found: HiGHS says ${Status}`);
  return ObjectiveValue;
}

/** What the same cars cost if each charges as fast as it can as soon as it is plugged in, whatever the transformer carries. */
export function atOnce(cars: readonly CarResult[]): { readonly cost: Cost; readonly chargedKw: readonly number[] } {
  const chargedKw = Array.from({ length: STEPS }, () => 0);
  const charged = cars.map((car) => {
    let [kwh, energy_eur] = [0, 0];
    for (let step = 0; step < STEPS; step++) {
      const hours = hoursIn(step, car);
      if (hours === 0) continue;
      const kw = Math.min(car.plug!.max_kw, (car.trip.need_kwh - kwh) / hours);
      chargedKw[step]! += kw;
      kwh += kw * hours;
      energy_eur += kw * hours * priceAt(step);
    }
    return { ...car, kwh, energy_eur };
  });
  return { cost: costOf(charged), chargedKw };
}
