import { type PopulationOptions, shown } from "../../src/cosim/index.ts";
import {
  type AgentClass,
  type CommunicationModel,
  type Container,
  type ContainerOptions,
  ExternalClock,
  PopulationPart,
  populationOf,
} from "../../src/index.ts";
import { configurationFrom, type HelicsConfiguration } from "./configuration.ts";
import { HelicsError } from "./errors.ts";
import { Federate } from "./federate.ts";
import { checkFederateOptions, type FederateOptions } from "./federate-options.ts";
import { interruptionOf, unlessAborted } from "./interruption.ts";
import type { FederateOutput, Grant } from "./process/protocol.ts";
import { isolationFor } from "./supervision.ts";

/** Makes agents of a population. */
export interface PopulationHome {
  /**
   * Make an agent.
   *
   * @param options - Its id begins with the name of the population and a slash, as `north/house-1`: others call it by that.
   */
  spawn(type: AgentClass, options: { readonly id: string; readonly args?: readonly unknown[] }): void;
}

/** A population that is one of several, each a federate: together they are one simulation. */
export interface PopulationSetup
  extends Omit<FederateOptions, "offsetS" | "uninterruptible" | "iterate" | "maxIterations" | "configuration">,
    PopulationOptions {
  /** HELICS' own configuration, or the path of a file with it: neither times nor interfaces, which are the population's. */
  readonly configuration?: HelicsConfiguration | string;
  /** Name of the federate and of the population. */
  readonly name: string;
  /** Names of the other populations; all populations name all others. */
  readonly peers: readonly string[];
  /** Seconds that a message between two populations takes, requests and replies; the same in all of them. */
  readonly delayS: number;
  /** Seconds from one meeting of the populations to the next, at most `delayS` and by default as much; the same in all. */
  readonly periodS?: number;
  /** The run ends before this time, in seconds; the same in all. */
  readonly untilS: number;
  /** Of all populations: the same. */
  readonly seed?: number | string;
  /** Calendar time of the start. */
  readonly start?: string;
  /** Registered types, the same in all. */
  readonly types?: ContainerOptions["types"];
  /** How messages within this population travel, and those to others that are to take longer than `delayS`. */
  readonly communication?: CommunicationModel;
  /** Keeps the run of this population, with the messages that it gets: `new Recording("north.mcap")`. */
  readonly record?: ContainerOptions["record"];
  /** Make the agents. */
  populate(home: PopulationHome): void | Promise<void>;
}

/** What a population has done. */
export interface PopulationSummary {
  readonly timeS: number;
  readonly grants: number;
  /** Messages sent to other populations, and got from them. */
  readonly sent: number;
  readonly received: number;
  readonly traceHash: string;
  /** Of each agent: `combinedTraceHash` makes the hash of all populations of them. */
  readonly chains: ReturnType<Container["traceChains"]>;
}

/**
 * Let a population be one of several, each a federate of one HELICS federation: agents call agents of another by name, as
 * `this.connect("south/house-7")`. The trace is that of all agents in one container under the communication model
 * `betweenPopulations`; it does not depend on machines, load or core type.
 *
 * All populations are granted the same times, a fixed period apart. What is sent in a period is one HELICS message a peer;
 * it arrives in the next period at the earliest, so that whatever is due in a period is there before it begins.
 *
 * @throws {@link HelicsError}; RangeError if the period is above the delay; what agents throw.
 */
export async function federatePopulation(setup: PopulationSetup): Promise<PopulationSummary> {
  checkSetup(setup);
  const { name, peers, delayS, periodS = delayS, untilS, populate, ...others } = setup;
  const {
    seed = 0,
    start,
    types,
    communication,
    record,
    containers,
    isolation,
    module,
    configuration,
    ...given
  } = others;
  const own = configuration === undefined ? undefined : configurationIn(configuration, name);
  const options = { ...given, ...(own && { configuration: own }) };
  checkTimes(delayS, periodS, untilS);
  checkFederateOptions({ ...options, name, periodS });
  const isAlone = (containers ?? 1) === 1 && (isolation ?? "inline") === "inline";
  const spread = isAlone ? undefined : `a population on ${containers ?? 1} containers (${isolation ?? "inline"})`;
  const helicsIsolation = isolationFor(options.helicsIsolation, name, spread);
  const clock = new ExternalClock(start === undefined ? {} : { start });
  const grantedS = wholeTicks(periodS, clock.resolution.ticksPerSecond);
  const part = await PopulationPart.create({
    ...{ population: name, peers, delayS, seed, containers, isolation, module, record, clock },
    ...(types !== undefined && { types }),
    ...(communication !== undefined && { communication }),
  });
  const from = part.population.clock.calendar.at(0).toISO()!;
  const terms = termsOf({ delayS, periodS, untilS, seed, start: from });
  const run = new PopulationRun(part, { name, peers, periodS, untilS, terms });
  let summary: PopulationSummary;
  try {
    const spawned: unknown[] = [];
    await unlessAborted(options.signal, async () => {
      await populate({ spawn: (type, spawning) => void spawned.push(run.spawn(type, spawning)) });
      await Promise.all(spawned);
    });
    summary = await run.run({ ...options, helicsIsolation, periodS: grantedS, offsetS: 0, uninterruptible: true });
  } catch (error) {
    await part.population.close().catch(() => {}); // the first error is told
    throw error;
  }
  await part.population.close();
  return summary;
}

/** Keys of HELICS' configuration that say what a population decides itself. */
const OWN_KEYS = [
  "period",
  "offset",
  "uninterruptible",
  "publications",
  "subscriptions",
  "inputs",
  "endpoints",
] as const;

/** HELICS' configuration, of a file where it is one. @throws HelicsError `ERR_HELICS_CONFIGURATION`. */
function configurationIn(given: HelicsConfiguration | string, name: string): HelicsConfiguration {
  const configuration = configurationFrom(given, name)!;
  const where = typeof given === "string" ? given : "option configuration";
  const keys = OWN_KEYS.filter((key) => key in configuration);
  if (keys.length > 0) {
    const text = `${where} has ${keys.join(", ")}, which populations that talk to each other decide themselves`;
    throw new HelicsError("ERR_HELICS_CONFIGURATION", text, { federate: name, remedy: "leave it out" });
  }
  if (configuration.name === undefined || configuration.name === name) return configuration;
  const text = `${where} has the name "${configuration.name}", and the population is "${name}": they are the same`;
  throw new HelicsError("ERR_HELICS_CONFIGURATION", text, { federate: name, remedy: "leave it out" });
}

/** Options of a federate that say what a population decides itself. */
const OWN_OPTIONS = ["offsetS", "uninterruptible", "iterate", "maxIterations"] as const;

function checkSetup(setup: PopulationSetup): void {
  const { name, peers, populate } = setup;
  const isText = (value: unknown) => typeof value === "string";
  if (!isText(name)) throw new TypeError(`name must be that of the population, a string; got ${typeof name}`);
  if (!Array.isArray(peers) || !peers.every(isText) || peers.length === 0) {
    throw new TypeError("peers must be the names of the other populations, a list of at least one string");
  }
  if (typeof populate !== "function") {
    throw new TypeError(`populate must be a function that makes the agents; got ${typeof populate}`);
  }
  const own = OWN_OPTIONS.filter((key) => (setup as FederateOptions)[key] !== undefined);
  if (own.length === 0) return;
  throw new TypeError(`populations that talk to each other decide ${own.join(", ")} themselves: leave it out`);
}

function checkTimes(delayS: number, periodS: number, untilS: number): void {
  for (const [name, value] of Object.entries({ delayS, periodS, untilS })) {
    if (typeof value !== "number") throw new TypeError(`${name} must be a number of seconds, got ${shown(value)}`);
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(`${name} must be a number of seconds above 0, got ${value}`);
  }
  if (periodS <= delayS) return;
  throw new RangeError(
    `periodS is ${periodS}, which is more than delayS, ${delayS}: a message would be due before the populations meet; ` +
      "take a period of at most the smallest delay between populations",
  );
}

/** A period whose grants are at ticks: those of a third of a second would leave them further with each. */
function wholeTicks(periodS: number, ticksPerSecond: number): number {
  const ticks = Math.round(periodS * ticksPerSecond);
  if (ticks > 0) return ticks / ticksPerSecond;
  throw new RangeError(`periodS must be at least a tick of the clock, ${1 / ticksPerSecond} s, got ${periodS}`);
}

class PopulationRun {
  readonly #part: PopulationPart;
  readonly #name: string;
  readonly #peers: readonly string[];
  readonly #periodS: number;
  readonly #untilS: number;
  readonly #terms: string;
  #federate: Federate | undefined;
  /** Ends the wait under way, when a container of the population is lost. */
  #interrupt: (error: unknown) => void = () => {};
  #grants = 0;
  #sent = 0;
  #received = 0;

  constructor(
    part: PopulationPart,
    {
      name,
      peers,
      periodS,
      untilS,
      terms,
    }: Pick<PopulationSetup, "name" | "peers" | "untilS"> & {
      readonly periodS: number;
      readonly terms: string;
    },
  ) {
    this.#part = part;
    this.#terms = terms;
    this.#name = name;
    this.#peers = peers;
    this.#periodS = periodS;
    this.#untilS = untilS;
    part.onLost((error) => this.#interrupt(error));
  }

  spawn(type: AgentClass, { id, args = [] }: { readonly id: string; readonly args?: readonly unknown[] }): unknown {
    if (populationOf(id) !== this.#name) {
      throw new RangeError(
        `an agent of population "${this.#name}" has an id that begins with "${this.#name}/", got "${id}"`,
      );
    }
    return this.#part.spawn(type, { id, args });
  }

  async run(options: FederateOptions): Promise<PopulationSummary> {
    // A federate waits for the time of those whose values it gets. In a tree of brokers HELICS does not know who sends messages
    // to whom, and would grant a time past them; so each population gets a value of all others, which nobody publishes.
    // Its name has what is to be the same in all of them: HELICS refuses to start otherwise.
    const inputs = this.#peers.map((peer) => ({
      key: `from/${peer}`,
      target: presenceOf(peer, this.#terms),
      type: "double" as const,
    }));
    const publications = [{ key: presenceOf(this.#name, this.#terms), type: "double" as const }];
    const interfaces = { publications, inputs, endpoints: [{ name: endpointOf(this.#name) }] };
    try {
      this.#federate = await Federate.join(this.#name, options, interfaces);
      await this.#initialize(this.#federate);
      await this.#unlessLost(this.#federate.execute());
      await this.#spans(options.signal);
      await this.#federate.leave();
    } catch (error) {
      await this.#federate?.endFor(error);
      const { signal } = options;
      // To tell the others took a while: what agents are still at would take longer.
      if (signal?.aborted) this.#part.population.endAdvance(interruptionOf(signal));
      throw error;
    }
    const { population } = this.#part;
    const counts = { grants: this.#grants, sent: this.#sent, received: this.#received };
    const trace = { traceHash: population.traceHash(), chains: population.traceChains() };
    return { timeS: this.#federate.timeS ?? 0, ...counts, ...trace };
  }

  /**
   * Span by span: a grant of `t` hands out all that is due before `t`, then everything before `t` is served; what comes of
   * it is due at `t` or later, and is sent there.
   */
  async #spans(signal: AbortSignal | undefined): Promise<void> {
    const { ticksPerSecond } = this.#part.population;
    const periodTicks = Math.round(this.#periodS * ticksPerSecond);
    const endTicks = Math.round(this.#untilS * ticksPerSecond);
    for (let last = 0; last < endTicks; last += periodTicks) {
      const outgoing = this.#outgoing(last);
      const nextS = (last + periodTicks) / ticksPerSecond;
      const grant: Grant = await this.#unlessLost(this.#federate!.requestTime(nextS, outgoing));
      this.#grants++;
      this.#take(grant);
      if (grant.halted) throw this.#error("ERR_HELICS_LOST", "the federation has ended before the run");
      const granted = Math.round(grant.timeS * ticksPerSecond);
      if (granted !== last + periodTicks) {
        const text = `was granted ${grant.timeS} s instead of ${(last + periodTicks) / ticksPerSecond} s`;
        throw this.#error("ERR_HELICS_GRANT", `${text}: no period and no offset of its own may be configured`);
      }
      await unlessAborted(signal, () => this.#part.serveUntil(Math.min(granted, endTicks)));
    }
  }

  /** @throws HelicsError `ERR_HELICS_POPULATIONS` if the populations do not belong together. */
  async #initialize(federate: Federate): Promise<void> {
    try {
      await this.#unlessLost(federate.initialize());
    } catch (error) {
      const { code, message } = error as HelicsError;
      const peer = this.#peers.find((name) => message.includes(presenceOf(name, this.#terms)));
      if (code !== "ERR_HELICS_INTERFACE" || peer === undefined) throw error;
      const own = decodeURIComponent(this.#terms).replaceAll("/", ", ");
      const text = `population "${peer}" is not there, or not with ${own}, as this one has them`;
      const remedy =
        "start all populations that are named as peers, with the same delayS, periodS, untilS, seed and start";
      throw new HelicsError("ERR_HELICS_POPULATIONS", text, { federate: this.#name, remedy, cause: error });
    }
  }

  /** A container that is lost ends the federation at once, however long the others still take. */
  async #unlessLost<T>(wait: Promise<T>): Promise<T> {
    const lost = new Promise<never>((_resolve, reject) => {
      this.#interrupt = reject;
    });
    wait.catch(() => {}); // it may fail after the loss
    return Promise.race([wait, lost]);
  }

  #outgoing(nowTicks: number): FederateOutput {
    const packs = this.#part.take();
    const { ticksPerSecond } = this.#part.population;
    const send = packs.map(({ peer, dueTicks, bytes, count }) => {
      this.#sent += count;
      const timeS = Math.max(dueTicks, nowTicks) / ticksPerSecond;
      return { endpoint: 0, to: endpointOf(peer), data: bytes, timeS };
    });
    return { publish: [], send };
  }

  #take({ messages }: Grant): void {
    for (const { data } of messages) this.#received += this.#part.receive(data);
  }

  #error(code: string, message: string): HelicsError {
    return new HelicsError(code, message, { federate: this.#name, timeS: this.#federate?.timeS });
  }
}

/** Where a population gets the messages of others. */
function endpointOf(population: string): string {
  return `${population}/in`;
}

/** Says that a population is part of the federation, and on which terms. */
function presenceOf(population: string, terms: string): string {
  return `${population}/present/${terms}`;
}

/** What all populations have alike, as part of a name. */
function termsOf(terms: Readonly<Record<string, string | number>>): string {
  return Object.entries(terms)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("/");
}
