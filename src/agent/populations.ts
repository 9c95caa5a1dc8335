import { AgentError } from "../errors.ts";
import type { CommunicationModel, Link } from "../kernel/communication.ts";
import { hopsOfAnswer, noteOrigin } from "../kernel/faults.ts";
import type { OtherContainers } from "../kernel/kernel.ts";
import { type AgentRecord, Delivery } from "../kernel/model.ts";
import { byCodeUnits, Kind, senderOf } from "../kernel/order.ts";
import type { Birth } from "../kernel/round.ts";
import { Cause } from "../kernel/trace/cause.ts";

/** Which of several populations one is. Plain data: it crosses to other processes, and stands in recordings. */
export interface PopulationNames {
  /** Name of this population; the ids of its agents begin with it and a slash, as `north/house-1`. */
  readonly population: string;
  /** Names of the others. */
  readonly peers: readonly string[];
  /** Seconds that a message to another population takes, if the communication model of the options does not say. */
  readonly delayS: number;
}

/** @throws RangeError if the names are no names. */
export function checkNames({ population, peers }: PopulationNames): void {
  for (const name of [population, ...peers]) {
    if (name === "" || /[\s/#]/.test(name)) {
      throw new RangeError(`a population's name has no white space, "/" or "#", and is not empty; got "${name}"`);
    }
  }
  if (new Set([population, ...peers]).size !== peers.length + 1) {
    throw new RangeError(`each population has a name of its own; got ${[population, ...peers].join(", ")}`);
  }
}

/** Population of an agent: its id up to the first slash. */
export function populationOf(id: string): string {
  const at = id.indexOf("/");
  return at < 0 ? "" : id.slice(0, at);
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

/** A message from one population to another, and the tick at which it is due. */
export interface Crossing {
  readonly ticks: number;
  readonly delivery: Delivery;
}

/** Takes what a container's agents send to those of other populations, until somebody takes it out. */
export class PeerPopulations implements OtherContainers {
  readonly names: PopulationNames;
  readonly #peers: ReadonlySet<string>;
  #crossings = new Map<string, Crossing[]>();
  /** The present span ends before it; whatever is sent in the span, arrives at or after it. */
  horizonTicks = 0;

  /** @throws RangeError if the names are no names. */
  constructor(names: PopulationNames) {
    checkNames(names);
    this.names = names;
    this.#peers = new Set(names.peers);
  }

  /** How messages travel, within this population as `inner` says. */
  modelOf(inner: CommunicationModel | undefined): CommunicationModel {
    return betweenPopulations(this.names.delayS, inner);
  }

  has(id: string): boolean {
    return this.#peers.has(populationOf(id));
  }

  /** @throws AgentError `ERR_POPULATION_DELAY` if it is due within the present span. */
  send(ticks: number, delivery: Delivery): void {
    if (ticks < this.horizonTicks) {
      const text =
        `a message from ${delivery.from.id} to ${delivery.to}, of another population, is due at ${ticks} ticks, before the ` +
        `populations meet at ${this.horizonTicks}: its delay must not be below the period`;
      throw new AgentError("ERR_POPULATION_DELAY", text, { agent: delivery.from.id, method: delivery.method });
    }
    const peer = populationOf(delivery.to);
    const list = this.#crossings.get(peer);
    if (list === undefined) this.#crossings.set(peer, [{ ticks, delivery }]);
    else list.push({ ticks, delivery });
  }

  /** @throws AgentError `ERR_AGENT_ID` if the agent would belong to another population. */
  bear({ id, parent }: Birth): boolean {
    if (!this.has(id)) return false;
    const { population } = this.names;
    const text = `agent "${parent?.id}" of ${population} cannot make "${id}", which would belong to another population`;
    throw new AgentError("ERR_AGENT_ID", text, { agent: parent?.id ?? id });
  }

  /** Calls from outside are answered by the container itself. */
  answer(): void {}

  failed(): void {}

  forget(sender: AgentRecord): void {
    for (const [peer, list] of this.#crossings) {
      const kept = list.filter(({ delivery }) => delivery.from !== sender);
      this.#crossings.set(peer, kept);
    }
  }

  /** Take what is for other populations, by their names in order; none is empty. */
  take(): [peer: string, crossings: Crossing[]][] {
    if (this.#crossings.size === 0) return [];
    const all = [...this.#crossings].filter(([, list]) => list.length > 0);
    this.#crossings = new Map();
    return all.sort(([one], [other]) => byCodeUnits(one, other));
  }
}

/** Order of messages in a recording: it depends neither on who packed them nor on which pack came first. */
export function compareCrossings(a: Crossing, b: Crossing): number {
  return (
    a.ticks - b.ticks ||
    byCodeUnits(a.delivery.to, b.delivery.to) ||
    byCodeUnits(a.delivery.from.id, b.delivery.from.id) ||
    a.delivery.seq - b.delivery.seq
  );
}

/** Names of the kinds that cross, in recordings. */
const CROSSING_KINDS = { reply: Kind.reply, failure: Kind.failure, request: Kind.request, oneway: Kind.oneway };
type CrossingKind = keyof typeof CROSSING_KINDS;

/**
 * What a recording has of a message of another population: [receiver, method, content, due in ticks, sender, kind, its number
 * among the sender's, number of the call that it answers or -1, cause or null, and of a failure where it came from].
 */
type CrossingFeed = readonly [
  to: string,
  method: string,
  content: unknown,
  ticks: number,
  from: string,
  kind: CrossingKind,
  seq: number,
  callSeq: number,
  cause: string | null,
  hops?: string,
];

export function crossingToFeed({ ticks, delivery }: Crossing): CrossingFeed {
  const { kind, to, from, seq, method, content, callSeq } = delivery;
  const cause = delivery.cause?.id ?? null;
  const name = (Object.keys(CROSSING_KINDS) as CrossingKind[]).find((each) => CROSSING_KINDS[each] === kind)!;
  const fields = [to, method, content ?? null, ticks, from.id, name, seq, callSeq, cause] as const;
  const hops = kind === Kind.failure ? hopsOfAnswer(content as object, from.id, method) : undefined;
  return hops === undefined ? fields : [...fields, hops];
}

/** The message that {@link crossingToFeed} has written. */
export function crossingFromFeed(fed: readonly unknown[]): Crossing {
  const [to, method, content, ticks, from, name, seq, callSeq, causeId, hops] = fed as CrossingFeed;
  const kind = CROSSING_KINDS[name];
  if (hops !== undefined) noteOrigin(content as object, { hops });
  const sender = senderOf(from);
  const cause = causeId === null ? undefined : Cause.of(causeId);
  const delivery = new Delivery(kind, to, undefined, sender, seq, method, content, callSeq, cause);
  return { ticks, delivery };
}
