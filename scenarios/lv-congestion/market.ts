/**
 * Bids and their clearing, as in PowerMatcher: each device says how much power it would take at each price, and the
 * price at which all of them together fit is the one they act on.
 *
 * Source: K. Kok, C. Warmer, R. Kamphuis, "PowerMatcher: Multiagent Control in the Electricity Infrastructure",
 * AAMAS 2005; congestion as a second bound on the flow: K. Kok, "The PowerMatcher", PhD thesis, VU Amsterdam 2013.
 */

/**
 * What a device takes at a price: points `[price, demandMw]` with rising prices and demand that never rises with them;
 * straight lines between, constant outside. Demand counts what is taken from the grid: generation is negative.
 *
 * Prices here mean nothing but scarcity: 0 if the transformer is free, down to -1 the more the feed-in has to give
 * way, up to 1 the more the consumption has to.
 */
export type Bid = readonly (readonly [price: number, demandMw: number])[];

/** Lowest and highest price. */
export const PRICE_MIN = -1;
export const PRICE_MAX = 1;

/** Demand of a bid at a price, in MW. */
export function demandAt(bid: Bid, price: number): number {
  const next = bid.findIndex(([p]) => p >= price);
  if (next === -1) return bid.at(-1)?.[1] ?? 0;
  const [p1, d1] = bid[next]!;
  if (next === 0 || p1 === price) return d1;
  const [p0, d0] = bid[next - 1]!;
  return d0 + ((d1 - d0) * (price - p0)) / (p1 - p0);
}

/**
 * The price nearest to 0 at which the demand of all bids together is from `minMw` to `maxMw`.
 *
 * @returns `PRICE_MIN` or `PRICE_MAX` if no price is enough: the bound is then missed by as little as the bids allow.
 */
export function clear(bids: readonly Bid[], minMw: number, maxMw: number): number {
  const total = (price: number) => bids.reduce((sum, bid) => sum + demandAt(bid, price), 0);
  const free = total(0);
  const prices = [...new Set(bids.flatMap((bid) => bid.map(([price]) => price)))].sort((a, b) => a - b);
  if (free < minMw) return firstReaching(total, [0, ...prices.filter((p) => p < 0).reverse(), PRICE_MIN], minMw);
  if (free > maxMw) return firstReaching(total, [0, ...prices.filter((p) => p > 0), PRICE_MAX], maxMw);
  return 0;
}

/** The first price along `path` at which `total` reaches `boundMw`; between two points of the path it is a straight line. */
function firstReaching(total: (price: number) => number, path: readonly number[], boundMw: number): number {
  for (let i = 1; i < path.length; i++) {
    const from = path[i - 1]!;
    const to = path[i]!;
    const [start, end] = [total(from), total(to)];
    if (Math.min(start, end) <= boundMw && boundMw <= Math.max(start, end)) {
      return start === end ? to : from + ((to - from) * (boundMw - start)) / (end - start);
    }
  }
  return path.at(-1)!;
}
