import { Container, type ContainerOptions } from "../agent/index.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { DATE_TIME } from "../agent/simulation.ts";
import type { Codec } from "../codec/index.ts";
import { AgentError, RunError } from "../errors.ts";
import type { CommunicationModel, Link } from "../kernel/communication.ts";
import type { OtherContainers } from "../kernel/kernel.ts";
import type { AgentRecord, Delivery } from "../kernel/model.ts";
import type { Sender } from "../kernel/order.ts";
import type { Birth } from "../kernel/round.ts";
import { combine } from "../kernel/tracer.ts";
import { type Limits, limitsOf } from "../limits.ts";
import { batchCodec, readBatch, remoteSender, writeBatch } from "./wire/batch.ts";

/** How a population that is one of several is made. */
export interface PartOptions extends Omit<ContainerOptions, "others" | "record" | "address" | "codec"> {
  /** Name of this population; the ids of its agents begin with it and a slash, as `north/house-1`. */
  readonly population: string;
  /** Names of the others. */
  readonly peers: readonly string[];
  /** Seconds that a message to another population takes, if the communication model of the options does not say. */
  readonly delayS: number;
}

/** What one population sends to another: all messages since the last call. */
export interface Pack {
  readonly peer: string;
  /** Ticks at which the first of them is due. */
  readonly dueTicks: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/**
 * The communication model of a simulation that is spread over populations: between two of them a message takes `delayS`
 * seconds, within one it is as `inner` says. The same in one container gives the same trace.
 */
export function betweenPopulations(delayS: number, inner: CommunicationModel = {}): CommunicationModel {
  const { links } = inner;
  if (links !== undefined && typeof links !== "function") {
    throw new TypeError("between populations links are a function: (from, to, message) => link");
  }
  const across: Link = Object.freeze({ delay: delayS });
  return {
    ...inner,
    links: (from, to, message) =>
      links?.(from, to, message) ?? (populationOf(from) === populationOf(to) ? undefined : across),
  };
}

/** Population of an agent: its id up to the first slash. */
export function populationOf(id: string): string {
  const at = id.indexOf("/");
  return at < 0 ? "" : id.slice(0, at);
}

/** The trace hash of several populations together: that of the same agents in one container. */
export function combinedTraceHash(parts: readonly ReturnType<Container["traceChains"]>[]): string {
  return combine(parts.flat().map(({ id, chain: [a, b] }) => ({ id, chain: { a, b } })));
}

/**
 * A population that is one of several, each advanced by itself over the same spans of time: what its agents send to those of
 * others is taken out after a span, and what the others have sent is put in before one.
 *
 * A message takes at least one span, so that all that arrives in a span is there before it begins.
 */
export class PopulationPart implements OtherContainers {
  readonly container: Container;
  readonly #population: string;
  readonly #codec: Codec;
  readonly #peers: ReadonlySet<string>;
  readonly #senders = new Map<string, Sender>();
  readonly #readCodec: Codec;
  #packs = new Map<string, { ticks: number; delivery: Delivery }[]>();
  /** The present span ends before it; whatever is sent in the span, arrives at or after it. */
  #horizonTicks = 0;
  /** The last tick that was served. */
  #servedTicks = -1;

  private constructor(container: Container, others: Others, options: PartOptions) {
    const limits: Limits = limitsOf(options.limits);
    const types = [DATE_TIME, ...(options.types ?? [])];
    this.container = container;
    this.#population = options.population;
    this.#peers = new Set(options.peers);
    this.#codec = batchCodec(limits, [...types, AGENT_REFERENCE]);
    this.#readCodec = batchCodec(limits, [...types, container.referenceType]);
    others.part = this;
  }

  /** @throws RangeError if the names are no names; what `Container.create` throws. */
  static async create(options: PartOptions): Promise<PopulationPart> {
    const { population, peers, delayS, communication, ...container } = options;
    for (const name of [population, ...peers]) {
      if (name === "" || /[\s/#]/.test(name)) {
        throw new RangeError(`a population's name has no white space, "/" or "#", and is not empty; got "${name}"`);
      }
    }
    if (new Set([population, ...peers]).size !== peers.length + 1) {
      throw new RangeError(`each population has a name of its own; got ${[population, ...peers].join(", ")}`);
    }
    const others = new Others();
    const model = betweenPopulations(delayS, communication);
    return new PopulationPart(await Container.create({ ...container, communication: model, others }), others, options);
  }

  has(id: string): boolean {
    return this.#peers.has(populationOf(id));
  }

  send(ticks: number, delivery: Delivery): void {
    if (ticks < this.#horizonTicks) {
      const text =
        `a message from ${delivery.from.id} to ${delivery.to}, of another population, is due at ${ticks} ticks, before the ` +
        `populations meet at ${this.#horizonTicks}: its delay must not be below the period`;
      throw new AgentError("ERR_POPULATION_DELAY", text, { agent: delivery.from.id, method: delivery.method });
    }
    const peer = populationOf(delivery.to);
    const pack = this.#packs.get(peer);
    if (pack === undefined) this.#packs.set(peer, [{ ticks, delivery }]);
    else pack.push({ ticks, delivery });
  }

  bear({ id, parent }: Birth): boolean {
    if (!this.has(id)) return false;
    const text = `agent "${parent?.id}" of ${this.#population} cannot make "${id}", which would belong to another population`;
    throw new AgentError("ERR_AGENT_ID", text, { agent: parent?.id ?? id });
  }

  /** Calls from outside are not made here. */
  answer(): void {}

  failed(): void {}

  forget(sender: AgentRecord): void {
    for (const [peer, items] of this.#packs) {
      const kept = items.filter(({ delivery }) => delivery.from !== sender);
      this.#packs.set(peer, kept);
    }
  }

  /**
   * Serve everything that is due before `ticks`; afterwards the populations meet.
   *
   * @throws What `Container.advance` throws.
   */
  async serveUntil(ticks: number): Promise<void> {
    const { ticksPerSecond } = this.container;
    this.#horizonTicks = ticks;
    await this.container.advance((ticks - 1) / ticksPerSecond);
    this.#servedTicks = ticks - 1;
  }

  /** Take what is for other populations: one pack for each, in the order of their names. */
  take(): Pack[] {
    const packs = [...this.#packs].filter(([, items]) => items.length > 0);
    if (packs.length > 0) this.#packs = new Map();
    packs.sort(([one], [other]) => (one < other ? -1 : 1));
    return packs.map(([peer, items]) => ({
      peer,
      count: items.length,
      dueTicks: items.reduce((due, { ticks }) => Math.min(due, ticks), Infinity),
      bytes: writeBatch(items, this.#codec),
    }));
  }

  /**
   * Take in a pack that another population has taken out.
   *
   * @returns How many messages it had.
   * @throws RunError `ERR_POPULATION_LATE` if a message is due at a tick that was served: the trace would depend on chance.
   */
  receive(bytes: Uint8Array): number {
    return this.container.arrive(this.#messagesIn(bytes));
  }

  *#messagesIn(bytes: Uint8Array): Generator<{ readonly ticks: number; readonly delivery: Delivery }> {
    // Only a coordinator knows agents by numbers, in inputs; populations send each other messages.
    const idOf = (number: number): string => {
      throw new RunError("ERR_POPULATION_PACK", `a pack of another population names the agent number ${number}`);
    };
    for (const item of readBatch(bytes, this.#readCodec, (id) => this.#senderOf(id), idOf)) {
      if ("birth" in item) continue;
      const { ticks, delivery } = item;
      if (ticks <= this.#servedTicks) {
        const text = `a message from ${delivery.from.id} to ${delivery.to} is due at ${ticks} ticks; ${this.#servedTicks} were served before it came`;
        throw new RunError("ERR_POPULATION_LATE", text, { agent: delivery.to, method: delivery.method });
      }
      yield item;
    }
  }

  #senderOf(id: string): Sender {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      sender = remoteSender(id);
      this.#senders.set(id, sender);
    }
    return sender;
  }
}

/** Stands for the part until there is one: a container takes it when it is made. */
class Others implements OtherContainers {
  part: PopulationPart | undefined;

  has(id: string): boolean {
    return this.part!.has(id);
  }

  send(ticks: number, delivery: Delivery): void {
    this.part!.send(ticks, delivery);
  }

  bear(birth: Birth): boolean {
    return this.part!.bear(birth);
  }

  answer(): void {}

  failed(): void {}

  forget(sender: AgentRecord): void {
    this.part!.forget(sender);
  }
}
