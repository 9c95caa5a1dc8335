import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { QuarterHour } from "../../scenarios/lv-congestion/collector.ts";
import { VM_MAX_PU, VM_MIN_PU } from "../../scenarios/lv-congestion/connections.ts";
import { loadGrid, loadProfiles, STEPS_PER_DAY } from "../../scenarios/lv-congestion/grid/index.ts";
import { optimum } from "../../scenarios/lv-congestion/optimum.ts";
import { reasonFor, summarize, total } from "../../scenarios/lv-congestion/result.ts";
import { type RunResult, type RunSpec, simulate } from "../../scenarios/lv-congestion/run.ts";

const folder = new URL("../../scenarios/lv-congestion/", import.meta.url);
const grid = loadGrid(new URL("data/grid.json", folder));
const profiles = loadProfiles(new URL("data/profiles.csv.gz", folder));
const expected = JSON.parse(readFileSync(new URL("expected.json", folder), "utf8"));

/** First days of twelve parts of the year. */
const PARTS = Array.from({ length: 12 }, (_, i) => Math.round((i * 366) / 12));

const run = (spec: Partial<RunSpec>): Promise<RunResult> =>
  simulate({ grid, profiles, day: 140, days: 1, control: true, seed: 1, ...spec });

/** Everything that agents decide in a quarter hour. */
const setPoints = ({ pvMw, pvMvar, storageMw }: QuarterHour) => ({ pvMw, pvMvar, storageMw });

describe("lv-congestion, day 140", () => {
  let before: RunResult;
  let after: RunResult;
  beforeAll(async () => {
    before = await run({ control: false });
    after = await run({});
  });

  it("is overloaded without agents, as pandapower finds", () => {
    const summary = summarize(before.quarterHours);
    expect(summary.loadingMaxPercent).toBeCloseTo(expected.before.loadingMaxPercent, 9);
    expect(summary.overloaded).toHaveLength(expected.before.overloaded);
    expect([summary.vmMinPu, summary.vmMaxPu]).toEqual([expected.before.vmMinPu, expected.before.vmMaxPu]);
    expect(summary.curtailedMwh).toBe(0);
    expect(before.traceHash).toBeUndefined();
  });

  it("is relieved by agents, with the recorded result and trace", () => {
    const summary = summarize(after.quarterHours);
    expect(summary.loadingMaxPercent).toBeLessThanOrEqual(100);
    expect(summary.loadingMaxPercent).toBeCloseTo(expected.after.loadingMaxPercent, 9);
    expect(summary.outOfBounds).toEqual([]);
    expect(summary.curtailedMwh).toBe(expected.after.curtailedMwh);
    expect(after.messages).toBe(expected.messages);
    expect(after.traceHash).toBe(expected.traceHash);
  });

  it("repeats, and does not depend on the seed: the method draws no random numbers", async () => {
    const again = await run({});
    const otherSeed = await run({ seed: 99 });
    expect(again).toEqual(after);
    expect(otherSeed).toEqual(after);
  });

  it("keeps power, charge and efficiency of every storage", () => {
    for (const { id, sn_mva, max_e_mwh, efficiency } of grid.storages) {
      let charge = max_e_mwh / 2;
      for (const q of after.quarterHours) {
        const power = q.storageMw[id]!;
        expect(Math.abs(power)).toBeLessThanOrEqual(sn_mva);
        charge += 0.25 * (power > 0 ? power * efficiency : power / efficiency);
        expect(q.storageMwh[id]).toBeCloseTo(charge, 9);
        expect(q.storageMwh[id]).toBeGreaterThanOrEqual(0);
        expect(q.storageMwh[id]).toBeLessThanOrEqual(max_e_mwh);
      }
    }
    const moved = summarize(after.quarterHours);
    expect(moved.chargedMwh).toBeGreaterThan(0.1);
    expect(moved.dischargedMwh).toBeGreaterThan(0.1);
  });

  it("closes the energy balance in every quarter hour", () => {
    for (const q of [...before.quarterHours, ...after.quarterHours]) {
      const used = q.loadsMw + q.lossesMw + total(Object.values(q.storageMw)) - total(Object.values(q.pvMw));
      expect(q.flowMw).toBeCloseTo(used, 8);
    }
  });

  it("never feeds in more than is available", () => {
    for (const [step, q] of after.quarterHours.entries()) {
      const fed = total(Object.values(q.pvMw));
      const available = total(Object.values(before.quarterHours[step]!.pvMw));
      expect(fed + q.curtailedMw).toBeCloseTo(available, 12);
      expect(q.curtailedMw).toBeGreaterThanOrEqual(0);
    }
  });

  it.each([20, 47, 52, 80])("sees no future: other profiles after step %d change nothing up to it", async (k) => {
    const last = 140 * STEPS_PER_DAY + k;
    const altered = profiles.map((value, step) => (step > last ? value * 0.3 + 0.2 : value));
    const other = await run({ profiles: altered });
    expect(other.quarterHours.slice(0, k + 1).map(setPoints)).toEqual(
      after.quarterHours.slice(0, k + 1).map(setPoints),
    );
    expect(other.quarterHours.slice(k + 1).map(setPoints)).not.toEqual(after.quarterHours.slice(k + 1).map(setPoints));
  });

  it("has the optimum that somebody with foresight reaches", async () => {
    const { withStoragesMwh, withoutStoragesMwh } = await optimum(grid, before.quarterHours);
    expect(withStoragesMwh).toBeCloseTo(0, 9);
    expect(withoutStoragesMwh).toBeCloseTo(0.1074, 4);
  });
});

describe("lv-congestion, other days", () => {
  it.each(PARTS)("each of the days from %d on stays within its bounds and curtails nothing", async (first) => {
    const end = PARTS.find((day) => day > first) ?? 366;
    for (let day = first; day < end; day++) {
      const { quarterHours } = await run({ day });
      const summary = summarize(quarterHours);
      const over = summary.overloaded.map((step) => `day ${day}, step ${step}: ${reasonFor(quarterHours, step)}`);
      expect(over).toEqual([]);
      expect(summary.vmMaxPu, `day ${day}`).toBeLessThanOrEqual(VM_MAX_PU);
      expect(summary.vmMinPu, `day ${day}`).toBeGreaterThanOrEqual(VM_MIN_PU);
      expect(summary.curtailedMwh, `day ${day}`).toBeCloseTo(0, 6);
    }
  });

  it("a week in one go finds room in the storages again every day", async () => {
    const { quarterHours } = await run({ day: 140, days: 7 });
    const summary = summarize(quarterHours);
    expect(summary.overloaded).toEqual([]);
    expect(summary.curtailedMwh).toBeCloseTo(0, 6);
    const capacity = total(grid.storages.map(({ max_e_mwh }) => max_e_mwh));
    for (let day = 1; day < 7; day++) {
      const morning = quarterHours[day * STEPS_PER_DAY + 24]!;
      expect(total(Object.values(morning.storageMwh))).toBeLessThan(0.5 * capacity);
    }
  });
});

describe("lv-congestion, bad input", () => {
  it("names the profile value that is not finite, and when", async () => {
    const broken = () =>
      profiles.map((value, step, column) => (step === 13450 && column === "PV5" ? Number.NaN : value));
    expect(broken).toThrow(
      expect.objectContaining({ code: "ERR_SCENARIO_PROFILE", message: expect.stringMatching(/PV5 at step 13450/) }),
    );
  });

  it.each([
    [366, 1],
    [-1, 1],
    [1.5, 1],
    [365, 2],
  ])("names the days that exist when asked for day %d and %d days", async (day, days) => {
    await expect(run({ day, days })).rejects.toMatchObject({ code: "ERR_SCENARIO_DAY" });
  });
});
