import { CLASS_OF, CLASSES, compareSenders, type Delivery, type Sender } from "./delivery.ts";
import type { AgentRecord } from "./record.ts";

/** An agent that comes to life at a tag: the record, or how to make it. */
export interface Birth {
  readonly id: string;
  /** Makes the agent and its record; throws if that is not possible. */
  readonly create: () => AgentRecord;
  /** Agent that asked for it; undefined from outside. */
  readonly parent: Sender | undefined;
  readonly cause: string | undefined;
}

/** An agent that is removed at a tag. */
export interface Death {
  readonly record: AgentRecord;
  readonly cause: string | undefined;
}

/** Everything that is to happen at one tag. */
export class Round {
  births: Birth[] | undefined = undefined;
  deaths: Death[] | undefined = undefined;
  /** Deliveries by class; a class that has none has no list. */
  readonly classes: (Delivery[] | undefined)[] = [undefined, undefined, undefined, undefined];
  /** Deliveries, births and deaths in it. */
  size = 0;

  add(delivery: Delivery): void {
    const c = CLASS_OF[delivery.kind]!;
    const list = this.classes[c];
    if (list === undefined) this.classes[c] = [delivery];
    else list.push(delivery);
    this.size++;
  }

  addBirth(birth: Birth): void {
    this.births ??= [];
    this.births.push(birth);
    this.size++;
  }

  addDeath(record: AgentRecord, cause: string | undefined): void {
    this.deaths ??= [];
    this.deaths.push({ record, cause });
    this.size++;
  }

  /** The same without anything that `sender` has emitted. */
  without(sender: AgentRecord): Round {
    const kept = new Round();
    for (const delivery of this.#deliveries()) if (delivery.from !== sender) kept.add(delivery);
    for (const birth of this.births ?? []) if (birth.parent !== sender) kept.addBirth(birth);
    for (const { record, cause } of this.deaths ?? []) if (record !== sender) kept.addDeath(record, cause);
    return kept;
  }

  /** Ids of the agents in it, sorted, at most `max`: for the message about an endless exchange. */
  agents(max: number): string[] {
    const ids = new Set(this.#deliveries().map((delivery) => delivery.to));
    return [...ids].sort(byCodeUnits).slice(0, max);
  }

  #deliveries(): Delivery[] {
    const all: Delivery[] = [];
    for (let c = 0; c < CLASSES; c++) for (const delivery of this.classes[c] ?? []) all.push(delivery);
    return all;
  }
}

/** Order of ids: by code units, never by locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The total order within a class of one tag: receiver, then sender, then the sender's sequence. Receivers must have been
 * looked up; those that do not exist come last, nothing observable depends on their order. Sequences are unique for each
 * sender, so two deliveries are equal only if one is a copy of the other.
 */
export function sortDeliveries(list: Delivery[]): void {
  for (let i = 1; i < list.length; i++) {
    // Most lists are in order: agents that ran in order emitted in order.
    if (compareDeliveries(list[i - 1]!, list[i]!) > 0) {
      list.sort(compareDeliveries);
      return;
    }
  }
}

function compareDeliveries(a: Delivery, b: Delivery): number {
  const { receiver: to } = a;
  const { receiver: other } = b;
  if (to !== other) {
    if (to === undefined) return 1;
    if (other === undefined) return -1;
    return compareSenders(to, other);
  }
  if (a.from !== b.from) {
    const order = compareSenders(a.from, b.from);
    if (order !== 0) return order;
  }
  return a.seq - b.seq;
}
