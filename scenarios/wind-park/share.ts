/**
 * Share a limit fairly: nobody gets more than it offers, and who gets less gets as much as anybody else (max-min
 * fairness, by filling up from the smallest offer).
 *
 * @param limitKw - Sum of all shares at most; not negative.
 * @param offersKw - Not negative.
 * @returns Shares in the order of the offers; the offers themselves if the limit allows.
 */
export function share(limitKw: number, offersKw: readonly number[]): number[] {
  const shares = new Array<number>(offersKw.length).fill(0);
  const smallestFirst = offersKw.map((_, i) => i).sort((a, b) => offersKw[a]! - offersKw[b]!);
  let left = limitKw;
  for (const [done, i] of smallestFirst.entries()) {
    shares[i] = Math.min(offersKw[i]!, left / (offersKw.length - done));
    left -= shares[i];
  }
  return shares;
}
