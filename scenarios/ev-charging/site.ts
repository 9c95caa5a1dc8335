import { readFileSync } from "node:fs";

/** Seconds and hours of a quarter hour, and how many there are: from noon to noon. */
export const STEP_S = 900;
export const STEP_H = STEP_S / 3600;
export const STEPS = 96;

/** EUR for a kWh: low from midnight, high in the evening, as the three levels of German grid fees for flexible loads (EnWG § 14a). */
const LOW = 0.22;
const STANDARD = 0.31;
const HIGH = 0.42;

/** Price of a kWh in the quarter hour with this number, counted from noon. */
export function priceAt(step: number): number {
  const hour = (12 + step * STEP_H) % 24;
  return hour < 5 ? LOW : hour >= 17 && hour < 21 ? HIGH : STANDARD;
}

/** Number of the quarter hour in which a time lies, in seconds since noon. */
export function stepAt(timeS: number): number {
  return Math.floor(timeS / STEP_S);
}

/** What the houses take in each quarter hour, in kW. */
export function readBaseLoad(): number[] {
  const [, ...rows] = readFileSync(new URL("data/base_load.csv", import.meta.url), "utf8")
    .trim()
    .split("\n");
  return rows.map((row) => Number(row.split(",")[0]));
}
