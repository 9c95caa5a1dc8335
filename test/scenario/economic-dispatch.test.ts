import { describe, expect, it } from "vitest";
import type { Method } from "../../scenarios/economic-dispatch/agents.ts";
import {
  CASES,
  costOf,
  DEMANDS_MW,
  meritOrderPrice,
  readCase,
  threeUnits,
} from "../../scenarios/economic-dispatch/problem.ts";
import { startNegotiation } from "../../scenarios/economic-dispatch/start.ts";

const options = (method: Method, containers = 1) => ({
  containers,
  seed: 1,
  method,
  toleranceOfLoad: 1e-5,
  iterationsMax: 5000,
});

/** Pace, the highest distance from the optimum and the hash of each case. */
const EXPECTED = {
  case5: { method: { rho: 1, kappa: 1 }, distance: 1e-4, hash: "76c2995cfc3c0bf7" },
  case9: { method: { rho: 0.3, kappa: 1 }, distance: 1e-6, hash: "57619a6cd8dfbe26" },
  case14: { method: { rho: 0.3, kappa: 0.3 }, distance: 1e-5, hash: "19dda11f648fa288" },
  case118: { method: { rho: 0.1, kappa: 0.3 }, distance: 1e-4, hash: "05707f8857d51e82" },
};

describe("economic-dispatch", () => {
  it("has the optima that are published", () => {
    expect(DEMANDS_MW.map((mw) => meritOrderPrice(threeUnits(mw)))).toEqual(
      [11, 12.5, 13, 13.5, 15.8, 11].map((price) => expect.closeTo(price, 9)),
    );
    expect(CASES.map((name) => readCase(name).cost)).toEqual(
      [17479.897, 5216.027, 7642.594, 125947.873].map((cost) => expect.closeTo(cost, 3)),
    );
  });

  it("finds the merit order of three units, load after load", async () => {
    const negotiation = await startNegotiation(threeUnits(DEMANDS_MW[0]), options({ rho: 0.05, kappa: 1 }));
    try {
      for (const demand of DEMANDS_MW) {
        negotiation.demand(0, demand);
        const { converged, prices, feedInMw } = await negotiation.settle();
        expect(converged).toBe(true);
        expect(prices[0]).toBeCloseTo(meritOrderPrice(threeUnits(demand)), 3);
        expect(feedInMw.reduce((sum, mw) => sum + mw, 0)).toBeCloseTo(demand, 2);
      }
    } finally {
      await negotiation.close();
    }
  });

  it.each(CASES)("comes near the optimal power flow of %s, within the limits of its lines", async (name) => {
    const problem = readCase(name);
    const { method, distance, hash } = EXPECTED[name];
    const negotiation = await startNegotiation(problem, options(method));
    try {
      const outcome = await negotiation.settle();
      expect(outcome.converged).toBe(true);
      expect(outcome.cost).toBe(costOf(problem.generators, outcome.feedInMw));
      expect(Math.abs(outcome.cost / problem.cost - 1)).toBeLessThan(distance);
      for (const [i, mw] of outcome.flowMw.entries()) {
        expect(Math.abs(mw)).toBeLessThanOrEqual(problem.lines[i]!.limit_mw ?? Infinity);
      }
      expect(negotiation.traceHash()).toBe(hash);
    } finally {
      await negotiation.close();
    }
  });

  it("has the prices of a congested grid: what one more MWh costs, bus by bus", async () => {
    const problem = readCase("case5");
    const negotiation = await startNegotiation(problem, options(EXPECTED.case5.method));
    try {
      const { prices, flowMw } = await negotiation.settle();
      expect(flowMw[5]).toBeCloseTo(-240, 1); // the line at its limit
      // Generators that are neither at rest nor at full power set the price of their bus at their own cost.
      expect(prices[2]).toBeCloseTo(30, 1);
      expect(prices[4]).toBeCloseTo(10, 1);
    } finally {
      await negotiation.close();
    }
  });

  it("is the same on four processes", async () => {
    const negotiation = await startNegotiation(readCase("case9"), options(EXPECTED.case9.method, 4));
    try {
      await negotiation.settle();
      expect(negotiation.traceHash()).toBe(EXPECTED.case9.hash);
    } finally {
      await negotiation.close();
    }
  });
});
