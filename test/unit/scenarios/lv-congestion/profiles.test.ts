import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  DeviceProfiles,
  dayRange,
  loadGrid,
  loadProfiles,
  Profiles,
} from "../../../../scenarios/lv-congestion/grid/index.ts";

const data = (name: string) => new URL(`../../../../scenarios/lv-congestion/data/${name}`, import.meta.url);
const csv = (days: number, change: (row: string[], step: number) => void = () => {}) => {
  const rows = Array.from({ length: days * 96 }, (_, step) => {
    const row = [String(step), "0.5"];
    change(row, step);
    return row.join(",");
  });
  return `a,b\n${rows.join("\n")}\n`;
};

describe("Profiles", () => {
  it("reads columns by name", () => {
    const profiles = Profiles.parse(csv(2));
    expect(profiles.days).toBe(2);
    expect(profiles.column("a")[191]).toBe(191);
    expect(profiles.column("b")[0]).toBe(0.5);
    expect(() => profiles.column("c")).toThrow(/there is no column c; there are a, b/);
  });

  it.each(["NaN", "", "1e999", "x", "-Infinity"])("names column and step of the value '%s'", (text) => {
    const parse = () => Profiles.parse(csv(2, (row, step) => step === 100 && row.splice(1, 1, text)));
    expect(parse).toThrow(/column b at step 100 \(day 1, quarter hour 4\) is/);
    expect(parse).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_PROFILE" }));
  });

  it("refuses a row of the wrong length and a day cut short", () => {
    expect(() => Profiles.parse(csv(1, (row, step) => step === 3 && row.pop()))).toThrow(
      /step 3 .* has 1 values, the heading 2/,
    );
    expect(() => Profiles.parse("a\n1\n2\n")).toThrow(/column a has 2 values/);
  });

  it("changes a copy only", () => {
    const profiles = Profiles.parse(csv(1));
    const later = profiles.map((x, step, column) => (step > 10 && column === "b" ? 0 : x));
    expect([later.column("b")[10], later.column("b")[11], later.column("a")[11]]).toEqual([0.5, 0, 11]);
    expect(profiles.column("b")[11]).toBe(0.5);
    expect(() => profiles.map(() => Number.NaN)).toThrow(/column a at step 0/);
  });

  it("names a file that is missing or not gzip", () => {
    const folder = mkdtempSync(join(tmpdir(), "profiles-"));
    try {
      const file = join(folder, "p.csv.gz");
      expect(() => loadProfiles(file)).toThrow(/cannot read .*p\.csv\.gz/);
      writeFileSync(file, csv(1));
      expect(() => loadProfiles(file)).toThrow(/cannot read .*p\.csv\.gz/);
      writeFileSync(file, gzipSync(csv(1)));
      expect(loadProfiles(file).steps).toBe(96);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("dayRange", () => {
  const profiles = Profiles.parse(csv(3));
  it("counts days from 0", () => {
    expect(dayRange(profiles, 0)).toEqual({ first: 0, end: 96 });
    expect(dayRange(profiles, 1, 2)).toEqual({ first: 96, end: 288 });
  });

  it.each([-1, 3, 0.5, Number.NaN])("names the allowed range for day %s", (day) => {
    expect(() => dayRange(profiles, day)).toThrow(/does not exist: the profiles hold days 0 to 2/);
    expect(() => dayRange(profiles, day)).toThrow(expect.objectContaining({ code: "ERR_SCENARIO_DAY" }));
  });

  it.each([0, 3, 1.5])("names the allowed number of days for %s", (days) => {
    expect(() => dayRange(profiles, 1, days)).toThrow(/days from day 1 do not exist: allowed are 1 to 2/);
  });
});

describe("the scenario's profiles", () => {
  const profiles = loadProfiles(data("profiles.csv.gz"));
  const devices = new DeviceProfiles(loadGrid(data("grid.json")), profiles);

  it("hold the 366 days of 2016 and every column that the grid names", () => {
    expect(profiles.days).toBe(366);
    expect(devices.loadPMw(0)[0]).toBe(0.0059 * 0.321053);
    expect(devices.loadQMvar(0)[1]).toBe(0.0012 * 0.242253);
    expect([...devices.pvAvailableMw(0)]).toEqual(new Array(8).fill(0));
    expect(() => devices.pvAvailableMw(35136)).toThrow(/step is 35136, the profiles hold steps 0 to 35135/);
  });
});
