/** The virtual power plant: its members, and what it has sold. */

import type { Schedule } from "./cohda.ts";
import type { Member } from "./negotiation.ts";
import { HOURS, type PlantsData, sunOn } from "./plants.ts";

/** Part of what the sun is expected to give that is sold; the rest is the reserve for a plant that fails. */
const SOLD_PART = 0.9;

/** Hours of noon in which less is sold, and of the evening in which more is, in watts. */
const NOON = { from: 11, until: 15, watts: -60_000 };
const EVENING = { from: 18, until: 22, watts: 50_000 };

/** One member for each plant and storage. */
export function membersOf(plants: PlantsData, day: number): readonly Member[] {
  const { pvs, storages } = plants;
  return [
    ...pvs.map((pv): Member => ({ id: pv.id, type: "PvPlant", args: [pv, sunOn(plants, pv, day)] })),
    ...storages.map((storage): Member => ({ id: storage.id, type: "Storage", args: [storage] })),
  ];
}

/** What was sold the day before: a power for each hour, in whole kilowatts. */
export function productOf(plants: PlantsData, day: number): Schedule {
  const suns = plants.pvs.map((pv) => sunOn(plants, pv, day));
  return Array.from({ length: HOURS }, (_, hour) => {
    const sun = suns.reduce((sum, watts) => sum + watts[hour]!, 0);
    const shifted = [NOON, EVENING].find(({ from, until }) => hour >= from && hour < until)?.watts ?? 0;
    return Math.max(0, Math.round((SOLD_PART * sun + shifted) / 1000) * 1000);
  });
}

/** What becomes of a plan when a plant fails and nobody plans again. */
export function withoutPlan(
  schedules: Readonly<Record<string, Schedule>>,
  fails: string,
  hour: number,
): Readonly<Record<string, Schedule>> {
  return { ...schedules, [fails]: schedules[fails]!.map((watts, i) => (i < hour ? watts : 0)) };
}
