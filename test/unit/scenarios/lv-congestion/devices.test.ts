import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Memory, ResidualForecast } from "../../../../scenarios/lv-congestion/forecast.ts";
import type { StorageData } from "../../../../scenarios/lv-congestion/grid/index.ts";
import { powerRange, Storage } from "../../../../scenarios/lv-congestion/storage.ts";
import { VoltageGuard } from "../../../../scenarios/lv-congestion/voltage.ts";

const data: StorageData = { id: "S", name: "S", bus: "B", sn_mva: 0.1, max_e_mwh: 0.2, efficiency: 0.95 };

describe("Storage", () => {
  it("starts half full and loses 5 % each way", () => {
    const storage = new Storage(data, 0.25);
    expect(storage.energyMwh).toBe(0.1);
    expect(storage.run(0.08)).toBe(0.08);
    expect(storage.energyMwh).toBeCloseTo(0.1 + 0.02 * 0.95, 12);
    expect(storage.run(-0.04)).toBe(-0.04);
    expect(storage.energyMwh).toBeCloseTo(0.119 - 0.01 / 0.95, 12);
  });

  it("never leaves its rating and its capacity, whatever is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 }), (wanted) => {
        const storage = new Storage(data, 0.25);
        for (const power of wanted) {
          const { minMw, maxMw } = powerRange(data, storage.energyMwh, 0.25);
          const done = storage.run(power);
          expect(done).toBe(Math.min(Math.max(power, minMw), maxMw));
          expect(Math.abs(done)).toBeLessThanOrEqual(0.1);
          expect(storage.energyMwh).toBeGreaterThanOrEqual(0);
          expect(storage.energyMwh).toBeLessThanOrEqual(0.2);
        }
      }),
    );
  });
});

describe("Memory", () => {
  it("knows the extremes of the last values, and forgets older ones", () => {
    const memory = new Memory(2);
    expect([memory.last, memory.lowest, memory.highest]).toEqual([undefined, Infinity, -Infinity]);
    for (const value of [9, 1, 5]) memory.add(value);
    expect([memory.last, memory.lowest, memory.highest]).toEqual([5, 1, 5]);
  });
});

describe("ResidualForecast", () => {
  it("lets devices do as they like before anything was measured", () => {
    expect(new ResidualForecast(0.16, 10).room([], 0.5)).toEqual({ minMw: -Infinity, maxMw: Infinity, marginMw: 0 });
  });

  it("takes the lowest load seen, and the rating at the voltage measured", () => {
    const forecast = new ResidualForecast(0.16, 10);
    // 30 kW of load and 90 kW of feed-in; then 50 kW of load.
    forecast.learn({ p_mw: -0.06, q_mvar: 0, loading_percent: 37.5 }, [{ p_mw: -0.09, q_mvar: 0 }]);
    forecast.learn({ p_mw: -0.04, q_mvar: 0, loading_percent: 24 }, [{ p_mw: -0.09, q_mvar: 0 }]);
    const { minMw, maxMw, marginMw } = forecast.room([{ q_mvar: 0 }], 0.5);
    const ratedMva = 0.04 / 0.24;
    expect(marginMw).toBeCloseTo(0.02, 12);
    expect(minMw).toBeCloseTo(-ratedMva - 0.03, 12);
    expect(maxMw).toBeCloseTo(-ratedMva / 2 - 0.03, 12);
  });

  it("leaves room for the reactive power that devices are going to take", () => {
    const forecast = new ResidualForecast(0.16, 10);
    forecast.learn({ p_mw: 0, q_mvar: 0.01, loading_percent: 5 }, []);
    expect(forecast.room([{ q_mvar: -0.05 }], 0.5).minMw).toBeCloseTo(-Math.sqrt(0.16 ** 2 - 0.06 ** 2), 12);
  });
});

describe("VoltageGuard", () => {
  const connection = { sn_mva: 0.1, rise_p: 0.4, rise_q: 0.4, vm_max_pu: 1.05 };

  it("feeds in everything while nothing is known or the voltage is low", () => {
    const guard = new VoltageGuard(connection, 10);
    expect(guard.plan(0.06)).toEqual({ p_mw: 0.06, q_mvar: 0 });
    guard.learn(1.02, { p_mw: 0, q_mvar: 0 });
    expect(guard.plan(0.06)).toEqual({ p_mw: 0.06, q_mvar: 0 });
  });

  it("takes reactive power before it gives up any active power", () => {
    const guard = new VoltageGuard(connection, 10);
    guard.learn(1.03, { p_mw: 0, q_mvar: 0 });
    const { p_mw, q_mvar } = guard.plan(0.06);
    expect(p_mw).toBe(0.06);
    // 1.03 + 0.4 * 0.06 = 1.054, to come down to 1.049
    expect(q_mvar).toBeCloseTo(-0.005 / 0.4, 12);
  });

  it("gives up what a power factor of 0.9 cannot do, and never more than there is", () => {
    const guard = new VoltageGuard(connection, 10);
    guard.learn(1.06, { p_mw: 0, q_mvar: 0 });
    const { p_mw, q_mvar } = guard.plan(0.06);
    expect(q_mvar).toBeCloseTo(-0.1 * Math.sqrt(0.19), 12);
    expect(1.06 + 0.4 * p_mw + 0.4 * q_mvar).toBeCloseTo(1.05, 12);
    guard.learn(1.2, { p_mw: 0, q_mvar: 0 });
    expect(guard.plan(0.06).p_mw).toBe(0);
  });

  it("takes its own part off what it measures", () => {
    const guard = new VoltageGuard(connection, 10);
    guard.learn(1.05, { p_mw: 0.06, q_mvar: -0.01 });
    // The others make 1.03, so 0.05 MW come to 1.05, and to 1.049 with 2.5 kvar.
    expect(guard.plan(0.05).p_mw).toBe(0.05);
    expect(guard.plan(0.05).q_mvar).toBeCloseTo(-0.0025, 12);
  });
});
