import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bid, clear, demandAt } from "../../../../scenarios/lv-congestion/market.ts";

describe("demandAt", () => {
  const bid: Bid = [
    [-1, 4],
    [0, 1],
    [0.5, -3],
  ];
  it.each([
    [-2, 4],
    [-1, 4],
    [-0.5, 2.5],
    [0, 1],
    [0.25, -1],
    [0.5, -3],
    [1, -3],
  ])("is at a price of %d %d", (price, demand) => expect(demandAt(bid, price)).toBeCloseTo(demand, 12));

  it("is 0 for an empty bid", () => expect(demandAt([], 0.3)).toBe(0));
});

describe("clear", () => {
  const storage: Bid = [
    [-0.5, 2],
    [0, 0],
    [1, -2],
  ];
  const plant: Bid = [
    [-1, 0],
    [-0.5, -5],
  ];

  it("leaves the price at 0 while everything fits", () => expect(clear([storage, plant], -6, -4)).toBe(0));
  it("lets storages charge before plants give way", () =>
    expect(clear([storage, plant], -4, 0)).toBeCloseTo(-0.25, 12));
  it("lets plants give way when storages are full", () => expect(clear([storage, plant], -1, 0)).toBeCloseTo(-0.7, 12));
  it("lets storages give back where there is room", () => expect(clear([storage, plant], -9, -6)).toBeCloseTo(0.5, 12));
  it("ends at the bounds when nothing is enough", () => {
    expect(clear([plant], 1, 2)).toBe(-1);
    expect(clear([storage], -9, -8)).toBe(1);
    expect(clear([], -9, -8)).toBe(1);
  });

  /** Bids as devices make them: any powers at prices of two decimals, demand falling with the price. */
  const bids = fc.array(
    fc
      .array(
        fc.tuple(
          fc.integer({ min: -100, max: 100 }).map((price) => price / 100),
          fc.double({ min: -10, max: 10, noNaN: true }),
        ),
        {
          maxLength: 5,
        },
      )
      .map((points): Bid => {
        const prices = [...new Set(points.map(([price]) => price))].sort((a, b) => a - b);
        const demands = points.map(([, mw]) => mw).sort((a, b) => b - a);
        return prices.map((price, i) => [price, demands[i]!] as const);
      }),
    { maxLength: 6 },
  );

  it("finds a price nearest to 0 that keeps the bounds, wherever there is one", () => {
    fc.assert(
      fc.property(
        bids,
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: 0, max: 20, noNaN: true }),
        (all, min, width) => {
          const max = min + width;
          const total = (price: number) => all.reduce((sum, bid) => sum + demandAt(bid, price), 0);
          const price = clear(all, min, max);
          expect(Math.abs(price)).toBeLessThanOrEqual(1);
          const possible = total(-1) >= min - 1e-9 && total(1) <= max + 1e-9;
          if (!possible) return;
          expect(total(price)).toBeGreaterThanOrEqual(min - 1e-9);
          expect(total(price)).toBeLessThanOrEqual(max + 1e-9);
          if (price < 0) expect(total(0)).toBeLessThan(min);
          if (price > 0) expect(total(0)).toBeGreaterThan(max);
        },
      ),
    );
  });
});
