import { CLASS_OF, type Delivery } from "./delivery.ts";
import type { AgentRecord } from "./record.ts";

/** An agent that comes to life at a tag: the record, or how to make it. */
export interface Birth {
  readonly id: string;
  /** Makes the agent and its record; throws if that is not possible. */
  readonly create: () => AgentRecord;
  /** Agent that asked for it; undefined from outside. */
  readonly parent: AgentRecord | undefined;
  readonly cause: string | undefined;
}

/** Everything that is to happen at one tag. */
export class Round {
  readonly births: Birth[] = [];
  readonly deaths: { readonly record: AgentRecord; readonly cause: string | undefined }[] = [];
  readonly classes: readonly [Delivery[], Delivery[], Delivery[], Delivery[]] = [[], [], [], []];
  /** Deliveries, births and deaths in it. */
  size = 0;

  add(delivery: Delivery): void {
    this.classes[CLASS_OF[delivery.kind]!]!.push(delivery);
    this.size++;
  }

  addBirth(birth: Birth): void {
    this.births.push(birth);
    this.size++;
  }

  addDeath(record: AgentRecord, cause: string | undefined): void {
    this.deaths.push({ record, cause });
    this.size++;
  }

  /** The same without anything that `sender` has emitted. */
  without(sender: AgentRecord): Round {
    const kept = new Round();
    for (const delivery of this.classes.flat()) if (delivery.from !== sender) kept.add(delivery);
    for (const birth of this.births) if (birth.parent !== sender) kept.addBirth(birth);
    for (const { record, cause } of this.deaths) if (record !== sender) kept.addDeath(record, cause);
    return kept;
  }

  /** Ids of the agents in it, sorted, at most `max`: for the message about an endless exchange. */
  agents(max: number): string[] {
    const ids = new Set(this.classes.flat().map((delivery) => delivery.to));
    return [...ids].sort(byCodeUnits).slice(0, max);
  }
}

/** Order of ids: by code units, never by locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The total order within a class of one tag: receiver, then sender, then the sender's sequence. `rankOf` gives a
 * receiver's place in the order of ids. Sequences are unique for each sender, so no two deliveries are equal.
 */
export function sortDeliveries(list: Delivery[], rankOf: (id: string) => number): void {
  if (isSorted(list, rankOf)) return;
  const keyed = list.map((delivery) => ({ rank: rankOf(delivery.to), delivery }));
  keyed.sort((a, b) => a.rank - b.rank || compareSenders(a.delivery, b.delivery));
  for (let i = 0; i < keyed.length; i++) list[i] = keyed[i]!.delivery;
}

/** Most lists are: agents that ran in order emitted in order. */
function isSorted(list: readonly Delivery[], rankOf: (id: string) => number): boolean {
  if (list.length < 2) return true;
  let before = list[0]!;
  let rankBefore = rankOf(before.to);
  for (let i = 1; i < list.length; i++) {
    const delivery = list[i]!;
    const rank = rankOf(delivery.to);
    if (rank < rankBefore || (rank === rankBefore && compareSenders(delivery, before) < 0)) return false;
    before = delivery;
    rankBefore = rank;
  }
  return true;
}

function compareSenders(a: Delivery, b: Delivery): number {
  return a.from.rank - b.from.rank || a.seq - b.seq;
}
