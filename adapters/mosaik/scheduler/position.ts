import { compareTimes, type TieredTime } from "./tiers.ts";

/** What places a simulator's steps among those of others. */
export interface Ranked {
  /** One rank for each tier, see `rankSimulators`. */
  readonly ranks: readonly number[];
  /** Its place in the order of ids. */
  readonly order: number;
}

/**
 * Which of two steps comes first in the order of a run: one that the other may depend on does. -1, 0 or 1.
 *
 * By time, and at one time by rank, then, in a same-time loop, by sub-step, within one by the ranks there, and so on.
 * Steps may be made at the same time or the other way round where nothing depends on it; whatever is reported keeps
 * this order.
 */
export function comparePositions(a: Ranked, aTime: TieredTime, b: Ranked, bTime: TieredTime): number {
  if (aTime[0] !== bTime[0]) return aTime[0] < bTime[0] ? -1 : 1;
  for (let tier = 0; tier < a.ranks.length; tier++) {
    const byRank = a.ranks[tier]! - b.ranks[tier]!;
    if (byRank !== 0) return byRank < 0 ? -1 : 1;
    const bySubStep = (aTime[tier + 1] ?? 0) - (bTime[tier + 1] ?? 0);
    if (bySubStep !== 0) return bySubStep < 0 ? -1 : 1;
  }
  if (a.order !== b.order) return a.order < b.order ? -1 : 1;
  return compareTimes(aTime, bTime);
}
