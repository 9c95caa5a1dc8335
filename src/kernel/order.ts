import type { TraceEvent } from "../trace.ts";

/**
 * The total order, in one place: whatever happens at one tag happens by class (births and deaths, inputs, timers, replies,
 * messages), within a class by receiver, then by sender, then by the sender's sequence; ids are compared by code units.
 * What a program outside sees of a tag is ordered by agent, then as it happened to that agent. How agents are spread over
 * containers has no part in any of it.
 */

/** What a delivery is. The numbers go into the trace hash: never renumber them. */
export const Kind = { input: 0, timer: 1, reply: 2, failure: 3, external: 4, request: 5, oneway: 6 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Names of the kinds in the trace. */
export const KIND_NAMES = ["input", "timer", "reply", "failure", "external", "request", "oneway"] as const;

/** Class in which a kind is served: 0 inputs, 1 timers, 2 replies, 3 messages. */
export const CLASS_OF: readonly number[] = [0, 1, 2, 2, 2, 3, 3];

/** Number of classes. */
export const CLASSES = 4;

/** Who emits: an agent, or what stands outside the simulation. */
export interface Sender {
  readonly id: string;
  /**
   * Place among all senders in the order of their ids; negative for what is outside, which comes before every agent.
   * `RANK_NONE`: not given yet.
   */
  readonly rank: number;
}

/** Rank of an agent that has none yet: its id is compared. */
export const RANK_NONE = 2 ** 31 - 1;

/** Sender of what comes from outside: a bridge's inputs and calls, live peers. */
export const OUTSIDE: Sender = { id: "@", rank: -1 };

/** Sender of the answer that the caller of an agent gets which does not exist. */
export function nobody(caller: string): Sender {
  return { id: `${NOBODY}${caller}`, rank: -2 };
}

/** What the ids of such senders begin with. */
export const NOBODY = "@unknown/";

/** Sender behind an id that has come from another container. */
export function senderOf(id: string): Sender {
  if (id === OUTSIDE.id) return OUTSIDE;
  return id.startsWith(NOBODY) ? nobody(id.slice(NOBODY.length)) : { id, rank: RANK_NONE };
}

/** Order of ids: by code units, never by locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of births, and of chains in the trace hash: by the agent's id. */
export function compareIds(a: { readonly id: string }, b: { readonly id: string }): number {
  return byCodeUnits(a.id, b.id);
}

/** Order of senders and receivers: by id, in code units; ranks say the same in less time. */
export function compareSenders(a: Sender, b: Sender): number {
  const byRank = a.rank - b.rank;
  if (a.rank < 0 || b.rank < 0 || (a.rank !== RANK_NONE && b.rank !== RANK_NONE)) return byRank;
  return byCodeUnits(a.id, b.id);
}

/** What the order of deliveries looks at. */
export interface Ordered {
  /** Record of the receiver; undefined if there is none. */
  readonly receiver: Sender | undefined;
  readonly from: Sender;
  /** Number among the sender's emissions. */
  readonly seq: number;
}

/**
 * Sort the deliveries of one class of one tag: receiver, then sender, then the sender's sequence. Receivers must have been
 * looked up; those that do not exist come last, nothing observable depends on their order. Sequences are unique for each
 * sender, so two deliveries are equal only if one is a copy of the other.
 */
export function sortDeliveries(list: Ordered[]): void {
  // Most lists are in order: agents that ran in order emitted in order. Of others most are once receivers are.
  if (areDeliveriesInOrder(list)) return;
  if (list.length >= DISTRIBUTED_MIN && distributeByReceiver(list) && areDeliveriesInOrder(list)) return;
  list.sort(compareDeliveries);
}

function areDeliveriesInOrder(list: readonly Ordered[]): boolean {
  let before = list[0];
  for (let i = 1; i < list.length; i++) {
    const delivery = list[i]!;
    if (!comesFirst(before!.receiver, delivery.receiver) && compareDeliveries(before!, delivery) > 0) return false;
    before = delivery;
  }
  return true;
}

/** Whether ranks alone say that `a` comes before `b`; false also if they do not tell. */
function comesFirst(a: Sender | undefined, b: Sender | undefined): boolean {
  return a !== undefined && b !== undefined && a.rank < b.rank && b.rank !== RANK_NONE;
}

/** Deliveries from which on they are distributed by rank: a comparison of `sort` is a call, and there are 10 to 20 for each. */
const DISTRIBUTED_MIN = 64;
/** Bits of a rank by which one pass distributes, at most: its counts then fit the processor's first cache. */
const DIGIT_BITS_MAX = 11;
/** Deliveries for which room is kept from one round to the next: 1.5 MB, which else were new pages in each. */
const ROOM_MAX = 2 ** 17;

/** What distributing takes: the rank of each receiver, and the places of the deliveries before and after a pass. */
interface Room {
  readonly ranks: Uint32Array;
  readonly before: Uint32Array;
  readonly after: Uint32Array;
}

const counts = new Uint32Array(2 ** DIGIT_BITS_MAX);
let room = roomFor(DISTRIBUTED_MIN);

function roomFor(length: number): Room {
  return { ranks: new Uint32Array(length), before: new Uint32Array(length), after: new Uint32Array(length) };
}

/** Room for at least `length` deliveries, whatever it holds. */
function takeRoom(length: number): Room {
  if (length <= room.ranks.length) return room;
  const larger = roomFor(Math.max(length, Math.min(2 * room.ranks.length, ROOM_MAX)));
  if (length <= ROOM_MAX) room = larger;
  return larger;
}

/**
 * Sort by the receivers' ranks, digit by digit from the lowest, and leave the order of those with the same receiver as it is.
 * With 1,000 messages around a ring this takes 15 ns a message, and `sort` 90.
 *
 * @returns False if a receiver is missing or has no rank; the list is as it was.
 *
 * Source: LSD radix sort; Knuth, The Art of Computer Programming, vol. 3, 5.2.5.
 */
function distributeByReceiver(list: Ordered[]): boolean {
  const { length } = list;
  const { ranks, before, after } = takeRoom(length);
  let rankMax = 0;
  for (let i = 0; i < length; i++) {
    const rank = list[i]!.receiver?.rank ?? RANK_NONE;
    if (rank === RANK_NONE) return false;
    ranks[i] = rank;
    before[i] = i;
    if (rank > rankMax) rankMax = rank;
  }
  const given = list.slice();
  const bits = 32 - Math.clz32(rankMax);
  const digitBits = Math.ceil(bits / Math.ceil(bits / DIGIT_BITS_MAX));
  let [order, next] = [before, after];
  for (let shift = 0; shift < bits; shift += digitBits) {
    byDigit(order, next, ranks, length, shift, digitBits);
    [order, next] = [next, order];
  }
  for (let i = 0; i < length; i++) list[i] = given[order[i]!]!;
  return true;
}

/** Put the first `length` places of `order` into `sorted` by the digit of their ranks at `shift`; equal ones stay as they are. */
function byDigit(
  order: Uint32Array,
  sorted: Uint32Array,
  ranks: Uint32Array,
  length: number,
  shift: number,
  digitBits: number,
): void {
  const digits = 2 ** digitBits;
  const mask = digits - 1;
  counts.fill(0, 0, digits);
  for (let i = 0; i < length; i++) counts[(ranks[i]! >>> shift) & mask]!++;
  for (let digit = 0, place = 0; digit < digits; digit++) {
    const count = counts[digit]!;
    counts[digit] = place;
    place += count;
  }
  for (let i = 0; i < length; i++) sorted[counts[(ranks[order[i]!]! >>> shift) & mask]!++] = order[i]!;
}

/** What the order of timers looks at. */
export interface OrderedTimer {
  readonly record: Sender;
  /** Number among the agent's emissions. */
  readonly seq: number;
}

/** Sort the timers of one tag, as {@link sortDeliveries}: each agent is sender and receiver of its own. */
export function sortTimers(list: OrderedTimer[]): void {
  let before = list[0];
  for (let i = 1; i < list.length; i++) {
    const timer = list[i]!;
    if (!comesFirst(before!.record, timer.record) && compareTimers(before!, timer) > 0) {
      list.sort(compareTimers);
      return;
    }
    before = timer;
  }
}

function compareTimers(a: OrderedTimer, b: OrderedTimer): number {
  return a.record === b.record ? a.seq - b.seq : compareSenders(a.record, b.record);
}

function compareDeliveries(a: Ordered, b: Ordered): number {
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

/** Order in which calls from outside enter: by peer; those of one peer as they came. */
export function comparePeers(a: { readonly peer: string }, b: { readonly peer: string }): number {
  return byCodeUnits(a.peer, b.peer);
}

/** Order in which answers of one round leave: by the agent that answered, then as the calls entered. */
export function compareAnswers(
  a: { readonly agent: string; readonly seq: number },
  b: { readonly agent: string; readonly seq: number },
): number {
  return byCodeUnits(a.agent, b.agent) || a.seq - b.seq;
}

/** Order of what failed in one round: by agent, then as it happened. */
export function compareFailures(a: { readonly agent: string }, b: { readonly agent: string }): number {
  return byCodeUnits(a.agent, b.agent);
}

/**
 * Order in which events are seen and kept: by tag, then by agent, then as they happened to the agent; what is no agent's
 * comes first. A simulator's step has its own time and stays where it is.
 */
export function compareEvents(a: TraceEvent, b: TraceEvent): number {
  if (a.kind === "step" || b.kind === "step") return 0;
  const byTag = a.ticks - b.ticks || a.round - b.round;
  if (byTag !== 0) return byTag;
  const agent = agentOf(a);
  const other = agentOf(b);
  return agent === other ? 0 : byCodeUnits(agent, other);
}

function agentOf(event: TraceEvent): string {
  return "agent" in event ? event.agent : "";
}

/** The events of one or more rounds in the order in which they are kept; those of one agent keep theirs. */
export function inOrder(events: readonly TraceEvent[]): readonly TraceEvent[] {
  return areEventsInOrder(events) ? events : [...events].sort(compareEvents);
}

/** Sort events in place: most batches are in order. */
export function sortEvents(events: TraceEvent[]): void {
  if (!areEventsInOrder(events)) events.sort(compareEvents);
}

function areEventsInOrder(events: readonly TraceEvent[]): boolean {
  for (let i = 1; i < events.length; i++) if (compareEvents(events[i - 1]!, events[i]!) > 0) return false;
  return true;
}
