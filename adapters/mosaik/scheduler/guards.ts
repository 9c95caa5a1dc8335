import type { SimNode } from "./sim-node.ts";
import {
  arrival,
  compareArrival,
  comparePositions,
  type Duration,
  type Ranked,
  ShortestWays,
  sharedDepth,
  sum,
  type TieredTime,
} from "./tiered-time.ts";

/** A simulator whose steps can cause steps of another, over others if need be, and the ways on which they do. */
export interface Ancestor {
  readonly sim: SimNode;
  readonly ways: readonly Duration[];
}

/** What a step waits for: that the unfinished step of `on` does not concern it any more. */
export interface Guard {
  readonly on: SimNode;
  /** Must the step at `time` of the simulator that the guard belongs to wait, as long as that step of `on` is unfinished? */
  blocks(unfinished: TieredTime, time: TieredTime): boolean;
}

/** What the steps of a simulator wait for, and who can cause them. */
export interface Guarded {
  readonly guards: readonly Guard[];
  readonly ancestors: readonly Ancestor[];
}

/**
 * Pairs of simulators of which one can cause steps of the other that are looked at one by one: a chain of 700 has as many,
 * and takes a second or two. Their number grows by the square.
 */
const PAIRS_MAX = 250_000;

/**
 * What every simulator's steps wait for, once all connections are there, and who can cause steps of it:
 *
 * - who can cause an earlier step has made all its steps that come before this one, which also makes `maxAdvance` the
 *   same whoever is quicker;
 * - who gives inputs has passed the time less the delay, and nobody can cause another step of it before that;
 * - who may make requests about it has reached its time;
 * - with `lazy`, who gets its outputs has reached its time, so that nobody runs ahead by more than a step.
 *
 * The first step in the order of a run that is not finished is never blocked, so a run cannot get stuck.
 *
 * @returns Undefined if there are more than {@link PAIRS_MAX} pairs: then steps are made one after the other.
 *
 * Source: mosaik's conditions, `scheduler.wait_for_dependencies` and `advance_progress`, written as conditions on
 * unfinished steps alone.
 */
export function guardsOf(
  sims: readonly SimNode[],
  places: ReadonlyMap<SimNode, Ranked>,
  lazy: boolean,
): Map<SimNode, Guarded> | undefined {
  const ancestors = triggeringAncestors(sims);
  if (ancestors === undefined) return undefined;
  const placeOf = (sim: SimNode) => places.get(sim)!;
  const guarded = sims.map((sim) => {
    const own = ancestors.get(sim)!;
    const others = [...own].filter(([from]) => from !== sim).map(([from, ways]) => ({ sim: from, ways: ways.all }));
    const isOther = (on: SimNode) => on !== sim && !own.has(on);
    const guards: Guard[] = [
      ...others.map(({ sim: on }) => new After(on, placeOf(on), placeOf(sim))),
      ...passed(sim, ancestors, isOther),
      ...requested(sim, ancestors),
      ...(lazy ? reached(sim, ancestors, isOther) : []),
    ];
    // In the order of a run: who can still lower another's next step is looked at before it.
    guards.sort(
      (a, b) => placeOf(a.on).ranks[0]! - placeOf(b.on).ranks[0]! || placeOf(a.on).order - placeOf(b.on).order,
    );
    return [sim, { guards, ancestors: others }] as const;
  });
  return new Map(guarded);
}

/** Who can cause a step of whom; a simulator in a loop is its own ancestor. Undefined if there are too many pairs. */
function triggeringAncestors(sims: readonly SimNode[]): Map<SimNode, Map<SimNode, ShortestWays>> | undefined {
  let pairs = 0;
  const ancestors = new Map<SimNode, Map<SimNode, ShortestWays>>(sims.map((sim) => [sim, new Map()]));
  const add = (from: SimNode, to: SimNode, way: Duration): boolean => {
    const known = ancestors.get(to)!;
    let ways = known.get(from);
    if (ways === undefined) {
      ways = new ShortestWays();
      known.set(from, ways);
      pairs++;
    }
    return ways.add(way);
  };
  const triggering = (sim: SimNode) =>
    sim.outgoing.filter(({ connections }) => connections.some(({ triggers }) => triggers));
  const changed = new Set<SimNode>();
  for (const { source, dest, delay } of sims.flatMap(triggering)) if (add(source, dest, delay)) changed.add(dest);
  // Delays on cycles are > 0, so longer ways are of no use at some point.
  for (const sim of changed) {
    changed.delete(sim);
    for (const { dest, delay } of triggering(sim)) {
      if (pairs > PAIRS_MAX) return undefined;
      for (const [from, ways] of [...ancestors.get(sim)!]) {
        for (const way of [...ways.all]) if (add(from, dest, sum(way, delay))) changed.add(dest);
      }
    }
  }
  return ancestors;
}

type Ancestors = ReadonlyMap<SimNode, ReadonlyMap<SimNode, ShortestWays>>;

function passed(sim: SimNode, ancestors: Ancestors, isOther: (on: SimNode) => boolean): Guard[] {
  const ways = new Map<SimNode, ShortestWays>();
  const add = (on: SimNode, way: Duration) => {
    if (!isOther(on)) return;
    const known = ways.get(on) ?? new ShortestWays();
    known.add(way);
    ways.set(on, known);
  };
  for (const { source, delay } of sim.incoming) {
    add(source, delay);
    for (const [on, toSource] of ancestors.get(source)!) for (const way of toSource.all) add(on, sum(way, delay));
  }
  return Array.from(ways, ([on, { all }]) => new Passed(on, all));
}

/** Also those that could cause a step of who may make requests, before its own next one. */
function requested(sim: SimNode, ancestors: Ancestors): Guard[] {
  return sim.outgoing
    .filter(({ asyncRequests }) => asyncRequests)
    .flatMap(({ dest }) => {
      const there = { tiers: dest.group.at(0), cutoff: sharedDepth(sim.group, dest.group) };
      const here = { tiers: dest.group.at(0), cutoff: dest.group.depth };
      const others = [...ancestors.get(dest)!].filter(([on]) => on !== sim);
      const guards = others.map(([on, ways]) => new Reached(on, ways.all, there));
      return [new Reached(dest, [here], there), ...guards];
    });
}

function reached(sim: SimNode, ancestors: Ancestors, isOther: (on: SimNode) => boolean): Guard[] {
  const shifts = new Map<SimNode, number>();
  const add = (on: SimNode, shift: number) => {
    if (isOther(on)) shifts.set(on, Math.min(shifts.get(on) ?? shift, shift));
  };
  for (const { dest } of sim.outgoing) {
    add(dest, 0);
    for (const [on, ways] of ancestors.get(dest)!) for (const { tiers } of ways.all) add(on, tiers[0]!);
  }
  return Array.from(shifts, ([on, shift]) => new Lazy(on, shift));
}

/** Waits for all steps that come first in the order of a run. */
class After implements Guard {
  readonly on: SimNode;
  readonly #place: Ranked;
  readonly #own: Ranked;

  constructor(on: SimNode, place: Ranked, own: Ranked) {
    this.on = on;
    this.#place = place;
    this.#own = own;
  }

  blocks(unfinished: TieredTime, time: TieredTime): boolean {
    return comparePositions(this.#place, unfinished, this.#own, time) < 0;
  }
}

/** Waits until what is put out can only arrive later. */
class Passed implements Guard {
  readonly on: SimNode;
  readonly #ways: readonly Duration[];

  constructor(on: SimNode, ways: readonly Duration[]) {
    this.on = on;
    this.#ways = ways;
  }

  blocks(unfinished: TieredTime, time: TieredTime): boolean {
    for (const way of this.#ways) if (compareArrival(unfinished, way, time) <= 0) return true;
    return false;
  }
}

/** Waits until it, or what it causes, can only be at the same time or later. */
class Reached implements Guard {
  readonly on: SimNode;
  readonly #ways: readonly Duration[];
  readonly #there: Duration;

  constructor(on: SimNode, ways: readonly Duration[], there: Duration) {
    this.on = on;
    this.#ways = ways;
    this.#there = there;
  }

  blocks(unfinished: TieredTime, time: TieredTime): boolean {
    const target = arrival(time, this.#there);
    return this.#ways.some((way) => compareArrival(unfinished, way, target) < 0);
  }
}

/** As {@link Reached}, whatever the sub-step: it bounds how far somebody runs ahead, no value depends on it. */
class Lazy implements Guard {
  readonly on: SimNode;
  readonly #shift: number;

  constructor(on: SimNode, shift: number) {
    this.on = on;
    this.#shift = shift;
  }

  blocks(unfinished: TieredTime, time: TieredTime): boolean {
    return unfinished[0] + this.#shift < time[0];
  }
}
