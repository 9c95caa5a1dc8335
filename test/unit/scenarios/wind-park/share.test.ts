import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { share } from "../../../../scenarios/wind-park/share.ts";

describe("share", () => {
  it.each([
    [6000, [3000, 3000, 3000], [2000, 2000, 2000]],
    [7000, [3000, 1000, 3000], [3000, 1000, 3000]],
    [5000, [3000, 1000, 3000], [2000, 1000, 2000]],
    [0, [1, 2], [0, 0]],
    [10, [], []],
  ])("of %f kW among %j", (limit, offers, shares) => {
    expect(share(limit, offers)).toEqual(shares);
  });

  it("keeps limit and offers, uses all it may, and cuts those with more to one height", () => {
    const powers = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 8 });
    fc.assert(
      fc.property(powers, fc.integer({ min: 0, max: 20_000 }), (offers, limit) => {
        const shares = share(limit, offers);
        const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
        expect(total(shares)).toBeCloseTo(Math.min(limit, total(offers)), 6);
        const most = Math.max(0, ...shares);
        for (const [i, value] of shares.entries()) {
          expect(value).toBeLessThanOrEqual(offers[i]!);
          if (value < offers[i]! - 1e-6) expect(value).toBeCloseTo(most, 6);
        }
      }),
    );
  });
});
