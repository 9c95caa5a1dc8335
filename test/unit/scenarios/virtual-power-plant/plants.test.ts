import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chargeAfter,
  DAYS,
  HOURS,
  pvSchedules,
  readPlants,
  storageSchedules,
  sunOn,
} from "../../../../scenarios/virtual-power-plant/plants.ts";
import { productOf } from "../../../../scenarios/virtual-power-plant/power-plant.ts";

const plants = readPlants();
const NOTHING = new Array<number>(HOURS).fill(0);

describe("what plants can do", () => {
  it("never is more than the sun gives, never less than nothing, and leaves what is over", () => {
    for (const pv of plants.pvs) {
      const sun = sunOn(plants, pv, 0);
      for (const from of [0, 12, 23]) {
        const done = sun.map((watts) => Math.round(watts / 2));
        const schedules = pvSchedules(pv.rated_w, sun, from, done);
        expect(new Set(schedules.map(String)).size).toBe(schedules.length);
        for (const schedule of schedules) {
          expect(schedule.slice(0, from)).toEqual(done.slice(0, from));
          expect(schedule.every((watts, hour) => hour < from || (watts >= 0 && watts <= sun[hour]!))).toBe(true);
        }
      }
    }
  });

  it("leaves one schedule to a plant without sun", () => {
    expect(pvSchedules(1000, NOTHING, 0, NOTHING)).toEqual([NOTHING]);
  });

  it("keeps the charge of a storage between empty and full, each hour, whatever it did before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...plants.storages),
        fc.integer({ min: 0, max: HOURS - 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (storage, from, part, pick) => {
          const start = part * storage.capacity_wh;
          const first = storageSchedules(storage, start, 0, NOTHING);
          const done = first[pick % first.length]!;
          for (const schedule of storageSchedules(storage, start, from, done)) {
            if (!equalUntil(from, schedule, done)) throw new Error(`changes the past: ${schedule}`);
            for (let hours = 1; hours <= HOURS; hours++) {
              const charge = chargeAfter(storage, start, schedule, hours);
              if (charge < 0 || charge > storage.capacity_wh)
                throw new Error(`${charge} Wh after ${hours}: ${schedule}`);
            }
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  it("loses energy both ways", () => {
    const storage = { id: "s", rated_w: 1000, capacity_wh: 4000, efficiency: 0.5 };
    expect(chargeAfter(storage, 1000, [-1000, 0, 1000], 1)).toBe(1500);
    expect(chargeAfter(storage, 1000, [-1000, 0, 500])).toBe(500);
  });

  it("are sold in whole kilowatts, on every day of the data", () => {
    for (let day = 0; day < DAYS; day++) {
      const product = productOf(plants, day);
      expect(product).toHaveLength(HOURS);
      expect(product.every((watts) => watts >= 0 && watts % 1000 === 0)).toBe(true);
    }
  });
});

function equalUntil(from: number, a: readonly number[], b: readonly number[]): boolean {
  return a.slice(0, from).every((watts, hour) => watts === b[hour]);
}
