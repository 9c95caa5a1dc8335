import { Hash64 } from "../hash.ts";

/**
 * Number of the container, from 0, in which the agent `id` lives. It must depend on its arguments alone: every container
 * asks it where to send.
 */
export type Placement = (id: string, containers: number) => number;

/** Spreads agents evenly by a hash of their ids. */
export const placeByHash: Placement = (id, containers) => {
  if (containers === 1) return 0;
  const hash = new Hash64();
  hash.string(id);
  return (hash.a >>> 0) % containers;
};

/**
 * The placement, checked on every call.
 *
 * @throws RangeError from the checked one, if `placement` gives no number of a container.
 */
export function checked(placement: Placement, containers: number): (id: string) => number {
  if (placement === placeByHash) return (id) => placement(id, containers);
  return (id) => {
    const place = placement(id, containers);
    if (Number.isInteger(place) && place >= 0 && place < containers) return place;
    throw new RangeError(`placement of "${id}" must be a whole number from 0 to ${containers - 1}, got ${place}`);
  };
}
