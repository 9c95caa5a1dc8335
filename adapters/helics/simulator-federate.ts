import {
  AgentSimulator,
  type CallSite,
  callSimulator,
  checkCreated,
  checkMeta,
  checkNextStep,
  type InputData,
  type Log,
  type Meta,
  type Simulator,
  shown,
} from "../../src/cosim/index.ts";
import { Container } from "../../src/index.ts";
import { configurationFrom, type HelicsConfiguration } from "./configuration.ts";
import { checkPopulation } from "./entity-checks.ts";
import { HelicsError } from "./errors.ts";
import { Federate } from "./federate.ts";
import { checkFederateOptions, type FederateOptions } from "./federate-options.ts";
import { type EntitySpec, interfacesOf, type PopulationInterfaces, shownBy } from "./interfaces.ts";
import { interruptionOf, unlessAborted } from "./interruption.ts";
import type { FederateOutput, Grant, Iteration, OutgoingMessage, ValueTypeName } from "./process/protocol.ts";
import { StepInputs } from "./step-inputs.ts";
import { isolationFor } from "./supervision.ts";

/** Seconds after each whole unit at which a population is granted time, so that it sees what was published for it. */
const OFFSET_S = 1e-6;

/** By how much a grant may differ from the grid of units: rounding of doubles, as a part of a unit. */
const GRID_ERROR = 1e-6;

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === "number");

/** What a publication of each type carries without loss. */
const FITS: Readonly<Record<ValueTypeName, (value: unknown) => boolean>> = {
  double: (value) => typeof value === "number",
  integer: (value) => Number.isSafeInteger(value),
  boolean: (value) => typeof value === "boolean",
  string: (value) => typeof value === "string",
  bytes: (value) => value instanceof Uint8Array,
  vector: isNumbers,
  complex: (value) => isNumbers(value) && value.length === 2,
  json: () => true,
};

/** What part a population takes in a federation. */
export interface FederateSetup extends Omit<FederateOptions, "configuration"> {
  /** The population, as under mosaik; it belongs to the federate from now on, and its `population` can be read afterwards. */
  readonly simulator: Simulator;
  /** Seconds in one unit of the population's time, as mosaik's `time_resolution`. Default 1. */
  readonly timeResolution?: number;
  readonly entities: readonly EntitySpec[];
  /** The part ends before this time, in seconds: the last step is earlier. */
  readonly untilS: number;
  /** HELICS' own configuration, or the path of a file with it. */
  readonly configuration?: HelicsConfiguration | string;
}

/** What a federate has done. */
export interface FederateSummary {
  /** Time granted last, in seconds. */
  readonly timeS: number;
  readonly grants: number;
  /** Steps of the population; one at each grant, more with iterations. */
  readonly steps: number;
  /** Trace hash of a population of agents. */
  readonly traceHash: string | undefined;
}

/**
 * Let a population take part in a HELICS federation, until the time in `setup` or until the federation is over.
 *
 * A grant at `n` units plus the offset makes the population's step `n`: inputs in, everything settles at its own time,
 * outputs out. The next step is the next time that the population asks for. The federation is left on every path; if the
 * population fails, the federation is ended with the reason.
 *
 * @throws {@link HelicsError}; `BridgeError` and what agents throw if the population fails; TypeError and RangeError for
 *   options.
 */
export async function federate(setup: FederateSetup): Promise<FederateSummary> {
  const { simulator, entities, untilS, timeResolution = 1, configuration: given, ...options } = setup;
  checkPopulation(simulator, entities);
  for (const [name, value] of Object.entries({ untilS, timeResolution })) {
    if (typeof value !== "number") throw new TypeError(`${name} must be a number of seconds, got ${shown(value)}`);
  }
  if (!(untilS > 0)) throw new RangeError(`untilS must be a number of seconds above 0, got ${untilS}`);
  if (!(timeResolution > 0 && timeResolution < Infinity)) {
    throw new RangeError(`timeResolution must be a number of seconds above 0, got ${timeResolution}`);
  }
  checkFederateOptions(options);
  const configuration = configurationFrom(given, options.name);
  const name = options.name ?? configuration?.name;
  if (name === undefined) throw new TypeError("a federate needs a name: give the option name");
  const run = new FederatedRun(name, simulator, timeResolution, untilS, options, configuration);
  return run.run(entities);
}

/** One population's way through a federation. */
class FederatedRun {
  readonly #name: string;
  readonly #simulator: Simulator;
  readonly #unitS: number;
  readonly #untilS: number;
  readonly #options: FederateOptions;
  readonly #configuration: HelicsConfiguration | undefined;
  readonly #log: Log;
  readonly #iterate: Iteration;
  #meta!: Meta;
  #interfaces!: PopulationInterfaces;
  #inputs!: StepInputs;
  #federate: Federate | undefined;
  #timing = { periodS: 1, offsetS: 0, uninterruptible: false };
  #grants = 0;
  #steps = 0;
  #warnedGrid = false;
  /** What was published last, by number: an iteration that repeats it would never end. */
  readonly #published: unknown[] = [];

  constructor(
    name: string,
    simulator: Simulator,
    unitS: number,
    untilS: number,
    options: FederateOptions,
    configuration: HelicsConfiguration | undefined,
  ) {
    this.#name = name;
    this.#simulator = simulator;
    this.#unitS = unitS;
    this.#untilS = untilS;
    this.#options = options;
    this.#configuration = configuration;
    this.#log = options.log ?? (() => {});
    this.#iterate = options.iterate ?? "none";
  }

  async run(entities: readonly EntitySpec[]): Promise<FederateSummary> {
    try {
      await this.#prepare(entities);
      await this.#join();
      await this.#steppedThrough();
      await this.#federate!.leave();
      // Before the lives of the agents end, which is no part of the federation.
      const agents = this.#simulator instanceof AgentSimulator ? this.#simulator.population.traceHash() : undefined;
      return { timeS: this.#federate!.timeS ?? 0, grants: this.#grants, steps: this.#steps, traceHash: agents };
    } catch (error) {
      await this.#federate?.endFor(error);
      const { signal } = this.#options;
      if (signal?.aborted && this.#federate !== undefined) this.#endStep(signal);
      throw error;
    } finally {
      await this.#simulator.finalize();
    }
  }

  /** The others were told, which took a while: agents that are still at work are to do nothing more. */
  #endStep(signal: AbortSignal): void {
    if (this.#simulator instanceof AgentSimulator) this.#simulator.population.endAdvance?.(interruptionOf(signal));
  }

  async #prepare(entities: readonly EntitySpec[]): Promise<void> {
    const simulator = this.#simulator;
    const site = this.#site("init");
    const params = { timeResolution: this.#unitS };
    this.#meta = checkMeta(site, await callSimulator(site, () => simulator.init(this.#name, params)));
    const taken = new Set<string>();
    for (const { model, eid, params: own = {} } of entities) {
      const at = this.#site("create");
      if (!Object.hasOwn(this.#meta.models, model)) {
        const known = Object.keys(this.#meta.models).join(", ");
        throw new HelicsError(
          "ERR_HELICS_CONFIGURATION",
          `entity "${eid}": there is no model "${model}"; known are ${known}`,
          { federate: this.#name },
        );
      }
      const made = await callSimulator(at, () => simulator.create(1, model, { eid, ...own }));
      for (const id of checkCreated(at, made, 1, model, this.#meta, (other) => taken.has(other))) taken.add(id);
    }
    await callSimulator(this.#site("setupDone"), () => simulator.setupDone());
    const complete = entities.map((entity) => ({ ...entity, outputs: entity.outputs ?? this.#allOutputs(entity) }));
    const shown = await shownBy(simulator, complete);
    this.#interfaces = interfacesOf(this.#name, this.#meta, complete, this.#configuration, shown);
    this.#inputs = new StepInputs(this.#name, this.#interfaces, this.#log);
  }

  /** With a configuration of HELICS, that says what is published. */
  #allOutputs({ model }: EntitySpec): readonly string[] {
    if (this.#configuration?.publications !== undefined || !(this.#simulator instanceof AgentSimulator)) return [];
    return [...this.#simulator.outputsOf(model).keys()];
  }

  async #join(): Promise<void> {
    this.#timing = this.#timingOf();
    const configuration = this.#configuration === undefined ? {} : { configuration: this.#configuration };
    const { helicsIsolation: given } = this.#options;
    const isOfAgents = this.#simulator instanceof AgentSimulator;
    const helicsIsolation = isolationFor(given, this.#name, needsLoop(this.#simulator), !isOfAgents);
    const all = { ...this.#options, ...this.#timing, ...configuration, helicsIsolation };
    this.#federate = await Federate.join(this.#name, all, this.#interfaces);
    this.#inputs.connected(await this.#federate.initialize());
  }

  /** A configuration of HELICS goes before the defaults, and options before it. */
  #timingOf() {
    const own = this.#configuration ?? {};
    const number = (key: string) => (typeof own[key] === "number" ? own[key] : undefined);
    const { periodS = number("period") ?? this.#unitS, offsetS = number("offset") ?? OFFSET_S } = this.#options;
    const { uninterruptible = own["uninterruptible"] ?? this.#meta.type === "time-based" } = this.#options;
    return { periodS, offsetS, uninterruptible: uninterruptible === true };
  }

  async #steppedThrough(): Promise<void> {
    const federate = this.#federate!;
    const { offsetS } = this.#timing;
    const start = await federate.execute();
    this.#inputs.take(start);
    // With an offset the first step is at the first grant, which is after all that was published for time 0.
    let nextS = offsetS > 0 ? offsetS : undefined;
    let outgoing: FederateOutput = { publish: [], send: [] };
    if (nextS === undefined) ({ nextS, outgoing } = await this.#makeStep(start));
    // Whom something may come for, waits for it to the end.
    const endS = Math.ceil(this.#untilS / this.#unitS) * this.#unitS + offsetS;
    while (nextS < this.#untilS || !this.#timing.uninterruptible) {
      const grant: Grant = await federate.requestTime(Math.min(nextS, endS), outgoing, this.#iterate);
      this.#grants++;
      this.#inputs.take(grant);
      if (grant.halted || grant.timeS >= this.#untilS) return;
      ({ nextS, outgoing } = await this.#makeStep(grant));
    }
    // What the last step has put out is there for the others once this federate has asked for more, or left.
    await federate.putOut(outgoing);
  }

  /** Make the step of a grant. */
  async #makeStep(grant: Grant): Promise<{ nextS: number; outgoing: FederateOutput }> {
    const time = this.#unitOf(grant.timeS);
    const site = this.#site("step", time);
    const simulator = this.#simulator;
    const inputs: InputData = this.#inputs.next();
    const until = Math.ceil(this.#untilS / this.#unitS);
    const { signal } = this.#options;
    const answer = await unlessAborted(signal, () => callSimulator(site, () => simulator.step(time, inputs, until)));
    const next = checkNextStep(site, this.#meta.type, answer);
    this.#steps++;
    const outgoing = await this.#outputs(time);
    const { offsetS } = this.#timing;
    // Without anything due, an input or a message brings the next step.
    return { nextS: next === null ? Infinity : next * this.#unitS + offsetS, outgoing };
  }

  /** The unit of a grant: off the grid it is the next one. */
  #unitOf(timeS: number): number {
    const { offsetS } = this.#timing;
    const exact = (timeS - offsetS) / this.#unitS;
    const whole = Math.round(exact);
    if (Math.abs(exact - whole) <= GRID_ERROR) return Math.max(0, whole);
    if (!this.#warnedGrid) {
      this.#warnedGrid = true;
      const text =
        `federate "${this.#name}" was granted ${timeS} s, which is no whole number of ${this.#unitS} s after ${offsetS} s: ` +
        `its step is that of ${Math.ceil(exact)}; set the period to the population's unit, or a finer timeResolution`;
      this.#log("warning", text);
    }
    return Math.max(0, Math.ceil(exact));
  }

  async #outputs(time: number): Promise<FederateOutput> {
    const { published, sending } = this.#interfaces;
    const request: Record<string, string[]> = {};
    for (const { eid, attr } of [...published, ...sending]) {
      request[eid] ??= [];
      if (!request[eid].includes(attr)) request[eid].push(attr);
    }
    const data = await callSimulator(this.#site("getData", time), () => this.#simulator.getData(request));
    const value = (eid: string, attr: string): unknown => (data[eid] as Record<string, unknown> | undefined)?.[attr];
    const publish: (readonly [number, unknown])[] = [];
    for (const [number, { eid, attr, spec }] of published.entries()) {
      const given = value(eid, attr);
      if (given === undefined || given === null || this.#repeats(number, given)) continue;
      if (!FITS[spec.type](given)) throw this.#misfit(given, spec.type, `${eid}.${attr}`);
      publish.push([number, given]);
    }
    const send: OutgoingMessage[] = [];
    for (const { eid, attr, endpoint, to } of sending) {
      const given = value(eid, attr);
      if (given === undefined) continue;
      const bytes = typeof given === "string" || given instanceof Uint8Array ? given : JSON.stringify(given);
      for (const receiver of to) send.push({ endpoint, to: receiver, data: bytes });
    }
    return { publish, send };
  }

  /** While it iterates a federate publishes what has changed only. Source: HELICS' guide, "Iteration". */
  #repeats(number: number, value: unknown): boolean {
    if (this.#iterate === "none") return false;
    if (this.#published[number] === value) return true;
    this.#published[number] = value;
    return false;
  }

  #misfit(value: unknown, type: ValueTypeName, what: string): HelicsError {
    const text = `output ${what} is ${JSON.stringify(value)}, its publication is of type ${type}`;
    const remedy = "give the output a type that carries it, as json";
    return new HelicsError("ERR_HELICS_TYPE", text, { federate: this.#name, timeS: this.#federate?.timeS, remedy });
  }

  #site(call: string, time?: number): CallSite {
    return { sid: this.#name, call, time, timeResolution: this.#unitS };
  }
}

/** What of a population needs the event loop during a grant, if anything does. */
function needsLoop(simulator: Simulator): string | undefined {
  if (!(simulator instanceof AgentSimulator) || simulator.population instanceof Container) return undefined;
  return "a population on several containers";
}
