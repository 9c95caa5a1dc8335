import type { Resolution } from "../clock/ticks.ts";
import { type Codec, createCodec } from "../codec/index.ts";
import { AgentError, describeError } from "../errors.ts";
import { type CommunicationModel, type Cut, checkLink, cutOf, type Link, linkTable } from "./communication-model.ts";
import { type Delivery, Kind } from "./delivery.ts";
import type { Kernel } from "./kernel.ts";
import { createRandom } from "./random.ts";
import type { AgentRecord } from "./record.ts";

const PERFECT: Link = {};

/** One direction between two agents; it belongs to the sender, so that it is the same wherever the receiver lives. */
export interface LinkState {
  /** Draws in the order of the sender's messages on this link alone. */
  readonly random: () => number;
  /** Ticks until which earlier messages take the bandwidth. */
  busyUntilTicks: number;
}

/**
 * Lets messages between agents travel as the communication model says: late, twice, or never.
 *
 * All of it is decided when a message is sent, from the sender's side and by a generator of the link's own, seeded by
 * the run's seed and both ids: neither other links nor the spread over containers change it. What an agent sends to
 * itself, and what comes from or goes outside, does not travel.
 */
export class Communication {
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
    if (twice) this.#kernel.emit(this.#after(ticks + queued, delay + later), delivery.copy());
  }

  #quality(from: string, delivery: Delivery): Link {
    const { links } = this.#model;
    if (typeof links !== "function") return this.#table(from, delivery.to) ?? PERFECT;
    const { kind, method, content, to } = delivery;
    const name = kind === Kind.request ? "request" : kind === Kind.oneway ? "oneway" : "reply";
    const link = links(from, to, { kind: name, method, content, time: this.#kernel.clock.time() });
    return link === undefined ? PERFECT : checkLink(link, `${from} to ${to}`);
  }

  #state(sender: AgentRecord, to: string): LinkState {
    const { seldom } = sender;
    seldom.links ??= new Map();
    let state = seldom.links.get(to);
    if (state === undefined) {
      // No id has white space: this seed is no agent's.
      state = { random: createRandom(this.#seed, `${sender.id} ${to}`), busyUntilTicks: 0 };
      seldom.links.set(to, state);
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
      return { kind: "fault", ...tag, agent: sender.id, id: `${id}/lost`, cause, code: "ERR_MESSAGE_LOST", message };
    });
  }
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
