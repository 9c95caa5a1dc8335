import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Trip } from "../../scenarios/ev-charging/agents.ts";
import { type Night, type NightOptions, simulate } from "../../scenarios/ev-charging/night.ts";
import { atOnce, costOf, leastCost } from "../../scenarios/ev-charging/optimum.ts";
import { priceAt, readBaseLoad, STEP_S, STEPS } from "../../scenarios/ev-charging/site.ts";
import { count } from "../support/heavy.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (name: string) => readFileSync(join(root, "scenarios/ev-charging", name), "utf8");

/** A night of small numbers: no houses, and trips in quarter hours. */
function night(limitKw: number, stationsKw: number[], cars: Trip[], more: Partial<NightOptions> = {}): Promise<Night> {
  return simulate({ baseKw: Array(STEPS).fill(0), limitKw, stationsKw, cars, seed: 1, ...more });
}

async function costs(result: Night, limitKw: number): Promise<{ agents: number; least: number }> {
  const { energyEur, comfortEur } = costOf(result.cars);
  return { agents: energyEur + comfortEur, least: await leastCost(result.cars, Array(STEPS).fill(limitKw)) };
}

/** From one quarter hour of the night to another; each car plugs in a second before the first. */
const trip = (from: number, to: number, need_kwh: number, comfort_eur = 1): Trip => ({
  arrival_s: from * STEP_S - 1,
  departure_s: to * STEP_S,
  need_kwh,
  comfort_eur,
});

describe("ev-charging", () => {
  it("charges one car at the least cost there is, whatever its trip", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: STEPS - 2 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 500 }),
        async (from, length, tenths) => {
          const result = await night(11, [11], [trip(from, Math.min(STEPS - 1, from + length), tenths / 10)]);
          const { agents, least } = await costs(result, 11);
          expect(agents).toBeCloseTo(least, 6);
        },
      ),
      { numRuns: count("a car alone", 15, 300) },
    );
  });

  it("gives what there is to whom it is worth more: the optimum that can be enumerated", async () => {
    // Room for one of two cars, in each of two quarter hours; whole quarter hours are as good as any part of them.
    const cars = [trip(52, 54, 5.5, 0.8), trip(52, 54, 5.5, 1.2)];
    const result = await night(11, [11, 11], cars);
    const shares = [0, 1, 2].flatMap((one) => [0, 1, 2].map((other) => [one, other] as const));
    const possible = shares.filter(([one, other]) => one + other <= 2);
    const cost = ([one, other]: readonly [number, number]) =>
      2.75 * ((one + other) * priceAt(52) + (2 - one) * 0.8 + (2 - other) * 1.2);
    const enumerated = Math.min(...possible.map(cost));
    const { agents, least } = await costs(result, 11);
    expect(least).toBeCloseTo(enumerated, 6);
    expect(agents).toBeCloseTo(enumerated, 6);
    expect(result.cars.map(({ kwh }) => kwh)).toEqual([0, expect.closeTo(5.5, 9)]);
  });

  it("lets cars look for a station until one is free, the fastest first", async () => {
    const cars = [trip(10, 20, 2), trip(11, 30, 2), trip(12, 40, 2)];
    const { cars: results } = await night(50, [11, 22], cars);
    expect(results.map(({ plug }) => plug?.station)).toEqual(["station-2", "station-1", "station-2"]);
    expect(results[2]!.plug!.at_s).toBeGreaterThanOrEqual(20 * STEP_S - 1);
    expect(results.map(({ kwh }) => kwh)).toEqual([2, 2, 2].map((kwh) => expect.closeTo(kwh, 6)));
  });

  it.each([
    [50, 0.15],
    [60, 0.2],
    [70, 0.05],
    [110, 0.2],
  ])("never takes more than %d kW, and costs at most a part of %d more than with foresight", async (limitKw, off) => {
    const baseKw = readBaseLoad();
    const stationsKw = Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 22 : 11));
    const options = { baseKw, limitKw, stationsKw, cars: Array(20).fill(undefined) };
    const result = await simulate({ ...options, seed: 1 });
    for (const [step, kw] of result.chargedKw.entries()) {
      if (kw > 0) expect(kw + baseKw[step]!).toBeLessThanOrEqual(limitKw + 1e-9);
    }
    const { energyEur, comfortEur } = costOf(result.cars);
    const least = await leastCost(
      result.cars,
      baseKw.map((kw) => Math.max(0, limitKw - kw)),
    );
    expect(energyEur + comfortEur).toBeGreaterThan(least - 1e-6);
    expect((energyEur + comfortEur) / least - 1).toBeLessThan(off);
    expect(Math.max(...atOnce(result.cars).chargedKw)).toBeGreaterThan(110);
  });
});

describe("cosimas run scenarios/ev-charging", { timeout: 120_000 }, () => {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "ev-charging-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const cosimas = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, ["dist/src/cli/main.js", ...args], { cwd: root })).stdout;
  const [, shown] = /```\n(20 cars[\s\S]*?)```/.exec(read("README.md"))!;
  const [, hash] = /trace hash ([0-9a-f]{16})/.exec(shown!)!;

  it("prints what the README shows, draws its picture, and its recording replays", async () => {
    const recording = join(folder, "run.mcap");
    const printed = await cosimas("run", "scenarios/ev-charging", "--out", folder, "--record", recording);
    expect(printed.startsWith(shown!)).toBe(true);
    expect(readFileSync(join(folder, "ev-charging.svg"), "utf8")).toBe(read("ev-charging.svg"));
    expect(await cosimas("replay", recording)).toContain(`trace hash ${hash}\n`);
  });

  it("is the same on four processes", async () => {
    const spread = ["--containers", "4", "--isolation", "process"];
    expect(await cosimas("run", "scenarios/ev-charging", "--out", folder, ...spread)).toContain(`trace hash ${hash}\n`);
  });
});
