import { describe, expect, it } from "vitest";
import { seriesPattern } from "../../../../adapters/dashboard/model/series.ts";
import { Watch } from "../../../../adapters/dashboard/server/watch.ts";

describe("series that a scenario declares", () => {
  it("are told to every page", async () => {
    const series = [{ title: "power", unit: "kW", lines: ["PV-*.p_kw"] }];
    const watch = await Watch.open({ pages: false, title: "t", series });
    expect(watch.run.info().series).toEqual(series);
    await watch.close();
  });

  it("are checked", async () => {
    const wrong = [{ title: "power", lines: "PV-1.p_kw" }] as never;
    await expect(Watch.open({ pages: false, series: wrong })).rejects.toMatchObject({
      code: "ERR_OPTION_TYPE",
      message: expect.stringContaining("series[0].lines must be an array"),
    });
  });

  it.each([
    ["PV-*.p_kw", "PV-10.p_kw", true],
    ["PV-*.p_kw", "PV-10.p_kwh", false],
    ["PV-1.p_kw", "PV-1xp_kw", false],
    ["*", "anything.at all", true],
    ["a+(b).c", "a+(b).c", true],
  ])("%s names %s: %s", (line, name, expected) => {
    expect(seriesPattern(line).test(name)).toBe(expected);
  });
});
