/** How a market clears: an auction with one price for all. */

/** A price in EUR/MWh, and a power in kW: sold if it is positive, bought if negative. */
export type Bid = readonly [price: number, kw: number];

/**
 * What a trader has answered, as bids: it may be of another program.
 *
 * @throws TypeError naming the trader, unless it is a list of pairs of finite numbers.
 */
export function checkBids(trader: string, answer: unknown): readonly Bid[] {
  const isBid = (one: unknown) => Array.isArray(one) && one.length === 2 && one.every(Number.isFinite);
  if (Array.isArray(answer) && answer.every(isBid)) return answer as Bid[];
  throw new TypeError(
    `${trader} has to bid a list of [price, kW], all finite numbers; it bids ${JSON.stringify(answer)}`,
  );
}

/** What comes of all bids. */
export interface Cleared {
  /** EUR/MWh: of the dearest seller who is needed; undefined if nothing is traded. */
  readonly price: number | undefined;
  /** kW that are traded. */
  readonly volume: number;
  /** By trader, kW: sold if positive, bought if negative. */
  readonly trades: Readonly<Record<string, number>>;
}

interface Order {
  readonly trader: string;
  readonly price: number;
  left: number;
}

/**
 * Let the cheapest sell to those who would pay most, as long as both agree.
 *
 * @param bids - By trader; of equal prices the trader first in the alphabet counts first.
 */
export function clear(bids: ReadonlyMap<string, readonly Bid[]>): Cleared {
  const traders = [...bids.keys()].sort();
  const orders = (sign: 1 | -1): Order[] =>
    traders
      .flatMap((trader) => bids.get(trader)!.map(([price, kw]) => ({ trader, price, left: kw * sign })))
      .filter(({ left }) => left > 0)
      .sort((a, b) => sign * (a.price - b.price));
  const [sellers, buyers] = [orders(1), orders(-1)];
  const trades = Object.fromEntries(traders.map((trader) => [trader, 0]));
  let price: number | undefined;
  let volume = 0;
  while (sellers[0] !== undefined && buyers[0] !== undefined && sellers[0].price <= buyers[0].price) {
    const [seller, buyer] = [sellers[0], buyers[0]];
    const kw = Math.min(seller.left, buyer.left);
    price = seller.price;
    volume += kw;
    for (const [order, sold] of [
      [seller, kw],
      [buyer, -kw],
    ] as const) {
      // biome-ignore format: one line
      order.left -= kw;
      trades[order.trader]! += sold;
    }
    if (seller.left === 0) sellers.shift();
    if (buyer.left === 0) buyers.shift();
  }
  return { price, volume, trades };
}
