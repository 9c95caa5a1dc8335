import { describe, expect, it } from "vitest";
import type { QuarterHour } from "../../../../scenarios/lv-congestion/collector.ts";
import { picture } from "../../../../scenarios/lv-congestion/picture.ts";

/** One quarter hour of a run; what the picture does not show is 0. */
function quarterHour(loadingPercent: number, vmMaxPu: number, storageMw = 0, curtailedMw = 0): QuarterHour {
  return { loadingPercent, vmMaxPu, storageMw: { storage: storageMw }, curtailedMw } as unknown as QuarterHour;
}

const day = (of: (step: number) => QuarterHour) => Array.from({ length: 96 }, (_, step) => of(step));
const before = day((step) => quarterHour(step === 48 ? 141.2 : 20, step === 48 ? 1.0587 : 1.03));
const after = day((step) => quarterHour(step === 48 ? 92.4 : 20, 1.04, step === 48 ? 0.05 : -0.01, 0.002));

describe("the picture of lv-congestion", () => {
  const svg = picture("A day", before, after);

  it("says in words what the curves tell", () => {
    expect(svg).toContain('aria-labelledby="title desc"');
    expect(svg).toContain(
      "Highest transformer loading: 141.2 % before, 92.4 % after. Highest voltage: 1.0587 p.u. before, 1.0400 p.u. after.",
    );
  });

  it("tells before, after and the limit apart by dash as well as colour, on light and dark pages", () => {
    const rule = (kind: string) => svg.match(new RegExp(`\\.${kind} \\{ ([^}]*) \\}`))![1]!;
    expect(rule("before")).toContain("stroke-dasharray: 2 2.5");
    expect(rule("limit")).toContain("stroke-dasharray: 9 5");
    expect(rule("after")).not.toContain("dasharray");
    expect(new Set(["before", "after", "limit"].map((kind) => rule(kind).match(/#\w+/)![0])).size).toBe(3);
    expect(svg).toContain("@media (prefers-color-scheme: dark)");
  });

  it("uses the voltage axis from the lowest value shown to the highest", () => {
    expect(svg).toContain(">1.03</text>");
    expect(svg).toContain(">1.06</text>");
    expect(svg).not.toContain(">1.02</text>");
  });

  it("shows what storages and curtailment did, and only with agents", () => {
    expect(svg.match(/<rect class="charging" x=/g)).toHaveLength(1);
    expect(svg.match(/<rect class="giving" x=/g)).toHaveLength(95);
    expect(svg.match(/<rect class="curtailed" x=/g)).toHaveLength(96);
    expect(picture("A day", before, undefined)).not.toContain('<rect class="giving"');
  });
});
