import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bid, checkBids, clear } from "../../../../scenarios/mixed/market.ts";

describe("clearing", () => {
  it("lets the cheapest sell, at the price of the dearest who is needed", () => {
    const bids = new Map<string, Bid[]>([
      ["cheap", [[10, 100]]],
      ["dear", [[50, 100]]],
      ["town", [[500, -150]]],
      ["boiler", [[35, -50]]],
    ]);
    expect(clear(bids)).toEqual({ price: 50, volume: 150, trades: { cheap: 100, dear: 50, town: -150, boiler: 0 } });
  });

  it("refuses what is no bid, and says whose it is", () => {
    expect(checkBids("a", [[1, 2], [3, -4]])).toEqual([[1, 2], [3, -4]]); // biome-ignore format: one line
    for (const answer of [null, "x", [1, 2], [[1]], [[1, Number.NaN]], [["1", 2]]]) {
      expect(() => checkBids("chp-1", answer)).toThrow(/^chp-1 has to bid a list of \[price, kW\]/);
    }
  });

  it("trades nothing where nobody agrees", () => {
    expect(clear(new Map([["a", [[50, 10]]], ["b", [[49, -10]]]]))).toEqual({ price: undefined, volume: 0, trades: { a: 0, b: 0 } }); // biome-ignore format: one line
  });

  it("moves as much value as there is, against all prices", () => {
    const bid = fc.tuple(fc.nat(20), fc.integer({ min: -5, max: 5 })) as fc.Arbitrary<Bid>;
    const traders = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.array(bid, { maxLength: 3 }));
    fc.assert(
      fc.property(traders, (given) => {
        const { price, volume, trades } = clear(new Map(Object.entries(given)));
        const all = Object.values(given).flat();
        expect(Object.values(trades).reduce((sum, kw) => sum + kw, 0)).toBe(0);
        // At a price that clears, as much is traded as supply and demand there both allow, and nowhere more.
        const possible = (at: number) => {
          const supply = all.reduce((sum, [p, kw]) => sum + (kw > 0 && p <= at ? kw : 0), 0);
          const demand = all.reduce((sum, [p, kw]) => sum - (kw < 0 && p >= at ? kw : 0), 0);
          return Math.min(supply, demand);
        };
        expect(volume).toBe(Math.max(...Array.from({ length: 21 }, (_, at) => possible(at))));
        if (price !== undefined) expect(possible(price)).toBe(volume);
      }),
    );
  });
});
