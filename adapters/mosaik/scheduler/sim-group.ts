import type { Time } from "../../../src/cosim/index.ts";
import type { Duration, TieredTime } from "./tiers.ts";

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
