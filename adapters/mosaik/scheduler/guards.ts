import { comparePositions } from "./position.ts";
import { sharedDepth } from "./sim-group.ts";
import type { SimRunner } from "./sim-runner.ts";
import { arrival, compareArrival, type Duration, ShortestWays, sum, type TieredTime } from "./tiers.ts";

/** A simulator whose steps can cause steps of another, over others if need be, and the ways on which they do. */
export interface Ancestor {
  readonly sim: SimRunner;
  readonly ways: readonly Duration[];
}

/** What a step waits for: that the unfinished step of `on` does not concern it any more. */
export interface Guard {
  readonly on: SimRunner;
  /** Must the step at `time` of the simulator that the guard belongs to wait? */
  blocks(time: TieredTime): boolean;
}

/**
 * Work out, once all connections are there and ranks are given, what every simulator's steps wait for:
 *
 * - who can cause an earlier step has made all its steps that come before this one, which also makes `maxAdvance` the
 *   same whoever is quicker;
 * - who gives inputs has passed the time less the delay, and nobody can cause another step of it before that;
 * - who may make requests about it has reached its time;
 * - with `lazy`, who gets its outputs has reached its time, so that nobody runs ahead by more than a step.
 *
 * The first step in the order of a run that is not finished is never blocked, so a run cannot get stuck.
 *
 * Source: mosaik's conditions, `scheduler.wait_for_dependencies` and `advance_progress`, written as conditions on
 * unfinished steps alone.
 */
export function setGuards(sims: readonly SimRunner[], lazy: boolean): void {
  const ancestors = triggeringAncestors(sims);
  for (const sim of sims) {
    const own = ancestors.get(sim)!;
    sim.ancestors = Array.from(own, ([from, ways]) => ({ sim: from, ways: ways.all })).filter(
      (ancestor) => ancestor.sim !== sim,
    );
    for (const ancestor of sim.ancestors) ancestor.sim.hasDescendants = true;
    const after = sim.ancestors.map((ancestor) => new After(ancestor.sim, sim));
    const isOther = (on: SimRunner) => on !== sim && !own.has(on);
    const guards: Guard[] = [
      ...after,
      ...passed(sim, ancestors, isOther),
      ...requested(sim, ancestors),
      ...(lazy ? reached(sim, ancestors, isOther) : []),
    ];
    // In the order of a run: who can still lower another's next step is looked at before it.
    guards.sort((a, b) => a.on.ranks[0]! - b.on.ranks[0]! || a.on.order - b.on.order);
    sim.guards = guards;
  }
}

/** Who can cause a step of whom; a simulator in a loop is its own ancestor. */
function triggeringAncestors(sims: readonly SimRunner[]): Map<SimRunner, Map<SimRunner, ShortestWays>> {
  const ancestors = new Map<SimRunner, Map<SimRunner, ShortestWays>>(sims.map((sim) => [sim, new Map()]));
  const add = (from: SimRunner, to: SimRunner, way: Duration): boolean => {
    const known = ancestors.get(to)!;
    let ways = known.get(from);
    if (ways === undefined) {
      ways = new ShortestWays();
      known.set(from, ways);
    }
    return ways.add(way);
  };
  const triggering = (sim: SimRunner) =>
    sim.outgoing.filter(({ connections }) => connections.some(({ triggers }) => triggers));
  const changed = new Set<SimRunner>();
  for (const { source, dest, delay } of sims.flatMap(triggering)) if (add(source, dest, delay)) changed.add(dest);
  // Delays on cycles are > 0, so longer ways are of no use at some point.
  for (const sim of changed) {
    changed.delete(sim);
    for (const { dest, delay } of triggering(sim)) {
      for (const [from, ways] of [...ancestors.get(sim)!]) {
        for (const way of [...ways.all]) if (add(from, dest, sum(way, delay))) changed.add(dest);
      }
    }
  }
  return ancestors;
}

type Ancestors = ReadonlyMap<SimRunner, ReadonlyMap<SimRunner, ShortestWays>>;

function passed(sim: SimRunner, ancestors: Ancestors, isOther: (on: SimRunner) => boolean): Guard[] {
  const ways = new Map<SimRunner, ShortestWays>();
  const add = (on: SimRunner, way: Duration) => {
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
function requested(sim: SimRunner, ancestors: Ancestors): Guard[] {
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

function reached(sim: SimRunner, ancestors: Ancestors, isOther: (on: SimRunner) => boolean): Guard[] {
  const shifts = new Map<SimRunner, number>();
  const add = (on: SimRunner, shift: number) => {
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
  readonly on: SimRunner;
  readonly #own: SimRunner;

  constructor(on: SimRunner, own: SimRunner) {
    this.on = on;
    this.#own = own;
  }

  blocks(time: TieredTime): boolean {
    return comparePositions(this.on, this.on.unfinished, this.#own, time) < 0;
  }
}

/** Waits until what is put out can only arrive later. */
class Passed implements Guard {
  readonly on: SimRunner;
  readonly #ways: readonly Duration[];

  constructor(on: SimRunner, ways: readonly Duration[]) {
    this.on = on;
    this.#ways = ways;
  }

  blocks(time: TieredTime): boolean {
    const { unfinished } = this.on;
    for (const way of this.#ways) if (compareArrival(unfinished, way, time) <= 0) return true;
    return false;
  }
}

/** Waits until it, or what it causes, can only be at the same time or later. */
class Reached implements Guard {
  readonly on: SimRunner;
  readonly #ways: readonly Duration[];
  readonly #there: Duration;

  constructor(on: SimRunner, ways: readonly Duration[], there: Duration) {
    this.on = on;
    this.#ways = ways;
    this.#there = there;
  }

  blocks(time: TieredTime): boolean {
    const target = arrival(time, this.#there);
    return this.#ways.some((way) => compareArrival(this.on.unfinished, way, target) < 0);
  }
}

/** As {@link Reached}, whatever the sub-step: it bounds how far somebody runs ahead, no value depends on it. */
class Lazy implements Guard {
  readonly on: SimRunner;
  readonly #shift: number;

  constructor(on: SimRunner, shift: number) {
    this.on = on;
    this.#shift = shift;
  }

  blocks(time: TieredTime): boolean {
    return this.on.unfinished[0] + this.#shift < time[0];
  }
}
