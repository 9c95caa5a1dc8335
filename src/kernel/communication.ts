import type { Resolution } from "../clock/ticks.ts";
import { type Codec, createCodec } from "../codec/index.ts";
import { AgentError, describeError } from "../errors.ts";
import { createRandom } from "../random.ts";
import type { Carrier, Kernel } from "./kernel.ts";
import { type AgentRecord, Delivery, type LinkState } from "./model.ts";
import { byCodeUnits, Kind } from "./order.ts";

/** What a message from one agent to another suffers on its way. What is left out does not happen. */
export interface Link {
  /** Seconds on the way, at least 0. */
  readonly delay?: number;
  /** Seconds, at least 0: each message takes up to so much longer, uniformly. Messages may overtake each other. */
  readonly jitter?: number;
  /** Probability that a message is lost, 0 to 1. */
  readonly loss?: number;
  /** Probability that a message arrives twice, 0 to 1; the second one draws a jitter of its own. */
  readonly duplication?: number;
  /**
   * Bytes per second, above 0: messages leave one after the other, each for as long as its method and its arguments, its
   * result or its error take in MsgPack.
   */
  readonly bandwidth?: number;
}

/** A link's quality and whose it is: for one pair of agents, all links of a sender, all of a receiver, or all. */
export interface LinkRule extends Link {
  /** Sender's id; absent: any. */
  readonly from?: string;
  /** Receiver's id; absent: any. */
  readonly to?: string;
}

/** A time in which groups of agents do not reach one another. */
export interface Partition {
  /** Seconds at which it begins; a message sent at this time is lost. */
  readonly at: number;
  /** Seconds at which it is healed; a message sent at this time arrives. Absent: never. */
  readonly until?: number;
  /** Ids of the agents of each group. Those in none form one more group. */
  readonly groups: readonly (readonly string[])[];
}

/** A message as a link function sees it; it must not change anything in it. */
export interface LinkMessage {
  /** `reply` is the answer to a call, be it a result or an error. */
  readonly kind: "request" | "reply" | "oneway";
  readonly method: string;
  /** Arguments, result, or `[code, name, message]`. */
  readonly content: unknown;
  /** Seconds at which it is sent. */
  readonly time: number;
}

/**
 * Quality of the link from one agent to another for this message; undefined: perfect. It must depend on its arguments
 * alone, or a run does not repeat.
 */
export type LinkFunction = (from: string, to: string, message: LinkMessage) => Link | undefined;

/** How messages between agents travel. */
export interface CommunicationModel {
  /**
   * Links as one quality for all, as rules, or as a function. Of several rules that fit, the most special one counts
   * alone: that of the pair, else of the sender, else of the receiver, else of all.
   */
  readonly links?: Link | readonly LinkRule[] | LinkFunction;
  readonly partitions?: readonly Partition[];
  /**
   * Simulated seconds after which a call without an answer fails with `ERR_CALL_TIMEOUT`. Default: none, so that a call
   * whose request or answer is lost waits for ever. `connect` can set another one.
   */
  readonly callTimeout?: number;
}

const BOUNDS: Readonly<Record<keyof Link, readonly [allowed: (value: number) => boolean, text: string]>> = {
  delay: [(value) => value >= 0 && Number.isFinite(value), "a number of seconds of at least 0"],
  jitter: [(value) => value >= 0 && Number.isFinite(value), "a number of seconds of at least 0"],
  loss: [(value) => value >= 0 && value <= 1, "a probability from 0 to 1"],
  duplication: [(value) => value >= 0 && value <= 1, "a probability from 0 to 1"],
  bandwidth: [(value) => value > 0, "a number of bytes per second above 0"],
};

const EACH_BOUND = Object.entries(BOUNDS);

/** Links that were checked and cannot change: a model may give one and the same for every message. */
const CHECKED = new WeakSet<Link>();

/**
 * Check the numbers of the link from `from` to `to`.
 *
 * @throws RangeError.
 */
function checkLink(link: Link, from: string, to: string): Link {
  if (CHECKED.has(link)) return link;
  for (const [name, [allowed, text]] of EACH_BOUND) {
    const value = link[name as keyof Link];
    if (value === undefined || (typeof value === "number" && allowed(value))) continue;
    throw new RangeError(`${name} of the link ${from} to ${to} must be ${text}, got ${value}`);
  }
  if (typeof link === "object" && Object.isFrozen(link)) CHECKED.add(link);
  return link;
}

/** The quality of each link, from data. Ids have no white space, so a pair is a string with one. */
function linkTable(links: Link | readonly LinkRule[]): (from: string, to: string) => Link | undefined {
  const rules: readonly LinkRule[] = Array.isArray(links) ? links : [links as Link];
  const table = new Map<string, Link>();
  for (const rule of rules) {
    const { from = "", to = "" } = rule;
    const key = `${from} ${to}`;
    const whose = [from || "any", to || "any"] as const;
    if (table.has(key)) throw new RangeError(`there are two rules for the link ${whose.join(" to ")}`);
    table.set(key, checkLink(rule, ...whose));
  }
  const all = table.get(" ");
  if (table.size === 1 && all !== undefined) return () => all;
  return (from, to) => table.get(`${from} ${to}`) ?? table.get(`${from} `) ?? table.get(` ${to}`) ?? all;
}

/** When it begins and ends in ticks, and which group an agent is in. */
interface Cut {
  readonly atTicks: number;
  readonly untilTicks: number;
  readonly groupOf: ReadonlyMap<string, number>;
}

/**
 * A partition in ticks.
 *
 * @throws RangeError if it ends before it begins, or an agent is in two groups.
 */
function cutOf({ at, until, groups }: Partition, toTicks: (seconds: number) => number): Cut {
  const atTicks = toTicks(at);
  const untilTicks = until === undefined ? Infinity : toTicks(until);
  if (untilTicks < atTicks) throw new RangeError(`a partition must end after it begins at ${at} s, got ${until} s`);
  const groupOf = new Map<string, number>();
  for (const [group, ids] of groups.entries()) {
    for (const id of [...ids].sort(byCodeUnits)) {
      if (groupOf.has(id)) throw new RangeError(`agent "${id}" is twice in the groups of the partition at ${at} s`);
      groupOf.set(id, group);
    }
  }
  return { atTicks, untilTicks, groupOf };
}

const PERFECT: Link = {};

/**
 * Lets messages between agents travel as the communication model says: late, twice, or never.
 *
 * All of it is decided when a message is sent, from the sender's side and by a generator of the link's own, seeded by
 * the run's seed and both ids: neither other links nor the spread over containers change it. What an agent sends to
 * itself, and what comes from or goes outside, does not travel.
 */
export class Communication implements Carrier {
  readonly #kernel: Kernel;
  readonly #seed: number | string;
  readonly #resolution: Resolution;
  readonly #table: (from: string, to: string) => Link | undefined;
  readonly #model: CommunicationModel;
  readonly #cuts: readonly Cut[];
  readonly #codec: Codec;
  /** Default of calls, in ticks; -1: none. */
  readonly callTimeoutTicks: number;

  /** @throws RangeError if the model's data are wrong. */
  constructor(kernel: Kernel, model: CommunicationModel, seed: number | string) {
    this.#kernel = kernel;
    this.#seed = seed;
    this.#model = model;
    this.#resolution = kernel.clock.resolution;
    this.#table = linkTable(typeof model.links === "function" ? PERFECT : (model.links ?? PERFECT));
    this.#cuts = (model.partitions ?? []).map((partition) => cutOf(partition, (s) => this.#resolution.toTicks(s)));
    this.#codec = createCodec("msgpack", { limits: kernel.limits, types: kernel.types });
    this.callTimeoutTicks = timeoutTicks(model.callTimeout, this.#resolution);
  }

  /**
   * Send a message on its way.
   *
   * @param ticks - When a perfect link would deliver it.
   */
  carry(sender: AgentRecord, ticks: number, delivery: Delivery): void {
    if (delivery.to === sender.id) {
      this.#kernel.emit(ticks, delivery);
      return;
    }
    try {
      this.#send(sender, ticks, delivery);
    } catch (error) {
      const [, name, message] = describeError(error);
      const text = `the link from ${sender.id} to ${delivery.to} cannot carry ${delivery.method}: ${name}: ${message}`;
      const details = { agent: sender.id, method: delivery.method, tag: this.#kernel.tag, cause: error };
      this.#kernel.fail(sender.id, new AgentError("ERR_COMMUNICATION_LINK", text, details));
    }
  }

  #send(sender: AgentRecord, ticks: number, delivery: Delivery): void {
    const link = this.#quality(sender.id, delivery);
    const { delay = 0, jitter = 0, loss = 0, duplication = 0, bandwidth } = link;
    const state = this.#state(sender, delivery.to);
    const chance = jitter > 0 || loss > 0 || duplication > 0;
    // Four draws for every message, so that one quality's value does not shift the chances of another's.
    const lost = chance && state.random() < loss;
    const late = chance ? state.random() * jitter : 0;
    const twice = chance && state.random() < duplication;
    const later = chance ? state.random() * jitter : 0;
    const queued = bandwidth === undefined ? 0 : this.#transmit(state, delivery, bandwidth);
    if (lost || this.#cut(sender.id, delivery.to)) {
      this.#noteLost(sender, delivery, lost ? "by its link" : "between parts that do not reach each other");
      return;
    }
    this.#kernel.emit(this.#after(ticks + queued, delay + late), delivery);
    if (twice) this.#kernel.emit(this.#after(ticks + queued, delay + later), again(delivery));
  }

  #quality(from: string, delivery: Delivery): Link {
    const { links } = this.#model;
    if (typeof links !== "function") return this.#table(from, delivery.to) ?? PERFECT;
    const { kind, method, content, to } = delivery;
    const name = kind === Kind.request ? "request" : kind === Kind.oneway ? "oneway" : "reply";
    const link = links(from, to, { kind: name, method, content, time: this.#kernel.clock.time() });
    return link === undefined ? PERFECT : checkLink(link, from, to);
  }

  #state(sender: AgentRecord, to: string): LinkState {
    const { rare } = sender;
    rare.links ??= new Map();
    let state = rare.links.get(to);
    if (state === undefined) {
      // No id has white space: this seed is no agent's.
      state = { random: createRandom(this.#seed, `${sender.id} ${to}`), busyUntilTicks: 0 };
      rare.links.set(to, state);
    }
    return state;
  }

  /** Ticks from now until the message has left. */
  #transmit(state: LinkState, { method, content }: Delivery, bandwidth: number): number {
    const now = this.#kernel.clock.presentTicks;
    const bytes = this.#codec.encode([method, content]).length;
    const start = Math.max(now, state.busyUntilTicks);
    state.busyUntilTicks = this.#after(start, bytes / bandwidth);
    return state.busyUntilTicks - now;
  }

  #after(ticks: number, seconds: number): number {
    const due = ticks + this.#resolution.delayToTicks(seconds);
    if (!Number.isSafeInteger(due)) throw new RangeError(`a message must arrive within 2^53 - 1 ticks, got ${due}`);
    return due;
  }

  #cut(from: string, to: string): boolean {
    const now = this.#kernel.clock.presentTicks;
    for (const { atTicks, untilTicks, groupOf } of this.#cuts) {
      if (now >= atTicks && now < untilTicks && groupOf.get(from) !== groupOf.get(to)) return true;
    }
    return false;
  }

  #noteLost(sender: AgentRecord, delivery: Delivery, how: string): void {
    const { tracer, tag, cause } = this.#kernel;
    tracer.note(() => {
      const { id, to, method } = delivery;
      const message = `${method} from ${sender.id} to ${to} was lost ${how}`;
      return {
        kind: "fault",
        ...tag,
        agent: sender.id,
        id: `${id}/lost`,
        cause: cause?.id,
        code: "ERR_MESSAGE_LOST",
        message,
      };
    });
  }
}

/** The same message once more. */
function again({ kind, to, receiver, from, seq, method, content, callSeq, cause }: Delivery): Delivery {
  return new Delivery(kind, to, receiver, from, seq, method, content, callSeq, cause);
}

/**
 * A call's time-out in ticks; -1 if there is none.
 *
 * @throws RangeError unless it is a number of seconds above 0.
 */
export function timeoutTicks(seconds: number | undefined, resolution: Resolution): number {
  if (seconds === undefined || seconds === Infinity) return -1;
  if (!(seconds > 0)) throw new RangeError(`a call's timeout must be a number of seconds above 0, got ${seconds}`);
  return resolution.delayToTicks(seconds);
}
