import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { type DaysOptions, type DaysResult, simulateDays } from "../../scenarios/communication/days.ts";
import { loadGrid, loadProfiles } from "../../scenarios/lv-congestion/grid/index.ts";
import { summarize } from "../../scenarios/lv-congestion/result.ts";
import { simulate } from "../../scenarios/lv-congestion/run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const data = (name: string) => new URL(`../../scenarios/lv-congestion/data/${name}`, import.meta.url);
const grid = loadGrid(data("grid.json"));
const profiles = loadProfiles(data("profiles.csv.gz"));
const common = { grid, profiles, day: 140, days: 2, seed: 1 };
const over = (communication: DaysOptions["communication"], more: Partial<DaysOptions> = {}): Promise<DaysResult> =>
  simulateDays({ ...common, attempts: 1, communication, ...more });
/** What shows in the grid. */
const shown = ({ traceHash: _hash, unheard: _unheard, ...figures }: DaysResult) => figures;

describe("lv-congestion over a network", () => {
  it("is lv-congestion if nothing disturbs it", async () => {
    const known = summarize((await simulate({ ...common, control: true })).quarterHours);
    const result = await over({});
    expect(result.loadingMaxPercent).toBeCloseTo(known.loadingMaxPercent, 9);
    expect(result).toMatchObject({ overloadedH: 0, outOfBoundsH: 0, unheard: 0 });
    expect(result.curtailedMwh).toBeCloseTo(known.curtailedMwh, 9);
  });

  it("does not mind a delay that leaves time for the market", async () => {
    const [undisturbed, late] = [await over({}), await over({ links: { delay: 14 } })];
    expect(shown(late)).toEqual(shown(undisturbed));
    expect(late.unheard).toBe(0);
    expect(late.traceHash).not.toBe(undisturbed.traceHash);
  });

  it("is nearly the grid without agents if nothing arrives: only voltages need few messages", async () => {
    const [none, cut] = [await over(undefined), await over({ links: { loss: 1 } })];
    expect(none).toMatchObject({ overloadedH: 5, outOfBoundsH: 5 });
    expect(cut.outOfBoundsH).toBeLessThan(1);
    expect(cut.overloadedH).toBeGreaterThan(4);
    // Nobody answers: 13 devices, twice each quarter hour.
    expect(cut.unheard).toBe(13 * 2 * 192);
  });

  it("loses more the more is lost, and less if those who do not answer are asked again", async () => {
    const mean = async (loss: number, attempts: number) => {
      let hours = 0;
      for (const seed of [1, 2, 3]) hours += (await over({ links: { loss } }, { attempts, seed })).overloadedH / 3;
      return hours;
    };
    expect(await mean(0.1, 1)).toBeLessThan(0.5);
    const [half, most] = [await mean(0.5, 1), await mean(0.8, 1)];
    expect(half).toBeGreaterThan(0);
    expect(most).toBeGreaterThan(half);
    expect(await mean(0.5, 3)).toBeLessThan(half);
  });

  it("suffers from a partition only while it lasts", async () => {
    const devices = [...grid.pvs, ...grid.storages].map(({ id }) => id);
    const cut = { at: 10 * 3600, until: 14 * 3600, groups: [devices.slice(0, 6)] };
    const result = await over({ partitions: [cut] });
    expect(result.overloadedH).toBeGreaterThan(0);
    expect(result.overloadedH).toBeLessThanOrEqual(4);
    expect(result.unheard).toBe(6 * 2 * 16);
    const night = { at: 20 * 3600, until: 28 * 3600, groups: [devices] };
    expect(await over({ partitions: [night] })).toMatchObject({ overloadedH: 0 });
  });
});

describe("cosimas run scenarios/communication", { timeout: 120_000 }, () => {
  mkdirSync(join(root, "out"), { recursive: true });
  const folder = mkdtempSync(join(root, "out", "communication-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const cosimas = async (...args: string[]) =>
    (await promisify(execFile)(process.execPath, ["dist/src/cli/main.js", ...args], { cwd: root })).stdout;
  const readme = readFileSync(join(root, "scenarios/communication/README.md"), "utf8");
  const [, printed] = /```\n(days 140 [\s\S]*?)```/.exec(readme)!;
  const [, hash] = /trace hash ([0-9a-f]{16})/.exec(printed!)!;

  it("prints what the README shows, and its recording replays", async () => {
    const recording = join(folder, "run.mcap");
    expect(await cosimas("run", "scenarios/communication", "--out", folder, "--record", recording)).toBe(printed);
    expect(await cosimas("replay", recording)).toContain(`trace hash ${hash}\n`);
  });

  it("is the same on four processes", async () => {
    const spread = ["--containers", "4", "--isolation", "process"];
    expect(await cosimas("run", "scenarios/communication", "--out", folder, ...spread)).toBe(printed);
  });
});
