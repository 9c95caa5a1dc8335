import { type AgentClass, Container, type ContainerOptions } from "../agent/index.ts";
import {
  type Crossing,
  checkNames,
  compareCrossings,
  PeerPopulations,
  type PopulationNames,
} from "../agent/populations.ts";
import { AGENT_REFERENCE } from "../agent/references.ts";
import { DATE_TIME } from "../agent/simulation.ts";
import { ExternalClock } from "../clock/external-clock.ts";
import type { Codec, ValueType } from "../codec/index.ts";
import { RunError, ScenarioError } from "../errors.ts";
import { urlOfModule } from "../host.ts";
import { naming } from "../kernel/journal.ts";
import { type Sender, senderOf } from "../kernel/order.ts";
import { combine } from "../kernel/tracer.ts";
import { limitsOf } from "../limits.ts";
import { loadAgentModule } from "./module.ts";
import type { Isolation } from "./options.ts";
import { Platform } from "./platform.ts";
import type { Pack } from "./protocol.ts";
import { batchCodec, type Item, readBatch } from "./wire/batch.ts";
import { packsOf } from "./wire/packs.ts";

/** How a population that is one of several is made. */
export interface PartOptions
  extends PopulationNames,
    Omit<ContainerOptions, "populations" | "address" | "codec" | "clock" | "recorded"> {
  readonly clock?: ExternalClock;
  /** Containers that it lives on, at least 1; it changes nothing that is simulated. Default 1. */
  readonly containers?: number | undefined;
  /** Where they run, as `PlatformOptions.isolation`. Default `inline`. */
  readonly isolation?: Exclude<Isolation, "remote"> | undefined;
  /** The module with the agents' classes, as `PlatformOptions.module`: needed unless it is one container that is inline. */
  readonly module?: URL | string | undefined;
}

/** The trace hash of several populations together: that of the same agents in one container. */
export function combinedTraceHash(parts: readonly ReturnType<Container["traceChains"]>[]): string {
  return combine(parts.flat().map(({ id, chain: [a, b] }) => ({ id, chain: { a, b } })));
}

/** Where the agents of a population live, and how messages leave and enter it. */
interface Home {
  readonly population: Container | Platform;
  /** What is sent to others from now on is due at this tick or later. */
  setHorizon(ticks: number): void;
  take(): Pack[];
  /** How messages that come are read. */
  readonly codec: Codec;
  /** Called for each message that was read, before the next one is. */
  readonly bindTo: (receiver: string) => void;
}

/**
 * A population that is one of several, each advanced by itself over the same spans of time: what its agents send to those of
 * others is taken out after a span, and what the others have sent is put in before one. It lives in a container, or on
 * several of a platform.
 *
 * A message takes at least one span, so that all that arrives in a span is there before it begins.
 */
export class PopulationPart {
  readonly #home: Home;
  readonly #isRecorded: boolean;
  readonly #senders = new Map<string, Sender>();
  /** What has come since the last span. */
  #arrived: Crossing[] = [];
  /** The last tick that was served. */
  #servedTicks = -1;

  private constructor(home: Home, isRecorded: boolean) {
    this.#home = home;
    this.#isRecorded = isRecorded;
  }

  /**
   * @throws RangeError if the names are no names; what `Container.create` and `Platform.create` throw; ScenarioError
   *   `ERR_SCENARIO_CONTAINERS` if several containers cannot have what is given.
   */
  static async create(options: PartOptions): Promise<PopulationPart> {
    const { population, peers, delayS, containers = 1, isolation = "inline", module, ...others } = options;
    const names = { population, peers, delayS };
    checkNames(names);
    const isAlone = containers === 1 && isolation === "inline";
    const home = isAlone
      ? await inContainer(names, { ...others, module })
      : await onPlatform(names, { ...others, containers, isolation, module });
    return new PopulationPart(home, others.record !== undefined);
  }

  /** The agents: a container, or a platform of several. */
  get population(): Container | Platform {
    return this.#home.population;
  }

  /** The container that the agents live in. @throws ScenarioError `ERR_SCENARIO_CONTAINERS` if they live on several. */
  get container(): Container {
    const { population } = this.#home;
    if (population instanceof Container) return population;
    const text = "the agents live on several containers; use `population`, which has counts, traceHash and attach";
    throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
  }

  /**
   * Be told once if the population is lost between two spans, as by the end of one of its processes; the next span fails
   * with the same.
   */
  onLost(told: (error: unknown) => void): void {
    const { population } = this.#home;
    if (population instanceof Platform) population.ended.catch(told);
  }

  /** Make an agent; what comes back is awaited before the first span. Throws as `Container.spawn` and `Platform.spawn`. */
  spawn(type: AgentClass, options: { readonly id: string; readonly args?: readonly unknown[] }): unknown {
    const { id, args = [] } = options;
    const { population } = this.#home;
    if (population instanceof Container) return population.spawn(type, { id, args: args as [] });
    return population.spawn(type, { id, args: args as [] });
  }

  /**
   * Serve everything that is due before `ticks`; afterwards the populations meet.
   *
   * @throws What `Container.advance` throws.
   */
  async serveUntil(ticks: number): Promise<void> {
    const { population } = this.#home;
    this.#enter();
    this.#home.setHorizon(ticks);
    await population.advance((ticks - 1) / population.ticksPerSecond);
    this.#servedTicks = ticks - 1;
  }

  /** Take what is for other populations: one pack for each, in the order of their names. */
  take(): Pack[] {
    return this.#home.take();
  }

  /**
   * Take in a pack that another population has taken out.
   *
   * @returns How many messages it had.
   * @throws RunError `ERR_POPULATION_LATE` if a message is due at a tick that was served: the trace would depend on chance.
   */
  receive(bytes: Uint8Array): number {
    const before = this.#arrived.length;
    for (const crossing of this.#messagesIn(bytes)) this.#arrived.push(crossing);
    return this.#arrived.length - before;
  }

  /** A recording has messages in one order, whoever has packed them, and whichever pack came first. */
  #enter(): void {
    const arrived = this.#arrived;
    if (arrived.length === 0) return;
    this.#arrived = [];
    if (this.#isRecorded) arrived.sort(compareCrossings);
    this.#home.population.arrive(arrived);
  }

  #messagesIn(bytes: Uint8Array): Crossing[] {
    const { codec, bindTo } = this.#home;
    // Only a coordinator knows agents by numbers, in inputs; populations send each other messages.
    const idOf = (number: number): string => {
      throw new RunError("ERR_POPULATION_PACK", `a pack of another population names the agent number ${number}`);
    };
    const messages: Crossing[] = [];
    const take = (item: Item) => {
      if ("birth" in item) return;
      const { ticks, delivery } = item;
      if (ticks <= this.#servedTicks) {
        const text = `a message from ${delivery.from.id} to ${delivery.to} is due at ${ticks} ticks; ${this.#servedTicks} were served before it came`;
        throw new RunError("ERR_POPULATION_LATE", text, { agent: delivery.to, method: delivery.method });
      }
      bindTo(delivery.to);
      messages.push(item);
    };
    readBatch(bytes, codec, (id) => this.#senderOf(id), take, idOf);
    return messages;
  }

  #senderOf(id: string): Sender {
    let sender = this.#senders.get(id);
    if (sender === undefined) {
      sender = senderOf(id);
      this.#senders.set(id, sender);
    }
    return sender;
  }
}

type HomeOptions = Omit<PartOptions, keyof PopulationNames>;

async function inContainer(names: PopulationNames, options: HomeOptions): Promise<Home> {
  const limits = limitsOf(options.limits);
  const types = [DATE_TIME, ...(options.types ?? [])];
  const populations = new PeerPopulations(names);
  const { module, record, ...others } = options;
  const container = await Container.create({
    ...others,
    populations,
    // As that of a platform, which loads it.
    record: record && module ? naming(record, urlOfModule(module)) : record,
  });
  const { references } = container;
  const codec = batchCodec(limits, [...types, AGENT_REFERENCE]);
  return {
    population: container,
    setHorizon: (ticks) => {
      populations.horizonTicks = ticks;
    },
    take: () => packsOf(populations.take(), codec),
    codec: batchCodec(limits, [...types, references.type]),
    bindTo: (receiver) => references.bindTo(receiver),
  };
}

async function onPlatform(names: PopulationNames, options: HomeOptions): Promise<Home> {
  const { module, clock = new ExternalClock(), types = [], communication = {}, isolation, ...others } = options;
  const { containers = 1 } = options;
  if (module === undefined) {
    const text =
      `a population on ${containers} containers (${isolation}) needs the module that each of them ` +
      'loads: give the option module, as new URL("./agents.ts", import.meta.url)';
    throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
  }
  const agents = await loadAgentModule(urlOfModule(module));
  requireSameTypes(agents.url, agents.types, types);
  const platform = await Platform.create({
    ...others,
    ...{ module, containers, populations: names },
    ...(isolation !== undefined && { isolation }),
    start: clock.calendar.at(0),
    resolution: clock.resolution.ticksPerSecond,
    // What the module exports counts only if the population was made with it, as it does in one container.
    ...crossing(communication, agents, isolation),
  });
  return {
    population: platform,
    setHorizon: (ticks) => {
      platform.horizonTicks = ticks;
    },
    take: () => platform.takePacks(),
    codec: batchCodec(limitsOf(options.limits), [DATE_TIME, ...types, AGENT_REFERENCE]),
    bindTo: () => {}, // the container of the receiver does
  };
}

/** Each container has the module's types: a population in one container has those that it was given. */
function requireSameTypes(module: string, theirs: readonly ValueType[], given: readonly ValueType[]): void {
  if (theirs.length === given.length && theirs.every((type, i) => type === given[i])) return;
  const text =
    `a population on several containers has the registered types that ${module} exports as \`types\` (${theirs.length}), ` +
    `and was given ${given.length}: export the list that the option types has`;
  throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
}

/** A function does not cross to threads and processes: they have that of the module, which has to be the one that was given. */
function crossing(
  communication: NonNullable<HomeOptions["communication"]>,
  { communication: exported, url }: { readonly communication: HomeOptions["communication"]; readonly url: string },
  isolation: Isolation | undefined,
): Pick<HomeOptions, "communication"> {
  if (typeof communication.links !== "function" || isolation === "inline") return { communication };
  if (communication === exported) return {};
  const text =
    "a link function does not cross to other threads and processes: write the communication model as " +
    `\`export const communication\` in ${url}, and give the population that`;
  throw new ScenarioError("ERR_SCENARIO_CONTAINERS", text);
}
