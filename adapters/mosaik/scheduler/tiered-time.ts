import type { Time } from "../../../src/cosim/index.ts";

/**
 * A time within a group: the world's time, then for each nested group the number of the sub-step. A simulator outside
 * of all groups has a single tier. Compared lexicographically.
 *
 * Source: mosaik's tiered time.
 */
export type TieredTime = readonly [Time, ...number[]];

/** Later than every step: who waits for a simulator without a next step need not wait. */
export const NEVER: TieredTime = Object.freeze([Number.POSITIVE_INFINITY]) as TieredTime;

/**
 * What a way from one simulator to another adds to a time: the first `cutoff` tiers are added to the source's, the
 * others replace it, since sub-steps of groups that are left, or not entered yet, do not count.
 */
export interface Duration {
  /** As many as the destination has. */
  readonly tiers: readonly number[];
  /** Tiers that both ends share, >= 1. */
  readonly cutoff: number;
}

/** -1, 0 or 1 as `a` is before, at or after `b`; both of one simulator. A missing tier counts as 0. */
export function compareTimes(a: TieredTime, b: TieredTime): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  const length = Math.max(a.length, b.length);
  for (let i = 1; i < length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/** When what leaves at `time` arrives. */
export function arrival(time: TieredTime, { tiers, cutoff }: Duration): TieredTime {
  const at: [Time, ...number[]] = [time[0] + tiers[0]!];
  for (let i = 1; i < tiers.length; i++) at.push(i < cutoff ? (time[i] ?? 0) + tiers[i]! : tiers[i]!);
  return at;
}

/** Does what leaves at `time` arrive before `target` (-1), at it (0) or after it (1)? As {@link arrival}, without making it. */
export function compareArrival(time: TieredTime, { tiers, cutoff }: Duration, target: TieredTime): number {
  const first = time[0] + tiers[0]!;
  if (first !== target[0]) return first < target[0] ? -1 : 1;
  for (let i = 1; i < tiers.length; i++) {
    const difference = (i < cutoff ? (time[i] ?? 0) + tiers[i]! : tiers[i]!) - (target[i] ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return 0;
}

/** The way `first` and then `second`. */
export function sum(first: Duration, second: Duration): Duration {
  const tiers = second.tiers.map((tier, i) => (i < second.cutoff ? first.tiers[i]! + tier : tier));
  return { tiers, cutoff: Math.min(first.cutoff, second.cutoff) };
}

/** Does `a`, added to any time, never arrive after `b`? Two ways between the same ends can be better each for some times. */
function isNotLonger(a: Duration, b: Duration): boolean {
  const joint = Math.min(a.cutoff, b.cutoff);
  for (let i = 0; i < a.tiers.length; i++) {
    const difference = a.tiers[i]! - b.tiers[i]!;
    if (difference === 0) continue;
    return difference < 0 && (i < joint || a.cutoff <= b.cutoff);
  }
  return a.cutoff <= b.cutoff;
}

/** Ways between the same ends, none of which makes another one useless. */
export class ShortestWays {
  #ways: Duration[] = [];

  get all(): readonly Duration[] {
    return this.#ways;
  }

  /** @returns Whether `way` was of use. */
  add(way: Duration): boolean {
    if (this.#ways.some((known) => isNotLonger(known, way))) return false;
    this.#ways = this.#ways.filter((known) => !isNotLonger(way, known));
    this.#ways.push(way);
    return true;
  }
}

/** Do both delay alike? */
export function sameDelay(a: Duration, b: Duration): boolean {
  return a.cutoff === b.cutoff && a.tiers.every((tier, i) => tier === b.tiers[i]);
}

/** Simulators that may be stepped several times at one time, by weak connections between them; groups can be nested. */
export class SimGroup {
  readonly parent: SimGroup | undefined;
  /** Tiers of the times of its simulators; 1 outside of all groups. */
  readonly depth: number;

  constructor(parent?: SimGroup) {
    this.parent = parent;
    this.depth = parent === undefined ? 1 : parent.depth + 1;
  }

  /** `time` before any sub-step. */
  at(time: Time): TieredTime {
    const tiers: [Time, ...number[]] = [time];
    while (tiers.length < this.depth) tiers.push(0);
    return tiers;
  }
}

/** Depth of the innermost group that holds both. */
export function sharedDepth(a: SimGroup, b: SimGroup): number {
  let [inner, other] = [a, b];
  while (inner !== other) {
    if (inner.depth >= other.depth) inner = inner.parent!;
    else other = other.parent!;
  }
  return inner.depth;
}

/**
 * What a connection from `src` to `dest` adds to a time: `shift` whole steps, and a sub-step of the innermost group of
 * both if it is `weak`, which needs such a group.
 *
 * Source: mosaik `connect_interval`.
 */
export function connectionDelay(src: SimGroup, dest: SimGroup, shift: number, weak: boolean): Duration {
  const cutoff = sharedDepth(src, dest);
  const tiers = new Array<number>(dest.depth).fill(0);
  if (weak) tiers[cutoff - 1] = 1;
  tiers[0] = shift;
  return { tiers, cutoff };
}

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
