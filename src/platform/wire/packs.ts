import type { Crossing } from "../../agent/populations.ts";
import type { Codec } from "../../codec/index.ts";
import { byCodeUnits } from "../../kernel/order.ts";
import type { Pack } from "../protocol.ts";
import { writeBatch } from "./batch.ts";

/** What is for other populations, packed: a pack for each. */
export function packsOf(
  crossings: readonly (readonly [peer: string, crossings: readonly Crossing[]])[],
  codec: Codec,
): Pack[] {
  return crossings.map(([peer, items]) => ({
    peer,
    count: items.length,
    dueTicks: items.reduce((due, { ticks }) => Math.min(due, ticks), Infinity),
    bytes: writeBatch(items, codec),
  }));
}

/** Packs of several containers as one for each population, by their names in order. */
export function joinedPacks(packs: readonly Pack[]): Pack[] {
  const byPeer = new Map<string, Pack[]>();
  for (const pack of packs) {
    const known = byPeer.get(pack.peer);
    if (known === undefined) byPeer.set(pack.peer, [pack]);
    else known.push(pack);
  }
  const all = [...byPeer].sort(([one], [other]) => byCodeUnits(one, other));
  return all.map(([peer, parts]) => ({
    peer,
    count: parts.reduce((sum, { count }) => sum + count, 0),
    dueTicks: Math.min(...parts.map(({ dueTicks }) => dueTicks)),
    bytes: parts.length === 1 ? parts[0]!.bytes : Buffer.concat(parts.map(({ bytes }) => bytes)),
  }));
}
