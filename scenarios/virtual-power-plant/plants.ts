/** What a PV plant and a storage can do in the 24 hours of a day: their flexibility, as lists of schedules. */

import { readFileSync } from "node:fs";
import type { Schedule } from "./cohda.ts";

/** A PV plant of `data/plants.json`. */
export interface PvData {
  readonly id: string;
  /** Watts. */
  readonly rated_w: number;
  readonly profile: string;
}

/** A storage of `data/plants.json`. */
export interface StorageData {
  readonly id: string;
  /** Watts, charging and giving back. */
  readonly rated_w: number;
  /** Watt-hours. */
  readonly capacity_wh: number;
  /** Each way, from 0 to 1. */
  readonly efficiency: number;
}

/** All plants; `profiles` are factors of the rated power by day and hour. */
export interface PlantsData {
  readonly pvs: readonly PvData[];
  readonly storages: readonly StorageData[];
  readonly profiles: Readonly<Record<string, readonly (readonly number[])[]>>;
}

/** Hours of a day: intervals of a schedule. */
export const HOURS = 24;
/** Days of `data/plants.json`. */
export const DAYS = 7;

/** Steps in which a plant's power can be limited, in parts of the rated power: VDE-AR-N 4105 asks for 10 % at most. */
const LIMIT_STEPS = 10;

/** Powers of a storage, as parts of the rated power. */
const STORAGE_LEVELS = [1, 1 / 2, 1 / 4];

export function readPlants(): PlantsData {
  return JSON.parse(readFileSync(new URL("data/plants.json", import.meta.url), "utf8")) as PlantsData;
}

/** What the sun gives a plant on a day, in watts for each hour. */
export function sunOn({ profiles }: PlantsData, { profile, rated_w }: PvData, day: number): Schedule {
  return profiles[profile]![day]!.map((factor) => Math.round(factor * rated_w));
}

/**
 * What a PV plant can do from hour `from` on: all that the sun gives, or in one window of hours no more than a limit.
 *
 * @param done - What it does before `from`.
 */
export function pvSchedules(ratedW: number, sun: Schedule, from: number, done: Schedule): readonly Schedule[] {
  const free = [...done.slice(0, from), ...sun.slice(from)];
  const found = new Map([[String(free), free]]);
  for (const [start, end] of windows(from, HOURS)) {
    if (sun[start] === 0 || sun[end - 1] === 0) continue;
    for (let step = 0; step < LIMIT_STEPS; step++) {
      const limit = Math.round((ratedW * step) / LIMIT_STEPS);
      const limited = free.map((watts, hour) => (hour >= start && hour < end ? Math.min(watts, limit) : watts));
      found.set(String(limited), limited);
    }
  }
  return [...found.values()];
}

/**
 * What a storage can do from hour `from` on: rest, charge in one window of hours, give back in another before or after it, at
 * one power each, as its charge allows.
 *
 * @param energyWh - Its charge at the start of the day.
 * @param done - What it does before `from`.
 */
export function storageSchedules(
  data: StorageData,
  energyWh: number,
  from: number,
  done: Schedule,
): readonly Schedule[] {
  const rest = [...done.slice(0, from), ...new Array<number>(HOURS - from).fill(0)];
  const found: Schedule[] = [rest];
  const powers = STORAGE_LEVELS.map((part) => Math.round(part * data.rated_w)).flatMap((watts) => [watts, -watts]);
  for (const power of powers) {
    for (const [first, end] of withWindow(data, energyWh, rest, from, power)) {
      found.push(first);
      for (const other of powers.filter((watts) => watts * power < 0)) {
        for (const [second] of withWindow(data, energyWh, first, end, other)) found.push(second);
      }
    }
  }
  return found;
}

/** A schedule with one more window of a power, from hour `from` on: all that the charge allows, each with its window's end. */
function* withWindow(
  data: StorageData,
  energyWh: number,
  base: Schedule,
  from: number,
  power: number,
): Generator<readonly [Schedule, number]> {
  for (let start = from; start < HOURS; start++) {
    for (let end = start + 1; end <= HOURS; end++) {
      const schedule = base.map((watts, hour) => (hour >= start && hour < end ? power : watts));
      const charge = chargeAfter(data, energyWh, schedule);
      if (charge < 0 || charge > data.capacity_wh) break; // and so would be all longer ones
      yield [schedule, end];
    }
  }
}

/** Charge of a storage after the first hours of a schedule, in watt-hours, whether possible or not. */
export function chargeAfter({ efficiency }: StorageData, energyWh: number, schedule: Schedule, hours = HOURS): number {
  let energy = energyWh;
  for (const watts of schedule.slice(0, hours)) energy -= watts > 0 ? watts / efficiency : watts * efficiency;
  return energy;
}

/** All windows of hours, from the first included to the second excluded. */
function* windows(from: number, until: number): Generator<readonly [number, number]> {
  for (let start = from; start < until; start++) {
    for (let end = start + 1; end <= until; end++) yield [start, end];
  }
}
